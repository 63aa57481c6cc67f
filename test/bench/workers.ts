import { cpus } from "node:os";
import { figure, printTable } from "./report.ts";
import type { Member } from "./support/fleet.ts";
import { Fleet } from "./support/fleet.ts";
import type { QueueKind } from "./support/start-server.ts";
import { call, post } from "./support/start-server.ts";

export const title =
  "Turns of 1, 2 and 4 worker processes beside one for the web, and what one costs";

const QUEUES: QueueKind[] = ["PostgreSQL", "Redis"];
const WORKERS = [1, 2, 4];
const CLIENTS = 48;
/** Of each worker: what its engine compiles on the way is no cost of a turn. */
const WARM_UP = 1_500;
const TURNS = 4_000;

interface Measured {
  /** Turns a second. */
  rate: number;
  /** Milliseconds of processor time a turn. */
  workers: number;
  postgres: number;
  redis: number;
  web: number;
}

/**
 * Where the machine has no cores for more workers, the rate says little: what counts there is whether a turn
 * costs more among several workers than with one.
 */
export async function run(): Promise<void> {
  const rows: string[][] = [];
  for (const queue of QUEUES) {
    let alone: Measured | null = null;
    for (const count of WORKERS) {
      const measured = await measure(queue, count);
      if (!measured) {
        rows.push([queue, "not installed"]);
        break;
      }
      alone ??= measured;
      const { rate, workers, postgres, redis, web } = measured;
      rows.push([
        queue,
        String(count),
        figure(rate),
        figure(rate / alone.rate),
        ...[workers, postgres, redis, web].map(figure),
        figure(cost(measured) / cost(alone)),
      ]);
    }
  }
  console.log(`${cpus().length} cores.\n`);
  printTable(
    [
      "queue",
      "workers",
      "turns/s",
      "to one",
      "CPU ms a turn: workers",
      "Postgres",
      "Redis",
      "web",
      "cost to one",
    ],
    rows,
  );
}

/** Of a turn, without the process that stands in for whoever asks. */
const cost = ({ workers, postgres, redis }: Measured): number => workers + postgres + redis;

async function measure(queue: QueueKind, count: number): Promise<Measured | null> {
  await using fleet = await Fleet.open(queue);
  if (!fleet) return null;
  await using web = await fleet.start("web");
  await fleet.registerRfc(web.url);
  const workers = await Promise.all(Array.from({ length: count }, () => fleet.start("worker")));
  try {
    await emptyTurns(web.url, WARM_UP * count);
    const used = () => ({ ...fleet.serverCpu(), web: web.cpu(), workers: sum(workers) });
    const before = used();
    const rate = await emptyTurns(web.url, TURNS);
    const after = used();
    const each = (part: keyof typeof before): number => (after[part] - before[part]) / TURNS;
    return {
      rate,
      workers: each("workers"),
      postgres: each("postgres"),
      redis: each("redis"),
      web: each("web"),
    };
  } finally {
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
  }
}

const sum = (members: readonly Member[]): number =>
  members.reduce((total, member) => total + member.cpu(), 0);

async function emptyTurns(url: string, turns: number): Promise<number> {
  const input = { rfc_slug: "rfc", branch_name: "main", thread_kind: "discussion" };
  const threads = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      return ((await call(url, "/api/threads", input)) as { id: string }).id;
    }),
  );
  let left = turns;
  const start = performance.now();
  await Promise.all(
    threads.map(async (threadId) => {
      while (left-- > 0) await (await post(url, threadId, "empty")).text();
    }),
  );
  return (turns / (performance.now() - start)) * 1000;
}
