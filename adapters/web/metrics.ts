/** A few numbers about this process and its HTTP side, in Prometheus' text format. */
import { monitorEventLoopDelay } from "node:perf_hooks";

const NANOSECONDS = 1e9;

export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  readonly #openStreams: () => number;

  constructor(openStreams: () => number) {
    this.#openStreams = openStreams;
    this.#delay.enable();
  }

  /** `route` is the pattern, never the address asked for: its values are few and hold no ids. */
  countRequest(method: string, route: string, status: number): void {
    const labels = `method="${method}",route="${route}",status="${status}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
  }

  render(): string {
    const memory = process.memoryUsage();
    const lines = [
      ...metric("redline_http_requests_total", "counter", "Answered requests.", this.#requests),
      ...metric("redline_open_streams", "gauge", "Event streams being sent.", this.#openStreams()),
      ...metric("process_resident_memory_bytes", "gauge", "Resident memory.", memory.rss),
      ...metric("nodejs_heap_size_used_bytes", "gauge", "Heap in use.", memory.heapUsed),
      ...metric("process_uptime_seconds", "gauge", "Time since the start.", process.uptime()),
      ...metric("process_cpu_seconds_total", "counter", "CPU time.", cpuSeconds()),
      ...metric(
        "redline_event_loop_delay_seconds",
        "gauge",
        "Delay of the event loop since the last reading, by quantile.",
        this.#delayQuantiles(),
      ),
    ];
    this.#delay.reset();
    return `${lines.join("\n")}\n`;
  }

  close(): void {
    this.#delay.disable();
  }

  #delayQuantiles(): Map<string, number> {
    const at = (quantile: number): number => {
      const value = this.#delay.percentile(quantile * 100) / NANOSECONDS;
      return Number.isFinite(value) ? value : 0;
    };
    return new Map([0.5, 0.99, 1].map((quantile) => [`quantile="${quantile}"`, at(quantile)]));
  }
}

function metric(
  name: string,
  type: "counter" | "gauge",
  help: string,
  value: number | ReadonlyMap<string, number>,
): string[] {
  const samples =
    typeof value === "number"
      ? [`${name} ${value}`]
      : [...value].map(([labels, sample]) => `${name}{${labels}} ${sample}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples];
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
