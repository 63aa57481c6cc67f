/** The queries of `invariants.ts`: the messages, turns and threads, then what comes in, is shown, and decided. */
import { DELETED_SHARE } from "../budgets/share.ts";
import type { Invariant } from "./invariant.ts";
import { REPORT, shown, untaken, WORKER } from "./invariant.ts";
import { PEOPLE_INVARIANTS } from "./invariant-queries-people.ts";

export const INVARIANTS: readonly Invariant[] = [
  {
    name: "messages",
    holds: "every message has its turn, and every turn that ended its answer",
    grace: null,
    mend: `Ask again in the thread for what was not answered. ${REPORT}`,
    query: `
      select format('message %s of thread %s has no answer after it; its turn %s is %s', m.id, m.thread_id,
        t.id, t.state) as what, null::timestamptz as since
      from thread_messages m join turns t on t.id = m.turn_id
        left join thread_messages a on a.turn_id = m.turn_id and a.role = 'assistant'
      where m.role = 'user' and (t.thread_id <> m.thread_id or a.seq < m.seq or a.thread_id <> m.thread_id
        -- One that was stopped before it began says so instead.
        or a.id is null and t.state <> 'queued' and (t.state <> 'cancelled' or t.started_at is not null))`,
  },
  {
    name: "turns",
    holds: "every turn has its thread's attention, one answer and one end",
    grace: null,
    mend: `Stop the turn, or post in its thread, which wakes it. ${REPORT}`,
    query: `
      select format('turn %s is %s, and its thread %s waits for nobody', u.id, u.state, u.thread_id) as what,
        null::timestamptz as since
      from turns u join threads t on t.id = u.thread_id
      where u.state in ('queued', 'running') and t.ready_at is null
      union all
      select format('turn %s has begun and has no answer', u.id), null
      from turns u left join thread_messages a on a.turn_id = u.id and a.role = 'assistant'
      where u.started_at is not null and a.id is null
      union all
      select format('answer %s is %s, and its turn %s is %s', a.id, a.status, u.id, u.state), null
      from thread_messages a join turns u on u.id = a.turn_id
      where a.role = 'assistant' and (a.status = 'streaming') <> (u.state = 'running')
      union all
      select format('turn %s is %s and ended %s times', u.id, u.state, coalesce(e.ends, 0)), null
      from turns u left join (
          select turn_id, count(*) as ends from thread_events where kind = 'turn_end' group by turn_id
        ) e on e.turn_id = u.id
      where coalesce(e.ends, 0) <> case when u.finished_at is null then 0 else 1 end`,
  },
  {
    name: "order",
    holds: "messages and events are numbered without gaps, and answered in their order",
    grace: null,
    mend: REPORT,
    query: `
      select format('thread %s counts %s messages and has %s up to %s', t.id, t.message_seq,
        coalesce(m.kept, 0), m.last) as what, null::timestamptz as since
      from threads t left join (
          select thread_id, count(*) as kept, max(seq) as last from thread_messages group by thread_id
        ) m on m.thread_id = t.id
      where coalesce(m.kept, 0) <> t.message_seq or coalesce(m.last, 0) <> t.message_seq
      union all
      select format('thread %s counts %s events and has %s up to %s', t.id, t.event_seq,
        coalesce(e.kept, 0), e.last), null
      from threads t left join (
          select thread_id, count(*) as kept, max(seq) as last from thread_events group by thread_id
        ) e on e.thread_id = t.id
      -- Of old ones some are pruned, never the newest.
      where coalesce(e.kept, 0) + t.events_pruned <> t.event_seq
        or coalesce(e.last, 0) <> t.event_seq
      union all
      select format('message %s of thread %s is answered before an earlier one', id, thread_id), null
      from (
        select m.id, m.thread_id, a.seq as answered, max(a.seq) over (
          partition by m.thread_id order by m.seq rows unbounded preceding exclude current row) as before
        from thread_messages m
          join thread_messages a on a.turn_id = m.turn_id and a.role = 'assistant'
        where m.role = 'user') asked
      where answered < before`,
  },
  {
    name: "threads",
    holds: "no thread is stuck",
    grace: "threads",
    mend: WORKER,
    query: `
      select format('thread %s is ready since %s, and nobody runs its turn (last lease: %s)', t.id,
        coalesce(${shown("t.ready_at")}, 'never'), coalesce(${shown("t.lease_until")}, 'none')) as what,
        case when t.ready_at is null then t.lease_until
          else ${untaken("t.ready_at", "t.lease_until", "busy.until")} end as since
      from threads t, (select max(lease_until) as until from threads) busy
      where t.ready_at is not null or t.lease_owner is not null or t.lease_until is not null`,
  },
  {
    name: "events",
    holds: "no event that came in lies about",
    grace: "events",
    mend: `${WORKER} Events of a platform that is off wait until it is on again.`,
    query: `
      -- The first of each lane: the others wait for it.
      select format('event %s of %s (%s) came in at %s and waits to be worked off', w.event_id, w.source,
        w.kind, ${shown("w.received_at")}) as what,
        ${untaken("w.due_at", "w.lease_until", "busy.until")} as since
      from (
          select distinct on (source, lane) * from inbox where state = 'waiting' order by source, lane, id
        ) w left join (
          select source, max(lease_until) as until from inbox where state = 'waiting' group by source
        ) busy on busy.source = w.source`,
  },
  {
    name: "places",
    holds: "no place in chat and no pull request waits to be brought up to date",
    grace: "places",
    mend: WORKER,
    query: `
      select format('%s place %s of thread %s is due since %s, and nobody looks at it', l.platform, l.place,
        l.thread_id, ${shown("k.due_at")}) as what,
        ${untaken("k.due_at", "k.lease_until", "busy.until")} as since
      from place_looks k join thread_links l on l.id = k.link_id,
        (select max(lease_until) as until from place_looks) busy
      where k.due_at <= now() or k.lease_until is not null
      union all
      select format('the pull request of %s on %s is due since %s, and nobody looks at it', k.rfc_slug,
        k.branch_name, ${shown("k.due_at")}), ${untaken("k.due_at", "k.lease_until", "busy.until")}
      from pull_request_looks k, (select max(lease_until) as until from pull_request_looks) busy
      where k.due_at <= now() or k.lease_until is not null`,
  },
  {
    name: "deliveries",
    holds: "nothing is shown twice",
    grace: null,
    mend: `Delete what is there twice in the place. ${REPORT}`,
    query: `
      select format('%s message %s in %s stands for %s deliveries, such as %s and %s', l.platform,
        d.platform_message_id, l.place, count(*), min(d.id::text), max(d.id::text)) as what,
        null::timestamptz as since
      from deliveries d join thread_links l on l.id = d.link_id
      where d.platform_message_id is not null and d.state in ('live', 'sent')
      group by l.platform, l.workspace_id, l.place, d.platform_message_id having count(*) > 1
      union all
      select format('%s message %s is shown by %s links to the place %s', l.platform, d.subject_id,
        count(*), l.place), null
      from deliveries d join thread_links l on l.id = d.link_id
      where d.kind in ('answer', 'note', 'remark') and d.state = 'sent'
      group by l.platform, l.workspace_id, l.place, d.kind, d.subject_id, d.segment having count(*) > 1
      union all
      select format('delivery %s repeats a part of the answer %s that stands before it', id, subject_id), null
      from (
        select id, subject_id, text_from, max(text_to) over (
          partition by link_id, subject_id order by segment
          rows unbounded preceding exclude current row) as before
        from deliveries where kind = 'answer' and state = 'sent') shown
      where text_from < before
      union all
      select format('comment %s on %s #%s stands for %s changes', comment_id, rfc_slug, pr_number, count(*)),
        null
      from suggestions where state = 'live'
      group by rfc_slug, pr_number, comment_id having count(*) > 1`,
  },
  {
    name: "changes",
    holds: "every change belongs to its message, and to the last attempt at it",
    grace: null,
    mend: `Decline what should not be there. ${REPORT}`,
    query: `
      select format('change %s has no message of its turn %s', c.id, c.turn_id) as what,
        null::timestamptz as since
      from changes c left join thread_messages m on m.id = c.source_message_id
      where c.turn_id is not null and (m.id is null or m.role <> 'assistant' or m.turn_id <> c.turn_id
        or m.thread_id <> c.thread_id)
      union all
      -- What people decided before the next attempt began stays.
      select format('change %s is pending since attempt %s of turn %s, which is at attempt %s', c.id,
        c.attempt, t.id, t.attempt), null
      from changes c join turns t on t.id = c.turn_id
      where c.state = 'pending' and c.attempt <> t.attempt
      union all
      select format('block %s is open since attempt %s of turn %s, which is at attempt %s', b.id, b.attempt,
        t.id, t.attempt), null
      from loose_blocks b join turns t on t.id = b.turn_id
      where b.state = 'open' and b.attempt <> t.attempt`,
  },
  {
    name: "decisions",
    holds: "every change is as it was decided",
    grace: null,
    mend: REPORT,
    query: `
      select format('change %s is %s, its standing decision is %s', c.id, c.state,
        coalesce(d.outcome, 'none')) as what, null::timestamptz as since
      from changes c left join decisions d on d.change_id = c.id and d.outcome <> 'returned'
      -- What somebody unknown applied past Redline is accepted without a decision.
      where not (c.state = 'accepted' and d.id is null) and d.outcome is distinct from
        case c.state when 'accepted' then 'committed' when 'accepting' then 'open'
          when 'declined' then 'declined' end`,
  },
  {
    name: "accepts",
    holds: "every accepted change becomes a commit",
    grace: "accepts",
    mend: `“redline jobs” lists commits that were given up, “redline doctor” says whether the repository can be reached. ${WORKER}`,
    query: `
      select format('change %s was accepted at %s and is not committed', c.id,
        coalesce(${shown("d.created_at")}, 'no known time')) as what,
        greatest(c.commit_after, ${untaken("d.created_at", null, "busy.until")}) as since
      from changes c left join decisions d on d.change_id = c.id and d.outcome = 'open',
        (select max(decided_at) as until from changes where state = 'accepted') busy
      where c.state = 'accepting'`,
  },
  {
    name: "tips",
    holds: "every pending change has its place in the newest version",
    grace: "tips",
    mend: `${WORKER} “redline doctor” says whether the repository can be read.`,
    query: `
      select format('change %s is placed in another version than %s has on %s', c.id, b.rfc_slug,
        b.branch_name) as what,
        -- People are told of a branch that cannot be read.
        case when b.problem is null then greatest(b.synced_at, c.created_at) else now() end as since
      from changes c join branches b using (rfc_slug, branch_name)
      where c.state = 'pending' and c.base_blob_sha <> b.blob_sha`,
  },
  {
    name: "jobs",
    holds: "jobs are handed to the queue",
    grace: "jobs",
    mend: `${WORKER} With REDIS_URL, see that Redis can be reached.`,
    query: `
      select format('job %s (%s, %s) waits since %s to be handed to the queue', id, queue, name,
        ${shown("created_at")}) as what, created_at as since
      from outbox`,
  },
  {
    name: "spending",
    holds: "what answers used is in the sums that budgets go by",
    grace: null,
    mend: `Until the month is over, lower the limits of the workspace by what is missing (“redline budget”). ${REPORT}`,
    query: `
      select format('answers of %s used %s tokens on %s, and its sum says %s', t.share, t.tokens, t.day,
        coalesce(s.tokens, 0)) as what, null::timestamptz as since
      from (
          select share, (finished_at at time zone 'utc')::date as day, sum((usage ->> 'input')::float8
            + (usage ->> 'output')::float8 + (usage ->> 'cacheRead')::float8
            + (usage ->> 'cacheWrite')::float8) as tokens
          from turns
          where usage is not null and finished_at is not null and share <> '${DELETED_SHARE}' group by 1, 2
        ) t left join (
          select scope_id, day, sum(tokens) as tokens from spending where scope = 'workspace' group by 1, 2
        ) s on s.scope_id = t.share and s.day = t.day
      -- Summaries are in the sum as well. Until a release that adds up came to work, nobody did.
      where coalesce(s.tokens, 0) < t.tokens and t.day > (select min(day) from spending)`,
  },
  ...PEOPLE_INVARIANTS,
];
