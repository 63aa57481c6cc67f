/** Looks at the processes of a soak again and again, and keeps what it sees. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { cpuOf, machineCpu } from "../bench/support/processes.ts";
import type { ProcessHealth } from "../support/process-health.ts";
import type { Series } from "./metrics-page.ts";
import { quantileOf, readPage, sumOf } from "./metrics-page.ts";
import type { Point } from "./statistics.ts";
import type { SoakWorld } from "./world.ts";

/** One process from its start to its end. */
export interface Life {
  /** `worker 2 #3`. */
  name: string;
  rss: Point[];
  /** In use after a garbage collection: the heap, and what is kept outside of it. */
  kept: Point[];
  /** Of the whole life so far. */
  loopDelayMs: ProcessHealth["loopDelayMs"] | null;
  /** Of the time since the look before, as `/metrics` shows it: with the time between two samples in it. */
  shownLoopP99Ms: Point[];
  metrics: Series[];
}

/** What is counted over all processes, from the beginning. Seconds; null where nothing was measured. */
export interface Totals {
  handled: number;
  turnsDone: number;
  turnsFailed: number;
  refusedCalls: number;
  ackP50: number | null;
  ackP99: number | null;
  firstTextP50: number | null;
  firstTextP95: number | null;
}

export type QueueName = "jobs" | "inbox" | "deliveries" | "oldest";

const MB = 2 ** 20;
const HEALTH_MS = 2_000;
const METRICS_MS = 5_000;
/** Jobs that wait or run; what is done is no queue. */
const JOB_STATES = ["waiting", "active", "prioritized"];

export class Watch {
  readonly lives = new Map<string, Life>();
  /** Depths; `oldest` is seconds, of what waits longest. */
  readonly queues: Record<QueueName, Point[]> = { jobs: [], inbox: [], deliveries: [], oldest: [] };
  /** Share of all cores that was busy with something else than the soak, 0 to 1. */
  readonly others: Point[] = [];
  /** The same with what the soak itself has begun: Redline, its servers, and who plays the platforms. */
  readonly own: Point[] = [];
  readonly driver: Point[] = [];
  readonly driverLoop = monitorEventLoopDelay({ resolution: 10 });
  readonly #world: SoakWorld;
  #cpu = cpuNow();

  constructor(world: SoakWorld) {
    this.#world = world;
    this.driverLoop.enable();
  }

  async look(at: number): Promise<void> {
    const seen = this.#world.running.map(async ([name, { redline, url, life: number }]) => {
      const key = `${name} #${number}`;
      const life = this.#life(key);
      const [health, page] = await Promise.all([redline.health(HEALTH_MS), fetchMetrics(url)]);
      if (health) {
        life.rss.push({ at, value: health.memory.rss / MB });
        life.kept.push({ at, value: (health.memory.heapUsed + health.memory.external) / MB });
        life.loopDelayMs = health.loopDelayMs;
      }
      if (!page) return;
      life.metrics = page;
      const shown = sumOf(page, "nodejs_eventloop_lag_p99_seconds") * 1_000;
      life.shownLoopP99Ms.push({ at, value: shown });
      if (name === "ingest,web") this.#noteQueues(at, page);
    });
    await Promise.all(seen);
    this.driver.push({ at, value: process.memoryUsage().rss / MB });
    this.#noteOthers(at);
  }

  totals(): Totals {
    const all = [...this.lives.values()].flatMap(({ metrics }) => metrics);
    const calls = sumOf(all, "redline_platform_calls_total");
    return {
      handled: sumOf(all, "redline_events_handled_total"),
      turnsDone: sumOf(all, "redline_turns_total", { outcome: "done" }),
      turnsFailed: sumOf(all, "redline_turns_total", { outcome: "failed" }),
      refusedCalls: calls - sumOf(all, "redline_platform_calls_total", { result: "ok" }),
      ackP50: quantileOf(all, "redline_acknowledgement_seconds", 0.5),
      ackP99: quantileOf(all, "redline_acknowledgement_seconds", 0.99),
      firstTextP50: quantileOf(all, "redline_first_text_seconds", 0.5),
      firstTextP95: quantileOf(all, "redline_first_text_seconds", 0.95),
    };
  }

  /** Calls that a platform refused, by what it answered. */
  refusals(): Record<string, number> {
    const found: Record<string, number> = {};
    for (const { metrics } of this.lives.values()) {
      for (const { name, labels, value } of metrics) {
        if (name !== "redline_platform_calls_total" || labels["result"] === "ok") continue;
        if (value === 0) continue;
        const key = `${labels["platform"]} ${labels["method"]}: ${labels["result"]}`;
        found[key] = (found[key] ?? 0) + value;
      }
    }
    return found;
  }

  #life(name: string): Life {
    const known = this.lives.get(name);
    if (known) return known;
    const life: Life = {
      name,
      rss: [],
      kept: [],
      loopDelayMs: null,
      shownLoopP99Ms: [],
      metrics: [],
    };
    this.lives.set(name, life);
    return life;
  }

  #noteQueues(at: number, page: Series[]): void {
    const depth = (queue: string): number => sumOf(page, "redline_queue_depth", { queue });
    const jobs = JOB_STATES.reduce((all, state) => all + sumOf(page, "redline_jobs", { state }), 0);
    const ages = page.filter(({ name }) => name === "redline_queue_oldest_seconds");
    this.queues.jobs.push({ at, value: jobs });
    this.queues.inbox.push({ at, value: depth("inbox") });
    this.queues.deliveries.push({ at, value: depth("places") + depth("ready_threads") });
    this.queues.oldest.push({ at, value: Math.max(0, ...ages.map(({ value }) => value)) });
  }

  #noteOthers(at: number): void {
    const before = this.#cpu;
    const now = cpuNow();
    this.#cpu = now;
    const spent = now.all - before.all;
    if (spent <= 0) return;
    const own = now.own - before.own;
    this.own.push({ at, value: own / spent });
    this.others.push({ at, value: Math.max(0, (now.busy - before.busy - own) / spent) });
  }
}

async function fetchMetrics(url: string): Promise<Series[] | null> {
  try {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(METRICS_MS) });
    return answer.ok ? readPage(await answer.text()) : null;
  } catch {
    return null;
  }
}

/** Milliseconds of all cores since the machine started; `own` are those of the soak and all that it has begun. */
const cpuNow = () => ({ ...machineCpu(), own: cpuOf(process.pid) });
