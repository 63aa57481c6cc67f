import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { LocalCallSlots, SafeCallSlots } from "../../src/chat/call-slots.ts";
import type { CallSlots, Pace } from "../../src/chat/call-slots.ts";
import type { Logger } from "../../src/log.ts";
import { createCallSlots } from "../../src/store/call-slots.ts";
import { followDatabaseClock } from "../../src/store/database-clock.ts";
import { connect } from "../../src/store/database.ts";
import type { Sql } from "../../src/store/database.ts";
import { createTestDatabase } from "../support/database.ts";
import type { TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let sql: Sql;
let other: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url);
  other = connect(database.url);
});
afterAll(async () => {
  await Promise.all([sql.end(), other.end()]);
  await database.drop();
});

/** So long that the test's own time does not matter. */
const PACE: Pace = { intervalMs: 100_000, burst: 3 };
const EVER = 1e9;
let keys = 0;
const newKey = (): string => `key ${(keys += 1)}`;
/** In intervals. */
const rounded = (waits: readonly (number | null)[]): (number | null)[] =>
  waits.map((wait) => (wait === null ? null : Math.round(wait / PACE.intervalMs)));

const kinds: [string, () => CallSlots][] = [
  ["of the database", () => createCallSlots(sql)],
  ["of one process", () => new LocalCallSlots()],
];

describe.each(kinds)("slots %s", (_, create) => {
  it("are free at once after a rest, then one an interval", async () => {
    const slots = create();
    const key = newKey();
    const waits = [];
    for (let n = 0; n < 6; n += 1) waits.push(await slots.reserve(key, PACE, EVER));
    expect(waits.slice(0, 3)).toEqual([0, 0, 0]);
    expect(rounded(waits)).toEqual([0, 0, 0, 1, 2, 3]);
  });

  it("that are too far away are not taken", async () => {
    const slots = create();
    const key = newKey();
    for (let n = 0; n < 4; n += 1) await slots.reserve(key, PACE, EVER);
    expect(await slots.reserve(key, PACE, 150_000)).toBeNull();
    expect(rounded([await slots.reserve(key, PACE, EVER)])).toEqual([2]);
  });

  it("are not free before the rest that was asked for", async () => {
    const slots = create();
    const key = newKey();
    await slots.push(key, PACE, 500_000);
    await slots.push(key, PACE, 100_000);
    expect(rounded([await slots.reserve(key, PACE, EVER)])).toEqual([5]);
    expect(await slots.reserve(newKey(), PACE, EVER)).toBe(0);
  });
});

it("slots of one process do not wait for a clock that was set back", async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  try {
    const slots = new LocalCallSlots();
    for (let n = 0; n < 3; n += 1) await slots.reserve("k", PACE, EVER);
    vi.setSystemTime(Date.now() - 3_600_000);
    vi.advanceTimersByTime(PACE.intervalMs);
    expect(await slots.reserve("k", PACE, EVER)).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

it("slots of the database do not wait for a clock that was set back", async () => {
  const slots = createCallSlots(sql);
  const [taken, rested] = [newKey(), newKey()];
  for (let n = 0; n < 3; n += 1) await slots.reserve(taken, PACE, EVER);
  await slots.push(rested, PACE, 500_000);
  await followDatabaseClock(sql, 10_000);
  await sql`
    update call_slots set next_at = next_at + interval '1 hour' where key in (${taken}, ${rested})`;
  await sql`update database_clock set seen_at = seen_at + interval '1 hour'`;
  await followDatabaseClock(sql, 10_000);
  const next = async (key: string) =>
    rounded([await slots.reserve(key, PACE, EVER), await slots.reserve(key, PACE, EVER)]);
  // As if the clock had gone on.
  expect(await next(taken)).toEqual([1, 2]);
  expect(await next(rested)).toEqual([5, 6]);
});

describe("slots that are shared", () => {
  it("are each given once, over all processes", async () => {
    const key = newKey();
    const both = [createCallSlots(sql), createCallSlots(other)];
    const waits = await Promise.all(
      Array.from({ length: 10 }).flatMap(() => both.map((one) => one.reserve(key, PACE, EVER))),
    );
    const sorted = rounded(waits).toSorted((a, b) => (a ?? 0) - (b ?? 0));
    expect(sorted).toEqual([0, 0, ...Array.from({ length: 18 }, (_, n) => n)]);
  });

  it("let no more calls into a time than their burst and their pace", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 30, maxLength: 60 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 100, max: 3_000 }),
        async (gaps, burst, intervalMs) => {
          let now = 0;
          const slots = new LocalCallSlots(() => now);
          const times: number[] = [];
          for (const gap of gaps) {
            now += gap;
            times.push(now + ((await slots.reserve("k", { burst, intervalMs }, EVER)) ?? 0));
          }
          for (const from of times) {
            const within = times.filter((at) => at >= from && at < from + 60_000).length;
            expect(within).toBeLessThanOrEqual(burst + Math.ceil(60_000 / intervalMs));
          }
          expect(times).toEqual(times.toSorted((a, b) => a - b));
        },
      ),
    );
  });
});

describe("while the database is away", () => {
  const warnings: string[] = [];
  const logger: Logger = {
    debug() {},
    info() {},
    warn: (_, message) => warnings.push(message),
    error() {},
  };
  const hanging: CallSlots = {
    reserve: () => new Promise(() => {}),
    push: () => Promise.reject(new Error("away")),
  };

  it("calls are spaced by the process itself, and none waits", async () => {
    const slots = new SafeCallSlots(hanging, logger, 10);
    const key = newKey();
    const waits = [];
    for (let n = 0; n < 4; n += 1) waits.push(await slots.reserve(key, PACE, EVER));
    expect(rounded(waits)).toEqual([0, 0, 0, 1]);
    await slots.push(key, PACE, 700_000);
    expect(rounded([await slots.reserve(key, PACE, EVER)])).toEqual([7]);
    expect(warnings).toEqual(["calls are spaced by this process alone"]);
  });

  it("the shared slots are used again as soon as they are back", async () => {
    let isAway = true;
    const shared = createCallSlots(sql);
    const flaky: CallSlots = {
      reserve: (...asked) =>
        isAway ? Promise.reject(new Error("away")) : shared.reserve(...asked),
      push: (...asked) => shared.push(...asked),
    };
    const slots = new SafeCallSlots(flaky, logger);
    const key = newKey();
    await slots.reserve(key, PACE, EVER);
    isAway = false;
    await slots.reserve(key, PACE, EVER);
    const rows = await sql`select 1 from call_slots where key = ${key}`;
    expect(rows).toHaveLength(1);
  });
});
