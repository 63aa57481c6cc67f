import { Pool } from "pg";
import { expect, test } from "vitest";
import { createJobBackend } from "../../jobs/backend.ts";
import { JobCalls, PostgresEars } from "../../jobs/postgres-ears.ts";
import { connect } from "../../src/store/database.ts";
import type { Logger } from "../../src/log.ts";
import { createTestDatabase } from "../support/database.ts";
import { until } from "../support/test-app.ts";
import { startProxy } from "./cuttable-proxy.ts";

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

test("all workers of a process and its relay listen on one connection, also after it was lost", async () => {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 1 });
  const listeners = () => sql<{ pid: number }[]>`
    select pid from pg_stat_activity
    where datname = current_database() and application_name = 'redline jobs' and query ~* '^listen'`;
  const backend = await createJobBackend({ databaseUrl: database.url, logger });
  const runs: string[] = [];
  const names = ["turns", "reviews", "events"] as const;
  const workers = await Promise.all(
    names.map((name) => backend.worker(name, () => Promise.resolve(void runs.push(name)), 1)),
  );
  const relay = await backend.openRelay("one");
  await relay.waitUntilReady();
  const runAll = async () => {
    runs.length = 0;
    await Promise.all(names.map((name) => backend.queue(name).add("job", {})));
    await until(async () => runs.length === names.length);
    expect(runs.toSorted()).toEqual(names.toSorted());
  };
  try {
    await runAll();
    const [first, ...others] = await listeners();
    expect(others).toEqual([]);
    await sql`select pg_terminate_backend(${first!.pid})`;
    await until(async () => {
      const [now] = await listeners();
      return now !== undefined && now.pid !== first!.pid;
    });
    await runAll();
    expect(await listeners()).toHaveLength(1);
  } finally {
    await relay.close();
    await Promise.all(workers.map((worker) => worker.close(0)));
    await backend.close();
    await sql.end();
    await database.drop();
  }
});

test("the connection that listens is asked whether it lives, and one that is silent is given up", async () => {
  const database = await createTestDatabase();
  const proxy = await startProxy(database.url);
  const pool = new Pool({ connectionString: proxy.url, query_timeout: 500 });
  pool.on("error", () => {});
  const ears = new PostgresEars(pool, 50);
  const listen = async () => {
    const session = await ears.poolFor(null).connect();
    const lost: Error[] = [];
    const heard: (string | undefined)[] = [];
    session.on("error", (error) => lost.push(error));
    session.on("notification", ({ payload }) => heard.push(payload));
    await session.query("LISTEN words");
    return { session, lost, heard };
  };
  try {
    const first = await listen();
    proxy.freeze();
    await until(async () => first.lost.length > 0);
    await proxy.restore();
    const second = await listen();
    await pool.query("notify words, 'hello'");
    await until(async () => second.heard.length > 0);
    expect(second).toMatchObject({ lost: [], heard: ["hello"] });
    expect(first).toMatchObject({ lost: [{ message: "Query read timeout" }], heard: [] });
    second.session.release();
    await until(async () => pool.totalCount === pool.idleCount);
  } finally {
    await pool.end();
    await proxy.close();
    await database.drop();
  }
});

/** @param answers of the looks, one after the other; the last for all that follow */
function callsOf(answers: boolean[]) {
  const seen = { looks: 0, wakes: 0 };
  const look = () => {
    seen.looks += 1;
    return Promise.resolve(answers[Math.min(seen.looks, answers.length) - 1]!);
  };
  return { seen, calls: new JobCalls(look, () => (seen.wakes += 1)) };
}

test("who is told of a job that another took does not go to fetch it", async () => {
  const { seen, calls } = callsOf([false]);
  await calls.hear();
  expect(seen).toEqual({ looks: 1, wakes: 0 });
});

test("what is told of while somebody waits to look is one look, and what comes during it another", async () => {
  let answer = (_isThere: boolean): void => {};
  let looks = 0;
  let wakes = 0;
  const look = () => {
    looks += 1;
    return new Promise<boolean>((resolve) => (answer = resolve));
  };
  const calls = new JobCalls(look, () => (wakes += 1));
  const first = calls.hear();
  await calls.hear();
  await until(async () => looks === 1);
  await calls.hear();
  answer(false);
  await until(async () => looks === 2);
  answer(true);
  await first;
  expect({ looks, wakes }).toEqual({ looks: 2, wakes: 1 });
});

test("who is alone at a queue hardly looks, until a job is taken by another", async () => {
  const { seen, calls } = callsOf([...Array.from({ length: 8 }, () => true), false]);
  for (let n = 0; n < 15; n += 1) await calls.hear();
  expect(seen).toEqual({ looks: 8, wakes: 15 });
  await calls.hear();
  expect(seen).toEqual({ looks: 9, wakes: 15 });
  await calls.hear();
  expect(seen.looks).toBe(10);
});

test("a look that fails wakes: the worker finds out itself", async () => {
  let wakes = 0;
  const calls = new JobCalls(
    () => Promise.reject(new Error("away")),
    () => (wakes += 1),
  );
  await calls.hear();
  expect(wakes).toBe(1);
});
