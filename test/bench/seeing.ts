import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createPrometheusMetrics } from "../../adapters/metrics/prometheus.ts";
import { figure, median, printTable } from "./report.ts";
import type { BenchServer, QueueKind } from "./support/start-server.ts";
import { startServer } from "./support/start-server.ts";
import { emptyTurns } from "./turns.ts";

export const title = "What metrics and traces cost: processor time of whole empty turns";

const QUEUES: QueueKind[] = ["PostgreSQL", "Redis"];
const ROUNDS = 12;
const TURNS = 100;
const SCRAPES = 20;
const TELLINGS = 100_000;

export async function run(): Promise<void> {
  await using collector = await startCollector();
  const rows: string[][] = [];
  for (const queue of QUEUES) {
    await using plain = await startServer(queue);
    // A process is never quite as fast as another one: this tells how much of a difference says nothing.
    await using same = await startServer(queue);
    const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    await using traced = await startServer(queue, undefined, tracing);
    if (!plain || !same || !traced) rows.push([queue, "not installed"]);
    else rows.push(...(await compare(queue, { plain, same, traced })));
  }
  printTable(["queue", "on", "CPU ms a turn", "compared with", "median ratio"], rows);
}

type Servers = Record<"plain" | "same" | "traced", BenchServer>;

/** In turns, so that whatever else the machine does is in all of them. */
async function compare(queue: QueueKind, servers: Servers): Promise<string[][]> {
  const { plain, same, traced } = servers;
  const ways: (() => Promise<number>)[] = [
    () => uncounted(plain),
    () => costOf(plain),
    () => costOf(same),
    () => costOf(traced),
  ];
  for (const server of [plain, same, traced]) await emptyTurns(server, 4 * TURNS);
  const rounds: number[][] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const costs: number[] = [];
    // Each is first, second, third and last equally often.
    for (let n = 0; n < ways.length; n += 1) {
      const at = (n + round) % ways.length;
      costs[at] = await ways[at]!();
    }
    rounds.push(costs);
  }
  const row = (name: string, at: number, other: string, base: number): string[] => [
    queue,
    name,
    figure(median(rounds.map((costs) => costs[at]!))),
    other,
    median(rounds.map((costs) => costs[at]! / costs[base]!)).toFixed(3),
  ];
  return [
    row("nothing", 0, "", 0).slice(0, 3),
    row("metrics", 1, "nothing", 0),
    row("metrics, another process", 2, "metrics", 1),
    row("metrics and traces", 3, "metrics", 1),
    [queue, "a scrape", figure(await scrapeCost(plain))],
    await reckoned(queue, plain, median(rounds.map(([cost]) => cost!))),
  ];
}

/** Where the machine is too busy for the ratios: how often a turn tells something, by what one telling takes. */
async function reckoned(queue: QueueKind, server: BenchServer, cost: number): Promise<string[]> {
  const before = await server.count(true);
  await emptyTurns(server, TURNS);
  const tellings = ((await server.count(true)) - before) / TURNS;
  const more = tellings * tellingCost();
  const name = `${tellings.toFixed(1)} tellings, reckoned`;
  return [queue, name, figure(more), "nothing", (1 + more / cost).toFixed(3)];
}

/** Milliseconds of one number told to Prometheus' instruments, a histogram's, which takes the longest. */
function tellingCost(): number {
  const metrics = createPrometheusMetrics({ sources: [] });
  const tell = (): void => {
    for (let n = 0; n < TELLINGS; n += 1) metrics.observe("turn_seconds", { outcome: "done" }, 1);
  };
  tell();
  const before = process.cpuUsage();
  tell();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / TELLINGS;
}

async function uncounted(server: BenchServer): Promise<number> {
  await server.count(false);
  const cost = await costOf(server);
  await server.count(true);
  return cost;
}

async function costOf(server: BenchServer): Promise<number> {
  return (await cpuOf(server, () => emptyTurns(server, TURNS))) / TURNS;
}

async function scrapeCost(server: BenchServer): Promise<number> {
  const cost = await cpuOf(server, async () => {
    for (let n = 0; n < SCRAPES; n += 1) await (await fetch(`${server.url}/metrics`)).text();
  });
  return cost / SCRAPES;
}

async function cpuOf(server: BenchServer, work: () => Promise<unknown>): Promise<number> {
  const before = await server.cpu();
  await work();
  return (await server.cpu()) - before;
}

/** Takes spans, and forgets them. */
async function startCollector(): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
