/** The rows of a workspace that is deleted with everything in it. */
import type { PendingQuery, Row } from "postgres";
import { CONSOLE_SHARE, DELETED_SHARE, shareName } from "../budgets/share.ts";
import type { Db, Sql, Tx } from "./database.ts";
import { inBatches, PRUNE_BATCH } from "./prune.ts";
import type { WorkspaceKey } from "./workspaces.ts";

/** Rows that name their workspace by themselves. The installation goes with its workspace. */
const WORKSPACE_TABLES = [
  "chat_messages",
  "connection_requests",
  "discussed_messages",
  "private_messages",
  "maintainers",
  "maintainer_roles",
  "overview_visits",
  "summaries_asked",
  "workspace_repositories",
  "retention_settings",
  "installations",
  "workspaces",
] as const;

/** What is counted by workspace under the name of its share. */
const SHARE_TABLES: readonly { table: string; column: string; scope?: string }[] = [
  { table: "spending", column: "scope_id", scope: "workspace" },
  { table: "budget_limits", column: "scope_id", scope: "workspace" },
  { table: "budget_warnings", column: "scope_id", scope: "workspace" },
  { table: "allowed_models", column: "share" },
];

/** From here on nothing that comes from the workspace is heard. */
export async function beginDeletion(db: Db, at: WorkspaceKey): Promise<void> {
  await db`
    insert into workspace_deletions (platform, workspace_id)
    values (${at.platform}, ${at.workspaceId}) on conflict do nothing`;
}

export async function endDeletion(db: Db, at: WorkspaceKey): Promise<void> {
  await db`delete from workspace_deletions where ${isOf(db, at)}`;
}

/** Workspaces whose deletion was begun and has not ended. */
export async function listDeletions(db: Db): Promise<WorkspaceKey[]> {
  return db<WorkspaceKey[]>`
    select platform, workspace_id from workspace_deletions order by begun_at`;
}

/** What is in a workspace. */
export interface WorkspaceContents {
  /** As the platform calls it; null where it was never told. */
  name: string | null;
  isInstalled: boolean;
  /** Conversations that are held there alone, and their messages. */
  threads: number;
  messages: number;
  /** Of those conversations: changes that became commits, of which a trace stays. */
  commits: number;
  /** Conversations that are also held elsewhere, in the console too, and what was said in the workspace there. */
  sharedThreads: number;
  sharedMessages: number;
  /** People who are known there alone, and those who are known elsewhere, too. */
  people: number;
  otherPeople: number;
  /** Events that came from there. */
  events: number;
}

export async function countContents(db: Db, at: WorkspaceKey): Promise<WorkspaceContents> {
  const [row] = await db<WorkspaceContents[]>`
    with held as (
      select distinct l.thread_id as id, ${isShared(db, at, db`l.thread_id`)} as shared
      from thread_links l where ${isOf(db, at, "l.")}
    ), own as (select id from held where not shared), theirs as (
      select i.user_id, ${isElsewhere(db, at, db`i.user_id`)} as elsewhere
      from identities i where ${isOf(db, at, "i.")} group by i.user_id
    )
    select (select name from workspaces where ${isOf(db, at)}) as name,
      exists (select 1 from installations where ${isOf(db, at)}) as is_installed,
      (select count(*) from own)::int as threads,
      (select count(*) from own join thread_messages m on m.thread_id = own.id)::int as messages,
      (select count(*) from own join changes c on c.thread_id = own.id
        where c.state in ('accepted', 'accepting'))::int as commits,
      (select count(*) from held where shared)::int as shared_threads,
      (select count(*) from thread_messages m join thread_links l on l.id = m.said_in
        join held h on h.id = m.thread_id
        where h.shared and m.deleted_at is null and ${isOf(db, at, "l.")})::int as shared_messages,
      (select count(*) from theirs where not elsewhere)::int as people,
      (select count(*) from theirs where elsewhere)::int as other_people,
      (select count(*) from inbox n where ${isOfLane(db, at)})::int as events`;
  return row!;
}

/** What came from there and nobody is at work on. Answers with how many are left, which somebody is. */
export async function deleteEvents(db: Db, at: WorkspaceKey): Promise<number> {
  await inBatches(
    () => db`
    delete from inbox where id in (
      select n.id from inbox n
      where ${isOfLane(db, at)} and (n.state <> 'waiting' or n.lease_until is null
        or n.lease_until < clock_timestamp())
      limit ${PRUNE_BATCH} for update skip locked)`,
  );
  const [row] = await db<{ left: number }[]>`
    select count(*)::int as left from inbox n where ${isOfLane(db, at)}`;
  return row!.left;
}

