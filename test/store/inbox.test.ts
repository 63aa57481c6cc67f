import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import type { InboxEvent } from "../../src/store/inbox.ts";
import { hearsFrom, pruneInbox, putEvent } from "../../src/store/inbox.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";

const HOUR = 60 * 60_000;

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

const event = (more: Partial<InboxEvent> = {}): InboxEvent => ({
  source: "github",
  eventId: "delivery-1",
  kind: "push",
  subject: "acme/rfcs",
  payload: { branch: "feature", quote: "’\\u0001" },
  ...more,
});
const age = (eventId: string, ms: number) =>
  sql`update inbox set received_at = now() - ${ms} * interval '1 ms' where event_id = ${eventId}`;
const eventIds = async (): Promise<string[]> =>
  (await sql<{ eventId: string }[]>`select event_id from inbox order by id`).map(
    (row) => row.eventId,
  );

describe("an event", () => {
  it("is kept as it came", async () => {
    expect(await putEvent(sql, event())).toBe(true);
    const [row] = await sql<InboxEvent[]>`
      select source, event_id, kind, subject, payload from inbox`;
    expect(row).toEqual(event());
  });

  it("counts once, however often and by however many it is delivered", async () => {
    const puts = await Promise.all(Array.from({ length: 10 }, () => putEvent(sql, event())));
    expect(puts.filter(Boolean)).toHaveLength(1);
    expect(await putEvent(sql, event({ payload: {} }))).toBe(false);
    expect(await eventIds()).toEqual(["delivery-1"]);
  });

  it("is told from one with the same id of another platform", async () => {
    await putEvent(sql, event());
    expect(await putEvent(sql, event({ source: "slack" }))).toBe(true);
    expect(await putEvent(sql, event({ eventId: "delivery-2" }))).toBe(true);
  });

  it("is not kept when what it asked for could not be written", async () => {
    const failing = sql.begin(async (tx) => {
      await putEvent(tx, event());
      throw new Error("no room");
    });
    await expect(failing).rejects.toThrow("no room");
    expect(await putEvent(sql, event())).toBe(true);
  });

  it("is forgotten when it is too old to come again", async () => {
    await putEvent(sql, event({ eventId: "old" }));
    await putEvent(sql, event({ eventId: "new" }));
    await age("old", 2 * HOUR);
    await age("new", HOUR / 2);
    await pruneInbox(sql, HOUR);
    expect(await eventIds()).toEqual(["new"]);
  });
});

describe("a repository", () => {
  it("is heard of as long as its last event is recent", async () => {
    expect(await hearsFrom(sql, "github", "acme/rfcs", HOUR)).toBe(false);
    await putEvent(sql, event());
    expect(await hearsFrom(sql, "github", "acme/rfcs", HOUR)).toBe(true);
    expect(await hearsFrom(sql, "github", "acme/others", HOUR)).toBe(false);
    expect(await hearsFrom(sql, "slack", "acme/rfcs", HOUR)).toBe(false);
    await age("delivery-1", HOUR + 1);
    expect(await hearsFrom(sql, "github", "acme/rfcs", HOUR)).toBe(false);
  });
});
