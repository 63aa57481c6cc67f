import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test, vi } from "vitest";
import { createJobBackend } from "../../jobs/backend.ts";
import { startCommitWorker } from "../../jobs/commit-worker.ts";
import { createStreamRelay } from "../../jobs/relay.ts";
import { startTurnWorker } from "../../jobs/turn-worker.ts";
import { createWakeUps } from "../../jobs/wake-ups.ts";
import type { Logger } from "../../src/log.ts";
import type { LiveMessage } from "../../src/ports.ts";
import { describeJobs } from "../contract/jobs.ts";
import { createTestDatabase } from "../support/database.ts";
import { markLeg } from "../support/legs.ts";
import { startRedis } from "../support/redis.ts";
import { startProxy } from "./cuttable-proxy.ts";

const redis = await startRedis();
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const until = (check: () => unknown) => vi.waitFor(check, { timeout: 90_000, interval: 20 });

describe.skipIf(redis === null)("with a Redis server", () => {
  if (redis === null) return;
  afterAll(() => redis.stop());

  describeJobs("Redis", async () => {
    const database = await createTestDatabase();
    const proxy = await startProxy(redis.url);
    return {
      databaseUrl: database.url,
      backend: {
        databaseUrl: database.url,
        redisUrl: proxy.url,
        prefix: `test-${randomUUID()}`,
      },
      proxy,
      async stop() {
        await proxy.close();
        await database.drop();
      },
    };
  });

  test.each([
    ["flushed", () => redis.flush()],
    [
      "killed and started again, empty",
      async () => {
        redis.kill();
        await redis.restart();
      },
    ],
  ])("workers, wake-ups and relay go on after Redis is %s in the middle", async (_, lose) => {
    markLeg("redis");
    const prefix = `test-${randomUUID()}`;
    const options = { databaseUrl: "", redisUrl: redis.url, prefix, logger: silent };
    const backend = await createJobBackend(options);
    const wakes = createWakeUps({ backend, logger: silent });
    const ran: string[] = [];
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const turns = await startTurnWorker(backend, {
      concurrency: 5,
      async runThread(threadId) {
        ran.push(threadId);
        await finished;
      },
    });
    const committed: string[] = [];
    const commits = await startCommitWorker(backend, {
      concurrency: 5,
      commitChange: async (changeId) => void committed.push(changeId),
      onGiveUp: async () => {},
    });
    const [near, far] = [0, 1].map(() =>
      createStreamRelay({ backend, alone: false, logger: silent }),
    ) as [ReturnType<typeof createStreamRelay>, ReturnType<typeof createStreamRelay>];
    const heard: LiveMessage[] = [];
    await far.subscribe("thread.1", (message) => heard.push(message));

    const thread = randomUUID();
    wakes.wakeThread(thread);
    await until(() => expect(ran).toEqual([thread]));
    await lose();
    finish();
    await until(() => {
      wakes.wakeThread(thread);
      expect(ran.length).toBeGreaterThan(1);
    });
    const changeId = randomUUID();
    await until(() => backend.queue("commits").add("commit", { v: 1, changeId }));
    await until(() => expect(committed).toContain(changeId));
    await until(() => {
      near.publish("thread.1", { type: "event", seq: 1 });
      expect(heard.length).toBeGreaterThan(0);
    });

    await Promise.all([turns.close(1_000), commits.close(1_000), near.close(), far.close()]);
    await wakes.close();
    await backend.close();
  });

  test("an absent Redis is named at the start", async () => {
    const options = { databaseUrl: "", redisUrl: "redis://:secret@127.0.0.1:1", logger: silent };
    await expect(createJobBackend(options)).rejects.toThrow(
      "Redis cannot be reached at 127.0.0.1:1; check that it runs and that REDIS_URL is right.",
    );
  });
});