export interface HeldThread {
  id: string;
  rfcSlug: string;
  /** Whether it is also held elsewhere. */
  isShared: boolean;
}

/** The conversations that are or were held there. */
export async function listHeldThreads(
  db: Db,
  at: WorkspaceKey,
  limit: number,
): Promise<HeldThread[]> {
  return db<HeldThread[]>`
    select t.id, t.rfc_slug, ${isShared(db, at, db`t.id`)} as is_shared from threads t
    where t.id in (select l.thread_id from thread_links l where ${isOf(db, at, "l.")})
    order by t.id limit ${limit}`;
}

/** Whether it is also held elsewhere by now. The thread is to be locked, so that it stays so. */
export async function isHeldElsewhere(
  db: Db,
  at: WorkspaceKey,
  threadId: string,
): Promise<boolean> {
  const [row] = await db<{ is: boolean }[]>`
    select ${isShared(db, at, db`${threadId}::uuid`)} as is`;
  return row!.is;
}

/** What was said there in a conversation and is not deleted. */
export async function listSaidIn(db: Db, at: WorkspaceKey, threadId: string): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select m.id from thread_messages m join thread_links l on l.id = m.said_in
    where m.thread_id = ${threadId} and m.deleted_at is null and ${isOf(db, at, "l.")}
    order by m.seq`;
  return rows.map(({ id }) => id);
}

/** Its places there, with what is shown in them. A few deliveries at a time, for there may be many. */
export async function deleteLinks(db: Db, at: WorkspaceKey, threadId: string): Promise<void> {
  await inBatches(
    () => db`
    delete from deliveries where id in (
      select d.id from deliveries d join thread_links l on l.id = d.link_id
      where l.thread_id = ${threadId} and ${isOf(db, at, "l.")} limit ${PRUNE_BATCH})`,
  );
  // By their keys messages are known again when they come again, and the keys name the workspace.
  await db`
    update thread_messages m set dedup_key = null from thread_links l
    where l.id = m.said_in and m.thread_id = ${threadId} and ${isOf(db, at, "l.")}`;
  await db`
    update threads set share = ${CONSOLE_SHARE}
    where id = ${threadId} and share = ${shareName(at)}`;
  // What is to be charged yet goes where the conversation goes on.
  await db`
    update turns
    set share = case when finished_at is null then ${CONSOLE_SHARE} else ${DELETED_SHARE} end
    where thread_id = ${threadId} and share = ${shareName(at)}`;
  // The last of it: by its places the conversation is found again.
  await db`delete from thread_links where thread_id = ${threadId} and ${isOf(db, at)}`;
}

/** Nobody decides any more on what waits. Answers with the changes. The thread is to be locked. */
export async function withdrawPending(db: Db, threadId: string): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    update changes set state = 'withdrawn', decided_at = now(), drift = 'fresh', stale_since = null
    where thread_id = ${threadId} and state = 'pending' returning id`;
  return rows.map(({ id }) => id);
}

/** How many comments on pull requests still show changes of conversations that are held there alone. */
export async function countShown(db: Db, at: WorkspaceKey): Promise<number> {
  const [row] = await db<{ shown: number }[]>`
    select count(*)::int as shown
    from suggestions s join changes c on c.id = s.change_id
    where s.state in ('posting', 'live') and c.state not in ('accepted', 'accepting')
      and c.thread_id in (select l.thread_id from thread_links l where ${isOf(db, at, "l.")})
      and not ${isShared(db, at, db`c.thread_id`)}`;
  return row!.shown;
}

/** Whether changes of it are commits, or are about to be: a trace of them stays. The thread is to be locked. */
export async function hasCommits(db: Db, threadId: string): Promise<boolean> {
  const [row] = await db<{ has: boolean }[]>`
    select exists (
      select 1 from changes where thread_id = ${threadId} and state in ('accepted', 'accepting')) as has`;
  return row!.has;
}

export async function deleteThread(db: Db, threadId: string): Promise<void> {
  await db`delete from notifications where thread_id = ${threadId}`;
  await db`delete from threads where id = ${threadId}`;
}

/**
 * Of a conversation stays what its commits rest on: the changes that were accepted, who decided, and empty
 * messages in their places. Whoever writes an answer at this moment is shut out. The thread is to be locked.
 */
