import postgres from "postgres";

/** `bigint` columns are counters here, far below 2^53, and come back as numbers. */
interface Types extends Record<string, postgres.PostgresType> {
  bigint: postgres.PostgresType<number>;
}

export type Sql = postgres.Sql<{ bigint: number }>;
export type Tx = postgres.TransactionSql<{ bigint: number }>;
/** A pool or an open transaction; store functions take either. */
export type Db = postgres.ISql<{ bigint: number }>;

const types: Types = {
  bigint: { to: 20, from: [20], serialize: (value: number) => String(value), parse: Number },
};

export interface ConnectOptions {
  max?: number;
  /** Shown in `pg_stat_activity`. */
  name?: string;
  /** Milliseconds of silence after which the database ends a session. */
  idleSessionMs?: number;
}

/** A pool of connections. Column names are snake_case in SQL and camelCase in rows; JSON is left alone. */
export function connect(url: string, options: ConnectOptions = {}): Sql {
  return postgres(url, {
    max: options.max ?? 10,
    types,
    transform: { column: { from: postgres.toCamel, to: postgres.fromCamel } },
    connection: {
      application_name: options.name ?? "redline",
      ...(options.idleSessionMs !== undefined && { idle_session_timeout: options.idleSessionMs }),
    },
    onnotice: () => {},
    // In seconds. A connection that does not come up is given up for another.
    connect_timeout: 3,
    // A restarted server is back within seconds; waiting longer only delays whoever asks.
    backoff: (attempt) => Math.min(0.1 * 2 ** attempt, 2),
  });
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Ids come from outside; what is no UUID is no row, and must not become a syntax error of the database. */
export function isUuid(id: string): boolean {
  return UUID.test(id);
}

/** Whether the error is a violation of this unique constraint or index (SQLSTATE 23505). */
export function violates(error: unknown, constraint: string): boolean {
  return (
    error instanceof postgres.PostgresError &&
    error.code === "23505" &&
    error.constraint_name === constraint
  );
}

/** Whether the transaction was ended because others held for too long what it needs (SQLSTATE 55P03, 40P01). */
export function isContended(error: unknown): boolean {
  return error instanceof postgres.PostgresError && ["55P03", "40P01"].includes(error.code);
}
