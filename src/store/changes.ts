import type { Change, ChangeState, Drift } from "../changes/change.ts";
import type { Placement } from "../changes/placement.ts";
import type { PendingQuery, Row } from "postgres";
import type { Db, Tx } from "./database.ts";
import { isUuid } from "./database.ts";
import type { DueRows } from "./due.ts";
import { tellOfWaiting } from "./fan-out.ts";

const COLUMNS = `c.id, c.number, c.rfc_slug, c.branch_name, c.thread_id, c.source_message_id, c.turn_id,
  c.kind, c.state, c.original, c.proposed, c.reason, c.insert_after, c.insert_before, c.warnings,
  c.placement, c.base_blob_sha, c.drift, c.stale_since, c.text_offset, c.commit_sha, c.failure,
  u.display_name as author, c.created_at, c.decided_at, (
    select jsonb_build_object('state', s.state, 'form', s.form, 'url', s.url)
    from suggestions s where s.change_id = c.id order by s.created_at desc limit 1) as shown`;
const FROM = "changes c left join users u on u.id = c.author_user_id";

/** What a change row begins with, whoever proposed it. */
export interface NewChange {
  threadId: string;
  original: string;
  proposed: string;
  reason: string;
  insertAfter: string | null;
  insertBefore: string | null;
  warnings: string[];
  placement: Placement;
  baseBlobSha: string;
}

/** Who it comes from: a person, or a block that was shown as text in a turn's answer. */
export type ChangeSource =
  | { kind: "manual"; authorUserId: string; dedupKey?: string | null }
  | { kind: "ai"; turnId: string; messageId: string };

/** Inserts a change outside of a turn, tells who may decide on it, and returns its id. */
export async function insertChange(
  db: Tx,
  change: NewChange,
  source: ChangeSource,
): Promise<string> {
  const ai = source.kind === "ai" ? source : null;
  const manual = source.kind === "manual" ? source : null;
  const [row] = await db<{ id: string }[]>`
    with r as (
      update rfcs set next_change_number = next_change_number + 1
      from threads t where t.id = ${change.threadId} and rfcs.slug = t.rfc_slug
      returning rfcs.slug, t.branch_name, rfcs.next_change_number - 1 as number
    )
    insert into changes (rfc_slug, number, branch_name, thread_id, source_message_id, turn_id, kind,
      author_user_id, original, proposed, reason, insert_after, insert_before, warnings, certainty,
      placement, base_blob_sha, dedup_key)
    select slug, number, branch_name, ${change.threadId}, ${ai?.messageId ?? null}, ${ai?.turnId ?? null},
      ${source.kind}, ${manual?.authorUserId ?? null}, ${change.original},
      ${change.proposed}, ${change.reason}, ${change.insertAfter}, ${change.insertBefore},
      ${change.warnings}, ${change.placement.certainty}, ${db.json(change.placement as never)},
      ${change.baseBlobSha}, ${manual?.dedupKey ?? null}
    from r returning id`;
  await tellOfWaiting(db, [row!.id]);
  return row!.id;
}

/** The change that was stored under the proposer's key. */
export async function findByKey(db: Db, threadId: string, key: string): Promise<Change | null> {
  const [change] = await selectChanges(
    db,
    db`where c.thread_id = ${threadId} and c.dedup_key = ${key}`,
  );
  return change ?? null;
}

/** When the person proposed changes by hand within the last `ms`, newest first, at most so many. */
export async function listProposedAt(
  db: Db,
  userId: string,
  within: { ms: number; most: number },
): Promise<Date[]> {
  const rows = await db<{ at: Date }[]>`
    select created_at as at from changes
    where kind = 'manual' and author_user_id = ${userId}
      and created_at > now() - ${within.ms} * interval '1 ms' and created_at <= now()
    order by created_at desc limit ${within.most}`;
  return rows.map(({ at }) => at);
}

/** The changes that the rest of a statement, from its `where` on, asks for. */
export function selectChanges(db: Db, rest: PendingQuery<Row[]>): PendingQuery<Change[]> {
  return db<Change[]>`select ${db.unsafe(COLUMNS)} from ${db.unsafe(FROM)} ${rest}`;
}

export async function findChange(db: Db, id: string): Promise<Change | null> {
  if (!isUuid(id)) return null;
  const [row] = await db<Change[]>`
    select ${db.unsafe(COLUMNS)} from ${db.unsafe(FROM)} where c.id = ${id}`;
  return row ?? null;
}

/** In the order of their numbers. */
export async function listChangesById(db: Db, ids: readonly string[]): Promise<Change[]> {
  return db<Change[]>`
    select ${db.unsafe(COLUMNS)} from ${db.unsafe(FROM)} where c.id = any(${[...ids]}::uuid[])
    order by c.number`;
}

/** The change with its row locked until the transaction ends, and its thread's before it (`lockThreads`). */
export async function lockChange(db: Db, id: string): Promise<Change | null> {
  if (!isUuid(id)) return null;
  await db`
    select 1 from threads where id = (select thread_id from changes where id = ${id})
    for no key update`;
  const [row] = await db<Change[]>`
    select ${db.unsafe(COLUMNS)} from ${db.unsafe(FROM)} where c.id = ${id} for no key update of c`;
  return row ?? null;
}

export async function listThreadChanges(db: Db, threadId: string): Promise<Change[]> {
  return db<Change[]>`
    select ${db.unsafe(COLUMNS)} from ${db.unsafe(FROM)} where c.thread_id = ${threadId} order by c.number`;
}

/** What the model is told of the thread's newest changes, oldest first. */
export type ToldChange = Pick<
  Change,
  "number" | "state" | "drift" | "original" | "proposed" | "insertAfter" | "insertBefore"
