import { afterEach, beforeEach, expect, it } from "vitest";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { putWaitingEvents } from "../../src/store/inbox.ts";
import { chargeTurn } from "../../src/store/spending.ts";
import { beginDeletion, countContents } from "../../src/store/workspace-deletion.ts";
import { gatherInvariants } from "../../src/store/invariants.ts";
import type { DeletionDeps } from "../../src/upkeep/delete-workspace.ts";
import { deleteWorkspace } from "../../src/upkeep/delete-workspace.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { fillTables } from "../support/fill-tables.ts";
import { readAll } from "../support/read-all.ts";
import type { Scene } from "../store/invariant-scene.ts";
import { plantScene } from "../store/invariant-scene.ts";
import { GOES, STAYS } from "./workspace-columns.ts";

let database: TestDatabase;
let sql: Sql;

beforeEach(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 4 });
});
afterEach(async () => {
  await sql.end();
  await database.drop();
});

const GONE = { platform: "slack", workspaceId: "TGONE" } as const;

const goes = new Set(
  Object.entries(GOES).flatMap(([table, columns]) =>
    columns.split(" ").map((column) => `${table}.${column}`),
  ),
);

/** A workspace of two conversations, with rows in every table, its mark in every column that goes with it. */
async function fillWorkspace(workspaceId: string, mark: string): Promise<void> {
  await fillConversation(workspaceId, `${mark}a`, { state: "accepted", commit: "sha" });
  await fillConversation(workspaceId, `${mark}b`, { state: "pending", commit: null });
}

async function fillConversation(
  workspaceId: string,
  mark: string,
  changes: { state: string; commit: string | null },
): Promise<void> {
  await fillTables(sql, {
    rows: 4,
    only: { threads: 1 },
    mark: (column) => (goes.has(column) ? mark : `plain-${plain(mark)}`),
    given: {
      "*.platform": "slack",
      "*.workspace_id": workspaceId,
      "*.share": `slack/${workspaceId}`,
      "*.scope_id": `slack/${workspaceId}`,
      "inbox.source": "slack",
      "inbox.lane": `${workspaceId}/C1/${mark}`,
      "inbox.state": "done",
      "inbox.lease_until": null,
      "changes.state": changes.state,
      "changes.commit_sha": changes.commit,
      "call_slots.key": `slack/${workspaceId}/chat.${mark}`,
      // One at a time, and it is no workspace's.
      "answer_stop.is_stopped": "true",
      "spending.scope": "workspace",
      "budget_limits.scope": "workspace",
      "budget_warnings.scope": "workspace",
      "thread_links.private_to": null,
      "workspace_deletions.workspace_id": "elsewhere",
      "workspace_deletions.platform": mark,
      "threads.event_seq": "1000",
      "threads.message_seq": "1000",
      "threads.ready_at": null,
      "threads.lease_until": null,
    },
  });
  const own = sql`(select id from users where starts_with(display_name, ${mark}))`;
  const threads = sql`(select id from threads where starts_with(title, ${mark}) or share = ${`slack/${workspaceId}`})`;
  await sql`
    insert into identities (user_id, platform, workspace_id, platform_user_id, display_name)
    select id, 'slack', ${workspaceId}, ${mark} || id, ${mark} from users where id in ${own}
    on conflict do nothing`;
  await sql`
    insert into thread_links (thread_id, platform, workspace_id, place, url)
    select id, 'slack', ${workspaceId}, ${mark} || id, ${mark} from threads where id in ${threads}`;
  // What was said in no place was said in the console.
  await sql`
    update thread_messages m set said_in = (
      select min(l.id::text)::uuid from thread_links l where l.thread_id = m.thread_id)
    where thread_id in ${threads}`;
  await sql`
    update notifications set id = default, user_id = (select min(id::text)::uuid from users where id in ${own})
    where subject like ${`${mark}%`}`;
  await sql`
    update audit_entries set user_id = (select min(id::text)::uuid from users where id in ${own})
    where why like ${`${mark}%`}`;
  await sql`
    update record_entries e set salt = coalesce(e.salt, ${"0".repeat(64)}),
      content = e.content || jsonb_build_object('thread_id', t.id)
    from threads t where t.rfc_slug = e.rfc_slug and e.content::text like ${`%${mark}%`}`;
  await sql`delete from record_entries where content->>'thread_id' is null and content::text like ${`%${mark}%`}`;
}

/** Tells rows apart that stay, and is no mark. */
const plain = (mark: string): string => Buffer.from(mark).toString("hex");

