import {
  createPostgresBackend,
  createPostgresRelayBackend,
  Relay,
  runMigrations,
  withBackend,
} from "bullmq";
import { Client, Pool } from "pg";
import { UserError } from "../src/errors.ts";
import type { Logger } from "../src/log.ts";
import { RELAY_OPTIONS } from "./connection.ts";
import type { JobConnection, JobQueue } from "./connection.ts";
import { createErrorLog } from "./error-log.ts";
import { PostgresEars } from "./postgres-ears.ts";
import { runWorker, workerOptions } from "./job-worker.ts";
import type { QueueTelemetry } from "./telemetry.ts";
import { EVENTS_KEPT, JOB_OPTIONS } from "./queues.ts";
import { SESSION_SETTINGS } from "../src/store/database.ts";
import { settledWithin } from "../src/waiting.ts";

/** BullMQ's own schema, which it expects under this name when it is given a pool. */
const SCHEMA = "bullmq";
/** One connection listens; the others are shared by all queries. */
const POOL_SIZE = 5;
const CONNECT_MS = 5_000;
const QUERY_MS = 10_000;
const CLOSE_MS = 2_000;
/**
 * Seconds after which an idle worker looks for jobs that it was not told of, as while nobody has noticed that the
 * connection that listens is lost. By default 5; a look is four statements for each queue.
 */
const IDLE_LOOK_S = 10;
/** The system's own is two hours. */
const KEEP_ALIVE_MS = 5_000;

/** All of BullMQ's migrations that are missing, in one transaction, under a lock of its own. */
export async function migratePostgres(databaseUrl: string): Promise<void> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: "redline migrate",
  });
  await client.connect();
  try {
    await runMigrations(client, SCHEMA);
  } finally {
    await client.end();
  }
}

const { Queue: PostgresQueue } = withBackend(createPostgresBackend);

export async function openPostgres(
  databaseUrl: string,
  logger: Logger,
  telemetry: QueueTelemetry | null = null,
): Promise<JobConnection> {
  const pool = createPool(databaseUrl);
  pool.on("error", createErrorLog(logger, {}, "a connection of the job queue was lost"));
  const ears = new PostgresEars(pool);
  const close = async () => {
    await settledWithin(pool.end(), CLOSE_MS);
  };
  try {
    await pool.query("select version from migration limit 1");
  } catch (error) {
    await close();
    throw notReady(error);
  }
  return {
    kind: "postgres",
    redis: null,
    openQueue: async (name) => {
      const options = {
        connection: pool,
        defaultJobOptions: JOB_OPTIONS[name],
        ...(telemetry && { telemetry }),
        ...EVENTS_KEPT,
      };
      const queue = new PostgresQueue<unknown, void>(name, options);
      queue.on("error", createErrorLog(logger, { queue: name }, "the job queue has trouble"));
      await queue.waitUntilReady();
      return queue as unknown as JobQueue;
    },
    worker: (name, handler, concurrency) => {
      const options = {
        ...workerOptions(concurrency),
        drainDelay: IDLE_LOOK_S,
        ...(telemetry && { telemetry }),
        connection: ears.poolFor(name),
      };
      return runWorker(name, handler, options, createPostgresBackend, logger);
    },
    openRelay: async (nodeId) => {
      // A relay that starts while the server is away never recovers.
      await pool.query("select 1");
      return new Relay({
        ...RELAY_OPTIONS,
        nodeId,
        connection: ears.poolFor(null),
        backend: createPostgresRelayBackend,
      });
    },
    close,
  };
}

function createPool(databaseUrl: string): Pool {
  const pool = new Pool({
    connectionString: withSessionSettings(databaseUrl),
    application_name: "redline jobs",
    max: POOL_SIZE,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
  });
  // Every queue listens on the pool as well.
  pool.setMaxListeners(50);
  return pool;
}

/**
 * The URL with the session's settings added to its own. Commits of the queue need not wait for the disk:
 * the queue is disposable, and what is durable was committed elsewhere, before.
 */
export function withSessionSettings(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  const own = url.searchParams.get("options");
  const common = Object.entries(SESSION_SETTINGS).map(([name, value]) => ` -c ${name}=${value}`);
  const settings = `-c search_path=${SCHEMA},public -c synchronous_commit=off${common.join("")}`;
  url.searchParams.set("options", own ? `${own} ${settings}` : settings);
  return url.href;
}

const UNDEFINED_TABLE = "42P01";

function notReady(error: unknown): UserError {
  const reason =
    error instanceof Error && "code" in error && error.code === UNDEFINED_TABLE
      ? "The job queue's tables are missing; run `redline migrate` first."
      : "The database cannot be reached; check that it runs and that DATABASE_URL is right.";
  return new UserError("not-ready", reason, { cause: error });
}
