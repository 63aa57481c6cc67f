/** The queries of `invariants.ts` about people: what they are shown and told, and what they settle together. */
import type { Invariant } from "./invariant.ts";
import { REPORT, shown, untaken, WORKER } from "./invariant.ts";

export const PEOPLE_INVARIANTS: readonly Invariant[] = [
  {
    name: "remarks",
    holds: "what people write is shown once in every other place of their thread",
    grace: "places",
    mend: `${WORKER} Delete what is shown where it was written.`,
    query: `
      select format('message %s is shown once more in the %s place %s, where it was written', m.id,
        l.platform, l.place) as what, null::timestamptz as since
      from deliveries d join thread_messages m on m.id = d.subject_id and m.said_in = d.link_id
        join thread_links l on l.id = d.link_id
      where d.kind = 'remark' and d.state = 'sent'
      union all
      select format('message %s is not shown in the %s place %s, which waits for nothing', m.id, l.platform,
        l.place), greatest(m.created_at, l.created_at)
      from thread_links l
        join place_looks k on k.link_id = l.id and k.due_at > now() and k.lease_until is null
          and k.problem is null
        join thread_messages m on m.thread_id = l.thread_id and m.seq >= l.remarks_from
          and m.role = 'user' and m.deleted_at is null and m.said_in is distinct from l.id
        left join deliveries d on d.link_id = l.id and d.kind = 'remark' and d.subject_id = m.id
      where l.ended_at is null and d.id is null`,
  },
  {
    name: "notifications",
    holds: "people are told of what concerns them when it is due",
    grace: "people",
    mend: WORKER,
    query: `
      select format('%s notifications of nobody: %s is no person', count(*), n.user_id) as what,
        null::timestamptz as since
      from notifications n left join users u on u.id = n.user_id
      where u.id is null group by n.user_id
      union all
      select format('%s notifications (%s) of person %s are due since %s', w.count, w.category, w.user_id,
        ${shown("w.due_at")}), w.due_at
      from (
        select n.user_id, n.category, count(*), greatest(min(n.created_at),
          case when n.category = 'personal-direct' and s.direct then s.direct_after
            when n.category = 'churn' and s.digest is distinct from 'off'
              -- The digest that it is for is timed within the minute.
              then coalesce(s.digest_due_at, min(n.created_at) + interval '1 minute') end) as due_at
        from notifications n join users u on u.id = n.user_id
          left join notification_settings s on s.user_id = n.user_id
        where n.told_at is null
        group by n.user_id, n.category, s.direct, s.direct_after, s.digest, s.digest_due_at
      ) w
      where w.due_at <= now()`,
  },
  {
    name: "private messages",
    holds: "private messages go out in time, each once",
    grace: "people",
    mend: `${WORKER} Those of a platform that is off wait until it is on again.`,
    query: `
      select format('private message %s to %s person %s is due since %s (%s failures)', p.id, p.platform,
        p.platform_user_id, ${shown("p.due_at")}, p.attempts) as what,
        ${untaken("p.due_at", "p.lease_until", "busy.until")} as since
      from private_messages p,
        (select max(lease_until) as until from private_messages where state = 'sending') busy
      where p.state in ('pending', 'sending') and (p.due_at <= now() or p.lease_until is not null)
      union all
      select format('%s message %s to person %s stands for %s private messages', platform,
        platform_message_id, platform_user_id, count(*)), null
      from private_messages where state = 'sent'
      group by platform, workspace_id, platform_user_id, platform_message_id having count(*) > 1`,
  },
  {
    name: "merges",
    holds: "proposals to merge are settled when they are due, and their outcome is posted",
    grace: "people",
    mend: `${WORKER} “redline doctor” says whether the repository can be reached.`,
    query: `
      select format('proposal %s to merge %s on %s has no word of whoever proposed it', p.id, p.rfc_slug,
        p.branch_name) as what, null::timestamptz as since
      from merge_proposals p left join merge_words w
        on w.proposal_id = p.id and w.user_id = p.proposed_by
      where w.user_id is null
      union all
      select format('proposal %s to merge %s on %s is due since %s', p.id, p.rfc_slug, p.branch_name,
        ${shown("coalesce(c.ended_at, p.ends_at)")}), coalesce(c.ended_at, p.ends_at)
      from merge_proposals p left join cached_prs c
        on c.rfc_slug = p.rfc_slug and c.pr_number = p.pr_number and c.state <> 'open'
      where p.state = 'open' and (c.pr_number is not null or p.ends_at <= now()
        -- Once its thread was told what holds it, it waits for that.
        and not exists (
          select 1 from thread_messages m
          where m.thread_id = p.thread_id and m.dedup_key = 'merge:' || p.id || ':held'))
      union all
      select format('the outcome of proposal %s is not on pull request #%s of %s', p.id, p.pr_number,
        p.rfc_slug), greatest(p.settled_at, k.lease_until)
      from merge_proposals p
        join cached_prs c on c.rfc_slug = p.rfc_slug and c.pr_number = p.pr_number and c.state = 'open'
        join pull_request_looks k on k.rfc_slug = p.rfc_slug and k.branch_name = p.branch_name
          and k.problem is null
      where p.state in ('agreed', 'withdrawn') and p.posted_at is null`,
  },
  {
    name: "records",
    holds: "every record is one chain, and each of its ends is in it",
    grace: null,
    mend: `Do not hand out the record. ${REPORT}`,
    query: `
      select format('entry %s of the record of %s does not follow the one before', seq, rfc_slug) as what,
        null::timestamptz as since
      from (
        select rfc_slug, seq, previous_hash,
          lag(seq, 1, 0::bigint) over chain as seq_before, lag(hash) over chain as hash_before
        from record_entries window chain as (partition by rfc_slug order by seq)
      ) linked
      where seq <> seq_before + 1 or previous_hash <> hash_before
      union all
      select format('the record %s of %s ends with entry %s, which is another by now', r.id, r.rfc_slug,
        r.last_seq), null
      from records r left join record_entries e on e.rfc_slug = r.rfc_slug and e.seq = r.last_seq
      where r.last_seq > 0 and e.hash is distinct from r.head_hash`,
  },
  {
    name: "concerns",
    holds:
      "every open concern has its place in the newest version, and each pull request its list of them",
    grace: "tips",
    mend: `${WORKER} “redline doctor” says whether the repository can be read.`,
    query: `
      select format('comment %s lists the concerns of %s on %s pull requests', comment_id, rfc_slug,
        count(*)) as what, null::timestamptz as since
      from concern_comments group by rfc_slug, comment_id having count(*) > 1
      union all
      select format('%s has a concern #%s, and gives the number %s next', r.slug, max(c.number),
        r.next_concern_number), null
      from rfcs r join concerns c on c.rfc_slug = r.slug
      group by r.slug having max(c.number) >= r.next_concern_number
      union all
      select format('concern #%s of %s is placed in another version than is on %s', c.number, c.rfc_slug,
        c.branch_name),
        case when b.problem is null then greatest(b.synced_at, c.created_at) else now() end
      from concerns c join branches b using (rfc_slug, branch_name)
      where c.state = 'open' and c.anchor_blob_sha <> b.blob_sha`,
  },
  {
    name: "joins",
    holds:
      "nobody waits for an account to be connected that nobody watches, and one person is one row",
    grace: "joins",
    mend: `${WORKER} Whoever waits can ask for a new code.`,
    query: `
      select format('person %s became %s, and is still there', f.id, f.user_id) as what,
        null::timestamptz as since
      from former_users f join users u on u.id = f.id
      union all
      select format('%s person %s was shown a code that nobody watches since %s', platform,
        platform_user_id, ${shown("lease_until")}), lease_until
      from connection_requests where lease_until < clock_timestamp()`,
  },
  {
    name: "deletions",
    holds: "every deletion of a workspace comes to its end",
    grace: "deletions",
    mend: "Run “redline delete-workspace” for it again: until it has ended, nothing that comes from there is heard.",
    query: `
      select format('%s %s is being deleted since %s', platform, workspace_id, ${shown("begun_at")}) as what,
        begun_at as since
      from workspace_deletions`,
  },
];
