import type { Placement } from "../changes/placement.ts";
import type { Thread, ThreadKind, ThreadState } from "../conversation/thread.ts";
import type { Db } from "./database.ts";
import { isUuid } from "./database.ts";

const COLUMNS =
  "id, rfc_slug, branch_name, thread_kind as kind, state, title, model_id, anchor, anchor_stale_since, created_at";

export interface NewThreadRow {
  rfcSlug: string;
  branchName: string;
  kind: ThreadKind;
  title: string | null;
  anchor: { placement: Placement; blobSha: string } | null;
  createdBy: string;
}

export async function insertThread(db: Db, row: NewThreadRow): Promise<Thread> {
  const [thread] = await db<Thread[]>`
    insert into threads (rfc_slug, branch_name, thread_kind, title, anchor, anchor_blob_sha, created_by)
    values (${row.rfcSlug}, ${row.branchName}, ${row.kind}, ${row.title},
      ${row.anchor ? db.json(row.anchor.placement as never) : null}, ${row.anchor?.blobSha ?? null},
      ${row.createdBy})
    returning ${db.unsafe(COLUMNS)}`;
  return thread!;
}

export async function findThread(db: Db, id: string): Promise<Thread | null> {
  if (!isUuid(id)) return null;
  const [thread] = await db<Thread[]>`select ${db.unsafe(COLUMNS)} from threads where id = ${id}`;
  return thread ?? null;
}

export async function listThreads(db: Db, rfcSlug: string): Promise<Thread[]> {
  return db<Thread[]>`
    select ${db.unsafe(COLUMNS)} from threads where rfc_slug = ${rfcSlug} order by created_at`;
}

/** Changes what is given; null when there is no such thread. */
export async function updateThread(
  db: Db,
  id: string,
  set: { state?: ThreadState; modelId?: string | null },
): Promise<Thread | null> {
  if (!isUuid(id)) return null;
  const [thread] = await db<Thread[]>`
    update threads set
      state = coalesce(${set.state ?? null}, state),
      closed_at = case when coalesce(${set.state ?? null}, state) = 'closed'
        then coalesce(closed_at, now()) end,
      model_id = ${set.modelId === undefined ? db`model_id` : set.modelId}
    where id = ${id} returning ${db.unsafe(COLUMNS)}`;
  return thread ?? null;
}

/** A thread's passage, as whoever moves it along with the document needs it. */
export interface AnchorRow {
  threadId: string;
  placement: Placement;
  blobSha: string;
  staleSince: Date | null;
}

export async function listAnchors(
  db: Db,
  rfcSlug: string,
  branchName: string,
): Promise<AnchorRow[]> {
  return db<AnchorRow[]>`
    select id as thread_id, anchor as placement, anchor_blob_sha as blob_sha,
      anchor_stale_since as stale_since
    from threads
    where rfc_slug = ${rfcSlug} and branch_name = ${branchName} and anchor is not null
    order by id`;
}

/** The passage of one thread as it stands now; null for a thread on the whole document. */
export async function findAnchor(db: Db, threadId: string): Promise<AnchorRow | null> {
  const [row] = await db<AnchorRow[]>`
    select id as thread_id, anchor as placement, anchor_blob_sha as blob_sha,
      anchor_stale_since as stale_since
    from threads where id = ${threadId} and anchor is not null`;
  return row ?? null;
}

/** Setting "stale" twice keeps the first moment. */
export async function moveAnchor(
  db: Db,
  threadId: string,
  to: { placement: Placement; blobSha: string; stale: boolean },
): Promise<void> {
  await db`
    update threads set anchor = ${db.json(to.placement as never)}, anchor_blob_sha = ${to.blobSha},
      anchor_stale_since = ${to.stale ? db`coalesce(anchor_stale_since, now())` : null}
    where id = ${threadId}`;
}

/** The open threads of a branch in which somebody has spoken already. */
export async function listSpokenThreads(
  db: Db,
  rfcSlug: string,
  branchName: string,
): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select id from threads
    where rfc_slug = ${rfcSlug} and branch_name = ${branchName} and state = 'open' and message_seq > 0
    order by id`;
  return rows.map((row) => row.id);
}

/**
 * Locks the threads' rows until the transaction ends. Rows are always locked in the order branch, threads
 * by id, changes, so that no two transactions wait for each other.
 */
export async function lockThreads(db: Db, ids: readonly string[]): Promise<void> {
  await db`
    select 1 from threads where id = any(${[...ids]}::uuid[]) order by id for no key update`;
}
