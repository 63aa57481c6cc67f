/** What happened since somebody last read a thread, and up to when they have. */
import type { HistoryRow } from "./messages.ts";
import type { Db } from "./database.ts";

/** Up to when a person knows a thread: by having read it, or written in it. */
export interface LastRead {
  /** Null where they never were there. */
  at: Date | null;
  /** Of the last message that they know; 0 where that is none. */
  seq: number;
}

/** The end of a thread at a moment: what somebody knows who was told all up to then. */
export interface ThreadEnd {
  /** Of the newest message, whatever it is. */
  newestSeq: number;
  /** By the database's clock. */
  now: Date;
}

export async function findLastRead(
  db: Db,
  userId: string,
  threadId: string,
): Promise<LastRead & ThreadEnd> {
  const [row] = await db<(LastRead & ThreadEnd)[]>`
    select t.message_seq as newest_seq, now() as now,
      greatest(r.read_at, seen.created_at, own.at) as at,
      greatest(r.seq, own.seq, 0)::bigint as seq
    from (select max(seq) as seq, max(created_at) as at from thread_messages
      where thread_id = ${threadId} and author_user_id = ${userId}) own
    left join thread_reads r on r.thread_id = ${threadId} and r.user_id = ${userId}
    left join thread_messages seen
      on seen.thread_id = ${threadId} and seen.seq = r.seq and r.read_at is null
    join threads t on t.id = ${threadId}`;
  return row!;
}

/** What was said after a message, in short. */
export interface SaidSince {
  /** Messages of people and answers, without what was deleted. */
  count: number;
  /** Who wrote, by name, in the order of their last words; null stands for the model. */
  authors: (string | null)[];
}

export async function countSaidSince(db: Db, threadId: string, seq: number): Promise<SaidSince> {
  const rows = await db<{ author: string | null; said: number }[]>`
    select u.display_name as author, count(*)::int as said
    from thread_messages m left join users u on u.id = m.author_user_id
    where m.thread_id = ${threadId} and m.seq > ${seq} and m.role in ('user', 'assistant')
      and m.status <> 'streaming' and m.deleted_at is null
    group by u.id order by max(m.seq) desc`;
  return {
    count: rows.reduce((sum, { said }) => sum + said, 0),
    authors: rows.map(({ author }) => author),
  };
}

/** The newest of it whose texts together stay under `maxBytes` bytes, oldest first. */
export async function listSaidSince(
  db: Db,
  threadId: string,
  seq: number,
  maxBytes: number,
): Promise<{ rows: HistoryRow[]; older: number }> {
  const rows = await db<(HistoryRow & { older: number })[]>`
    with h as (
      select m.seq, m.role, u.display_name as author, m.text, m.quote,
        sum(octet_length(m.text) + coalesce(octet_length(m.quote), 0)) over (order by m.seq desc) as total,
        (count(*) over (order by m.seq) - 1)::int as older
      from thread_messages m left join users u on u.id = m.author_user_id
      where m.thread_id = ${threadId} and m.seq > ${seq} and m.role in ('user', 'assistant')
        and m.status not in ('streaming', 'failed') and m.deleted_at is null
    )
    select role, author, text, quote, older from h where total <= ${maxBytes} order by seq`;
  return { rows, older: rows[0]?.older ?? 0 };
}

/** A change on which somebody decided. */
export interface DecidedChange {
  number: number;
  threadId: string;
  state: "accepted" | "declined";
  commitSha: string | null;
  by: string | null;
  /** Of a decline, why; else why it was proposed. */
  reason: string;
  /** Its newest comment on a pull request. */
  url: string | null;
}

/** In these threads, oldest decision first. */
export async function listDecidedSince(
  db: Db,
  threadIds: readonly string[],
  since: Date | null,
): Promise<DecidedChange[]> {
  return db<DecidedChange[]>`
    select c.number, c.thread_id, c.state, c.commit_sha, d.by,
      coalesce(d.reason, c.reason) as reason, (
        select s.url from suggestions s where s.change_id = c.id
        order by s.created_at desc limit 1) as url
    from changes c left join lateral (
      select u.display_name as by, d.reason from decisions d join users u on u.id = d.user_id
      where d.change_id = c.id and d.outcome <> 'returned' order by d.created_at desc limit 1) d on true
    where c.thread_id = any(${[...threadIds]}::uuid[]) and c.state in ('accepted', 'declined')
      and (${since}::timestamptz is null or c.decided_at > ${since})
    order by c.decided_at, c.number`;
}

/** A summary counts as a question does, for the person and for their workspace. */
export async function putSummaryAsked(
  db: Db,
  of: { userId: string; platform: string; workspaceId: string },
): Promise<void> {
  await db`delete from summaries_asked where asked_at < now() - interval '1 hour'`;
  await db`
    insert into summaries_asked (user_id, platform, workspace_id)
    values (${of.userId}, ${of.platform}, ${of.workspaceId})`;
}
