/** Takes old rows out, some at a time: nobody waits long for a lock, and one who ends midway has done something. */
import type { PendingQuery, Row } from "postgres";
import type { Db, Sql } from "./database.ts";

/** Rows of one statement. */
export const PRUNE_BATCH = 1_000;

/** Repeats a statement until it finds fewer rows than it might have taken. Answers with how many those were. */
export async function inBatches(
  takeSome: () => PromiseLike<{ count: number }>,
  batch = PRUNE_BATCH,
): Promise<number> {
  let taken = 0;
  for (;;) {
    const { count } = await takeSome();
    taken += count;
    if (count < batch) return taken;
  }
}

/** Deletes the rows of a table for which a condition holds; rows that somebody is at are left for another time. */
function pruneRows(db: Db, table: string, condition: PendingQuery<Row[]>): Promise<number> {
  return inBatches(
    () => db`
    delete from ${db(table)} where ctid in (
      select ctid from ${db(table)} where ${condition}
      limit ${PRUNE_BATCH} for update skip locked)`,
  );
}

/** Refusals; how Redline is run, not what was decided. */
export function pruneAudit(db: Db, before: Date): Promise<number> {
  return pruneRows(db, "audit_entries", db`at < ${before}`);
}

/** What was told, or is too old to be told, and cannot happen again. */
export function pruneNotifications(db: Db, before: Date): Promise<number> {
  return pruneRows(db, "notifications", db`created_at < ${before}`);
}

/** Codes that let nobody in any more. */
export function pruneInvitations(db: Db, before: Date): Promise<number> {
  return pruneRows(db, "link_invitations", db`expires_at < ${before}`);
}

/** That budgets of periods long past were nearly used was told. */
export function pruneBudgetWarnings(db: Db, before: Date): Promise<number> {
  return pruneRows(db, "budget_warnings", db`begins < (${before} at time zone 'utc')::date`);
}

/**
 * Makes one row of the parts of each sum of days that no budget goes by any more. Waits for nobody: a part that
 * somebody is at is left for another time.
 */
export function foldSpending(db: Db, before: Date): Promise<number> {
  return inBatches(async () => {
    const [row] = await db<{ count: number }[]>`
      with parted as (
        select scope, scope_id, day from spending
        where day < (${before} at time zone 'utc')::date
        group by scope, scope_id, day having count(*) > 1 limit ${PRUNE_BATCH}
      ), old as (
        select s.* from spending s join parted using (scope, scope_id, day) for update of s skip locked
      ), whole as (
        select scope, scope_id, day, min(part) as part, sum(turns) as turns, sum(tokens) as tokens,
          sum(microdollars) as microdollars, sum(unpriced_tokens) as unpriced_tokens
        from old group by scope, scope_id, day
      ), gone as (
        delete from spending s using old o, whole w
        where (s.scope, s.scope_id, s.day, s.part) = (o.scope, o.scope_id, o.day, o.part)
          and (o.scope, o.scope_id, o.day) = (w.scope, w.scope_id, w.day) and o.part <> w.part
      ), kept as (
        update spending s set turns = w.turns, tokens = w.tokens, microdollars = w.microdollars,
          unpriced_tokens = w.unpriced_tokens
        from whole w
        where (s.scope, s.scope_id, s.day, s.part) = (w.scope, w.scope_id, w.day, w.part)
      )
      select count(*)::int as count from whole`;
    return row!;
  });
}

/** Of one thread, and one statement. */
const EVENTS_BATCH = 500;

/**
 * Events that nobody resumes a stream from any more. The newest of a thread stays, and those by which a turn's
 * stream begins and ends; how many went is counted beside the thread. Threads that are at work are left for
 * another time.
 */
export async function pruneEvents(sql: Sql, before: Date): Promise<number> {
  let pruned = 0;
  for (const threadId of await listThreadsWithOldEvents(sql, before)) {
    pruned += await inBatches(() => pruneSome(sql, threadId, before), EVENTS_BATCH);
  }
  return pruned;
}

async function listThreadsWithOldEvents(sql: Sql, before: Date): Promise<string[]> {
  const rows = await sql<{ threadId: string }[]>`
    select distinct e.thread_id from thread_events e join threads t on t.id = e.thread_id
    where e.created_at < ${before} and e.kind not in ('turn', 'turn_end') and e.seq < t.event_seq
    limit ${PRUNE_BATCH}`;
  return rows.map(({ threadId }) => threadId);
}

async function pruneSome(sql: Sql, threadId: string, before: Date): Promise<{ count: number }> {
  const [row] = await sql<{ count: number }[]>`
    with t as (
      select id, event_seq from threads where id = ${threadId} for update skip locked
    ), gone as (
      delete from thread_events e using t
      where e.thread_id = t.id and e.seq in (
        select o.seq from thread_events o
        where o.thread_id = t.id and o.created_at < ${before} and o.seq < t.event_seq
          and o.kind not in ('turn', 'turn_end')
        order by o.seq limit ${EVENTS_BATCH})
      returning 1
    ), counted as (
      update threads set events_pruned = events_pruned + (select count(*) from gone)
      from t where threads.id = t.id and exists (select 1 from gone)
    )
    select count(*)::int as count from gone`;
  return row!;
}
