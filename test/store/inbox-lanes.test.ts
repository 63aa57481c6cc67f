import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import type { LaneEvent } from "../../src/store/inbox.ts";
import {
  claimLanes,
  endAllEventLeases,
  finishEvent,
  hearsFrom,
  pruneInbox,
  putWaitingEvents,
  releaseEvent,
  renewEvents,
} from "../../src/store/inbox.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";

const LEASE = 60_000;
const OVER = -1;

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 10 });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(async () => {
  await sql`truncate inbox`;
});

const event = (lane: string, eventId: string): LaneEvent => ({
  eventId,
  kind: "message",
  lane,
  payload: { says: eventId },
});
const put = (...events: LaneEvent[]) => putWaitingEvents(sql, "slack", events);
const claim = (limit = 50, leaseMs = LEASE) => claimLanes(sql, "slack", limit, leaseMs);
const ids = (events: readonly { eventId: string }[]) => events.map(({ eventId }) => eventId);
const states = async () =>
  (
    await sql<{ eventId: string; state: string; attempts: number }[]>`
      select event_id, state, attempts from inbox order by id`
  ).map((row) => `${row.eventId} ${row.state} ${row.attempts}`);

describe("events that are to be worked off", () => {
  it("are stored once, in their order, also when they are sent together", async () => {
    expect([...(await put(event("a", "1"), event("b", "2"), event("a", "1")))]).toEqual(["1", "2"]);
    expect([...(await put(event("a", "3"), event("a", "2")))]).toEqual(["3"]);
    expect(await states()).toEqual(["1 waiting 0", "2 waiting 0", "3 waiting 0"]);
  });

  it("are taken one of a lane, and the lane's next follows the end of it", async () => {
    await put(event("a", "1"), event("a", "2"), event("b", "3"));
    const [first, other] = await claim();
    expect([first!.eventId, other!.eventId]).toEqual(["1", "3"]);
    expect(first).toMatchObject({ payload: { says: "1" }, attempts: 1, kind: "message" });
    expect(await claim()).toEqual([]);
    const next = await finishEvent(sql, first!, { state: "done" }, LEASE);
    expect(next).toMatchObject({ eventId: "2", payload: { says: "2" }, attempts: 1 });
    expect(await finishEvent(sql, next!, { state: "failed", errorId: "e1" }, LEASE)).toBeNull();
    expect(await states()).toEqual(["1 done 1", "2 failed 1", "3 waiting 1"]);
  });

  it("are passed over in lanes that the caller has", async () => {
    await put(event("a", "1"), event("b", "2"), event("a", "3"), event("c", "4"));
    expect(ids(await claimLanes(sql, "slack", 50, LEASE, ["a", "c"]))).toEqual(["2"]);
    expect(ids(await claim())).toEqual(["1", "4"]);
  });

  it("are forgotten once they are done, but known when they come again", async () => {
    await put(event("a", "1"));
    const [first] = await claim();
    await finishEvent(sql, first!, { state: "done" }, LEASE);
    const rows = await sql<{ payload: unknown }[]>`select payload from inbox`;
    expect(rows).toEqual([{ payload: {} }]);
    expect((await put(event("a", "1"))).size).toBe(0);
  });

  it("run again when the lease is over, and then the first worker's end counts no more", async () => {
    await put(event("a", "1"), event("a", "2"));
    const [slow] = await claim(50, OVER);
    const [again] = await claim();
    expect(again).toMatchObject({ eventId: "1", attempts: 2 });
    expect(await finishEvent(sql, slow!, { state: "done" }, LEASE)).toBeNull();
    await releaseEvent(sql, slow!, 0, true);
    expect(await claim()).toEqual([]);
    expect(ids([(await finishEvent(sql, again!, { state: "done" }, LEASE))!])).toEqual(["2"]);
  });

  it("stay with the worker that renews them", async () => {
    await put(event("a", "1"));
    const held = await claim(50, OVER);
    await renewEvents(sql, held, LEASE);
    expect(await claim()).toEqual([]);
  });

  it("stay free when they were given back before they are renewed", async () => {
    await put(event("a", "1"));
    const held = await claim();
    await releaseEvent(sql, held[0]!, 0, true);
    await renewEvents(sql, held, LEASE);
    expect(ids(await claim())).toEqual(["1"]);
  });

  it("wait as long as they are given back for, and their lane with them", async () => {
    await put(event("a", "1"), event("a", "2"));
    const [first] = await claim();
    await releaseEvent(sql, first!, 60_000, true);
    expect(await claim()).toEqual([]);
    await sql`update inbox set due_at = now() - interval '1 s' where event_id = '1'`;
    const [again] = await claim();
    expect(again).toMatchObject({ eventId: "1", attempts: 2 });
    await releaseEvent(sql, again!, 0, false);
    expect((await claim())[0]).toMatchObject({ eventId: "1", attempts: 2 });
  });

  it("tell that more can be expected, unless they are from before the clock was set back", async () => {
    const heard = () => hearsFrom(sql, "slack", "", 60_000);
    expect(await heard()).toBe(false);
    await put(event("a", "1"));
    expect(await heard()).toBe(true);
    await sql`update inbox set received_at = now() + interval '1 hour'`;
    expect(await heard()).toBe(false);
    await sql`update inbox set received_at = now() - interval '1 hour'`;
    expect(await heard()).toBe(false);
  });

  it("are never taken by two, however many ask at once", async () => {
    const lanes = Array.from({ length: 40 }, (_, n) =>
      [`${n}a`, `${n}b`].map((id) => event(`l${n}`, id)),
    );
    await put(...lanes.flat());
    const taken = (await Promise.all(Array.from({ length: 8 }, () => claim(10)))).flat();
    expect(new Set(ids(taken)).size).toBe(taken.length);
    expect(taken.every(({ eventId }) => eventId.endsWith("a"))).toBe(true);
    expect(ids([...taken, ...(await claim())]).length).toBe(40);
  });

  it("are not pruned while they wait", async () => {
    await put(event("a", "1"), event("b", "2"));
    const [first] = await claim(1);
    await finishEvent(sql, first!, { state: "done" }, LEASE);
    await sql`update inbox set received_at = now() - interval '30 days'`;
    await pruneInbox(sql, 1_000);
    expect(await states()).toEqual(["2 waiting 0"]);
  });

  it("lose their leases when the only process starts anew", async () => {
    await put(event("a", "1"));
    await claim();
    await endAllEventLeases(sql);
    expect(ids(await claim())).toEqual(["1"]);
  });
});
