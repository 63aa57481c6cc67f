/**
 * BullMQ on one of two servers: the application's own Postgres, or Redis. All else in `jobs/` is the same
 * on both.
 */
import type { Logger } from "../src/log.ts";
import type { JobConnection, JobQueue } from "./connection.ts";
import { migratePostgres, openPostgres } from "./postgres-connection.ts";
import { QUEUE_NAMES } from "./queues.ts";
import type { QueueName } from "./queues.ts";
import { openRedis } from "./redis-connection.ts";
import type { QueueTelemetry } from "./telemetry.ts";

export interface JobBackend extends Omit<JobConnection, "openQueue"> {
  queue(name: QueueName): JobQueue;
}

export interface JobBackendOptions {
  databaseUrl: string;
  /** Where BullMQ lives; without it, in the database. */
  redisUrl?: string | undefined;
  /** Keeps several installations on one Redis apart. */
  prefix?: string | undefined;
  logger: Logger;
  /** Null, or left out, where nothing is traced. */
  telemetry?: QueueTelemetry | null;
}

/**
 * Connects to the server and opens every queue. Close the workers and the relay before the backend.
 * @throws UserError not-ready when the server cannot be reached or its schema is missing.
 */
export async function createJobBackend(options: JobBackendOptions): Promise<JobBackend> {
  const { databaseUrl, redisUrl, prefix = "redline", logger, telemetry = null } = options;
  const connection = await (redisUrl === undefined
    ? openPostgres(databaseUrl, logger, telemetry)
    : openRedis(redisUrl, prefix, logger, telemetry));
  const queues = new Map<QueueName, JobQueue>();
  const close = async () => {
    await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
    await connection.close();
  };
  try {
    for (const name of QUEUE_NAMES) queues.set(name, await connection.openQueue(name));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    kind: connection.kind,
    redis: connection.redis,
    worker: connection.worker,
    openRelay: connection.openRelay,
    queue: (name) => queues.get(name)!,
    close,
  };
}

/** Brings BullMQ's tables in the database up to date; processes that start at once wait for each other. */
export async function migrateJobs(databaseUrl: string): Promise<void> {
  await migratePostgres(databaseUrl);
}
