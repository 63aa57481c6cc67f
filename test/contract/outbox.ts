import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { commitJob } from "../../src/changes/commit-job.ts";
import { enqueue } from "../../src/store/outbox.ts";
import type { Outbox } from "../../src/store/outbox.ts";
import { until } from "../jobs/job-world.ts";
import type { JobWorld } from "../jobs/job-world.ts";

/** The way from the outbox through the dispatcher to a worker; part of `describeJobs`. */
export function describeOutbox(world: JobWorld): void {
  describe("outbox", () => {
    test("hands every committed job over once, to any number of dispatchers", async () => {
      const backend = await world.open();
      const done: string[] = [];
      await world.commits(backend, async (id) => void done.push(id));
      await world.dispatcher(backend);
      await world.dispatcher(backend);
      const ids = Array.from({ length: 300 }, () => randomUUID());
      await Promise.all(ids.map((id) => world.sql.begin((tx) => enqueue(tx, commitJob(id)))));
      await world.sql
        .begin(async (tx) => {
          await enqueue(tx, commitJob(randomUUID()));
          throw new Error("rolled back");
        })
        .catch(() => {});
      await until(() => expect(done.toSorted()).toEqual(ids.toSorted()));
      expect(await world.sql`select id from outbox`).toEqual([]);
    });

    test("survives a crash between the queue and the table: nothing lost, nothing twice", async () => {
      const backend = await world.open();
      const done: string[] = [];
      await world.commits(backend, async (id) => void done.push(id));
      const ids = Array.from({ length: 20 }, () => randomUUID());
      for (const id of ids) await enqueue(world.sql, commitJob(id));
      let crashes = 0;
      const crashing: Outbox = {
        ...world.outbox,
        deliver: (queues, limit, handOver) =>
          world.outbox.deliver(queues, limit, async (rows) => {
            await handOver(rows);
            if (crashes === 2) return;
            await until(() => expect(done).toHaveLength(20));
            crashes += 1;
            throw new Error("crashed");
          }),
      };
      await world.dispatcher(backend, crashing);
      await until(async () => expect(await world.sql`select id from outbox`).toEqual([]));
      expect(crashes).toBe(2);
      const last = randomUUID();
      await enqueue(world.sql, commitJob(last));
      await until(() => expect(done).toContain(last));
      expect(done.toSorted()).toEqual([...ids, last].toSorted());
    });

    test("is looked at now and then where nothing is heard of it", async () => {
      const backend = await world.open();
      const done: string[] = [];
      await world.commits(backend, async (id) => void done.push(id));
      await world.dispatcher(backend, { ...world.outbox, listen: async () => async () => {} });
      const [first, second] = [randomUUID(), randomUUID()];
      for (const id of [first, second]) {
        await enqueue(world.sql, commitJob(id));
        await until(() => expect(done).toContain(id));
      }
      expect(done).toEqual([first, second]);
    });

    test("a key asked for twice while it waits is one job, and a job again afterwards", async () => {
      const backend = await world.open();
      const done: string[] = [];
      await world.commits(backend, async (id) => void done.push(id));
      const [change, last] = [randomUUID(), randomUUID()];
      const job = commitJob(change);
      await enqueue(world.sql, job);
      await enqueue(world.sql, job);
      await world.dispatcher(backend);
      await until(() => expect(done).toEqual([change]));
      await enqueue(world.sql, job);
      await until(() => expect(done).toEqual([change, change]));
      await enqueue(world.sql, commitJob(last));
      await until(() => expect(done).toEqual([change, change, last]));
    });

    test("jobs that nobody here knows wait for somebody who does", async () => {
      const backend = await world.open();
      const done: string[] = [];
      await world.commits(backend, async (id) => void done.push(id));
      await enqueue(world.sql, { queue: "posts", name: "post", data: {} });
      const change = randomUUID();
      await enqueue(world.sql, commitJob(change));
      await world.dispatcher(backend);
      await until(() => expect(done).toEqual([change]));
      // A job may be done before its row is gone.
      const left = () => world.sql<{ queue: string }[]>`select queue from outbox`;
      await until(async () => expect(await left()).toMatchObject([{ queue: "posts" }]));
    });

    test("waits while the queue is away", async () => {
      const backend = await world.open();
      const done: string[] = [];
      await world.commits(backend, async (id) => void done.push(id));
      await world.dispatcher(backend);
      await world.server.proxy.cut();
      const change = randomUUID();
      await enqueue(world.sql, commitJob(change));
      await world.server.proxy.restore();
      await until(() => expect(done).toEqual([change]));
    });
  });
}
