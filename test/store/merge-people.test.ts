import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Db, Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import {
  attachAccount,
  mergePeople,
  splitAccount,
  USER_REFERENCES,
} from "../../src/store/merge-people.ts";
import { insertFrom } from "../../src/store/notifications.ts";
import { ensureAccount, ensureUser } from "../../src/store/people.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { until } from "../support/test-app.ts";

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 4 });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(() => sql`truncate users cascade`);

const slack = (platformUserId: string) => ({
  platform: "slack",
  workspaceId: "T1",
  platformUserId,
});
const bob = { id: "77", login: "octo-bob" };

it("knows every column that names a user, and what a person has one of", async () => {
  const columns = await sql<{ table: string; column: string; once: string[][] | null }[]>`
    select c.conrelid::regclass::text as "table", a.attname as "column", (
      select jsonb_agg((
        select jsonb_agg(k.attname order by k.attname) from pg_attribute k
        where k.attrelid = i.indrelid and k.attnum = any(i.indkey) and k.attnum <> a.attnum))
      from pg_index i
      where i.indrelid = c.conrelid and i.indisunique and a.attnum = any(i.indkey)
        and i.indpred is null) as once
    from pg_constraint c
    join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    where c.contype = 'f' and c.confrelid = 'users'::regclass
    order by 1, 2`;
  const known = USER_REFERENCES.map(({ table, column, once }) => ({
    table,
    column,
    once: once ? [once.length === 0 ? null : once.toSorted()] : null,
  }));
  const byName = (a: { table: string; column: string }, b: { table: string; column: string }) =>
    `${a.table} ${a.column}` < `${b.table} ${b.column}` ? -1 : 1;
  expect(known.toSorted(byName)).toEqual([...columns].toSorted(byName));
});

it("makes an account on GitHub one of somebody in chat, who keeps their name", async () => {
  const inChat = await ensureUser(sql, slack("U1"), { displayName: "Bob", email: null });
  const onGitHub = await ensureAccount(sql, bob);
  const userId = await sql.begin((tx) => attachAccount(tx, slack("U1"), bob));
  expect(userId).toBe(inChat.id);
  expect(await sql`select id, display_name, email from users`).toEqual([
    { id: userId, displayName: "Bob", email: "77+octo-bob@users.noreply.github.com" },
  ]);
  expect(await sql`select * from former_users`).toEqual([{ id: onGitHub.id, userId }]);
  // What is heard of either changes no name, and takes no address away.
  await ensureAccount(sql, { ...bob, login: "octo-robert" });
  const seen = await ensureUser(sql, slack("U1"), { displayName: "Bob", email: null });
  expect(seen).toEqual({
    id: userId,
    displayName: "Bob",
    email: "77+octo-robert@users.noreply.github.com",
  });
  await ensureUser(sql, slack("U1"), { displayName: "Robert", email: null });
  expect((await ensureAccount(sql, bob)).displayName).toBe("Robert");
});

it("makes everybody who connects the same account one person", async () => {
  const first = await ensureUser(sql, slack("U1"), { displayName: "Bob", email: null });
  const second = await ensureUser(sql, slack("U2"), { displayName: "bobby", email: null });
  await sql.begin((tx) => attachAccount(tx, slack("U1"), bob));
  expect(await sql.begin((tx) => attachAccount(tx, slack("U2"), bob))).toBe(first.id);
  expect(await ensureUser(sql, slack("U2"), { displayName: "bobby", email: null })).toMatchObject({
    id: first.id,
    displayName: "Bob",
  });
  expect(await sql`select * from former_users`).toContainEqual({
    id: second.id,
    userId: first.id,
  });
});

it("keeps somebody's accounts in chat together when GitHub is taken off them", async () => {
  await ensureUser(sql, slack("U1"), { displayName: "Bob", email: null });
  const userId = await sql.begin((tx) => attachAccount(tx, slack("U1"), bob));
  await sql.begin((tx) => splitAccount(tx, userId));
  const alone = await ensureAccount(sql, bob);
  expect(alone.id).not.toBe(userId);
  expect(alone).toMatchObject({
    displayName: "octo-bob",
    email: "77+octo-bob@users.noreply.github.com",
  });
  expect(await ensureUser(sql, slack("U1"), { displayName: "Bob", email: null })).toEqual({
    id: userId,
    displayName: "Bob",
    email: null,
  });
});

