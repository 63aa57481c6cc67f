import type { Change, DecisionRecord } from "../changes/change.ts";
import type { Thread } from "../conversation/thread.ts";
import type { ChangeStory, StoryMessage } from "../rfcs/insight.ts";
import type { Db } from "./database.ts";

/** A text that the branch's document had. */
export interface VersionRow {
  seq: number;
  blobSha: string;
  /** Null where it was not kept yet. */
  headSha: string | null;
  seenAt: Date;
}

/** Of a message in a story: more than anybody reads there. */
const MAX_MESSAGE = 4_000;

/** Oldest first. */
export async function listVersions(
  db: Db,
  rfcSlug: string,
  branchName: string,
): Promise<VersionRow[]> {
  return db<VersionRow[]>`
    select seq, blob_sha, head_sha, seen_at from document_versions
    where rfc_slug = ${rfcSlug} and branch_name = ${branchName} order by seq`;
}

export async function readBlobs(db: Db, shas: readonly string[]): Promise<Map<string, string>> {
  const rows = await db<{ sha: string; body: string }[]>`
    select sha, body from document_blobs where sha = any(${[...shas]})`;
  return new Map(rows.map(({ sha, body }) => [sha, body]));
}

/** The accepted changes of any of these commits. */
export async function listChangesOfCommits(
  db: Db,
  rfcSlug: string,
  shas: readonly string[],
): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select id from changes
    where rfc_slug = ${rfcSlug} and commit_sha = any(${[...shas]}) order by number`;
  return rows.map((row) => row.id);
}

/** Those accepted in this version; for steps of which no commit is known. */
export async function listChangesOfVersion(
  db: Db,
  rfcSlug: string,
  branchName: string,
  blobSha: string,
): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select id from changes
    where rfc_slug = ${rfcSlug} and branch_name = ${branchName} and base_blob_sha = ${blobSha}
      and state = 'accepted' order by number`;
  return rows.map((row) => row.id);
}

/** The accepted changes whose commit begins with `prefix`, which holds hexadecimal digits alone. */
export async function listChangesByCommit(
  db: Db,
  rfcSlug: string,
  prefix: string,
): Promise<{ id: string; commitSha: string }[]> {
  return db<{ id: string; commitSha: string }[]>`
    select id, commit_sha from changes
    where rfc_slug = ${rfcSlug} and commit_sha like ${`${prefix}%`} order by number`;
}

/** The changes' stories in the order of `changes`. */
export async function tellStories(db: Db, changes: readonly Change[]): Promise<ChangeStory[]> {
  const ids = changes.map((change) => change.id);
  const [threads, decisions, messages] = await Promise.all([
    db<Pick<Thread, "id" | "kind" | "title" | "state">[]>`
      select id, thread_kind as kind, title, state from threads
      where id = any(${changes.map((change) => change.threadId)}::uuid[])`,
    listLastDecisions(db, ids),
    listMessagesOf(db, ids),
  ]);
  return changes.map((change) => ({
    change,
    decision: decisions.get(change.id) ?? null,
    thread: threads.find((thread) => thread.id === change.threadId)!,
    messages: messages.filter((one) => one.changeId === change.id).map(withoutChange),
  }));
}

export async function listLastDecisions(
  db: Db,
  changeIds: readonly string[],
): Promise<Map<string, DecisionRecord>> {
  const rows = await db<DecisionRecord[]>`
    select distinct on (d.change_id) d.id, d.change_id, u.display_name as author, d.verdict, d.reason,
      d.outcome, d.created_at
    from decisions d join users u on u.id = d.user_id
    where d.change_id = any(${[...changeIds]}::uuid[])
    order by d.change_id, d.created_at desc`;
  return new Map(rows.map((row) => [row.changeId, row]));
}

type MessageOfChange = StoryMessage & { changeId: string };

/** Of a turn that repeats another one, the questions are the other one's. */
async function listMessagesOf(db: Db, changeIds: readonly string[]): Promise<MessageOfChange[]> {
  return db<MessageOfChange[]>`
    select c.id as change_id, m.id, m.role, u.display_name as author, m.model_id,
      left(m.text, ${MAX_MESSAGE}) as text, left(m.quote, ${MAX_MESSAGE}) as quote, m.created_at
    from changes c join turns t on t.id = c.turn_id
    join thread_messages m on m.thread_id = c.thread_id
      and m.deleted_at is null
      and (m.id = c.source_message_id or (m.role = 'user' and m.turn_id in (t.id, t.retry_of)))
    left join users u on u.id = m.author_user_id
    where c.id = any(${[...changeIds]}::uuid[])
    order by m.seq`;
}

function withoutChange({ changeId: _changeId, ...message }: MessageOfChange): StoryMessage {
  return message;
}
