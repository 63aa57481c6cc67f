/**
 * Which thread a worker runs next, where not all can run at once. The slots of all workers are shared between
 * workspaces: the one with the fewest running turns comes first, and none has more than `most`.
 */
import type { Db, Sql, Tx } from "./database.ts";
import type { DueRows } from "./due.ts";
import type { Lease } from "./thread-leases.ts";

/** Oldest waiting threads of a workspace that a claim looks at: as many as may be claimed at one moment. */
const HEADS = 32;

/** All claims under a cap wait for each other: two that count at once would both find the last place free. */
const CAP_LOCK = "claims under a cap";

/**
 * Takes a thread that is ready and free: the one that was asked for, unless a workspace waits that has fewer
 * running turns. So a wake-up is one place at work, whoever it names. Null when nothing may run.
 * @param threadId null: the one that waits the longest
 * @param most running turns of one workspace; null for any number
 */
export async function claimFairly(
  sql: Sql,
  threadId: string | null,
  by: { owner: string; leaseMs: number },
  most: number | null,
): Promise<Lease | null> {
  if (most === null) return claimFairest(sql, threadId, by, null);
  return sql.begin(async (tx: Tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended(${CAP_LOCK}, 0))`;
    return claimFairest(tx, threadId, by, most);
  });
}

async function claimFairest(
  db: Db,
  threadId: string | null,
  { owner, leaseMs }: { owner: string; leaseMs: number },
  most: number | null,
): Promise<Lease | null> {
  // One step of 'waiting' for each workspace that waits: however many threads it has, its index is not read
  // through.
  const [row] = await db<{ id: string; epoch: number }[]>`
    with recursive waiting (share) as (
      (select share from threads where ready_at is not null and lease_owner is null
        order by share limit 1)
      union all
      select (
        select t.share from threads t
        where t.ready_at is not null and t.lease_owner is null and t.share > w.share
        order by t.share limit 1)
      from waiting w where w.share is not null
    ), running as (
      select share, count(*) as turns from threads
      where lease_owner is not null and lease_until > clock_timestamp() group by share
    ), heads as (
      select h.id, h.ready_at, w.share from waiting w, lateral (
        select t.id, t.ready_at from threads t
        where t.share = w.share and t.ready_at <= clock_timestamp() and t.lease_owner is null
        order by t.ready_at limit ${HEADS}) h
      union all
      -- Also where a worker died with it, and it is no head.
      select id, ready_at, share from threads where id = ${threadId}::uuid
    ), next as (
      select t.id from heads h
        join threads t on t.id = h.id
        left join running r on r.share = h.share
      where t.ready_at <= clock_timestamp()
        and (t.lease_until is null or t.lease_until < clock_timestamp())
        and coalesce(r.turns, 0) < ${most ?? Number.MAX_SAFE_INTEGER}
      order by coalesce(r.turns, 0), t.id = ${threadId}::uuid desc, h.ready_at limit 1
      for no key update of t skip locked
    )
    update threads t set lease_owner = ${owner}, lease_epoch = lease_epoch + 1,
      lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    from next where t.id = next.id
    returning t.id, t.lease_epoch as epoch`;
  return row ? { threadId: row.id, epoch: row.epoch } : null;
}

/** The thread that waits the longest in the workspace of this one; null where none does. */
export async function nextWaiting(db: Db, threadId: string): Promise<string | null> {
  const [row] = await db<{ id: string }[]>`
    select t.id from threads t
    where t.share = (select share from threads where id = ${threadId})
      and t.ready_at <= clock_timestamp() and t.lease_owner is null
    order by t.ready_at limit 1`;
  return row?.id ?? null;
}

/** Threads that have been ready for longer than `graceMs`, whether or not a workspace's cap leaves room. */
export const readyThreads =
  (graceMs: number): DueRows =>
  (db) =>
    db`
    select id, ready_at, share from threads
    where ready_at <= clock_timestamp() - ${graceMs} * interval '1 ms'
      and (lease_until is null or lease_until < clock_timestamp())
    order by ready_at`;

/**
 * Threads with a turn to run and nobody running it. One that became ready within `graceMs` is left to its
 * wake-up, which is most likely under way. What is beyond a workspace's cap is woken by the end of a turn.
 */
export async function listReadyThreads(
  db: Db,
  graceMs: number,
  limit: number,
  most: number | null = null,
): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    with running as (
      select share, count(*) as turns from threads
      where lease_owner is not null and lease_until > clock_timestamp() group by share
    ), ready as (
      select *, row_number() over (partition by share order by ready_at) as place
      from (${readyThreads(graceMs)(db)}) waits
    )
    select r.id from ready r left join running w on w.share = r.share
    where r.place + coalesce(w.turns, 0) <= ${most ?? Number.MAX_SAFE_INTEGER}
    order by r.ready_at limit ${limit}`;
  return rows.map((row) => row.id);
}
