/**
 * The database's clock says when something is due and how long a lease lasts. When it is set back, what was to
 * happen in a moment would wait for as long as that; here it is moved with the clock. Of what is past, who asks
 * looks at times up to now alone (`listAsked`, `listAccepting`).
 */
import type { Db, Sql, Tx } from "./database.ts";
import type { DueRows } from "./due.ts";

/** Rows that wait for a time. */
export interface Waiting {
  table: string;
  due: string | null;
  lease: string | null;
  /** The condition of those that wait. */
  condition: string;
}

/** Every column with a time to come for which no person waits; the turns' last, which others wait for. */
export const WAITING: readonly Waiting[] = [
  { table: "call_slots", due: "next_at", lease: null, condition: "true" },
  { table: "thread_links", due: "mark_after", lease: null, condition: "mark_after is not null" },
  {
    table: "notification_settings",
    due: "direct_after",
    lease: null,
    condition: "direct_after is not null",
  },
  {
    table: "private_messages",
    due: "due_at",
    lease: "lease_until",
    condition: "state in ('pending', 'sending')",
  },
  { table: "connection_requests", due: null, lease: "lease_until", condition: "true" },
  { table: "pull_request_looks", due: "due_at", lease: "lease_until", condition: "true" },
  { table: "place_looks", due: "due_at", lease: "lease_until", condition: "true" },
  { table: "inbox", due: "due_at", lease: "lease_until", condition: "state = 'waiting'" },
  { table: "changes", due: "commit_after", lease: null, condition: "state = 'accepting'" },
  {
    table: "threads",
    due: "ready_at",
    lease: "lease_until",
    condition: "(ready_at is not null or lease_owner is not null)",
  },
];

/** A step back that is none of the small ones by which a clock is kept right, in milliseconds. */
const STEP_MS = 1_000;
/** How old the last look may be, in milliseconds: by so much a step may be taken for smaller than it was. */
const LOOK_MS = 4_000;

/** Whether there is something to follow, or nobody has looked for long. */
export const unfollowedClock: DueRows = (db) => db`
  select 1 where coalesce((
    select ${ahead(db)} not between ${-LOOK_MS} and ${STEP_MS} from database_clock), true)`;

/**
 * Looks at the clock, and moves what waits by as much as it was set back since the last look of anybody; what was
 * put off between the step and the look comes early. A lease may have been renewed since: none ends now, and
 * none lasts longer than a new one. Answers with the milliseconds of the step, 0 where there was none.
 * @param leaseMs of the longest lease
 */
export async function followDatabaseClock(sql: Sql, leaseMs: number): Promise<number> {
  if ((await aheadMs(sql)) > STEP_MS) return followStep(sql, leaseMs);
  await noteTime(sql);
  return 0;
}

/** Notes the time, unless it was set back just now: the look that is ahead then tells of the step. */
async function noteTime(db: Sql): Promise<void> {
  await db`
    insert into database_clock as last (seen_at) values (clock_timestamp())
    on conflict (is_only) do update set seen_at = greatest(last.seen_at, clock_timestamp())`;
}

async function followStep(sql: Sql, leaseMs: number): Promise<number> {
  return sql.begin(async (tx: Tx) => {
    const stepMs = await aheadMs(tx, true);
    // Somebody else has followed it meanwhile.
    if (stepMs <= STEP_MS) return 0;
    await tx`update database_clock set seen_at = clock_timestamp()`;
    for (const waiting of WAITING) await move(tx, waiting, stepMs, leaseMs);
    return stepMs;
  });
}

async function move(
  tx: Tx,
  { table, due, lease, condition }: Waiting,
  stepMs: number,
  leaseMs: number,
): Promise<void> {
  const waits = tx.unsafe(condition);
  if (due !== null) {
    const at = tx(due);
    await tx`
      update ${tx(table)} set ${at} = ${at} - ${stepMs} * interval '1 ms'
      where ${waits} and ${at} > clock_timestamp() and isfinite(${at})`;
  }
  if (lease !== null) {
    const longest = tx`clock_timestamp() + ${leaseMs} * interval '1 ms'`;
    await tx`
      update ${tx(table)} set ${tx(lease)} = ${longest} where ${waits} and ${tx(lease)} > ${longest}`;
  }
}

/** By how many milliseconds the last look is ahead of the clock; minus infinity where nobody has looked. */
async function aheadMs(db: Sql | Tx, isToBeWritten = false): Promise<number> {
  const [last] = await db<{ ms: number }[]>`
    select ${ahead(db)} as ms from database_clock ${isToBeWritten ? db`for update` : db``}`;
  return last?.ms ?? -Infinity;
}

const ahead = (db: Db) => db`extract(epoch from seen_at - clock_timestamp())::float8 * 1000`;
