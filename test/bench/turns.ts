import { setTimeout as pause } from "node:timers/promises";

import { figure, printTable, quantile } from "./report.ts";
import type { BenchServer, QueueKind } from "./support/start-server.ts";
import { post, startServer } from "./support/start-server.ts";

export const title = "Messages accepted and turns run, one process on embedded Postgres";

const QUEUES: QueueKind[] = ["PostgreSQL", "Redis"];
const TURNS = 2_000;
const CLIENTS = 48;
const RATE = 100;
const SECONDS = 5;

export async function run(): Promise<void> {
  const rows: string[][] = [];
  for (const queue of QUEUES) {
    await using server = await startServer(queue);
    if (!server) {
      rows.push([queue, "not installed"]);
      continue;
    }
    await emptyTurns(server, 300);
    const before = await server.cpu();
    const rate = await emptyTurns(server, TURNS);
    const cpu = ((await server.cpu()) - before) / TURNS;
    const stored = await storeAtRate(server);
    rows.push([queue, figure(rate), figure(cpu), ...stored.map(figure)]);
  }
  printTable(
    [
      "queue",
      "empty turns/s",
      "server CPU ms a turn",
      `stored at ${RATE}/s: p50 ms`,
      "p95 ms",
      "p99 ms",
    ],
    rows,
  );
}

/** Whole turns a second: a message over HTTP, its turn, its stream read to the end. */
export async function emptyTurns(server: BenchServer, turns: number): Promise<number> {
  const threads = await Promise.all(Array.from({ length: CLIENTS }, () => server.newThread()));
  let left = turns;
  const start = performance.now();
  await Promise.all(
    threads.map(async (threadId) => {
      while (left-- > 0) await (await post(server.url, threadId, "empty")).text();
    }),
  );
  return (turns / (performance.now() - start)) * 1000;
}

/** Milliseconds until a message is stored and acknowledged, at an open-loop rate. */
async function storeAtRate(server: BenchServer): Promise<number[]> {
  const threads = await Promise.all(Array.from({ length: RATE }, () => server.newThread()));
  const times: number[] = [];
  const work: Promise<unknown>[] = [];
  const start = performance.now();
  for (let n = 0; n < RATE * SECONDS; n += 1) {
    const due = start + (n * 1000) / RATE;
    await pause(Math.max(0, due - performance.now()));
    work.push(
      post(server.url, threads[n % RATE]!, "empty").then((response) => {
        times.push(performance.now() - due);
        return response.text();
      }),
    );
  }
  await Promise.all(work);
  return [0.5, 0.95, 0.99].map((q) => quantile(times, q));
}
