/**
 * When a place in chat is to be brought up to date, and by whom. Whatever changes what is to be seen there
 * only asks for a look. One look a place at a time: a worker leases the row, `lease_epoch` is its fence.
 */
import type { HeldLook, LookEnding } from "../look-runner.ts";
import type { Db } from "./database.ts";

/** A look that this worker is to take. */
export interface PlaceLook extends HeldLook {
  linkId: string;
}

/** Begins to keep a place; its first look is due at once. */
export async function watchPlace(db: Db, linkId: string): Promise<void> {
  await db`insert into place_looks (link_id) values (${linkId}) on conflict do nothing`;
}

/** Asks for a look at the places of these threads; answers with their links. */
export async function askForPlaces(db: Db, threadIds: readonly string[]): Promise<string[]> {
  const rows = await db<{ linkId: string }[]>`
    update place_looks k set due_at = least(k.due_at, now()), asked = asked + 1
    from thread_links l
    where l.id = k.link_id and l.thread_id = any(${[...threadIds]}::uuid[])
    returning k.link_id`;
  return rows.map((row) => row.linkId);
}

/** Asks for a look at one place. */
export async function askForPlace(db: Db, linkId: string): Promise<void> {
  await db`
    update place_looks set due_at = least(due_at, now()), asked = asked + 1
    where link_id = ${linkId}`;
}

/** Looks that are due and that nobody takes, the longest due first. */
export async function listDuePlaces(db: Db, limit: number): Promise<string[]> {
  const rows = await db<{ linkId: string }[]>`
    select link_id from place_looks
    where due_at <= now() and (lease_until is null or lease_until < clock_timestamp())
    order by due_at limit ${limit}`;
  return rows.map((row) => row.linkId);
}

/** Takes a look that is due, if nobody else does. */
export async function claimPlace(
  db: Db,
  linkId: string,
  owner: string,
  leaseMs: number,
): Promise<PlaceLook | null> {
  const [row] = await db<PlaceLook[]>`
    update place_looks set lease_owner = ${owner}, lease_epoch = lease_epoch + 1,
      lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    where link_id = ${linkId} and due_at <= now()
      and (lease_until is null or lease_until < clock_timestamp())
    returning link_id, lease_epoch as epoch, asked, failures, problem`;
  return row ?? null;
}

/** Keeps the look; false when another worker has it. */
export async function renewPlace(db: Db, look: PlaceLook, leaseMs: number): Promise<boolean> {
  const rows = await db`
    update place_looks set lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    where link_id = ${look.linkId} and lease_epoch = ${look.epoch} and lease_owner is not null
    returning 1`;
  return rows.length > 0;
}

/** Ends a look; false when another worker has it. A wish that came meanwhile makes the next due at once. */
export async function endPlace(db: Db, look: PlaceLook, next: LookEnding): Promise<boolean> {
  const rows = await db`
    update place_looks set lease_owner = null, lease_until = null, problem = ${next.problem},
      failures = ${next.failed ? look.failures + 1 : 0},
      due_at = case when asked <> ${look.asked} and not ${next.failed} then now()
        else least(now() + ${next.inMs} * interval '1 ms', 'infinity') end
    where link_id = ${look.linkId} and lease_epoch = ${look.epoch}
    returning 1`;
  return rows.length > 0;
}

/** The wishes that were made so far. */
export async function askedPlaces(db: Db, linkId: string): Promise<number> {
  const [row] = await db<{ asked: number }[]>`
    select asked from place_looks where link_id = ${linkId}`;
  return row?.asked ?? 0;
}

/** Ends every lease: for the start of a process that is known to be the only one. */
export async function endAllPlaces(db: Db): Promise<void> {
  await db`
    update place_looks set lease_owner = null, lease_until = null, lease_epoch = lease_epoch + 1
    where lease_until is not null`;
}
