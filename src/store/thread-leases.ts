/**
 * Who owns a thread. A worker leases it; `lease_epoch` is the fence: every write of a running turn names the
 * epoch under which it was claimed, and a worker that lost its lease writes nothing.
 */
import type { Thread } from "../conversation/thread.ts";
import type { Db } from "./database.ts";

/** A thread owned by this worker until the lease is over, unless it is renewed. */
export interface Lease {
  threadId: string;
  epoch: number;
}

/** Another worker owns the thread now; whatever this one still holds is void. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/**
 * Takes the thread when it is ready and free. Waits for whoever holds the row for a moment: a claim that
 * passed by would be a lost wake-up.
 */
export async function claim(
  db: Db,
  threadId: string,
  owner: string,
  leaseMs: number,
): Promise<Lease | null> {
  const [row] = await db<{ epoch: number }[]>`
    update threads set lease_owner = ${owner}, lease_epoch = lease_epoch + 1,
      lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    where id = ${threadId} and ready_at <= clock_timestamp()
      and (lease_until is null or lease_until < clock_timestamp())
    returning lease_epoch as epoch`;
  return row ? { threadId, epoch: row.epoch } : null;
}

/**
 * Not held when the lease was lost, or given back while this was on its way: then the thread must not look
 * taken. Also says whether the running turn is to be cancelled.
 */
export async function renew(
  db: Db,
  lease: Lease,
  leaseMs: number,
): Promise<{ held: boolean; cancelRequested: boolean }> {
  const [row] = await db<{ cancelRequested: boolean }[]>`
    update threads t set lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    where t.id = ${lease.threadId} and t.lease_epoch = ${lease.epoch} and t.lease_owner is not null
    returning exists (
      select 1 from turns u
      where u.thread_id = t.id and u.state = 'running' and u.cancel_requested_at is not null
    ) as cancel_requested`;
  return { held: row !== undefined, cancelRequested: row?.cancelRequested ?? false };
}

/** Locks the thread's row for the transaction, if the lease still holds. @throws LeaseLost */
export async function fence(tx: Db, lease: Lease): Promise<Thread> {
  const [row] = await tx<Thread[]>`
    select id, rfc_slug, branch_name, thread_kind as kind, state, title, model_id, anchor,
      anchor_stale_since, created_at
    from threads where id = ${lease.threadId} and lease_epoch = ${lease.epoch} for no key update`;
  if (!row) throw new LeaseLost(`lease ${lease.epoch} of thread ${lease.threadId} is over`);
  return row;
}

/**
 * Gives the thread back while its turn is unfinished: to run at once elsewhere (shutdown), or later
 * (`delayMs`, after a failure). Null: there is nothing to run.
 */
export async function release(db: Db, lease: Lease, delayMs: number | null): Promise<void> {
  await db`
    update threads set lease_owner = null, lease_until = null,
      ready_at = ${delayMs === null ? null : db`clock_timestamp() + ${delayMs} * interval '1 ms'`}
    where id = ${lease.threadId} and lease_epoch = ${lease.epoch}`;
}

/** Ends every lease: for the start of a process that is known to be the only one. */
export async function endAllLeases(db: Db): Promise<void> {
  await db`
    update threads set lease_owner = null, lease_until = null, lease_epoch = lease_epoch + 1
    where lease_until is not null`;
}