const deps = (more: Partial<DeletionDeps> = {}): DeletionDeps => ({
  sql,
  relay: { publish: () => {}, subscribe: () => Promise.resolve(() => {}) },
  cancel: () => Promise.resolve(),
  leave: () => Promise.resolve(),
  // What workers would do meanwhile on pull requests.
  pause: async () => {
    await sql`
      update suggestions s set state = 'removed', closed_at = now() from changes c
      where c.id = s.change_id and c.state = 'withdrawn' and s.state in ('posting', 'live')`;
  },
  warn: () => {},
  ...more,
});

it("knows of every column that holds text what becomes of it", async () => {
  const columns = await sql<{ name: string }[]>`
    select c.table_name || '.' || c.column_name as name from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER'
      and c.data_type in ('text', 'jsonb', 'ARRAY', 'character varying', 'json', 'bytea')`;
  // What a check lists, or a key takes from another table, tells nothing of its own.
  const bound = await sql<{ name: string }[]>`
    select k.conrelid::regclass || '.' || a.attname as name
    from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any(k.conkey)
    where k.contype = 'f' or k.contype = 'c' and array_length(k.conkey, 1) = 1
      and pg_get_constraintdef(k.oid) ~ '= ANY|= '''`;
  const isBound = new Set(bound.map(({ name }) => name));
  const stays = Object.entries(STAYS).flatMap(([table, names]) =>
    names.split(" ").map((column) => `${table}.${column}`),
  );
  const listed = [...goes, ...stays];
  expect(new Set(listed).size).toBe(listed.length);
  const known = columns.map(({ name }) => name);
  expect(listed.filter((name) => !known.includes(name))).toEqual([]);
  expect(known.filter((name) => !listed.includes(name) && !isBound.has(name))).toEqual([]);
});

it("leaves no row with a word, a name or an id of the workspace, and no other row touched", async () => {
  await fillWorkspace("TSTAY", "stays");
  const before = await readAll(sql);
  await sql`delete from answer_stop`;
  await fillWorkspace("TGONE", "gone");
  for (const column of goes) {
    const [table, name] = column.split(".") as [string, string];
    if (table === "workspace_deletions") continue;
    const [row] = await sql<{ filled: boolean }[]>`
      select exists (
        select 1 from ${sql(table)} where ${sql(name)}::text ~* 'gone') as filled`;
    expect([column, row!.filled]).toEqual([column, true]);
  }
  await sql`delete from workspace_deletions where platform like 'gone%'`;
  await deleteWorkspace(deps(), GONE);
  const after = await readAll(sql);
  for (const [table, rows] of after) {
    expect([table, rows.filter((row) => /gone/i.test(row))]).toEqual([table, []]);
    if (table === "answer_stop") continue;
    const missing = before.get(table)!.filter((row) => !rows.includes(row));
    expect([table, missing]).toEqual([table, []]);
  }
  // Of those conversations that led to commits, a trace stays.
  expect((await countContents(sql, GONE)).threads).toBe(0);
});

it("hears nothing of a workspace that is being deleted", async () => {
  await beginDeletion(sql, GONE);
  const event = (lane: string) => ({
    eventId: lane,
    kind: "message",
    lane,
    payload: { text: "hi" },
  });
  const stored = await putWaitingEvents(sql, "slack", [event("TGONE/C1/1"), event("TGONER/C1/1")]);
  expect([...stored]).toEqual(["TGONER/C1/1"]);
});

const T1 = { platform: "slack", workspaceId: "T1" } as const;

/** The same database, with something that happens before each transaction, by its number. */
const before = (happens: (nth: number) => unknown): Sql => {
  let calls = 0;
  return new Proxy(sql, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name !== "begin") return value;
      return async (...args: never[]) => {
        calls += 1;
        await happens(calls);
        return (value as (...given: never[]) => unknown).apply(target, args);
      };
    },
  });
};

/** One conversation of T1, where Ada, who is known there alone, has asked and got a change proposed. */
async function plantT1(): Promise<Scene> {
  const ids = await plantScene(sql);
  await sql`
    update thread_messages set said_in = ${ids.link} where id = ${ids.question}`;
  await sql`
    insert into identities (user_id, platform, workspace_id, platform_user_id)
    values (${ids.user}, 'slack', 'T1', 'U1')`;
  return ids;
}

