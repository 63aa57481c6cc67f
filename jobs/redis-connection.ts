import { Queue, Relay, createRedisBackend } from "bullmq";
import { Redis } from "ioredis";
import type { RedisOptions } from "ioredis";
import { UserError } from "../src/errors.ts";
import type { Logger } from "../src/log.ts";
import { RELAY_OPTIONS } from "./connection.ts";
import type { JobConnection, JobQueue } from "./connection.ts";
import { createErrorLog } from "./error-log.ts";
import { runWorker, workerOptions } from "./job-worker.ts";
import { EVENTS_KEPT, JOB_OPTIONS } from "./queues.ts";
import { within } from "../src/waiting.ts";

const CONNECT_MS = 5_000;
const COMMAND_MS = 5_000;
const LONGEST_RECONNECT_MS = 1_000;
/** A connection whose commands get no answer for so long is dead; blocking reads take at most 5 s. */
const SILENCE_MS = 15_000;
/** A timer of ioredis that would keep the process alive after the last connection was closed. */
const DISCONNECT_MS = 100;

/** Three clients, because each use waits differently for a server that is away. */
const CLIENTS = {
  /** Adding fails at once, or after a few seconds where the server hangs; whoever adds tries again. */
  producer: { enableOfflineQueue: false, commandTimeout: COMMAND_MS, maxRetriesPerRequest: 0 },
  /** A worker waits until it is back. BullMQ insists on `null`. */
  consumer: { maxRetriesPerRequest: null },
  /** What cannot be sent is dropped. */
  relay: { enableOfflineQueue: false, maxRetriesPerRequest: null },
} satisfies Record<string, RedisOptions>;

export async function openRedis(
  redisUrl: string,
  prefix: string,
  logger: Logger,
): Promise<JobConnection> {
  const logError = createErrorLog(logger, {}, "the connection to Redis has trouble");
  const producer = createClient(redisUrl, CLIENTS.producer, logError);
  const consumer = createClient(redisUrl, CLIENTS.consumer, logError);
  const relay = createClient(redisUrl, CLIENTS.relay, logError);
  const clients = [producer, consumer, relay];
  const close = () => {
    for (const client of clients) client.disconnect();
    return Promise.resolve();
  };
  try {
    await Promise.all(clients.map((client) => within(client.connect(), CONNECT_MS, "Redis")));
  } catch (error) {
    await close();
    throw unreachable(redisUrl, error);
  }
  return {
    kind: "redis",
    redis: { eval: (script, keys, ...args) => producer.eval(script, keys, ...args) },
    openQueue: async (name) => {
      const queue = new Queue<unknown, void>(name, {
        connection: producer,
        prefix,
        defaultJobOptions: JOB_OPTIONS[name],
        ...EVENTS_KEPT,
      });
      queue.on("error", logError);
      await within(queue.waitUntilReady(), CONNECT_MS, "Redis");
      return queue as unknown as JobQueue;
    },
    worker: (name, handler, concurrency) => {
      const options = { ...workerOptions(concurrency), connection: consumer, prefix };
      return runWorker(name, handler, options, createRedisBackend, logger);
    },
    openRelay: (nodeId) =>
      Promise.resolve(new Relay({ ...RELAY_OPTIONS, nodeId, prefix, connection: relay })),
    close,
  };
}

function createClient(
  url: string,
  options: RedisOptions,
  logError: (error: unknown) => void,
): Redis {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disconnectTimeout: DISCONNECT_MS,
    retryStrategy: (times) => Math.min(50 * 2 ** times, LONGEST_RECONNECT_MS),
    ...options,
  });
  client.on("error", logError);
  return client;
}

function unreachable(redisUrl: string, cause: unknown): UserError {
  const { host } = new URL(redisUrl);
  const message = `Redis cannot be reached at ${host}; check that it runs and that REDIS_URL is right.`;
  return new UserError("not-ready", message, { cause });
}
