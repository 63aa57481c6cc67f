/** What the invariants of `invariants.ts` are made of. */
export type InvariantName =
  | "messages"
  | "turns"
  | "order"
  | "threads"
  | "events"
  | "places"
  | "deliveries"
  | "changes"
  | "decisions"
  | "accepts"
  | "tips"
  | "jobs"
  | "spending"
  | "remarks"
  | "notifications"
  | "private messages"
  | "merges"
  | "records"
  | "concerns"
  | "joins"
  | "deletions";

/** What may be under way, and is wrong only when it takes too long. */
export type GraceName =
  | "threads"
  | "events"
  | "places"
  | "accepts"
  | "tips"
  | "jobs"
  | "people"
  | "joins"
  | "deletions";

export interface Invariant {
  name: InvariantName;
  /** What holds, for people. */
  holds: string;
  /** Null: what the query finds is wrong at once, since it is written in one transaction. */
  grace: GraceName | null;
  /** What to do where it does not hold. */
  mend: string;
  /**
   * Selects `what`, a sentence with the ids, and `since`: from when on somebody ought to have gone on with it;
   * null for what is wrong at once.
   */
  query: string;
}

/**
 * While workers are at work on others of its kind, something may wait for its turn so long. More than that is
 * worth a look, though it may only mean that there are too few workers.
 */
const BACKLOG = "interval '10 minutes'";

/** Moments as they stand in the log. */
export const shown = (moment: string): string =>
  `to_char(${moment} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

/**
 * From when on somebody ought to have taken what is due: not before the lease on it is over, nor while those
 * who work (`busy`: until when they hold something) have enough to do with the rest.
 */
export const untaken = (due: string, lease: string | null, busy: string): string =>
  // 'least' passes over a null, and so would take the backlog for granted where nobody works.
  `greatest(${due}, ${lease ?? "null"},
    case when ${busy} is not null then least(${busy}, ${due} + ${BACKLOG}) end)`;

export const WORKER =
  "See that a process with the role worker runs, and what its log says; it goes on by itself once that is well.";
export const REPORT =
  "Nothing repairs this by itself: keep a dump of the database and the logs of that time, and report it.";