async function addPerson(name: string): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    insert into users (display_name) values (${name}) returning id`;
  return row!.id;
}

const onGitHub = (userId: string) => sql`
  insert into identities (user_id, platform, workspace_id, platform_user_id)
  values (${userId}, 'github', '', ${userId})`;

const says = (threadId: string, seq: number, authorId: string, text: string) => sql`
  insert into thread_messages (thread_id, seq, role, author_user_id, text)
  values (${threadId}, ${seq}, 'user', ${authorId}, ${text})`;

it("leaves what somebody wrote in the console, with its conversation", async () => {
  const ids = await plantT1();
  const other = await addPerson("Bob");
  await onGitHub(other);
  await says(ids.thread, 3, other, "I wrote this in the console.");
  expect(await countContents(sql, T1)).toMatchObject({ threads: 0, sharedThreads: 1 });
  await deleteWorkspace(deps(), T1);
  const left = await sql`
    select text from thread_messages where thread_id = ${ids.thread} order by seq`;
  expect(left.map((row) => row["text"])).toEqual(["", "Because.", "I wrote this in the console."]);
  expect(await sql`select state from changes`).toEqual([{ state: "pending" }]);
  expect(await sql`select 1 from thread_links`).toEqual([]);
});

it.each([1, 2])("leaves what others come to hold meanwhile, by transaction %i", async (nth) => {
  const ids = await plantT1();
  const joins = before(
    (n) =>
      n === nth &&
      sql`
      insert into thread_links (thread_id, platform, workspace_id, place)
      values (${ids.thread}, 'discord', '9', '9/9')`,
  );
  await deleteWorkspace(deps({ sql: joins }), T1);
  const left = await sql`
    select text from thread_messages where thread_id = ${ids.thread} order by seq`;
  expect(left.map((row) => row["text"])).toEqual(["", "Because."]);
  expect(await sql`select platform from thread_links`).toEqual([{ platform: "discord" }]);
  const state = nth === 1 ? "pending" : "withdrawn";
  expect(await sql`select state from changes`).toEqual([{ state }]);
});

it("leaves people who come to be known elsewhere meanwhile", async () => {
  const ids = await plantT1();
  const [elsewhere] = await sql<{ id: string }[]>`
    insert into threads (rfc_slug, branch_name, thread_kind) values ('rfc', 'main', 'discussion')
    returning id`;
  const people = [ids.user, await addPerson("Bob")].toSorted() as [string, string];
  await sql`
    insert into identities (user_id, platform, workspace_id, platform_user_id)
    select id, 'slack', 'T1', id from users`;
  for (const [index, id] of people.entries()) {
    await says(elsewhere!.id, index + 1, id, `words ${index}`);
  }
  const connects = before(async (n) => {
    // The first is being forgotten.
    if (n !== 3) return;
    for (const id of people) await onGitHub(id);
  });
  await deleteWorkspace(deps({ sql: connects }), T1);
  const names = await sql`select display_name from users order by display_name`;
  expect(names.map((row) => row["displayName"])).toEqual(["Ada", "Bob"]);
  expect(await sql`select platform from identities`).toHaveLength(2);
  const left = await sql`
    select text from thread_messages where thread_id = ${elsewhere!.id} order by seq`;
  expect(left.map((row) => row["text"])).toEqual(["", "words 1"]);
});

it.each(["shared", "accepted"])(
  "leaves sums that add up, of a conversation that is %s",
  async (how) => {
    const ids = await plantT1();
    const usage = { input: 1, output: 2, cacheRead: 4, cacheWrite: 0 };
    await sql`update turns set share = 'slack/T1', usage = ${sql.json(usage)}`;
    await sql`
    insert into spending (scope, scope_id, day, tokens)
    select 'workspace', share, (now() at time zone 'utc')::date - back, 7
    from unnest(array['slack/T1', 'console'], array[0, 9]) x (share, back)`;
    if (how === "accepted") await sql`update changes set state = 'accepted', commit_sha = 'c'`;
    else await says(ids.thread, 3, await addPerson("Bob"), "I wrote this in the console.");
    await deleteWorkspace(deps(), T1);
    const found = await gatherInvariants(sql, "settled");
    const sums = found.find(({ invariant }) => invariant.name === "spending")!;
    expect(sums.examples).toEqual([]);
    expect(await sql`select share from turns`).toEqual([{ share: "deleted" }]);
    // Whoever wrote the answer meanwhile tells late what that used.
    await chargeTurn(sql, ids.turn, { tokens: 1, microdollars: null });
    expect(await sql`select scope_id from spending`).toEqual([{ scopeId: "console" }]);
  },
);

it("goes on where it was killed, at whatever step", async () => {
  await fillWorkspace("TGONE", "gone");
  for (let last = 1; ; last += 4) {
    const dies = before((nth) => {
      if (nth > last) throw new Error("killed");
    });
    const ended = await deleteWorkspace(deps({ sql: dies }), GONE).then(
      () => true,
      (error: Error) => {
        expect(error.message).toBe("killed");
        return false;
      },
    );
    if (ended) break;
    expect(await sql`select 1 from workspace_deletions where workspace_id = 'TGONE'`).toHaveLength(
      1,
    );
  }
  for (const [table, rows] of await readAll(sql)) {
    if (table === "workspace_deletions") continue;
    expect([table, rows.filter((row) => /gone/i.test(row))]).toEqual([table, []]);
  }
});