it("lets another account take the place of the one that somebody had", async () => {
  await ensureUser(sql, slack("U1"), { displayName: "Bob", email: null });
  const userId = await sql.begin((tx) => attachAccount(tx, slack("U1"), bob));
  const other = { id: "88", login: "octo-other" };
  expect(await sql.begin((tx) => attachAccount(tx, slack("U1"), other))).toBe(userId);
  expect((await ensureAccount(sql, other)).id).toBe(userId);
  expect((await ensureAccount(sql, bob)).id).not.toBe(userId);
});

it("keeps of two settings the one of who stays, and waits for who is just being written about", async () => {
  const into = await ensureUser(sql, slack("U1"), { displayName: "A", email: null });
  const from = await ensureUser(sql, slack("U2"), { displayName: "B", email: null });
  await sql`
    insert into notification_settings (user_id, digest)
    values (${into.id}, 'off'), (${from.id}, 'hourly')`;
  await sql`
    insert into maintainers (platform, workspace_id, user_id, added_by)
    values ('slack', 'T1', ${into.id}, ${from.id}), ('slack', 'T1', ${from.id}, ${into.id}),
      ('slack', 'T2', ${from.id}, ${into.id})`;
  let goOn = (): void => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const writing = sql.begin(async (tx) => {
    await tx`insert into audit_entries (user_id, act, door, outcome, why)
      values (${from.id}, 'accept', 'slack', 'refused', 'not named')`;
    await held;
  });
  const merging = sql.begin((tx) => mergePeople(tx, into.id, from.id));
  await new Promise((resolve) => setImmediate(resolve));
  goOn();
  await Promise.all([writing, merging]);
  expect(await sql`select user_id, digest from notification_settings`).toEqual([
    { userId: into.id, digest: "off" },
  ]);
  expect(
    await sql`select workspace_id, user_id, added_by from maintainers order by workspace_id`,
  ).toEqual([
    { workspaceId: "T1", userId: into.id, addedBy: into.id },
    { workspaceId: "T2", userId: into.id, addedBy: into.id },
  ]);
  expect(await sql`select user_id from audit_entries`).toEqual([{ userId: into.id }]);
});

it("loses nothing that either is told at that moment, and tells nobody who is not there any more", async () => {
  const into = await ensureUser(sql, slack("U1"), { displayName: "A", email: null });
  const from = await ensureUser(sql, slack("U2"), { displayName: "B", email: null });
  const tellAll = (db: Db, subject: string) =>
    insertFrom(
      db,
      db`select id as user_id, 'rfc_closed' as kind, 'churn' as category, ${subject}::text as subject,
        'rfc' as rfc_slug, null::uuid as thread_id, null::uuid as message_id, null::uuid as change_id,
        null::int as pr_number, true as took_part from users where id = ${from.id} or ${subject} <> 'one'`,
    );
  const waiting = (count: number) =>
    until(async () => {
      const rows = await sql`
        select 1 from pg_locks where not granted and relation = 'notifications'::regclass`;
      return rows.length === count;
    }, `${count} to wait`);
  let goOn = (): void => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const telling = sql.begin(async (tx) => {
    await tellAll(tx, "one");
    await held;
  });
  await until(async () => {
    const rows = await sql`select 1 from pg_locks where relation = 'notifications'::regclass`;
    return rows.length > 0;
  }, "the telling");
  const merging = sql.begin((tx) => mergePeople(tx, into.id, from.id));
  await waiting(1);
  const after = tellAll(sql, "two");
  await waiting(2);
  goOn();
  await Promise.all([telling, merging, after]);
  expect(await sql`select user_id, subject from notifications order by subject`).toEqual([
    { userId: into.id, subject: "one" },
    { userId: into.id, subject: "two" },
  ]);
});
