/** What sweeps look for. Most find nothing, most of the time: so one statement asks for all of it at once. */
import type { PendingQuery, Row } from "postgres";

import type { Db } from "./database.ts";

/**
 * A query that has rows if, and only if, there may be something to do. Where one index has just those rows, it is
 * in the order of that: else a planner that takes them for many reads the table until the first of them.
 */
export type DueRows = (db: Db) => PendingQuery<Row[]>;

/** Whether each of them has rows. */
export async function whichAreDue(db: Db, all: readonly DueRows[]): Promise<boolean[]> {
  if (all.length === 0) return [];
  const [row] = await db<{ due: boolean[] }[]>`
    select array[${all.map((rows, at) => db`${at === 0 ? db`` : db`,`} ${hasRows(db, rows)}`)}] as due`;
  return row!.due;
}

// Within "exists" an order would be passed over.
const hasRows = (db: Db, rows: DueRows) => db`
  coalesce((select true from (${rows(db)}) due limit 1), false)`;
