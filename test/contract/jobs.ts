/**
 * What the job queue promises on either server. `test/jobs/*-backend.test.ts` run it, each on a server of
 * its own behind a proxy that can be cut.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createJobBackend } from "../../jobs/backend.ts";
import type { JobBackend } from "../../jobs/backend.ts";
import { startCommitWorker } from "../../jobs/commit-worker.ts";
import { startDispatcher } from "../../jobs/dispatcher.ts";
import { listFailedJobs, retryFailedJob } from "../../jobs/failed-jobs.ts";
import type { JobWorker } from "../../jobs/job-worker.ts";
import type { QueueName } from "../../jobs/queues.ts";
import { createStreamRelay } from "../../jobs/relay.ts";
import { startTurnWorker } from "../../jobs/turn-worker.ts";
import { createWakeUps } from "../../jobs/wake-ups.ts";
import type { WakeUps } from "../../jobs/wake-ups.ts";
import type { Logger } from "../../src/log.ts";
import type { LiveMessage } from "../../src/ports.ts";
import { connect } from "../../src/store/database.ts";
import type { Sql } from "../../src/store/database.ts";
import { createOutbox, enqueue } from "../../src/store/outbox.ts";
import type { Outbox } from "../../src/store/outbox.ts";
import type { CuttableProxy } from "../jobs/cuttable-proxy.ts";

/** A server for the queue, and the database beside it. */
export interface JobServer {
  databaseUrl: string;
  /** How the queue reaches its server: through `proxy`. */
  backend: { databaseUrl: string; redisUrl?: string; prefix?: string };
  proxy: CuttableProxy;
  stop(): Promise<void>;
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
/** Longer than anything here takes on a busy machine; only conditions are awaited. */
const PATIENT = { timeout: 50_000, interval: 20 };
const until = (check: () => unknown) => vi.waitFor(check, PATIENT);

export function describeJobs(name: string, start: () => Promise<JobServer>): void {
  describe(`job queue on ${name}`, () => {
    let server: JobServer;
    let sql: Sql;
    let outbox: Outbox;
    const closers: (() => Promise<unknown>)[] = [];
    const opened = <T>(thing: T, close: (thing: T) => Promise<unknown>): T => {
      closers.unshift(() => close(thing));
      return thing;
    };
    const open = async (logger = silent): Promise<JobBackend> =>
      opened(await createJobBackend({ ...server.backend, logger }), (backend) => backend.close());
    const wakeUps = (backend: JobBackend): WakeUps =>
      opened(createWakeUps({ backend, logger: silent }), (wakes) => wakes.close());
    const turns = async (
      backend: JobBackend,
      runThread: (id: string) => Promise<void>,
      concurrency = 10,
    ): Promise<JobWorker> =>
      opened(await startTurnWorker(backend, { runThread, concurrency }), (worker) =>
        worker.close(0),
      );
    const commits = async (
      backend: JobBackend,
      commitChange: (id: string) => Promise<void>,
      onGiveUp: (id: string, error: unknown) => Promise<void> = async () => {},
    ): Promise<JobWorker> =>
      opened(
        await startCommitWorker(backend, { commitChange, onGiveUp, concurrency: 5 }),
        (worker) => worker.close(0),
      );
    const relay = (backend: JobBackend, alone = false) =>
      opened(createStreamRelay({ backend, alone, logger: silent }), (it) => it.close());
    const commitJob = (changeId: string) => ({
      queue: "commits",
      name: "commit",
      data: { v: 1, changeId },
    });

    beforeAll(async () => {
      server = await start();
      sql = connect(server.databaseUrl);
      outbox = createOutbox(sql);
    });
    afterEach(async () => {
      await server.proxy.restore();
      for (const close of closers.splice(0)) await close();
      const admin = await createJobBackend({ ...server.backend, logger: silent });
      for (const queue of ["turns", "commits"] as QueueName[]) {
        await admin.queue(queue).obliterate({ force: true });
      }
      await admin.close();
      await sql`truncate outbox`;
    });
    afterAll(async () => {
      await sql.end();
      await server.stop();
    });

    describe("wake-ups", () => {
      test("run the thread they name", async () => {
        const backend = await open();
        const ran: string[] = [];
        await turns(backend, async (id) => void ran.push(id));
        const ids = Array.from({ length: 30 }, () => randomUUID());
        for (const id of ids) wakeUps(backend).wakeThread(id);
        await until(() => expect(ran.toSorted()).toEqual(ids.toSorted()));
      });

      test("for a thread that already waits are one", async () => {
        const backend = await open();
        const wakes = wakeUps(backend);
        const ran: string[] = [];
        const gate = makeGate();
        const [blocker, thread, last] = [randomUUID(), randomUUID(), randomUUID()];
        await turns(
          backend,
          async (id) => {
            ran.push(id);
            if (id === blocker) await gate.opened;
          },
          1,
        );
        wakes.wakeThread(blocker);
        await until(() => expect(ran).toEqual([blocker]));
        for (let i = 0; i < 20; i += 1) {
          wakes.wakeThread(thread);
          await wakes.close();
        }
        wakes.wakeThread(last);
        await wakes.close();
        gate.open();
        await until(() => expect(ran).toContain(last));
        expect(ran).toEqual([blocker, thread, last]);
      });

      test("while the thread runs make it run once more", async () => {
        const backend = await open();
        const wakes = wakeUps(backend);
        let runs = 0;
        const gate = makeGate();
        const [thread, last] = [randomUUID(), randomUUID()];
        const seen: string[] = [];
        await turns(backend, async (id) => {
          seen.push(id);
          if (id !== thread) return;
          runs += 1;
          if (runs === 1) await gate.opened;
        });
        wakes.wakeThread(thread);
        await until(() => expect(runs).toBe(1));
        for (let i = 0; i < 5; i += 1) {
          wakes.wakeThread(thread);
          await wakes.close();
        }
        gate.open();
        await until(() => expect(runs).toBe(2));
        wakes.wakeThread(last);
        await until(() => expect(seen).toContain(last));
        expect(runs).toBe(2);
      });

      test("come again after a run that failed", async () => {
        const backend = await open();
        const wakes = wakeUps(backend);
        let runs = 0;
        await turns(backend, async () => {
          runs += 1;
          if (runs === 1) throw new Error("not this time");
        });
        const thread = randomUUID();
        wakes.wakeThread(thread);
        await until(async () => expect(await listFailedJobs(backend)).toHaveLength(1));
        wakes.wakeThread(thread);
        await until(() => expect(runs).toBe(2));
      });

      test("of the sweeper pass by one that is stuck, but not many times", async () => {
        const backend = await open();
        const wakes = wakeUps(backend);
        const gate = makeGate();
        const [thread, last] = [randomUUID(), randomUUID()];
        const ran: string[] = [];
        await turns(backend, async (id) => {
          ran.push(id);
          if (ran.length === 1) await gate.opened;
        });
        wakes.wakeThread(thread);
        await until(() => expect(ran).toHaveLength(1));
        for (let i = 0; i < 3; i += 1) {
          wakes.rewakeThread(thread);
          await wakes.close();
        }
        wakes.wakeThread(last);
        await until(() => expect(ran).toContain(last));
        expect(ran.filter((id) => id === thread)).toHaveLength(2);
        gate.open();
      });

      test("that name no thread harm nobody", async () => {
        const backend = await open();
        const wakes = wakeUps(backend);
        const ran: string[] = [];
        await turns(backend, async (id) => void ran.push(id));
        const thread = randomUUID();
        wakes.wakeThread("\0");
        wakes.wakeThread(thread);
        await until(() => expect(ran).toEqual([thread]));
      });
    });

    describe("commits", () => {
      test("that fail are tried again until they succeed", async () => {
        const backend = await open();
        const change = randomUUID();
        const gaveUp = vi.fn(async () => {});
        let tries = 0;
        await commits(
          backend,
          async () => {
            tries += 1;
            if (tries < 3) throw new Error("not this time");
          },
          gaveUp,
        );
        await backend.queue("commits").add("commit", { v: 1, changeId: change });
        await until(() => expect(tries).toBe(3));
        await until(async () =>
          expect(await backend.queue("commits").getJobCounts("completed", "failed")).toEqual({
            completed: 1,
            failed: 0,
          }),
        );
        expect(gaveUp).not.toHaveBeenCalled();
      });

      test("that always fail are given up, listed in words, and can be tried again", async () => {
        const backend = await open();
        const changeId = randomUUID();
        let broken = true;
        const done: string[] = [];
        const gaveUp: unknown[] = [];
        await commits(
          backend,
          async (id) => {
            if (broken) throw new Error("the \0 disk\ud800 is full");
            done.push(id);
          },
          async (id, error) => void gaveUp.push(id, (error as Error).message),
        );
        const data = { v: 1, changeId };
        const job = await backend.queue("commits").add("commit", data, { attempts: 2 });
        await until(async () => expect(await listFailedJobs(backend)).toHaveLength(1));
        expect(gaveUp).toEqual([changeId, "the \0 disk\ud800 is full"]);
        const [failed] = await listFailedJobs(backend);
        expect(failed).toEqual({
          queue: "commits",
          id: job.id,
          name: "commit",
          data,
          reason: "the \u{fffd} disk\u{fffd} is full",
          attempts: 2,
          failedAt: expect.any(Date),
        });
        broken = false;
        await retryFailedJob(backend, "commits", failed!.id);
        await until(() => expect(done).toEqual([changeId]));
        await until(async () => expect(await listFailedJobs(backend)).toEqual([]));
        await expect(retryFailedJob(backend, "commits", failed!.id)).rejects.toThrow(
          "The queue commits has no failed job",
        );
        await expect(retryFailedJob(backend, "nonsense", "1")).rejects.toThrow("no failed job");
      });

      test("whose data is not understood fail at once, and others go on", async () => {
        const backend = await open();
        const done: string[] = [];
        await commits(backend, async (id) => void done.push(id));
        const changeId = randomUUID();
        await backend.queue("commits").add("commit", { v: 2, changeId });
        await backend.queue("commits").add("commit", { v: 1, changeId });
        await until(() => expect(done).toEqual([changeId]));
        await until(async () => expect(await listFailedJobs(backend)).toHaveLength(1));
        const [failed] = await listFailedJobs(backend);
        expect(failed).toMatchObject({ attempts: 1, data: { v: 2, changeId } });
        expect(failed!.reason).toContain("not understood");
      });
    });

    describe("closing", () => {
      test("waits for what runs, and takes no more", async () => {
        const backend = await open();
        const wakes = wakeUps(backend);
        const gate = makeGate();
        const events: string[] = [];
        const [first, second] = [randomUUID(), randomUUID()];
        const worker = await turns(backend, async (id) => {
          events.push(id);
          await gate.opened;
          events.push("finished");
        });
        wakes.wakeThread(first);
        await until(() => expect(worker.running).toBe(1));
        const closed = worker.close(30_000).then(() => events.push("closed"));
        wakes.wakeThread(second);
        await wakes.close();
        gate.open();
        await closed;
        expect(events).toEqual([first, "finished", "closed"]);
        await turns(backend, async (id) => void events.push(id));
        await until(() => expect(events.at(-1)).toBe(second));
      });

      test("lets go of a job that does not end, which another worker then runs", async () => {
        const backend = await open();
        const wakes = wakeUps(backend);
        const gate = makeGate();
        const thread = randomUUID();
        const worker = await turns(backend, () => gate.opened);
        wakes.wakeThread(thread);
        await until(() => expect(worker.running).toBe(1));
        await worker.close(100);
        expect(worker.running).toBe(1);
        const ran: string[] = [];
        await turns(backend, async (id) => void ran.push(id));
        await until(() => expect(ran).toEqual([thread]));
        gate.open();
      });

      test.each(["there", "away"])("lets the process end while the server is %s", async (state) => {
        const program = new URL("../jobs/open-and-close.ts", import.meta.url).pathname;
        const settings = JSON.stringify({
          databaseUrl: server.databaseUrl,
          backend: server.backend,
        });
        const child = spawn(process.execPath, ["--import", "tsx", program, settings]);
        let output = "";
        child.stdout.on("data", (chunk) => (output += chunk));
        child.stderr.on("data", (chunk) => (output += chunk));
        const ended = new Promise((resolve) => child.once("close", resolve));
        try {
          await until(() => expect(output).toBe("open\n"));
          if (state === "away") await server.proxy.cut();
          child.stdin.write("close\n");
          await until(() => expect(child.exitCode).not.toBe(null));
          expect({ output, code: child.exitCode }).toEqual({ output: "open\nclosed\n", code: 0 });
        } finally {
          child.kill("SIGKILL");
          await ended;
        }
      });
    });

    describe("while the server is away", () => {
      test("adding is refused in time, and workers go on once it is back", async () => {
        const backend = await open();
        const wakes = wakeUps(backend);
        const ran: string[] = [];
        await turns(backend, async (id) => void ran.push(id));
        const before = randomUUID();
        wakes.wakeThread(before);
        await until(() => expect(ran).toEqual([before]));
        await server.proxy.cut();
        const job = commitJob(randomUUID());
        await expect(backend.queue("commits").add(job.name, job.data)).rejects.toThrow();
        wakes.wakeThread(randomUUID());
        await wakes.close();
        await server.proxy.restore();
        const after = randomUUID();
        await until(() => {
          wakes.wakeThread(after);
          expect(ran).toContain(after);
        });
      });

      test("a server that hangs does not make adding hang", async () => {
        const backend = await open();
        const job = commitJob(randomUUID());
        server.proxy.freeze();
        await expect(backend.queue("commits").add(job.name, job.data)).rejects.toThrow();
      });

      test("a server that hangs up is asked again, but not in a hurry", async () => {
        const backend = await open();
        const ran: string[] = [];
        await turns(backend, async (id) => void ran.push(id));
        const calls = server.proxy.hangUp();
        await until(() => expect(calls()).toBeGreaterThan(0));
        await sleep(1_000);
        expect(calls()).toBeLessThan(50);
        await server.proxy.restore();
        const wakes = wakeUps(backend);
        const thread = randomUUID();
        await until(() => {
          wakes.wakeThread(thread);
          expect(ran).toContain(thread);
        });
      });

      test("a job that ends meanwhile is not lost", async () => {
        const backend = await open();
        const gate = makeGate();
        const changeId = randomUUID();
        let runs = 0;
        await commits(backend, async () => {
          runs += 1;
          await gate.opened;
        });
        await backend.queue("commits").add("commit", { v: 1, changeId });
        await until(() => expect(runs).toBe(1));
        await server.proxy.cut();
        gate.open();
        await server.proxy.restore();
        await until(async () =>
          expect(await backend.queue("commits").getJobCounts("active", "completed")).toEqual({
            active: 0,
            completed: 1,
          }),
        );
      });
    });

    describe("outbox", () => {
      const dispatcher = async (backend: JobBackend, box = outbox) =>
        opened(await startDispatcher({ backend, outbox: box, logger: silent }), (it) => it.close());

      test("hands every committed job over once, to any number of dispatchers", async () => {
        const backend = await open();
        const done: string[] = [];
        await commits(backend, async (id) => void done.push(id));
        await dispatcher(backend);
        await dispatcher(backend);
        const ids = Array.from({ length: 300 }, () => randomUUID());
        await Promise.all(ids.map((id) => sql.begin((tx) => enqueue(tx, commitJob(id)))));
        await sql
          .begin(async (tx) => {
            await enqueue(tx, commitJob(randomUUID()));
            throw new Error("rolled back");
          })
          .catch(() => {});
        await until(() => expect(done.toSorted()).toEqual(ids.toSorted()));
        expect(await sql`select id from outbox`).toEqual([]);
      });

      test("survives a crash between the queue and the table: nothing lost, nothing twice", async () => {
        const backend = await open();
        const done: string[] = [];
        await commits(backend, async (id) => void done.push(id));
        const ids = Array.from({ length: 20 }, () => randomUUID());
        for (const id of ids) await enqueue(sql, commitJob(id));
        let crashes = 0;
        const crashing: Outbox = {
          ...outbox,
          deliver: (queues, limit, handOver) =>
            outbox.deliver(queues, limit, async (rows) => {
              await handOver(rows);
              if (crashes === 2) return;
              await until(() => expect(done).toHaveLength(20));
              crashes += 1;
              throw new Error("crashed");
            }),
        };
        await dispatcher(backend, crashing);
        await until(async () => expect(await sql`select id from outbox`).toEqual([]));
        expect(crashes).toBe(2);
        const last = randomUUID();
        await enqueue(sql, commitJob(last));
        await until(() => expect(done).toContain(last));
        expect(done.toSorted()).toEqual([...ids, last].toSorted());
      });

      test("a key asked for twice while it waits is one job, and a job again afterwards", async () => {
        const backend = await open();
        const done: string[] = [];
        await commits(backend, async (id) => void done.push(id));
        const [change, last] = [randomUUID(), randomUUID()];
        const job = { ...commitJob(change), dedupKey: `commit:${change}` };
        await enqueue(sql, job);
        await enqueue(sql, job);
        await dispatcher(backend);
        await until(() => expect(done).toEqual([change]));
        await enqueue(sql, job);
        await until(() => expect(done).toEqual([change, change]));
        await enqueue(sql, commitJob(last));
        await until(() => expect(done).toEqual([change, change, last]));
      });

      test("jobs that nobody here knows wait for somebody who does", async () => {
        const backend = await open();
        const done: string[] = [];
        await commits(backend, async (id) => void done.push(id));
        await enqueue(sql, { queue: "posts", name: "post", data: {} });
        const change = randomUUID();
        await enqueue(sql, commitJob(change));
        await dispatcher(backend);
        await until(() => expect(done).toEqual([change]));
        expect(await sql`select queue from outbox`).toMatchObject([{ queue: "posts" }]);
      });

      test("waits while the queue is away", async () => {
        const backend = await open();
        const done: string[] = [];
        await commits(backend, async (id) => void done.push(id));
        await dispatcher(backend);
        await server.proxy.cut();
        const change = randomUUID();
        await enqueue(sql, commitJob(change));
        await server.proxy.restore();
        await until(() => expect(done).toEqual([change]));
      });
    });

    describe("relay", () => {
      const text = (at: number, value: string, turnId = "turn"): LiveMessage => ({
        type: "text",
        turnId,
        attempt: 1,
        at,
        text: value,
      });
      const read = (messages: LiveMessage[]) =>
        messages.map((message) => (message.type === "text" ? message.text : "")).join("");

      test("reaches every process once and in order, on many topics", async () => {
        const [near, far] = [relay(await open()), relay(await open())];
        const topics = Array.from({ length: 200 }, (_, i) => `thread.${i}`);
        const got = new Map(topics.map((topic) => [topic, { near: "", far: "" }]));
        await Promise.all(
          topics.flatMap((topic) => [
            near.subscribe(topic, (message) => (got.get(topic)!.near += read([message]))),
            far.subscribe(topic, (message) => (got.get(topic)!.far += read([message]))),
          ]),
        );
        const words = Array.from({ length: 20 }, (_, i) => `${i} `);
        for (const [i, word] of words.entries()) {
          for (const topic of topics)
            near.publish(topic, text(words.slice(0, i).join("").length, word));
          if (i % 5 === 0) await sleep(3);
        }
        const whole = words.join("");
        await until(() => {
          for (const topic of topics) expect(got.get(topic)).toEqual({ near: whole, far: whole });
        });
      });

      test("joins text that continues, and nothing else", async () => {
        const [near, far] = [relay(await open()), relay(await open())];
        const got: LiveMessage[] = [];
        await far.subscribe("thread.1", (message) => got.push(message));
        await near.subscribe("thread.1", () => {});
        near.publish("thread.1", text(0, "one "));
        near.publish("thread.1", text(4, "two "));
        near.publish("thread.1", { type: "event", seq: 7 });
        near.publish("thread.1", text(8, "three"));
        near.publish("thread.1", { type: "cancel", turnId: "turn" });
        await until(() => expect(got.at(-1)?.type).toBe("cancel"));
        expect(got).toEqual([
          text(0, "one two "),
          { type: "event", seq: 7 },
          text(8, "three"),
          { type: "cancel", turnId: "turn" },
        ]);
      });

      test("stops at the unsubscribe, and a listener that fails harms no other", async () => {
        const live = relay(await open());
        const got: string[] = [];
        const stop = await live.subscribe("thread.1", () => got.push("first"));
        await live.subscribe("thread.1", () => {
          throw new Error("no");
        });
        await live.subscribe("thread.1", () => got.push("last"));
        live.publish("thread.1", { type: "event", seq: 1 });
        await until(() => expect(got).toEqual(["first", "last"]));
        stop();
        live.publish("thread.1", { type: "event", seq: 2 });
        await until(() => expect(got).toEqual(["first", "last", "last"]));
      });

      test("goes on in this process without the server, and with the others once it is back", async () => {
        const [near, far] = [relay(await open()), relay(await open())];
        const local: LiveMessage[] = [];
        const remote: LiveMessage[] = [];
        await near.subscribe("thread.1", (message) => local.push(message));
        await far.subscribe("thread.1", (message) => remote.push(message));
        await server.proxy.cut();
        near.publish("thread.1", { type: "event", seq: 1 });
        await until(() => expect(local).toHaveLength(1));
        await server.proxy.restore();
        let seq = 2;
        await until(() => {
          near.publish("thread.1", { type: "event", seq: (seq += 1) });
          expect(remote.length).toBeGreaterThan(0);
        });
      });

      test("subscribing waits for an absent server only so long", async () => {
        const backend = await open();
        await server.proxy.cut();
        const live = relay(backend);
        const got: LiveMessage[] = [];
        await live.subscribe("thread.1", (message) => got.push(message));
        live.publish("thread.1", { type: "event", seq: 1 });
        await until(() => expect(got).toEqual([{ type: "event", seq: 1 }]));
        await server.proxy.restore();
        const other = relay(await open());
        await until(() => {
          other.publish("thread.1", { type: "event", seq: 2 });
          expect(got.at(-1)).toEqual({ type: "event", seq: 2 });
        });
      });

      test("of a process that is alone touches no server", async () => {
        const live = relay(await open(), true);
        const other = relay(await open());
        const got: LiveMessage[] = [];
        const beyond: LiveMessage[] = [];
        await live.subscribe("thread.1", (message) => got.push(message));
        await other.subscribe("thread.1", (message) => beyond.push(message));
        live.publish("thread.1", { type: "event", seq: 1 });
        await until(() => expect(got).toHaveLength(1));
        other.publish("thread.1", { type: "event", seq: 2 });
        await until(() => expect(beyond).toEqual([{ type: "event", seq: 2 }]));
        expect(got).toEqual([{ type: "event", seq: 1 }]);
      });
    });
  });
}

/** A promise and the function that resolves it. */
function makeGate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
