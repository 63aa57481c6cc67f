import { afterAll, beforeAll, expect, it } from "vitest";
import { followDatabaseClock, unfollowedClock, WAITING } from "../../src/store/database-clock.ts";
import { countCommand } from "../../src/store/command-counts.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { whichAreDue } from "../../src/store/due.ts";
import { listAsked } from "../../src/store/messages.ts";
import { claim, renew } from "../../src/store/thread-leases.ts";
import { insertThread } from "../../src/store/threads.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { plantRfc } from "../support/plant-rfc.ts";

/** Times to come for which a person waits, or that say until when something holds: they are the clock's own. */
const OF_PEOPLE = [
  "connected_accounts.joinable_until",
  "limit_notices.until",
  "link_invitations.expires_at",
  "merge_proposals.ends_at",
  "notification_settings.digest_due_at",
  "sessions.ends_at",
];

const LEASE_MS = 10_000;

let database: TestDatabase;
let sql: Sql;
let userId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url);
  userId = await plantRfc(sql);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

/** As if the clock had gone back, with three calls to come. */
async function setBack(by: string): Promise<void> {
  await sql`delete from call_slots`;
  await sql`
    insert into call_slots (key, next_at)
    values ('past', clock_timestamp() - interval '1 day' + ${by}::interval),
      ('soon', clock_timestamp() + interval '5 s' + ${by}::interval), ('never', 'infinity')`;
  await followDatabaseClock(sql, LEASE_MS);
  await sql`update database_clock set seen_at = clock_timestamp() + ${by}::interval`;
}

/** Seconds until each call. */
async function waits(): Promise<Record<string, number>> {
  const rows = await sql<{ key: string; seconds: number }[]>`
    select key, extract(epoch from next_at - clock_timestamp())::float8 as seconds from call_slots`;
  return Object.fromEntries(rows.map(({ key, seconds }) => [key, seconds]));
}

it("is to be followed where nobody has looked, or not for long, and after a step back", async () => {
  const isDue = async () => (await whichAreDue(sql, [unfollowedClock]))[0];
  await sql`delete from database_clock`;
  expect(await isDue()).toBe(true);
  await followDatabaseClock(sql, LEASE_MS);
  expect(await isDue()).toBe(false);
  await sql`update database_clock set seen_at = seen_at - interval '5 s'`;
  expect(await isDue()).toBe(true);
  await followDatabaseClock(sql, LEASE_MS);
  expect(await isDue()).toBe(false);
  await setBack("3 s");
  expect(await isDue()).toBe(true);
});

it("leaves a look that is ahead of the clock as it is", async () => {
  await setBack("500 ms");
  const seenAt = async () => (await sql`select seen_at from database_clock`)[0]!["seenAt"] as Date;
  const before = await seenAt();
  expect(await followDatabaseClock(sql, LEASE_MS)).toBe(0);
  expect(await seenAt()).toEqual(before);
});

it("nothing waits for as long as the clock was set back", async () => {
  await setBack("1 hour");
  expect(await followDatabaseClock(sql, LEASE_MS)).toBeGreaterThan(3_599_000);
  const { past, soon, never } = await waits();
  expect(soon).toBeGreaterThan(-60);
  expect(soon).toBeLessThanOrEqual(6);
  // What is past is past, and keeps its place.
  expect(past).toBeGreaterThan(-23 * 3_600 - 60);
  expect(never).toBe(Number.POSITIVE_INFINITY);
  expect(await followDatabaseClock(sql, LEASE_MS)).toBe(0);
});

it("is moved once, whoever looks at the same time", async () => {
  await setBack("1 hour");
  const other = connect(database.url);
  const steps = await Promise.all(
    [sql, other, sql, other].map((one) => followDatabaseClock(one, LEASE_MS)),
  );
  await other.end();
  expect(steps.filter((step) => step > 0)).toHaveLength(1);
  expect((await waits())["soon"]).toBeGreaterThan(-3_600);
});

it("a dead worker's thread is free after a lease, and who renewed one keeps it", async () => {
  const at = { rfcSlug: "rfc", branchName: "main", kind: "discussion" as const };
  const thread = { ...at, title: null, anchor: null, createdBy: userId };
  const [dead, live] = await Promise.all([insertThread(sql, thread), insertThread(sql, thread)]);
  await sql`update threads set ready_at = clock_timestamp() - interval '1 minute'`;
  await claim(sql, dead.id, "dead", LEASE_MS);
  await sql`update threads set ready_at = ready_at + interval '1 hour',
    lease_until = lease_until + interval '1 hour'`;
  // What comes after the step has the new clock's times.
  await sql`update threads set ready_at = clock_timestamp() where id = ${live.id}`;
  const lease = (await claim(sql, live.id, "live", LEASE_MS))!;
  await sql`update database_clock set seen_at = clock_timestamp() + interval '1 hour'`;
  expect(await followDatabaseClock(sql, LEASE_MS)).toBeGreaterThan(0);
  expect(await claim(sql, live.id, "another", LEASE_MS)).toBeNull();
  expect(await renew(sql, lease, LEASE_MS)).toMatchObject({ held: true });
  const [row] = await sql<{ ready: boolean; seconds: number }[]>`
    select ready_at <= clock_timestamp() as ready,
      extract(epoch from lease_until - clock_timestamp())::float8 as seconds
    from threads where id = ${dead.id}`;
  expect(row!.ready).toBe(true);
  expect(row!.seconds).toBeLessThanOrEqual(LEASE_MS / 1_000);
});

it("who asked before the step is not said to ask too often", async () => {
  for (let n = 0; n < 3; n += 1) await countCommand(sql, userId);
  await sql`update command_counts set since = since + interval '1 hour'`;
  expect(await countCommand(sql, userId)).toBe(1);
  expect(await countCommand(sql, userId)).toBe(2);
  await sql`
    insert into summaries_asked (user_id, platform, workspace_id, asked_at)
    values (${userId}, 'test', '', now() + interval '1 hour'),
      (${userId}, 'test', '', now())`;
  const of = { userId, platform: "test", workspaceId: "" };
  const { person } = await listAsked(sql, of, { ms: 3_600_000, most: 10 });
  expect(person).toHaveLength(1);
});

it("a clock that goes on, ahead or a little back moves nothing", async () => {
  for (const by of ["0 s", "0.5 s", "-1 hour"]) {
    await setBack(by);
    const before = await sql`select next_at from call_slots order by key`;
    expect(await followDatabaseClock(sql, LEASE_MS)).toBe(0);
    expect(await sql`select next_at from call_slots order by key`).toEqual(before);
  }
});

it("every time to come is moved, or is a person's", async () => {
  const columns = await sql<{ name: string }[]>`
    select table_name || '.' || column_name as name from information_schema.columns
    where table_schema = 'public' and data_type = 'timestamp with time zone'
      and column_name ~ '(^|_)(until|after|expires_at|ends_at|due_at|next_at|ready_at)$'`;
  const known = [
    ...WAITING.flatMap(({ table, due, lease }) =>
      [due, lease].flatMap((column) => (column === null ? [] : `${table}.${column}`)),
    ),
    ...OF_PEOPLE,
  ];
  expect(columns.map(({ name }) => name).toSorted()).toEqual(known.toSorted());
});
