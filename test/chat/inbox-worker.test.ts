import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";

import { PlaceRefused } from "../../src/chat/chat-platform.ts";
import { InboxIntake, NotStored } from "../../src/chat/inbox-intake.ts";
import { afterFailure, InboxWorker } from "../../src/chat/inbox-worker.ts";
import type { InboxItem, InboxWorkerDeps } from "../../src/chat/inbox-worker.ts";
import { UnsealError } from "../../src/encryption.ts";
import { UserError } from "../../src/errors.ts";
import { HostBusy } from "../../src/ports.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import type { LaneEvent } from "../../src/store/inbox.ts";
import { claimLanes } from "../../src/store/inbox.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import type { LogLine } from "../support/test-app.ts";
import { memoryLogger, until } from "../support/test-app.ts";

let database: TestDatabase;
let sql: Sql;
const log: LogLine[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 10 });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(async () => {
  log.length = 0;
  await sql`truncate inbox`;
});

const event = (lane: string, eventId: string): LaneEvent => ({
  eventId,
  lane,
  kind: "message",
  payload: {},
});
const intakeOf = (limitMs = 10_000, wake = () => {}, on = sql) =>
  new InboxIntake({ sql: on, source: "slack", wake, logger: memoryLogger(log), limitMs });
const workerOf = (
  handle: (item: InboxItem) => Promise<void>,
  more: Partial<Pick<InboxWorkerDeps, "leaseMs" | "pausesMs" | "onGiveUp">> = {},
) =>
  new InboxWorker({
    sql,
    source: "slack",
    handle,
    logger: memoryLogger(log),
    leaseMs: 5_000,
    concurrency: 4,
    ...more,
  });
const waiting = async () =>
  (await sql<{ n: number }[]>`select count(*) as n from inbox where state = 'waiting'`)[0]!.n;

