import type { Sql } from "../store/database.ts";
import { readStatistics } from "../store/statistics.ts";
import type { Statistics } from "./statistics.ts";

/** A page that is open looks more often than this; to sum a week up takes the database a while. */
const FRESH_MS = 10_000;

interface Reading {
  statistics: Promise<Statistics>;
  /** When it was there, on the clock of `performance`; null while it is read. */
  at: number | null;
}

/** Sums up at most once in some seconds, and never the same twice at once. */
export class StatisticsReader {
  readonly #sql: Sql;
  readonly #read = new Map<number, Reading>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * @param hours the present one and so many less one before it, 1 to 168
   * @throws UserError not-ready where the database is too busy
   */
  read(hours: number): Promise<Statistics> {
    const known = this.#read.get(hours);
    const isFresh = known && (known.at === null || performance.now() - known.at < FRESH_MS);
    if (isFresh) return known.statistics;
    const reading: Reading = { statistics: readStatistics(this.#sql, hours), at: null };
    this.#read.set(hours, reading);
    reading.statistics.then(
      () => (reading.at = performance.now()),
      // What could not be read is asked for again.
      () => this.#read.delete(hours),
    );
    return reading.statistics;
  }
}