>;

export async function listToldChanges(
  db: Db,
  threadId: string,
  limit: number,
): Promise<ToldChange[]> {
  const rows = await db<ToldChange[]>`
    select number, state, drift, original, proposed, insert_after, insert_before from changes
    where thread_id = ${threadId} and state <> 'withdrawn' order by number desc limit ${limit}`;
  return rows.toReversed();
}

export async function listRfcChanges(db: Db, rfcSlug: string): Promise<Change[]> {
  return db<Change[]>`
    select ${db.unsafe(COLUMNS)} from ${db.unsafe(FROM)} where c.rfc_slug = ${rfcSlug} order by c.number`;
}

/** The pending changes of a branch that stand in another version than this one. */
export async function listBehindTip(
  db: Db,
  rfcSlug: string,
  branchName: string,
  blobSha: string,
): Promise<Change[]> {
  return db<Change[]>`
    select ${db.unsafe(COLUMNS)} from ${db.unsafe(FROM)}
    where c.rfc_slug = ${rfcSlug} and c.branch_name = ${branchName} and c.state = 'pending'
      and c.base_blob_sha <> ${blobSha}
    order by c.id`;
}

/**
 * Moves a change along its states; false when it is not in one of `from` any more. The check and the move
 * are one statement, so that of two deciders one wins.
 */
export async function moveState(
  db: Db,
  id: string,
  from: readonly ChangeState[],
  to: ChangeState,
  set: { commitSha?: string; failure?: string | null } = {},
): Promise<boolean> {
  const decided = to === "accepted" || to === "declined" || to === "withdrawn";
  const rows = await db`
    update changes set state = ${to}, commit_sha = ${set.commitSha ?? null},
      failure = ${set.failure ?? null}, commit_after = null, decided_at = ${decided ? db`now()` : null},
      drift = case when ${decided} then 'fresh' else drift end,
      stale_since = case when ${decided} then null else stale_since end
    where id = ${id} and state = any(${[...from]}) returning 1`;
  return rows.length > 0;
}

/** Gives a pending change its place in another version; "stale" twice keeps the first moment. */
export async function replaceChange(
  db: Db,
  id: string,
  to: { placement: Placement; baseBlobSha: string; drift: Drift },
): Promise<void> {
  await db`
    update changes set placement = ${db.json(to.placement as never)},
      certainty = ${to.placement.certainty}, base_blob_sha = ${to.baseBlobSha}, drift = ${to.drift},
      stale_since = ${to.drift === "stale" ? db`coalesce(stale_since, now())` : null}
    where id = ${id} and state = 'pending'`;
}

/** A change with its place in another version. */
export interface MovedChange {
  /** As it was read; one that has changed since is left alone. */
  seen: Change;
  placement: Placement;
  drift: Drift;
}

/** Gives many pending changes their place in one version; the ids of those that were still as seen. */
export async function replaceChanges(
  db: Db,
  blobSha: string,
  moved: readonly MovedChange[],
): Promise<string[]> {
  if (moved.length === 0) return [];
  const rows = moved.map(({ seen, placement, drift }) => ({
    id: seen.id,
    seen: seen.placement,
    base: seen.baseBlobSha,
    placement,
    certainty: placement.certainty,
    drift,
  }));
  const updated = await db<{ id: string }[]>`
    update changes c set placement = r.placement, certainty = r.certainty, base_blob_sha = ${blobSha},
      drift = r.drift,
      stale_since = case when r.drift = 'stale' then coalesce(c.stale_since, now()) end
    from jsonb_to_recordset(${db.json(rows as never)}) as r(
      id uuid, seen jsonb, base text, placement jsonb, certainty text, drift text)
    where c.id = r.id and c.state = 'pending' and c.base_blob_sha = r.base and c.placement = r.seen
    returning c.id`;
  return updated.map((row) => row.id);
}

/** The changes of a branch that are being committed. */
export async function listCommitting(
  db: Db,
  rfcSlug: string,
  branchName: string,
): Promise<Change[]> {
  return db<Change[]>`
    select ${db.unsafe(COLUMNS)} from ${db.unsafe(FROM)}
    where c.rfc_slug = ${rfcSlug} and c.branch_name = ${branchName} and c.state = 'accepting'`;
}

/** The host wants no commit for so long; `why` is for people. */
export async function postponeCommit(
  db: Db,
  id: string,
  { forMs, why }: { forMs: number; why: string },
): Promise<void> {
  await db`
    update changes set commit_after = now() + ${forMs} * interval '1 ms', failure = ${why}
    where id = ${id} and state = 'accepting'`;
}

/** Which of these ids are changes that were accepted, or are being committed. */
export async function listAcceptedOf(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const known = ids.filter(isUuid);
  if (known.length === 0) return new Set();
  const rows = await db<{ id: string }[]>`
    select id from changes
    where id = any(${known}::uuid[]) and state in ('accepting', 'accepted')`;
  return new Set(rows.map((row) => row.id));
}

/**
 * Accepts whose commit job may have been lost with the queue, or was put off until now; also where the database's
 * clock was set back since.
 */
export const waitingAccepts =
  (olderThanMs: number): DueRows =>
  (db) =>
    db`
    select c.id from changes c
    where c.state = 'accepting' and (c.commit_after is null or c.commit_after <= now()) and exists (
      select 1 from decisions d where d.change_id = c.id and d.outcome = 'open'
        and (d.created_at < now() - ${olderThanMs} * interval '1 ms' or d.created_at > now()))`;

export async function listAccepting(db: Db, olderThanMs: number): Promise<string[]> {
  const rows = await db<{ id: string }[]>`${waitingAccepts(olderThanMs)(db)}`;
  return rows.map((row) => row.id);
}
