import type { Sql } from "../store/database.ts";
import { readStatistics } from "../store/statistics.ts";
import type { Statistics } from "./statistics.ts";

/** A page that is open looks more often than this; to sum a week up takes the database a while. */
const FRESH_MS = 10_000;

/** Sums up at most once in some seconds, and never the same twice at once. */
export class StatisticsReader {
  readonly #sql: Sql;
  readonly #read = new Map<number, { at: number; statistics: Promise<Statistics> }>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * @param hours the present one and so many less one before it, 1 to 168
   * @throws UserError not-ready where the database is too busy
   */
  read(hours: number): Promise<Statistics> {
    const known = this.#read.get(hours);
    const now = performance.now();
    if (known && now - known.at < FRESH_MS) return known.statistics;
    const statistics = readStatistics(this.#sql, hours);
    this.#read.set(hours, { at: now, statistics });
    // What could not be read is asked for again.
    statistics.catch(() => this.#read.delete(hours));
    return statistics;
  }
}