describe("the worker", () => {
  it("keeps each lane's order, beside the others, and loses nothing", async () => {
    const seen = new Map<string, string[]>();
    const running = new Set<string>();
    const worker = workerOf(async ({ eventId }) => {
      const lane = eventId.split("-")[0]!;
      expect(running.has(lane)).toBe(false);
      running.add(lane);
      await new Promise((resolve) => setImmediate(resolve));
      seen.set(lane, [...(seen.get(lane) ?? []), eventId]);
      running.delete(lane);
    });
    const intake = intakeOf(10_000, () => void worker.wake());
    const all = Array.from({ length: 200 }, (_, n) => event(`l${n % 12}`, `l${n % 12}-${n}`));
    await Promise.all(all.map((one) => intake.store(one)));
    await until(async () => (await waiting()) === 0);
    await worker.stop(1_000);
    expect([...seen.values()].flat()).toHaveLength(200);
    for (const lane of seen.values()) {
      const numbers = lane.map((id) => Number(id.split("-")[1]));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
  });

  it("tries again, gives up with an id in the log, and goes on with the lane", async () => {
    const tried: string[] = [];
    const worker = workerOf(
      async ({ eventId }) => {
        tried.push(eventId);
        if (eventId === "1") throw new Error("broken");
      },
      { pausesMs: [0, 0] },
    );
    const intake = intakeOf();
    await intake.store(event("a", "1"));
    await intake.store(event("a", "2"));
    await until(async () => {
      await worker.wake();
      return (await waiting()) === 0;
    });
    await worker.stop(1_000);
    expect(tried).toEqual(["1", "1", "1", "2"]);
    const [row] = await sql<{ state: string; errorId: string }[]>`
      select state, error_id from inbox where event_id = '1'`;
    expect(row!.state).toBe("failed");
    const errors = log.filter(({ level }) => level === "error");
    expect(JSON.stringify(errors)).toContain(row!.errorId);
  });

  it("runs again what a process that died had begun", async () => {
    await intakeOf().store(event("a", "1"));
    await claimLanes(sql, "slack", 1, 100);
    const seen: string[] = [];
    const worker = workerOf(async ({ eventId }) => void seen.push(eventId));
    await until(async () => {
      await worker.wake();
      return seen.length > 0;
    });
    await until(async () => (await waiting()) === 0);
    await worker.stop(1_000);
    expect(seen).toEqual(["1"]);
  });

  it("tells once of what it gives up, and goes on with the lane meanwhile", async () => {
    const told: string[] = [];
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const handled: string[] = [];
    const worker = workerOf(
      async ({ eventId }) => {
        if (eventId === "1") throw new Error("broken");
        handled.push(eventId);
      },
      {
        pausesMs: [],
        onGiveUp: async ({ eventId, payload }, errorId) => {
          await gate;
          told.push(`${eventId} ${JSON.stringify(payload)} ${errorId}`);
          throw new Error("nor can it be told");
        },
      },
    );
    await intakeOf().store({ ...event("a", "1"), payload: { by: "ada" } });
    await intakeOf().store(event("a", "2"));
    await worker.wake();
    await until(async () => (await waiting()) === 0);
    expect(handled).toEqual(["2"]);
    release();
    await worker.stop(5_000);
    const [row] = await sql<{ errorId: string }[]>`
      select error_id from inbox where event_id = '1'`;
    expect(told).toEqual([`1 {"by":"ada"} ${row!.errorId}`]);
    expect(log.at(-1)!.fields).toMatchObject({ err: { message: "nor can it be told" } });
  });

  it("does not tell of an event that is another's by then", async () => {
    const told: string[] = [];
    const worker = workerOf(
      async () => {
        await sql`update inbox set lease_epoch = lease_epoch + 1`;
        throw new Error("broken");
      },
      { pausesMs: [], onGiveUp: async ({ eventId }) => void told.push(eventId) },
    );
    await intakeOf().store(event("a", "1"));
    await worker.wake();
    await until(async () => log.some(({ level }) => level === "error"));
    await worker.stop(5_000);
    expect(told).toEqual([]);
    expect(await waiting()).toBe(1);
  });

  it("says which event may have been handled before", async () => {
    const seen: boolean[] = [];
    const busy = new HostBusy("busy", new Date(0));
    const worker = workerOf(async ({ isRepeat }) => {
      seen.push(isRepeat);
      if (seen.length === 1) throw busy;
      if (seen.length === 2) throw new Error("broken");
    });
    await intakeOf().store(event("a", "1"));
    await until(async () => {
      await sql`update inbox set due_at = now() where lease_until is null`;
      await worker.wake();
      return (await waiting()) === 0;
    });
    await worker.stop(1_000);
    expect(seen).toEqual([false, true, true]);
  });

  it.each([
    ["a token that is refused", new PlaceRefused("access", "Install the app again.")],
    ["an installation that does not open", new UnsealError("Install the app again.")],
  ])("waits with %s until that is mended, however often it is tried", async (_, refusal) => {
    let tries = 0;
    // All of it is within the first pause.
    const now = vi.spyOn(Date, "now").mockReturnValue(Date.now());
    onTestFinished(() => now.mockRestore());
    const worker = workerOf(
      async () => {
        tries += 1;
        if (tries <= 12) throw refusal;
      },
      { pausesMs: [0] },
    );
    for (const lane of ["a", "b"]) await intakeOf().store(event(lane, lane));
    await until(async () => {
      await sql`update inbox set due_at = now() where lease_until is null`;
      await worker.wake();
      return (await waiting()) === 0;
    });
    await worker.stop(1_000);
    const rows = await sql`select state, attempts, error_id from inbox`;
    const done = { state: "done", attempts: 1, errorId: null };
    expect([...rows]).toEqual([done, done]);
    const lines = log.filter(({ level }) => level === "error");
    expect(lines).toHaveLength(1);
    expect(lines[0]!.fields).toMatchObject({ mend: "Install the app again." });
  });

  it("gives up an event that kills each process", async () => {
    await intakeOf().store(event("a", "1"));
    await sql`update inbox set attempts = 3`;
    const seen: string[] = [];
    const worker = workerOf(async ({ eventId }) => void seen.push(eventId), { pausesMs: [0, 0] });
    await worker.wake();
    await until(async () => (await waiting()) === 0);
    await worker.stop(1_000);
    expect(seen).toEqual([]);
  });

  it("keeps an event for as long as its handler takes", async () => {
    await intakeOf().store(event("a", "1"));
    let [starts, release] = [0, () => {}];
    const gate = new Promise<void>((resolve) => (release = resolve));
    const slow = async () => {
      starts += 1;
      await gate;
    };
    const [one, two] = [workerOf(slow, { leaseMs: 300 }), workerOf(slow, { leaseMs: 300 })];
    await one.wake();
    const [before] = await sql<{ until: Date }[]>`select lease_until as until from inbox`;
    await until(async () => {
      await two.wake();
      const [row] = await sql<{ until: Date }[]>`select lease_until as until from inbox`;
      return row!.until.getTime() > before!.until.getTime() + 600;
    });
    release();
    await until(async () => (await waiting()) === 0);
    await Promise.all([one.stop(1_000), two.stop(1_000)]);
    expect(starts).toBe(1);
  });
});

describe("after a failure", () => {
  const at = (attempts: number) => ({ attempts, receivedAt: new Date(0) });
  it.each<[string, unknown, number, object]>([
    ["of ours", new Error("x"), 1, { kind: "again", inMs: 2_000, counts: true }],
    ["of ours, the last", new Error("x"), 5, { kind: "failed" }],
    ["that the person was told", new UserError("not-found", "x"), 1, { kind: "done" }],
    [
      "of a busy platform",
      new HostBusy("x", new Date(61_000)),
      9,
      { kind: "again", inMs: 60_000, counts: false },
    ],
  ])("%s", (_, error, attempts, step) => {
    expect(afterFailure(error, at(attempts), 1_000)).toEqual(step);
  });

  it.each([
    [0, 2_000],
    [2_000, 2_000],
    [4_000, 4_000],
    [40_000, 40_000],
    [3_600_000, 60_000],
  ])("that an operator can mend, %i ms after it came", (waitedMs, inMs) => {
    const step = { kind: "again", inMs, counts: false, mend: "x" };
    expect(afterFailure(new UnsealError("x"), at(9), waitedMs)).toEqual(step);
    expect(afterFailure(new PlaceRefused("access", "x"), at(9), waitedMs)).toEqual(step);
  });

  it("that an operator did not mend for a day", () => {
    expect(afterFailure(new UnsealError("x"), at(1), 24 * 3_600_000)).toEqual({ kind: "failed" });
  });

  it("of a place that refuses", () => {
    expect(afterFailure(new PlaceRefused("place", "x"), at(5), 0)).toEqual({ kind: "failed" });
  });

  it("of a platform that is busy for a day", () => {
    const busy = new HostBusy("x", new Date(0));
    expect(afterFailure(busy, at(1), 25 * 3_600_000)).toEqual({ kind: "failed" });
  });
});

describe("storing", () => {
  it("says which are known, also among those that come at once", async () => {
    const intake = intakeOf();
    const same = [event("a", "1"), event("a", "1"), event("a", "2")];
    const outcomes = await Promise.all(same.map((one) => intake.store(one)));
    expect(outcomes.toSorted()).toEqual(["known", "stored", "stored"]);
    expect(await intake.store(event("a", "2"))).toBe("known");
  });

  it("gives up in time while the database hangs, and takes the event later", async () => {
    const intake = intakeOf(200);
    const lock = await sql.reserve();
    await lock`begin`;
    await lock`lock table inbox in access exclusive mode`;
    const flood = Array.from({ length: 300 }, (_, n) => intake.store(event("a", `${n}`)));
    const began = performance.now();
    const outcomes = await Promise.allSettled(flood);
    // Slack waits 3 s.
    expect(performance.now() - began).toBeLessThan(2_500);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(NotStored) });
    }
    await lock`rollback`;
    lock.release();
    await until(async () => {
      return (await intake.store(event("a", "0")).catch(() => null)) !== null;
    });
  });

  it("does not lose others to one that the database refuses", async () => {
    const intake = intakeOf();
    const bad = { ...event("a", "bad"), payload: { text: "\0" } };
    const outcomes = await Promise.allSettled([
      intake.store(event("a", "0")),
      ...["1", "2"].map((id) => intake.store(event("a", id))),
      intake.store(bad),
      intake.store(event("a", "3")),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
  });
});