export async function emptyThread(tx: Tx, threadId: string): Promise<void> {
  await tx`delete from notifications where thread_id = ${threadId}`;
  await tx`delete from loose_blocks where thread_id = ${threadId}`;
  await tx`delete from concerns where thread_id = ${threadId}`;
  await tx`delete from merge_proposals where thread_id = ${threadId}`;
  await tx`
    delete from changes where thread_id = ${threadId} and state not in ('accepted', 'accepting')`;
  await tx`
    update changes set reason = '', dedup_key = null where thread_id = ${threadId}`;
  await tx`
    update suggestions s set body = '' from changes c
    where c.id = s.change_id and c.thread_id = ${threadId} and s.state in ('closed', 'removed')`;
  await tx`
    update decisions d set reason = null from changes c
    where c.id = d.change_id and c.thread_id = ${threadId}`;
  await endTurns(tx, threadId);
  await tx`
    update thread_messages set text = '', quote = null, dedup_key = null, said_in = null,
      deleted_at = coalesce(deleted_at, now())
    where thread_id = ${threadId}`;
  await tx`
    update threads set title = null, state = 'closed', closed_at = coalesce(closed_at, now()),
      share = ${CONSOLE_SHARE}, ready_at = null, lease_owner = null, lease_until = null,
      lease_epoch = lease_epoch + 1
    where id = ${threadId}`;
  await tx`
    update turns set share = ${DELETED_SHARE}, error_id = null where thread_id = ${threadId}`;
}

async function endTurns(tx: Tx, threadId: string): Promise<void> {
  await tx`
    with u as (
      update turns set state = 'cancelled', finished_at = now(), reserved_tokens = 0,
        reserved_microdollars = 0
      where thread_id = ${threadId} and state in ('queued', 'running') returning id
    ), n as (select id, row_number() over (order by id) as n from u), t as (
      update threads set event_seq = event_seq + (select count(*) from u)
      where id = ${threadId} returning id, event_seq
    )
    insert into thread_events (thread_id, seq, kind, turn_id, payload)
    select t.id, t.event_seq - (select count(*) from u) + n.n, 'turn_end', n.id,
      jsonb_build_object('turnId', n.id, 'messageId', (
        select m.id from thread_messages m where m.turn_id = n.id and m.role = 'assistant'),
        'state', 'cancelled', 'at', 0, 'changeIds', '[]'::jsonb, 'problem', null)
    from t, n`;
  await tx`
    update thread_messages set status = 'stopped'
    where thread_id = ${threadId} and status = 'streaming'`;
}

/** What the record has of a conversation, but that there were commits. Answers with the entries' places. */
export async function eraseThread(db: Db, rfcSlug: string, threadId: string): Promise<number[]> {
  const rows = await db<{ seq: number }[]>`
    update record_entries set content = null, salt = null
    where rfc_slug = ${rfcSlug} and content is not null and kind not in ('erased', 'commit')
      and (content->>'thread_id' = ${threadId} or kind = 'thread' and subject = ${threadId})
    returning seq`;
  return rows.map(({ seq }) => seq).toSorted((a, b) => a - b);
}

/** The record of an RFC that is not talked about any more. True where it is gone. The record is to be locked. */
export async function deleteIdleRecord(db: Db, rfcSlug: string): Promise<boolean> {
  const [row] = await db<{ idle: boolean }[]>`
    select not exists (select 1 from threads where rfc_slug = ${rfcSlug}) as idle`;
  if (!row!.idle) return false;
  await db`delete from records where rfc_slug = ${rfcSlug}`;
  await db`delete from record_entries where rfc_slug = ${rfcSlug}`;
  return true;
}

/** People with an account there. */
export async function listPeopleOf(db: Db, at: WorkspaceKey, limit: number): Promise<string[]> {
  const rows = await db<{ userId: string }[]>`
    select distinct i.user_id from identities i where ${isOf(db, at, "i.")}
    order by i.user_id limit ${limit}`;
  return rows.map(({ userId }) => userId);
}

/** Whether the person has an account anywhere else by now. */
export async function isKnownElsewhere(db: Db, at: WorkspaceKey, userId: string): Promise<boolean> {
  const [row] = await db<{ is: boolean }[]>`
    select ${isElsewhere(db, at, db`${userId}::uuid`)} as is`;
  return row!.is;
}

/**
 * Nobody becomes the same person until the transaction ends, and by that alone somebody comes to have another
 * account. In the order of `mergePeople`.
 */
