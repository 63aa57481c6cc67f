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

/** An answer that a comment asked for and that is not on the pull request yet. */
export interface OpenAnswer {
  messageId: string;
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

/** Answers to comments on the pull request that are finished and not shown there, oldest first. */
export async function listOpenAnswers(
  db: Db,
  { rfcSlug, prNumber }: PullRequestKey,
  place: string,
): Promise<OpenAnswer[]> {
  return db<OpenAnswer[]>`
    select * from (
      select distinct on (a.id) a.id as message_id, a.thread_id, t.id as turn_id, a.text, a.status, a.seq,
        t.state as turn_state, t.error, c.reply_to, l.id as link_id
      from pull_request_comments c
        join thread_messages m on m.id = c.message_id
        join turns t on t.id = m.turn_id or t.retry_of = m.turn_id
        join thread_messages a on a.turn_id = t.id and a.role = 'assistant'
        join thread_links l on l.thread_id = a.thread_id and l.platform = 'github' and l.place = ${place}
        left join deliveries d on d.link_id = l.id and d.kind = 'answer' and d.subject_id = a.id
      where c.rfc_slug = ${rfcSlug} and c.pr_number = ${prNumber}
        and t.state in ('done', 'failed', 'cancelled') and d.state is distinct from 'sent'
      order by a.id, m.seq desc
    ) as open order by seq`;
}
