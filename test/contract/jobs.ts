/**
 * What the job queue promises on either server. `test/jobs/*-backend.test.ts` run it, each on a server of
 * its own behind a proxy that can be cut.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { listFailedJobs, retryFailedJob } from "../../jobs/failed-jobs.ts";
import { commitJob } from "../../src/changes/commit-job.ts";
import { JobWorld, makeGate, until } from "../jobs/job-world.ts";
import type { JobServer } from "../jobs/job-world.ts";
import { describeOutbox } from "./outbox.ts";
import { describeRelay } from "./stream-relay.ts";

export function describeJobs(name: string, start: () => Promise<JobServer>): void {
  describe(`job queue on ${name}`, () => {
    const world = new JobWorld(start);
    describeWakeUps(world);
    describeCommits(world);
    describeClosing(world);
    describeAbsence(world);
    describeOutbox(world);
    describeRelay(world);
  });
}

function describeWakeUps(world: JobWorld): void {
  describe("wake-ups", () => {
    test("run the thread they name", async () => {
      const backend = await world.open();
      const ran: string[] = [];
      await world.turns(backend, async (id) => void ran.push(id));
      const ids = Array.from({ length: 30 }, () => randomUUID());
      for (const id of ids) world.wakeUps(backend).wakeThread(id);
      await until(() => expect(ran.toSorted()).toEqual(ids.toSorted()));
    });

    test("for a thread that already waits are one", async () => {
      const backend = await world.open();
      const wakes = world.wakeUps(backend);
      const ran: string[] = [];
      const gate = makeGate();
      const [blocker, thread, last] = [randomUUID(), randomUUID(), randomUUID()];
      await world.turns(
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
      const backend = await world.open();
      const wakes = world.wakeUps(backend);
      let runs = 0;
      const gate = makeGate();
      const [thread, last] = [randomUUID(), randomUUID()];
      const seen: string[] = [];
      await world.turns(backend, async (id) => {
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
      const backend = await world.open();
      const wakes = world.wakeUps(backend);
      let runs = 0;
      await world.turns(backend, async () => {
        runs += 1;
        if (runs === 1) throw new Error("not this time");
      });
      const thread = randomUUID();
      wakes.wakeThread(thread);
      await until(async () => expect(await listFailedJobs(backend)).toHaveLength(1));
      wakes.wakeThread(thread);
      await until(() => expect(runs).toBe(2));
    });

    test("of the sweeper pass by one that is stuck", async () => {
      const backend = await world.open();
      const wakes = world.wakeUps(backend);
      const gate = makeGate();
      const [thread, last] = [randomUUID(), randomUUID()];
      const ran: string[] = [];
      await world.turns(backend, async (id) => {
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
      // One waits at a time; each may have run before the next was asked for.
      expect(ran.filter((id) => id === thread).length).toBeGreaterThanOrEqual(2);
      gate.open();
    });

    test("and commits of a newer release are let go, and nobody is told of a failure", async () => {
      const backend = await world.open();
      const ran: string[] = [];
      const done = async (id: string) => void ran.push(id);
      await world.turns(backend, done);
      await world.commits(backend, done, async () => void ran.push("given up"));
      for (const queue of ["turns", "commits"] as const) {
        await backend.queue(queue).add("of a newer release", { v: 2, all: [1] });
      }
      const [thread, change] = [randomUUID(), randomUUID()];
      world.wakeUps(backend).wakeThread(thread);
      const { name, data } = commitJob(change);
      await backend.queue("commits").add(name, data);
      await until(() => expect(ran.toSorted()).toEqual([thread, change].toSorted()));
      for (const queue of ["turns", "commits"] as const) {
        await until(async () =>
          expect(
            await backend.queue(queue).getJobCounts("waiting", "active", "delayed", "failed"),
          ).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0 }),
        );
      }
    });

    test("that name no thread harm nobody", async () => {
      const backend = await world.open();
      const wakes = world.wakeUps(backend);
      const ran: string[] = [];
      await world.turns(backend, async (id) => void ran.push(id));
      const thread = randomUUID();
      wakes.wakeThread("\0");
      wakes.wakeThread(thread);
      await until(() => expect(ran).toEqual([thread]));
    });
  });
}

function describeCommits(world: JobWorld): void {
  describe("commits", () => {
    test("that fail are tried again until they succeed", async () => {
      const backend = await world.open();
      const change = randomUUID();
      const gaveUp = vi.fn(async () => {});
      let tries = 0;
      await world.commits(
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
      const backend = await world.open();
      const changeId = randomUUID();
      let broken = true;
      const done: string[] = [];
      const gaveUp: unknown[] = [];
      await world.commits(
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
      const backend = await world.open();
      const done: string[] = [];
      await world.commits(backend, async (id) => void done.push(id));
      const changeId = randomUUID();
      await backend.queue("commits").add("commit", { v: 0, changeId });
      await backend.queue("commits").add("commit", { v: 1, changeId });
      await until(() => expect(done).toEqual([changeId]));
      await until(async () => expect(await listFailedJobs(backend)).toHaveLength(1));
      const [failed] = await listFailedJobs(backend);
      expect(failed).toMatchObject({ attempts: 1, data: { v: 0, changeId } });
      expect(failed!.reason).toContain("not understood");
    });
  });
}

function describeClosing(world: JobWorld): void {
  describe("closing", () => {
    test("waits for what runs, and loses nothing", async () => {
      const backend = await world.open();
      const wakes = world.wakeUps(backend);
      const gate = makeGate();
      const events: string[] = [];
      const [first, second] = [randomUUID(), randomUUID()];
      const worker = await world.turns(backend, async (id) => {
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
      // A job that was being fetched in that moment may still be run; what has begun is waited for.
      const begun = events.filter((event) => event === first || event === second);
      expect(begun).toContain(first);
      expect(events.filter((event) => event === "finished")).toHaveLength(begun.length);
      expect(events.at(-1)).toBe("closed");
      await world.turns(backend, async (id) => void events.push(id));
      await until(() => expect(events).toContain(second));
    });

    test("lets go of a job that does not end, which another worker then runs", async () => {
      const backend = await world.open();
      const wakes = world.wakeUps(backend);
      const gate = makeGate();
      const thread = randomUUID();
      const worker = await world.turns(backend, () => gate.opened);
      wakes.wakeThread(thread);
      await until(() => expect(worker.running).toBe(1));
      await worker.close(100);
      expect(worker.running).toBe(1);
      const ran: string[] = [];
      await world.turns(backend, async (id) => void ran.push(id));
      await until(() => expect(ran).toEqual([thread]));
      gate.open();
    });

    test.each(["there", "away"])("lets the process end while the server is %s", async (state) => {
      const program = new URL("../jobs/open-and-close.ts", import.meta.url).pathname;
      const settings = JSON.stringify({
        databaseUrl: world.server.databaseUrl,
        backend: world.server.backend,
      });
      const child = spawn(process.execPath, ["--import", "tsx", program, settings]);
      let output = "";
      child.stdout.on("data", (chunk) => (output += chunk));
      child.stderr.on("data", (chunk) => (output += chunk));
      const ended = new Promise((resolve) => child.once("close", resolve));
      try {
        await until(() => expect(output).toBe("open\n"));
        if (state === "away") await world.server.proxy.cut();
        child.stdin.write("close\n");
        await until(() => expect(child.exitCode).not.toBe(null));
        expect({ output, code: child.exitCode }).toEqual({ output: "open\nclosed\n", code: 0 });
      } finally {
        child.kill("SIGKILL");
        await ended;
      }
    });
  });
}

function describeAbsence(world: JobWorld): void {
  describe("while the server is away", () => {
    test("adding is refused in time, and workers go on once it is back", async () => {
      const backend = await world.open();
      const wakes = world.wakeUps(backend);
      const ran: string[] = [];
      await world.turns(backend, async (id) => void ran.push(id));
      const before = randomUUID();
      wakes.wakeThread(before);
      await until(() => expect(ran).toEqual([before]));
      await world.server.proxy.cut();
      const job = commitJob(randomUUID());
      await expect(backend.queue("commits").add(job.name, job.data)).rejects.toThrow();
      wakes.wakeThread(randomUUID());
      await wakes.close();
      await world.server.proxy.restore();
      const after = randomUUID();
      await until(() => {
        wakes.wakeThread(after);
        expect(ran).toContain(after);
      });
    });

    test("a server that hangs does not make adding hang", async () => {
      const backend = await world.open();
      const job = commitJob(randomUUID());
      world.server.proxy.freeze();
      await expect(backend.queue("commits").add(job.name, job.data)).rejects.toThrow();
    });

    test("a server that hangs up is asked again, but not in a hurry", async () => {
      const backend = await world.open();
      const ran: string[] = [];
      await world.turns(backend, async (id) => void ran.push(id));
      const calls = world.server.proxy.hangUp();
      await until(() => expect(calls()).toBeGreaterThan(0));
      await sleep(1_000);
      expect(calls()).toBeLessThan(50);
      await world.server.proxy.restore();
      const wakes = world.wakeUps(backend);
      const thread = randomUUID();
      await until(() => {
        wakes.wakeThread(thread);
        expect(ran).toContain(thread);
      });
    });

    test("a job that ends meanwhile is not lost", async () => {
      const backend = await world.open();
      const gate = makeGate();
      const changeId = randomUUID();
      let runs = 0;
      await world.commits(backend, async () => {
        runs += 1;
        await gate.opened;
      });
      await backend.queue("commits").add("commit", { v: 1, changeId });
      await until(() => expect(runs).toBe(1));
      await world.server.proxy.cut();
      gate.open();
      await world.server.proxy.restore();
      await until(async () =>
        expect(await backend.queue("commits").getJobCounts("active", "completed")).toEqual({
          active: 0,
          completed: 1,
        }),
      );
    });
  });
}
