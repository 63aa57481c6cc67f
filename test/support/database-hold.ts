import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { until } from "./test-app.ts";

/** A moment in the life of a row. */
export interface HoldPoint {
  table: string;
  on: "insert" | "update" | "delete";
  /** A condition on `old` and `new`, in SQL. */
  when?: string;
  /** `commit`: once the transaction asks to be committed; else when the row is about to be written. */
  at?: "write" | "commit";
}

/** Any number; advisory locks belong to one database, and each test has its own. */
const KEY = 7_212_006;

/**
 * Makes everybody who comes to a point in the database wait there, until it is let go: with a trigger that
 * asks for a lock which this holds.
 *
 *     await using hold = await DatabaseHold.place(url, { table: "changes", on: "insert" });
 *     await hold.reached();
 *     await hold.release();
 */
export class DatabaseHold implements AsyncDisposable {
  readonly #sql: Sql;
  #held = true;

  private constructor(sql: Sql) {
    this.#sql = sql;
  }

  static async place(url: string, point: HoldPoint): Promise<DatabaseHold> {
    // One connection: the lock belongs to its session.
    const sql = connect(url, { max: 1, name: "test hold" });
    const { table, on, when, at = "write" } = point;
    const condition = when ? `when (${when})` : "";
    const timing =
      at === "commit"
        ? `create constraint trigger hold after ${on} on ${table} deferrable initially deferred`
        : `create trigger hold before ${on} on ${table}`;
    await sql`select pg_advisory_lock(${KEY})`;
    await sql.unsafe(`
      create function hold_here() returns trigger language plpgsql as $$ begin
        perform pg_advisory_xact_lock_shared(${KEY});
        if tg_op = 'DELETE' then return old; end if;
        return new;
      end $$;
      ${timing} for each row ${condition} execute function hold_here();`);
    return new DatabaseHold(sql);
  }

  /** Resolves once somebody waits at the point. */
  async reached(): Promise<void> {
    await until(async () => (await this.#waiting()).length > 0, "anybody at the point");
  }

  /** Lets them go on, also those whose client has died meanwhile, and takes the point away. */
  async release(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    await this.#sql`select pg_advisory_unlock(${KEY})`;
    await this.#sql.unsafe("drop function hold_here() cascade");
    await this.#sql.end();
  }

  /** Rolls back what waits, as it is for a client that died before it could ask to commit. */
  async rollBack(): Promise<void> {
    for (const pid of await this.#waiting()) {
      await this.#sql`select pg_terminate_backend(${pid})`;
    }
    await until(async () => (await this.#waiting()).length === 0, "the end of who waited");
    await this.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  async #waiting(): Promise<number[]> {
    const rows = await this.#sql<{ pid: number }[]>`
      select l.pid from pg_locks l join pg_database d on d.oid = l.database
      where d.datname = current_database() and l.locktype = 'advisory' and not l.granted
        and l.objid = ${KEY}`;
    return rows.map((row) => row.pid);
  }
}
