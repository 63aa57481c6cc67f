/**
 * What the tables of looks have in common: one row a subject, that says when it is to be looked at, and who does.
 * A worker leases the row; `lease_epoch` is its fence.
 */
import type { HeldLook, LookEnding } from "../look-runner.ts";
import type { Db } from "./database.ts";
import type { DueRows } from "./due.ts";

/** When the next look is due. */
export type NextLook = Omit<LookEnding, "tells">;

export type LookTable = "pull_request_looks" | "place_looks";

/** Which row; `key` names its columns and values. */
export interface LookRow {
  table: LookTable;
  key: Readonly<Record<string, string>>;
}

/** Rows that are due and that nobody has. */
const dueFrom = (db: Db, table: LookTable) => db`
  from ${db(table)}
  where due_at <= now() and (lease_until is null or lease_until < clock_timestamp())
  order by due_at`;

export const dueRows =
  (table: LookTable): DueRows =>
  (db) =>
    db`select 1 ${dueFrom(db, table)}`;

/** Those rows, the longest due first. */
export async function listDueRows<K extends object>(
  db: Db,
  table: LookTable,
  columns: readonly string[],
  limit: number,
): Promise<K[]> {
  return db<K[]>`
    select ${db(columns)} ${dueFrom(db, table)} limit ${limit}`;
}

/** Takes a look that is due, if nobody else does. */
export async function claimRow(
  db: Db,
  row: LookRow,
  owner: string,
  leaseMs: number,
): Promise<HeldLook | null> {
  const [held] = await db<HeldLook[]>`
    update ${db(row.table)} set lease_owner = ${owner}, lease_epoch = lease_epoch + 1,
      lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    where ${is(db, row)} and due_at <= now()
      and (lease_until is null or lease_until < clock_timestamp())
    returning lease_epoch as epoch, asked, failures, problem`;
  return held ?? null;
}

/** Keeps the look; false when another worker has it. */
export async function renewRow(
  db: Db,
  row: LookRow,
  { epoch }: HeldLook,
  leaseMs: number,
): Promise<boolean> {
  const rows = await db`
    update ${db(row.table)} set lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    where ${is(db, row)} and lease_epoch = ${epoch} and lease_owner is not null
    returning 1`;
  return rows.length > 0;
}

/** Ends a look; false when another worker has it. A wish that came meanwhile makes the next due at once. */
export async function endRow(
  db: Db,
  row: LookRow,
  look: HeldLook,
  next: NextLook,
): Promise<boolean> {
  const rows = await db`
    update ${db(row.table)} set lease_owner = null, lease_until = null, problem = ${next.problem},
      failures = ${next.failed ? look.failures + 1 : 0},
      due_at = case when asked <> ${look.asked} and not ${next.failed} then now()
        else least(now() + ${next.inMs} * interval '1 ms', 'infinity') end
    where ${is(db, row)} and lease_epoch = ${look.epoch}
    returning 1`;
  return rows.length > 0;
}

/** Ends every lease: for the start of a process that is known to be the only one. */
export async function endAllRows(db: Db, table: LookTable): Promise<void> {
  await db`
    update ${db(table)} set lease_owner = null, lease_until = null, lease_epoch = lease_epoch + 1
    where lease_until is not null`;
}

/** The condition that a row is the one. */
function is(db: Db, { key }: LookRow) {
  return Object.entries(key).map(
    ([column, value], at) => db`${at === 0 ? db`` : db`and`} ${db(column)} = ${value}`,
  );
}