export async function lockPerson(tx: Tx, userId: string): Promise<void> {
  await tx`select 1 from identities where user_id = ${userId}
    order by platform, workspace_id, platform_user_id for update`;
  await tx`select 1 from users where id = ${userId} for no key update`;
}

/** The person's accounts there; they stay who they are elsewhere. */
export async function deleteIdentities(db: Db, at: WorkspaceKey, userId: string): Promise<void> {
  await db`delete from identities where user_id = ${userId} and ${isOf(db, at)}`;
}

/** Stands for somebody who is known no more, where something of theirs is still spoken of. */
const NOBODY = "Somebody";

/** Everything that is kept of a person; what others' rows say of them is then said of somebody without a name. */
export async function deletePerson(tx: Tx, userId: string): Promise<void> {
  await tx`delete from audit_entries where user_id = ${userId}`;
  await tx`delete from notifications where user_id = ${userId}`;
  await tx`delete from spending where scope = 'person' and scope_id = ${userId}`;
  await tx`delete from budget_limits where scope = 'person' and scope_id = ${userId}`;
  await tx`delete from budget_warnings where scope = 'person' and scope_id = ${userId}`;
  const references = await tx<{ table: string; column: string; action: string }[]>`
    select k.conrelid::regclass::text as "table", a.attname as "column", k.confdeltype as action
    from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    where k.contype = 'f' and k.confrelid = 'users'::regclass
    order by 1, 2`;
  let isNamed = false;
  for (const { table, column, action } of references) {
    const names = tx`${tx(column)} = ${userId}`;
    if (action === "c") await tx`delete from ${tx(table)} where ${names}`;
    else if (action === "n") {
      await tx`update ${tx(table)} set ${tx(column)} = null where ${names}`;
    } else if (!isNamed) {
      isNamed = (await tx`select 1 from ${tx(table)} where ${names} limit 1`).length > 0;
    }
  }
  if (!isNamed) await tx`delete from users where id = ${userId}`;
  else {
    await tx`update users set display_name = ${NOBODY}, email = null where id = ${userId}`;
  }
}

/** Everything else that names the workspace. Answers with how much that was. */
export async function deleteRows(sql: Sql, at: WorkspaceKey): Promise<number> {
  let deleted = 0;
  for (const table of WORKSPACE_TABLES) {
    deleted += await inBatches(
      () => sql`
      delete from ${sql(table)} where ctid in (
        select ctid from ${sql(table)} where ${isOf(sql, at)} limit ${PRUNE_BATCH})`,
    );
  }
  for (const { table, column, scope } of SHARE_TABLES) {
    const { count } = await sql`
      delete from ${sql(table)} where ${sql(column)} = ${shareName(at)}
        ${scope === undefined ? sql`` : sql`and scope = ${scope}`}`;
    deleted += count;
  }
  const { count } = await sql`
    delete from call_slots where starts_with(key, ${`${at.platform}/${at.workspaceId}/`})`;
  return deleted + count;
}

function isOf(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
  alias: "" | "l." | "i." = "",
): PendingQuery<Row[]> {
  return db`${db.unsafe(`${alias}platform`)} = ${platform}
    and ${db.unsafe(`${alias}workspace_id`)} = ${workspaceId}`;
}

/** Event `n`: the lane begins with its workspace. */
function isOfLane(db: Db, { platform, workspaceId }: WorkspaceKey): PendingQuery<Row[]> {
  return db`n.source = ${platform} and split_part(n.lane, '/', 1) = ${workspaceId}`;
}

/**
 * Whether a conversation is, or was, held anywhere but in the workspace. The console is no place with a link: it is
 * held there where somebody wrote in it.
 */
function isShared(db: Db, at: WorkspaceKey, threadId: PendingQuery<Row[]>): PendingQuery<Row[]> {
  return db`(exists (
    select 1 from thread_links o
    where o.thread_id = ${threadId}
      and (o.platform <> ${at.platform} or o.workspace_id <> ${at.workspaceId}))
    or exists (
      select 1 from thread_messages w
      where w.thread_id = ${threadId} and w.role = 'user' and w.said_in is null
        and w.deleted_at is null))`;
}

/** Whether a person has an account anywhere but in the workspace. */
function isElsewhere(db: Db, at: WorkspaceKey, userId: PendingQuery<Row[]>): PendingQuery<Row[]> {
  return db`exists (
    select 1 from identities o
    where o.user_id = ${userId}
      and (o.platform <> ${at.platform} or o.workspace_id <> ${at.workspaceId}))`;
}
