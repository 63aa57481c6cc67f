/**
 * When a place in chat is to be brought up to date, and by whom. Whatever changes what is to be seen there
 * only asks for a look. One look a place at a time.
 */
import type { HeldLook } from "../look-runner.ts";
import type { Db } from "./database.ts";
import type { DueRows } from "./due.ts";
import type { LookRow, NextLook } from "./look-leases.ts";
import { claimRow, dueRows, endAllRows, endRow, listDueRows, renewRow } from "./look-leases.ts";

const TABLE = "place_looks";

/** A look that this worker is to take. */
export interface PlaceLook extends HeldLook {
  linkId: string;
}

/** Begins to keep a place; its first look is due at once. */
export async function watchPlace(db: Db, linkId: string): Promise<void> {
  await db`insert into place_looks (link_id) values (${linkId}) on conflict do nothing`;
}

/**
 * Asks for a look at the places of these threads, and at the pull requests where what is said in them is shown;
 * answers with the links of the places.
 */
export async function askForPlaces(db: Db, threadIds: readonly string[]): Promise<string[]> {
  const rows = await db<{ linkId: string }[]>`
    with h as (
      update pull_request_looks p set due_at = least(p.due_at, now()), asked = asked + 1
      from (
        select distinct t.rfc_slug, t.branch_name
        from thread_links n join threads t on t.id = n.thread_id
        where n.thread_id = any(${[...threadIds]}::uuid[]) and n.remarks_from is not null
          and n.platform = 'github') b
      where p.rfc_slug = b.rfc_slug and p.branch_name = b.branch_name
    )
    update place_looks k set due_at = least(k.due_at, now()), asked = asked + 1
    from thread_links l
    where l.id = k.link_id and l.thread_id = any(${[...threadIds]}::uuid[])
    returning k.link_id`;
  return rows.map((row) => row.linkId);
}

/** Asks for a look at the places of a branch's threads. */
export async function askForPlacesOf(db: Db, rfcSlug: string, branchName: string): Promise<void> {
  await db`
    update place_looks k set due_at = least(k.due_at, now()), asked = asked + 1
    from thread_links l join threads t on t.id = l.thread_id
    where l.id = k.link_id and t.rfc_slug = ${rfcSlug} and t.branch_name = ${branchName}`;
}

/** Asks for a look wherever a proposal to merge the branch of one of these threads is shown and open. */
export async function askForMergePlaces(db: Db, threadIds: readonly string[]): Promise<void> {
  await db`
    update place_looks k set due_at = least(k.due_at, now()), asked = asked + 1
    from thread_links l join merge_proposals p on p.thread_id = l.thread_id and p.state = 'open'
    where l.id = k.link_id and exists (
      select 1 from threads t
      where t.id = any(${[...threadIds]}::uuid[])
        and t.rfc_slug = p.rfc_slug and t.branch_name = p.branch_name)`;
}

/** Asks for a look at one place. */
export async function askForPlace(db: Db, linkId: string): Promise<void> {
  await db`
    update place_looks set due_at = least(due_at, now()), asked = asked + 1
    where link_id = ${linkId}`;
}

export const duePlaces: DueRows = dueRows(TABLE);

/** Looks that are due and that nobody takes, the longest due first. */
export async function listDuePlaces(db: Db, limit: number): Promise<string[]> {
  const rows = await listDueRows<{ linkId: string }>(db, TABLE, ["link_id"], limit);
  return rows.map((row) => row.linkId);
}

/** Takes a look that is due, if nobody else does. */
export async function claimPlace(
  db: Db,
  linkId: string,
  owner: string,
  leaseMs: number,
): Promise<PlaceLook | null> {
  const held = await claimRow(db, rowOf({ linkId }), owner, leaseMs);
  return held && { linkId, ...held };
}

/** Keeps the look; false when another worker has it. */
export function renewPlace(db: Db, look: PlaceLook, leaseMs: number): Promise<boolean> {
  return renewRow(db, rowOf(look), look, leaseMs);
}

/** Ends a look; false when another worker has it. A wish that came meanwhile makes the next due at once. */
export function endPlace(db: Db, look: PlaceLook, next: NextLook): Promise<boolean> {
  return endRow(db, rowOf(look), look, next);
}

/** The wishes that were made so far. */
export async function askedPlaces(db: Db, linkId: string): Promise<number> {
  const [row] = await db<{ asked: number }[]>`
    select asked from place_looks where link_id = ${linkId}`;
  return row?.asked ?? 0;
}

/** Ends every lease: for the start of a process that is known to be the only one. */
export function endAllPlaces(db: Db): Promise<void> {
  return endAllRows(db, TABLE);
}

function rowOf({ linkId }: Pick<PlaceLook, "linkId">): LookRow {
  return { table: TABLE, key: { link_id: linkId } };
}
