/**
 * Who is told of what happens, in the transaction in which it happens. Nobody is told of their own doing;
 * who may not hear of it is left out by `insertFrom`. One's own change is the one that a person proposed by
 * hand, or that the model proposed in an answer to them.
 */
import type { PendingQuery, Row } from "postgres";
import type { Db } from "./database.ts";
import { hasWritten, insertFrom } from "./notifications.ts";

/**
 * A person's message was stored, under the lock of its thread: whoever wrote there before is told directly,
 * other watchers of the RFC or the thread as churn. A statement of its own, after the lock was waited for:
 * it sees everything that was written before.
 */
export async function tellOfMessage(db: Db, messageId: string): Promise<void> {
  await insertFrom(
    db,
    db`
      with recursive m as (
        select k.id, k.thread_id, k.author_user_id, t.rfc_slug
        from thread_messages k join threads t on t.id = k.thread_id
          join users a on a.id = k.author_user_id and not a.is_bot
        where k.id = ${messageId}
      ), ${authorsIn(db, db`m`)}
      select distinct on (w.user_id) w.user_id, w.kind, w.category, m.id::text as subject, m.rfc_slug,
        m.thread_id, m.id as message_id, null::uuid as change_id, null::int as pr_number,
        w.category = 'personal-direct' as took_part
      from m,
      lateral (
        select user_id, 'chat_reply_to_my_message' as kind, 'personal-direct' as category
        from authors where user_id is not null
        union all
        select user_id, 'chat_message_in_participated_thread', 'churn' from watches
        where rfc_slug = m.rfc_slug
        union all
        select user_id, 'chat_message_in_participated_thread', 'churn' from thread_watches
        where thread_id = m.thread_id
      ) w
      where w.user_id <> m.author_user_id
      order by w.user_id, w.category = 'personal-direct' desc`,
    // The message has come into being in this transaction.
    { isFirst: true },
  );
}

/** The changes were accepted or declined just now: whose they are is told. */
export async function tellOfDecisions(db: Db, changeIds: readonly string[]): Promise<void> {
  if (changeIds.length === 0) return;
  await insertFrom(
    db,
    db`
      with ${ownersOf(db, changeIds)}
      select o.user_id, 'change_' || c.state as kind, 'personal-direct' as category,
        c.id || ':' || coalesce(d.id::text, c.commit_sha, '') as subject, c.rfc_slug, c.thread_id,
        null::uuid as message_id, c.id as change_id, null::int as pr_number, true as took_part
      from owners o join changes c on c.id = o.change_id
        left join decisions d on d.change_id = c.id and d.outcome in ('committed', 'declined')
      where c.state in ('accepted', 'declined') and o.user_id is distinct from d.user_id`,
  );
}

/** In this version the changes became stale, or in conflict with it: whose they are is told. */
export async function tellOfDrift(
  db: Db,
  changeIds: readonly string[],
  blobSha: string,
): Promise<void> {
  if (changeIds.length === 0) return;
  await insertFrom(
    db,
    db`
      with ${ownersOf(db, changeIds)}
      select o.user_id, case c.drift when 'stale' then 'change_stale' else 'change_conflicted' end as kind,
        'personal-direct' as category, c.id || ':' || ${blobSha}::text as subject, c.rfc_slug, c.thread_id,
        null::uuid as message_id, c.id as change_id, null::int as pr_number, true as took_part
      from owners o join changes c on c.id = o.change_id
      where c.state = 'pending' and c.drift in ('stale', 'conflict')`,
  );
}

/**
 * The changes wait for a decision: who is named for the RFC, or for a workspace where it is discussed, is
 * told. Whose change it is knows of it.
 */
