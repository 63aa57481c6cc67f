import type { Placement } from "../changes/placement.ts";
import type { Concern, ConcernState } from "../concerns/concern.ts";
import type { Db } from "./database.ts";
import { isUuid } from "./database.ts";

const SELECT = `select c.id, c.rfc_slug, c.number, c.branch_name, c.thread_id,
    c.author_user_id as author_id, a.display_name as author, c.text, c.state,
    c.anchor -> 'passage' as passage, c.anchor ->> 'slice' as anchor_text, c.anchor_blob_sha,
    c.anchor_stale_since, s.display_name as settled_by, c.settled_why, c.settled_at, c.created_at
  from concerns c join users a on a.id = c.author_user_id left join users s on s.id = c.settled_by`;

export interface NewConcernRow {
  threadId: string;
  authorId: string;
  text: string;
  anchor: { placement: Placement; blobSha: string } | null;
  dedupKey: string | null;
}

/** Stores it under the RFC's next number; answers with its id. */
export async function insertConcern(db: Db, row: NewConcernRow): Promise<string> {
  const anchor = row.anchor ? db.json(row.anchor.placement as never) : null;
  const [stored] = await db<{ id: string }[]>`
    with r as (
      update rfcs set next_concern_number = next_concern_number + 1
      from threads t where t.id = ${row.threadId} and rfcs.slug = t.rfc_slug
      returning rfcs.slug, t.branch_name, rfcs.next_concern_number - 1 as number
    )
    insert into concerns (rfc_slug, branch_name, number, thread_id, author_user_id, text, anchor,
      anchor_blob_sha, dedup_key)
    select slug, branch_name, number, ${row.threadId}, ${row.authorId}, ${row.text}, ${anchor},
      ${row.anchor?.blobSha ?? null}, ${row.dedupKey}
    from r returning id`;
  return stored!.id;
}

export async function findConcern(db: Db, id: string): Promise<Concern | null> {
  if (!isUuid(id)) return null;
  const [concern] = await db<Concern[]>`${db.unsafe(SELECT)} where c.id = ${id}`;
  return concern ?? null;
}

/** The one that was stored under the sender's key. */
export async function findConcernByKey(
  db: Db,
  threadId: string,
  key: string,
): Promise<Concern | null> {
  const [concern] = await db<Concern[]>`
    ${db.unsafe(SELECT)} where c.thread_id = ${threadId} and c.dedup_key = ${key}`;
  return concern ?? null;
}

export async function findConcernByNumber(
  db: Db,
  rfcSlug: string,
  number: number,
): Promise<Concern | null> {
  const [concern] = await db<Concern[]>`
    ${db.unsafe(SELECT)} where c.rfc_slug = ${rfcSlug} and c.number = ${number}`;
  return concern ?? null;
}

/** Of all branches, by number. */
export async function listConcerns(db: Db, rfcSlug: string): Promise<Concern[]> {
  return db<Concern[]>`${db.unsafe(SELECT)} where c.rfc_slug = ${rfcSlug} order by c.number`;
}

/** Of one branch, by number. */
export async function listBranchConcerns(
  db: Db,
  rfcSlug: string,
  branchName: string,
): Promise<Concern[]> {
  return db<Concern[]>`
    ${db.unsafe(SELECT)} where c.rfc_slug = ${rfcSlug} and c.branch_name = ${branchName}
    order by c.number`;
}

/** False when it is not open any more. */
export async function settleConcern(
  db: Db,
  id: string,
  settled: { state: Exclude<ConcernState, "open">; by: string; why: string | null },
): Promise<boolean> {
  const rows = await db`
    update concerns set state = ${settled.state}, settled_by = ${settled.by},
      settled_why = ${settled.why}, settled_at = now()
    where id = ${id} and state = 'open' returning 1`;
  return rows.length > 0;
}

/** Whether this person settled it so. */
export async function isSettledBy(
  db: Db,
  id: string,
  { state, by }: { state: ConcernState; by: string },
): Promise<boolean> {
  const rows = await db`
    select 1 from concerns where id = ${id} and state = ${state} and settled_by = ${by}`;
  return rows.length > 0;
}

/** The passage of an open concern, as whoever moves it along with the document needs it. */
export interface ConcernAnchorRow {
  concernId: string;
  threadId: string;
  placement: Placement;
  blobSha: string;
  staleSince: Date | null;
}

export async function listConcernAnchors(
  db: Db,
  rfcSlug: string,
  branchName: string,
): Promise<ConcernAnchorRow[]> {
  return db<ConcernAnchorRow[]>`
    select id as concern_id, thread_id, anchor as placement, anchor_blob_sha as blob_sha,
      anchor_stale_since as stale_since
    from concerns
    where rfc_slug = ${rfcSlug} and branch_name = ${branchName} and state = 'open'
      and anchor is not null
    order by number`;
}

/**
 * Setting "stale" twice keeps the first moment. False when the concern was settled, or stands in another
 * version by now.
 */
export async function moveConcernAnchor(
  db: Db,
  { concernId, blobSha }: ConcernAnchorRow,
  to: { placement: Placement; blobSha: string; stale: boolean },
): Promise<boolean> {
  const rows = await db`
    update concerns set anchor = ${db.json(to.placement as never)}, anchor_blob_sha = ${to.blobSha},
      anchor_stale_since = ${to.stale ? db`coalesce(anchor_stale_since, now())` : null}
    where id = ${concernId} and state = 'open' and anchor_blob_sha = ${blobSha} returning 1`;
  return rows.length > 0;
}

/** Notes that its author is asked about this version; false when that was done. */
export async function markAsked(db: Db, concernId: string, blobSha: string): Promise<boolean> {
  const rows = await db`
    update concerns set asked_for_blob = ${blobSha}
    where id = ${concernId} and asked_for_blob is distinct from ${blobSha} returning 1`;
  return rows.length > 0;
}

/** Which of these threads are held somewhere closed: in private, or in a channel that not everybody may read. */
export async function listClosedThreads(
  db: Db,
  threadIds: readonly string[],
): Promise<Set<string>> {
  const rows = await db<{ threadId: string }[]>`
    select distinct thread_id from thread_links
    where thread_id = any(${[...threadIds]}::uuid[]) and platform in ('slack', 'discord')
      and (private_to is not null or reach <> 'workspace')`;
  return new Set(rows.map((row) => row.threadId));
}
