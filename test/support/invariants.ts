/**
 * What must hold whenever nothing is under way any more, whatever was killed, lost or repeated before.
 */
import type { Sql } from "../../src/store/database.ts";
import type { GitRepository } from "./git-repository.ts";

/** A message that was answered with success when it was posted. */
export interface PostedMessage {
  threadId: string;
  text: string;
}

/** What is to be looked at. */
export interface World {
  sql: Sql;
  repository: GitRepository;
  /** Each with a text of its own. */
  posted: readonly PostedMessage[];
}

/** Sentences that say what is broken; empty when all is well. */
export async function brokenInvariants(world: World): Promise<string[]> {
  const found = await Promise.all([
    lostMessages(world),
    ...QUERIES.map((query) => broken(world.sql, query)),
    brokenCommits(world),
    brokenRepository(world),
  ]);
  return found.flat();
}

/** Whether turns, commits and jobs wait or are under way. */
export async function isBusy(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ busy: boolean }[]>`
    select exists (select 1 from turns where state in ('queued', 'running'))
      or exists (select 1 from changes where state = 'accepting')
      or exists (select 1 from threads where ready_at is not null or lease_until is not null)
      or exists (select 1 from outbox)
      or exists (
        select 1 from changes c join branches b using (rfc_slug, branch_name)
        where c.state = 'pending' and c.base_blob_sha <> b.blob_sha) as busy`;
  return row!.busy;
}

/** Each selects, as `what`, a sentence for every row that ought not to be so. */
const QUERIES = [
  // Turns
  `select format('turn %s is %s', id, state) as what from turns where state in ('queued', 'running')`,
  `select format('turn %s has %s answers', t.id, count(m.id)) as what
   from turns t left join thread_messages m on m.turn_id = t.id and m.role = 'assistant'
   where t.started_at is not null group by t.id having count(m.id) <> 1`,
  `select format('answer %s is still being written', id) as what
   from thread_messages where status = 'streaming'`,
  `select format('message “%s” has no answer after it', m.text) as what
   from thread_messages m where m.role = 'user' and not exists (
     select 1 from thread_messages a
     where a.turn_id = m.turn_id and a.role = 'assistant' and a.seq > m.seq)`,
  `select format('“%s” is answered before “%s”', n.text, m.text) as what
   from thread_messages m
     join thread_messages n on n.thread_id = m.thread_id and n.role = 'user' and n.seq > m.seq
     join thread_messages a on a.turn_id = m.turn_id and a.role = 'assistant'
     join thread_messages b on b.turn_id = n.turn_id and b.role = 'assistant'
   where m.role = 'user' and b.seq < a.seq`,
  // Changes and decisions
  `select format('change %s of attempt %s is %s, the turn is at attempt %s', c.id, c.attempt, c.state,
     t.attempt) as what
   from changes c join turns t on t.id = c.turn_id
   where c.attempt <> t.attempt and c.state <> 'withdrawn'`,
  `select format('block %s of attempt %s is %s, the turn is at attempt %s', b.id, b.attempt, b.state,
     t.attempt) as what
   from loose_blocks b join turns t on t.id = b.turn_id
   where b.attempt <> t.attempt and b.state <> 'withdrawn'`,
  `select format('block %s of turn %s became %s changes', ordinal, turn_id, count(*)) as what
   from changes where state <> 'withdrawn' and ordinal is not null
   group by turn_id, ordinal having count(*) > 1`,
  `select format('change %s is still accepting', id) as what from changes where state = 'accepting'`,
  `select format('change %s is placed in another version than the branch has', c.id) as what
   from changes c join branches b using (rfc_slug, branch_name)
   where c.state = 'pending' and c.base_blob_sha <> b.blob_sha`,
  `select format('change %s is %s, its standing decision is %s', c.id, c.state,
     coalesce(d.outcome, 'none')) as what
   from changes c left join decisions d on d.change_id = c.id and d.outcome <> 'returned'
   where d.outcome is distinct from
     case c.state when 'accepted' then 'committed' when 'declined' then 'declined' end`,
  // Threads, their order, and the outbox
  `select format('thread %s is stuck: ready %s, leased until %s', id, ready_at, lease_until) as what
   from threads where ready_at is not null or lease_owner is not null or lease_until is not null`,
  `select format('thread %s counts %s messages and has %s up to %s', t.id, t.message_seq, count(m.id),
     max(m.seq)) as what
   from threads t left join thread_messages m on m.thread_id = t.id group by t.id
   having count(m.id) <> t.message_seq or coalesce(max(m.seq), 0) <> t.message_seq`,
  `select format('thread %s counts %s events and has %s up to %s', t.id, t.event_seq, count(e.seq),
     max(e.seq)) as what
   from threads t left join thread_events e on e.thread_id = t.id group by t.id
   having count(e.seq) <> t.event_seq or coalesce(max(e.seq), 0) <> t.event_seq`,
  `select format('turn %s ended %s times', turn_id, count(*)) as what
   from thread_events where kind = 'turn_end' group by turn_id having count(*) <> 1`,
  `select format('the job %s is left in the outbox', dedup_key) as what from outbox`,
];

async function broken(sql: Sql, query: string): Promise<string[]> {
  const rows = await sql.unsafe<{ what: string }[]>(query);
  return rows.map((row) => row.what);
}

async function lostMessages({ sql, posted }: World): Promise<string[]> {
  const rows = await sql<PostedMessage[]>`
    select thread_id, text from thread_messages where role = 'user'`;
  return posted.flatMap(({ threadId, text }) => {
    const count = rows.filter((row) => row.threadId === threadId && row.text === text).length;
    return count === 1 ? [] : [`message “${text}” is stored ${count} times`];
  });
}

/** Accepted changes and commits are one to one. */
async function brokenCommits({ sql, repository }: World): Promise<string[]> {
  const accepted = await sql<{ id: string; commitSha: string }[]>`
    select id, commit_sha from changes where state = 'accepted'`;
  const commits = (await repository.log()).flatMap(({ sha, message }) =>
    [...message.matchAll(/^Redline-Change: (.*)$/gm)].map((trailer) => ({ sha, id: trailer[1]! })),
  );
  const wrong = accepted.flatMap(({ id, commitSha }) => {
    const shas = commits.filter((commit) => commit.id === id).map(({ sha }) => sha);
    if (shas.length === 1 && shas[0] === commitSha) return [];
    return [`change ${id} is accepted with ${commitSha}, its commits are ${shas.join(", ")}`];
  });
  const strays = commits.filter(({ id }) => !accepted.some((change) => change.id === id));
  return [...wrong, ...strays.map(({ sha, id }) => `commit ${sha} is of change ${id}`)];
}

async function brokenRepository({ sql, repository }: World): Promise<string[]> {
  // Before the status is asked for: Git locks the index for a moment to refresh it.
  const locks = await repository.locks();
  const [dirty, tip] = await Promise.all([repository.dirty(), repository.tip()]);
  const behind = await sql<{ headSha: string }[]>`
    select head_sha from branches where branch_name = ${repository.branch} and head_sha <> ${tip}`;
  return [
    ...dirty.map((line) => `the working tree is not clean: ${line}`),
    ...locks.map((file) => `${file} was left`),
    ...behind.map(({ headSha }) => `the branch is at ${tip}, and known at ${headSha}`),
  ];
}
