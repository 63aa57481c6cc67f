import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Throttle } from "../../adapters/github/throttling.ts";
import type { JobBackend } from "../../jobs/backend.ts";
import { createJobBackend } from "../../jobs/backend.ts";
import { startCommitWorker } from "../../jobs/commit-worker.ts";
import { startDispatcher } from "../../jobs/dispatcher.ts";
import { createStreamRelay } from "../../jobs/relay.ts";
import { startTurnWorker } from "../../jobs/turn-worker.ts";
import { createWakeUps } from "../../jobs/wake-ups.ts";
import { commitJob } from "../../src/changes/commit-job.ts";
import { silent } from "../../src/log.ts";
import type { LiveMessage } from "../../src/ports.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { createOutbox, enqueue } from "../../src/store/outbox.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { markLeg } from "../support/legs.ts";
import { startRedisCluster } from "../support/redis-cluster.ts";

const cluster = await startRedisCluster();
const until = (check: () => unknown) => vi.waitFor(check, { timeout: 90_000, interval: 20 });
const logger = silent;

describe.skipIf(cluster === null)("on a Redis Cluster", () => {
  if (cluster === null) return;
  let database: TestDatabase;
  let sql: Sql;
  beforeAll(async () => {
    database = await createTestDatabase();
    sql = connect(database.url);
  });
  afterAll(async () => {
    await sql.end();
    await database.drop();
    await cluster[Symbol.asyncDispose]();
  });

  const open = (prefix: string): Promise<JobBackend> => {
    return createJobBackend({ databaseUrl: database.url, redisUrl: cluster.url, prefix, logger });
  };

  test("queues, outbox and relay work, and go on once their node was lost with all that was on it", async () => {
    markLeg("redis");
    const prefix = `test-${randomUUID()}`;
    const [near, far] = [await open(prefix), await open(prefix)];
    const wakes = createWakeUps({ backend: near, logger });
    const dispatcher = await startDispatcher({ backend: near, outbox: createOutbox(sql), logger });
    const ran: string[] = [];
    const done = async (id: string) => void ran.push(id);
    const turns = await startTurnWorker(far, { runThread: done, concurrency: 5 });
    const commits = await startCommitWorker(far, {
      commitChange: done,
      onGiveUp: async () => {},
      concurrency: 5,
    });
    const relays = [near, far].map((backend) => {
      return createStreamRelay({ backend, alone: false, logger });
    });
    const heard: LiveMessage[] = [];
    await relays[1]!.subscribe("thread.1", (message) => heard.push(message));

    const everythingArrives = async (): Promise<void> => {
      const [thread, change] = [randomUUID(), randomUUID()];
      await sql.begin((tx) => enqueue(tx, commitJob(change)));
      heard.length = 0;
      await until(() => {
        wakes.wakeThread(thread);
        relays[0]!.publish("thread.1", { type: "event", seq: 1 });
        expect(ran).toContain(thread);
        expect(ran).toContain(change);
        expect(heard.length).toBeGreaterThan(0);
      });
    };
    await everythingArrives();
    await cluster.restartNodeOf(`{${prefix}}:turns:wait`);
    await everythingArrives();

    await Promise.all([turns.close(1_000), commits.close(1_000), dispatcher.close()]);
    await Promise.all([...relays.map((relay) => relay.close()), wakes.close()]);
    await Promise.all([near.close(), far.close()]);
  });

  test("processes keep their writes to GitHub apart by it", async () => {
    const backends = [await open("a"), await open("a")];
    const slots = backends.map(({ redis }) => {
      const minTimes = { write: 5_000, notification: 0, retry: 0 };
      return new Throttle({ redis: redis!, minTimes }).optionsFor("acme").takeSlot;
    });
    const waits: number[] = [];
    for (const takeSlot of [...slots, ...slots]) waits.push(await takeSlot({ method: "PUT" }));
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThan((index - 1) * 5_000);
      expect(wait).toBeLessThanOrEqual(index * 5_000);
    }
    await Promise.all(backends.map((backend) => backend.close()));
  });

  test("one that is away is named by its nodes", async () => {
    const redisUrl = "redis+cluster://:secret@127.0.0.1:1,127.0.0.1:2";
    await expect(createJobBackend({ databaseUrl: "", redisUrl, logger })).rejects.toThrow(
      "Redis cannot be reached at 127.0.0.1:1, 127.0.0.1:2; check that it runs and that REDIS_URL is right.",
    );
  });
});
