import postgres from "postgres";

import { watchedSockets } from "./watched-socket.ts";

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
  /**
   * Milliseconds after which a connection that does not answer is given up, with what was asked of it; for ever
   * where nothing is given, as for what may take long.
   */
  silenceMs?: number;
}

/**
 * No statement of a running Redline takes so long, not even behind those that it waits for. Where one does, what
 * takes half as long is ended with it.
 */
export const SILENCE_MS = 15_000;

/**
 * A process that is frozen or cut off in the middle of a transaction keeps others from what it has locked. After
 * this time, in milliseconds, the database ends the transaction, and the session of a client that is not there.
 */
const ABANDONED_MS = 10_000;
export const SESSION_SETTINGS = {
  idle_in_transaction_session_timeout: ABANDONED_MS,
  tcp_user_timeout: ABANDONED_MS,
  // In seconds.
  tcp_keepalives_idle: 5,
  tcp_keepalives_interval: 2,
  tcp_keepalives_count: 3,
};

/** A pool of connections. Column names are snake_case in SQL and camelCase in rows; JSON is left alone. */
export function connect(url: string, options: ConnectOptions = {}): Sql {
  return postgres(url, {
    max: options.max ?? 10,
    types,
    transform: { column: { from: postgres.toCamel, to: postgres.fromCamel } },
    connection: {
      application_name: options.name ?? "redline",
      ...SESSION_SETTINGS,
      ...(options.idleSessionMs !== undefined && { idle_session_timeout: options.idleSessionMs }),
    },
    onnotice: () => {},
    ...(options.silenceMs !== undefined && { socket: watchedSockets(options.silenceMs) }),
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

const SLUG = /^[a-z0-9][a-z0-9._-]{0,99}$/;

/** The check of the table of RFCs; what is no slug is no row, and must not become an error of the database. */
export function isSlug(text: string): boolean {
  return SLUG.test(text);
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
