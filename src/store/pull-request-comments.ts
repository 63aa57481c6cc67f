import type { MessageStatus, TurnState } from "../conversation/thread.ts";
import type { Db } from "./database.ts";

/** A person's comment that was dealt with. */
export interface HandledComment {
  commentId: string;
  /** The message that it became. */
  messageId: string | null;
  replyTo: string | null;
  updatedAt: Date;
}

interface PullRequestKey {
  rfcSlug: string;
  prNumber: number;
}

export async function listHandled(
  db: Db,
  { rfcSlug, prNumber }: PullRequestKey,
): Promise<Map<string, HandledComment>> {
  const rows = await db<HandledComment[]>`
    select comment_id, message_id, reply_to, updated_at from pull_request_comments
    where rfc_slug = ${rfcSlug} and pr_number = ${prNumber}`;
  return new Map(rows.map((row) => [row.commentId, row]));
}

/**
 * Records that a comment was dealt with; false when it was before. One that became a message only later, by
 * an edit, is linked with it.
 */
export async function putHandled(
  db: Db,
  { rfcSlug, prNumber }: PullRequestKey,
  comment: HandledComment,
): Promise<boolean> {
  const rows = await db`
    insert into pull_request_comments (rfc_slug, pr_number, comment_id, message_id, reply_to, updated_at)
    values (${rfcSlug}, ${prNumber}, ${comment.commentId}, ${comment.messageId}, ${comment.replyTo},
      ${comment.updatedAt})
    on conflict (rfc_slug, pr_number, comment_id) do update set
      message_id = excluded.message_id, reply_to = excluded.reply_to, updated_at = excluded.updated_at
    where pull_request_comments.message_id is null and excluded.message_id is not null
    returning 1`;
  return rows.length > 0;
}

/** The comment is gone, and so is what it asked for. */
export async function forgetMessage(
  db: Db,
  { rfcSlug, prNumber }: PullRequestKey,
  commentId: string,
): Promise<void> {
  await db`
    update pull_request_comments set message_id = null
    where rfc_slug = ${rfcSlug} and pr_number = ${prNumber} and comment_id = ${commentId}`;
}

export async function setHandledAt(
  db: Db,
  { rfcSlug, prNumber }: PullRequestKey,
  commentId: string,
  updatedAt: Date,
): Promise<void> {
  await db`
    update pull_request_comments set updated_at = ${updatedAt}
    where rfc_slug = ${rfcSlug} and pr_number = ${prNumber} and comment_id = ${commentId}`;
}

/** An answer that belongs on the pull request and is not there yet. */
export interface OpenAnswer {
  messageId: string;
  /** Order within its thread. */
  seq: number;
  threadId: string;
  turnId: string;
  text: string;
  status: MessageStatus;
  turnState: TurnState;
  error: string | null;
  /** The comment in whose review thread it is to stand; null for below the pull request. */
  replyTo: string | null;
  linkId: string;
}

/**
 * Answers that are finished and not shown on the pull request, oldest first: those to its comments, and all since
 * its conversation is held in chat, too.
 */
export async function listOpenAnswers(
  db: Db,
  { rfcSlug, prNumber }: PullRequestKey,
  place: string,
): Promise<OpenAnswer[]> {
  return db<OpenAnswer[]>`
    with asked as (
      select distinct on (a.id) a.id, c.reply_to
      from pull_request_comments c
        join thread_messages m on m.id = c.message_id
        join turns t on t.id = m.turn_id or t.retry_of = m.turn_id
        join thread_messages a on a.turn_id = t.id and a.role = 'assistant'
      where c.rfc_slug = ${rfcSlug} and c.pr_number = ${prNumber}
      order by a.id, m.seq desc
    )
    select a.id as message_id, a.thread_id, t.id as turn_id, a.text, a.status, a.seq,
      t.state as turn_state, t.error, q.reply_to, l.id as link_id
    from thread_links l
      join thread_messages a on a.thread_id = l.thread_id and a.role = 'assistant'
      join turns t on t.id = a.turn_id
      left join asked q on q.id = a.id
      left join deliveries d on d.link_id = l.id and d.kind = 'answer' and d.subject_id = a.id
    where l.platform = 'github' and l.place = ${place} and l.ended_at is null
      and t.state in ('done', 'failed', 'cancelled') and d.state is distinct from 'sent'
      and (q.id is not null or a.seq >= l.remarks_from and exists (
        select 1 from thread_links n join threads h on h.id = n.thread_id
        where n.thread_id = l.thread_id and h.rfc_slug = ${rfcSlug} and n.platform <> 'github' and n.ended_at is null))
    order by a.seq`;
}

/** Order of the answer that is being written in the thread; null where none is. */
export async function openAnswerSeq(db: Db, threadId: string): Promise<number | null> {
  const [row] = await db<{ seq: number | null }[]>`
    select min(m.seq) as seq from turns t join thread_messages m on m.turn_id = t.id
    where t.thread_id = ${threadId} and t.state = 'running' and m.role = 'assistant'`;
  return row?.seq ?? null;
}