export async function tellOfWaiting(db: Db, changeIds: readonly string[]): Promise<void> {
  if (changeIds.length === 0) return;
  await insertFrom(
    db,
    db`
      with ${ownersOf(db, changeIds)}, named as (
        select c.id as change_id, n.user_id
        from changes c join rfc_maintainers n on n.rfc_slug = c.rfc_slug
        where c.id = any(${[...changeIds]}::uuid[])
        union
        select c.id, n.user_id
        from changes c join threads h on h.rfc_slug = c.rfc_slug
          join thread_links l on l.thread_id = h.id and l.ended_at is null
          join maintainers n on n.platform = l.platform and n.workspace_id = l.workspace_id
        where c.id = any(${[...changeIds]}::uuid[])
      )
      select n.user_id, 'decision_requested' as kind, 'churn' as category, c.id::text as subject,
        c.rfc_slug, c.thread_id, null::uuid as message_id, c.id as change_id, null::int as pr_number,
        ${hasWritten(db, db`n.user_id`, db`c.thread_id`)} as took_part
      from named n join changes c on c.id = n.change_id
      where c.state = 'pending' and not exists (
        select 1 from owners o where o.change_id = n.change_id and o.user_id = n.user_id)`,
  );
}

/** A pull request that was open has ended. */
export interface EndedPull {
  rfcSlug: string;
  branchName: string;
  number: number;
  closedAt: Date;
  state: "merged" | "closed";
  /** The host's id of the account that merged it. */
  mergedById: string | null;
}

/**
 * Who wrote in a thread of the pull request's branch is told directly, other watchers of the RFC as churn.
 * A thread that somebody has muted does not count.
 */
export async function tellOfEnd(db: Db, pull: EndedPull): Promise<void> {
  const { rfcSlug, branchName, number, closedAt } = pull;
  await insertFrom(
    db,
    db`
      select distinct on (w.user_id) w.user_id, ${`rfc_${pull.state}`}::text as kind, w.category,
        ${`${rfcSlug}#${number}:${closedAt.toISOString()}`}::text as subject,
        ${rfcSlug}::text as rfc_slug, null::uuid as thread_id, null::uuid as message_id,
        null::uuid as change_id, ${number}::int as pr_number, true as took_part
      from (
        select m.author_user_id as user_id, 'personal-direct' as category
        from threads t join thread_messages m on m.thread_id = t.id
        where t.rfc_slug = ${rfcSlug} and t.branch_name = ${branchName} and m.role = 'user'
          and m.deleted_at is null and not exists (
            select 1 from mutes q where q.user_id = m.author_user_id and q.thread_id = t.id)
        union all
        select user_id, 'churn' from watches where rfc_slug = ${rfcSlug}
      ) w
      where not exists (
        select 1 from identities i
        where i.user_id = w.user_id and i.platform = 'github'
          and i.platform_user_id = ${pull.mergedById})
      order by w.user_id, w.category = 'personal-direct' desc`,
  );
}

/**
 * Who has written in a thread and not deleted all of it, as `authors (thread_id, user_id)` with a last row
 * without a user: from each person on to the next one in the index, and never through all the messages.
 * @param thread a relation of one row with a `thread_id`
 */
function authorsIn(db: Db, thread: PendingQuery<Row[]>): PendingQuery<Row[]> {
  const next = (threadId: PendingQuery<Row[]>, after: PendingQuery<Row[]>) => db`(
    select e.author_user_id from thread_messages e
    where e.thread_id = ${threadId} and e.role = 'user' and e.deleted_at is null ${after}
    order by e.author_user_id limit 1)`;
  return db`authors as (
      select o.thread_id, ${next(db`o.thread_id`, db``)} as user_id from ${thread} o
      union all
      select a.thread_id, ${next(db`a.thread_id`, db`and e.author_user_id > a.user_id`)}
      from authors a where a.user_id is not null
    )`;
}

/** Whose the changes are, as `owners (change_id, user_id)`: of the model's, who asked, also before a retry. */
function ownersOf(db: Db, changeIds: readonly string[]): PendingQuery<Row[]> {
  return db`recursive asked as (
      select c.id as change_id, u.id as turn_id, u.retry_of
      from changes c join turns u on u.id = c.turn_id
      where c.id = any(${[...changeIds]}::uuid[]) and c.kind = 'ai'
      union
      select a.change_id, u.id, u.retry_of from asked a join turns u on u.id = a.retry_of
    ), owners as (
      select id as change_id, author_user_id as user_id from changes
      where id = any(${[...changeIds]}::uuid[]) and kind = 'manual'
      union
      select a.change_id, m.author_user_id from asked a join thread_messages m on m.turn_id = a.turn_id
      where m.role = 'user'
    )`;
}
