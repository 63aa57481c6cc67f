import type { ActivityDay, WaitingItem } from "../rfcs/insight.ts";
import type { Db } from "./database.ts";
import type { Sight } from "./sight.ts";
import { seesRfc, seesThread, seesThreadOf } from "./sight.ts";

/** What happened on each day with anything in it (UTC), by RFC, since that many days ago. */
export async function listActivity(
  db: Db,
  days: number,
  sight: Sight = null,
): Promise<(ActivityDay & { rfcSlug: string })[]> {
  return db<(ActivityDay & { rfcSlug: string })[]>`
    with since as (select date_trunc('day', now(), 'UTC') - ${days - 1} * interval '1 day' as at)
    select rfc_slug, to_char(at at time zone 'UTC', 'YYYY-MM-DD') as day,
      count(*) filter (where what = 'message')::int as messages,
      count(*) filter (where what = 'proposed')::int as proposed,
      count(*) filter (where what = 'accepted')::int as accepted,
      count(*) filter (where what = 'declined')::int as declined
    from (
      select t.rfc_slug, m.created_at as at, 'message' as what
      from thread_messages m join threads t on t.id = m.thread_id
      where m.role = 'user' and m.created_at >= (select at from since) and ${seesThread(db, sight)}
      union all
      select rfc_slug, created_at, 'proposed' from changes
      where state <> 'withdrawn' and created_at >= (select at from since)
        and ${seesThreadOf(db, sight, db`changes.thread_id`)}
      union all
      select rfc_slug, decided_at, state from changes
      where state in ('accepted', 'declined') and decided_at >= (select at from since)
        and ${seesThreadOf(db, sight, db`changes.thread_id`)}
    ) happened
    group by 1, 2`;
}

/** When anything was said, proposed or decided last, by RFC. */
export async function listLastActivity(db: Db, sight: Sight = null): Promise<Map<string, Date>> {
  const rows = await db<{ rfcSlug: string; at: Date }[]>`
    select r.slug as rfc_slug, greatest(r.created_at,
      (select max(m.created_at) from threads t
        join thread_messages m on m.thread_id = t.id and m.seq = t.message_seq
        where t.rfc_slug = r.slug and ${seesThread(db, sight)}),
      (select max(greatest(c.created_at, c.decided_at)) from changes c
        where c.rfc_slug = r.slug and ${seesThreadOf(db, sight, db`c.thread_id`)})) as at
    from rfcs r where ${seesRfc(db, sight, db`r.slug`)}`;
  return new Map(rows.map((row) => [row.rfcSlug, row.at]));
}

const EXCERPT = 240;

/**
 * What a person can move on: pending changes, by what they need, and answers to their own messages that they
 * have not read yet. What blocks most comes first, then the oldest.
 */
export async function listWaiting(
  db: Db,
  userId: string,
  limit: number,
  sight: Sight = null,
): Promise<{ items: WaitingItem[]; total: number }> {
  const rows = await db<(WaitingItem & { total: number })[]>`
    with open_changes as (
      select case
          when c.drift = 'conflict' then 'conflict'
          when c.drift in ('rebased', 'moved') then 'confirm'
          when c.certainty = 'ask' then 'place'
          else 'decision' end as kind,
        c.rfc_slug, c.thread_id, left(c.reason, ${EXCERPT}) as text, c.created_at as since,
        jsonb_build_object('id', c.id, 'number', c.number, 'original', left(c.original, ${EXCERPT}),
          'proposed', left(c.proposed, ${EXCERPT})) as change
      from changes c
      where c.state = 'pending' and c.drift <> 'stale' and (c.certainty <> 'none' or c.drift = 'conflict')
        and ${seesThreadOf(db, sight, db`c.thread_id`)}
    ), unread as (
      select distinct on (t.id)
        case when m.status = 'failed' then 'failed' else 'answer' end as kind,
        t.rfc_slug, t.id as thread_id, left(m.text, ${EXCERPT}) as text, m.created_at as since,
        null::jsonb as change
      from threads t
      join thread_messages m on m.thread_id = t.id and m.role = 'assistant' and m.status <> 'streaming'
      left join thread_reads r on r.thread_id = t.id and r.user_id = ${userId}
      where t.state = 'open' and m.seq > coalesce(r.seq, 0) and ${seesThread(db, sight)} and exists (
        select 1 from thread_messages q join turns u on u.id = m.turn_id
        where q.author_user_id = ${userId} and q.turn_id in (u.id, u.retry_of))
      order by t.id, m.seq desc
    ), waiting as (select * from open_changes union all select * from unread)
    select kind, rfc_slug, thread_id, text, since, change, (count(*) over ())::int as total from waiting
    order by array_position(array['failed', 'conflict', 'place', 'confirm', 'answer', 'decision'], kind),
      since
    limit ${limit}`;
  const items = rows.map(({ total: _total, ...item }) => item);
  return { items, total: rows[0]?.total ?? 0 };
}

/** Never moves back: another window may have read further. @param at when it was read; now without */
export async function markRead(
  db: Db,
  userId: string,
  threadId: string,
  seq: number,
  at: Date | null = null,
): Promise<void> {
  await db`
    insert into thread_reads (user_id, thread_id, seq, read_at)
    select ${userId}, id, least(${seq}, message_seq), coalesce(${at}, now())
    from threads where id = ${threadId}
    on conflict (user_id, thread_id) do update set
      seq = greatest(thread_reads.seq, excluded.seq),
      read_at = greatest(thread_reads.read_at, excluded.read_at)`;
}

/**
 * Every durable event counts up in its thread; what moves a branch shows in its row. Of pull requests the
 * conversation is told only what it is about, so that their own rows count too.
 */
export async function readPulse(db: Db, rfcSlug: string): Promise<string> {
  const [row] = await db<{ pulse: string }[]>`
    select concat_ws(' ',
      (select concat_ws(' ', count(*), sum(event_seq), sum(message_seq),
        count(*) filter (where state = 'open')) from threads where rfc_slug = ${rfcSlug}),
      (select string_agg(concat_ws(' ', head_sha, problem), ' ' order by branch_name)
        from branches where rfc_slug = ${rfcSlug}),
      (select string_agg(concat_ws(' ', pr_number, state, title, read_only), ' ' order by pr_number)
        from cached_prs where rfc_slug = ${rfcSlug}),
      (select string_agg(problem, ' ' order by branch_name)
        from pull_request_looks where rfc_slug = ${rfcSlug}),
      (select concat_ws(' ', count(*), count(*) filter (where state = 'live'), count(closed_at))
        from suggestions where rfc_slug = ${rfcSlug}),
      (select concat_ws(' ', count(*), count(settled_at), count(anchor_stale_since))
        from concerns where rfc_slug = ${rfcSlug}),
      (select string_agg(concat_ws(' ', m.id, m.state, m.ends_at, (
          select string_agg(concat_ws(' ', user_id, word), ' ' order by user_id)
          from merge_words where proposal_id = m.id)), ' ' order by m.created_at, m.id)
        from merge_proposals m where m.rfc_slug = ${rfcSlug}),
      (select s.suggestions from repository_settings s join rfcs r on lower(r.repository) = s.repository
        where r.slug = ${rfcSlug})) as pulse`;
  return row!.pulse;
}
