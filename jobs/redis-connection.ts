import { Queue, Relay, createRedisBackend } from "bullmq";
import { Cluster, Redis } from "ioredis";
import type { RedisOptions } from "ioredis";
import { UserError } from "../src/errors.ts";
import type { Logger } from "../src/log.ts";
import { readRedisAddress } from "../src/redis-address.ts";
import type { RedisAddress } from "../src/redis-address.ts";
import { RELAY_OPTIONS } from "./connection.ts";
import type { JobConnection, JobQueue } from "./connection.ts";
import { createErrorLog } from "./error-log.ts";
import { runWorker, workerOptions } from "./job-worker.ts";
import type { QueueTelemetry } from "./telemetry.ts";
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

/** @param redisUrl as `readRedisAddress` reads it */
export async function openRedis(
  redisUrl: string,
  name: string,
  logger: Logger,
  telemetry: QueueTelemetry | null = null,
): Promise<JobConnection> {
  const address = readRedisAddress(redisUrl);
  if (address === null) throw new Error("this is no address of a Redis server");
  // On a cluster a script's keys have to be in one slot, which what stands in braces decides.
  const prefix = address.isCluster ? `{${name}}` : name;
  const logError = createErrorLog(logger, {}, "the connection to Redis has trouble");
  const producer = createClient(address, CLIENTS.producer, logError);
  const consumer = createClient(address, CLIENTS.consumer, logError);
  const relay = createClient(address, CLIENTS.relay, logError);
  const clients = [producer, consumer, relay];
  const close = () => {
    for (const client of clients) client.disconnect();
    return Promise.resolve();
  };
  try {
    await Promise.all(clients.map((client) => within(connected(client), CONNECT_MS, "Redis")));
  } catch (error) {
    await close();
    throw unreachable(address, error);
  }
  return {
    kind: "redis",
    redis: { eval: (script, keys, ...args) => producer.eval(script, keys, ...args) },
    openQueue: async (queueName) => {
      const queue = new Queue<unknown, void>(queueName, {
        connection: producer,
        prefix,
        defaultJobOptions: JOB_OPTIONS[queueName],
        ...(telemetry && { telemetry }),
        ...EVENTS_KEPT,
      });
      queue.on("error", logError);
      await within(queue.waitUntilReady(), CONNECT_MS, "Redis");
      return queue as unknown as JobQueue;
    },
    worker: (queueName, handler, concurrency) => {
      const options = {
        ...workerOptions(concurrency),
        ...(telemetry && { telemetry }),
        connection: consumer,
        prefix,
      };
      return runWorker(queueName, handler, options, createRedisBackend, logger);
    },
    openRelay: (nodeId) =>
      Promise.resolve(new Relay({ ...RELAY_OPTIONS, nodeId, prefix, connection: relay })),
    close,
  };
}

function createClient(
  address: RedisAddress,
  use: RedisOptions,
  logError: (error: unknown) => void,
): Redis | Cluster {
  const retryIn = (times: number) => Math.min(50 * 2 ** times, LONGEST_RECONNECT_MS);
  const options: RedisOptions = {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disconnectTimeout: DISCONNECT_MS,
    retryStrategy: retryIn,
    ...(address.isTls && { tls: {} }),
    ...(address.username !== null && { username: address.username }),
    ...(address.password !== null && { password: address.password }),
    ...use,
  };
  const client = address.isCluster
    ? new Cluster(address.nodes, {
        lazyConnect: true,
        clusterRetryStrategy: retryIn,
        slotsRefreshTimeout: CONNECT_MS,
        enableOfflineQueue: use.enableOfflineQueue ?? true,
        // A certificate is for the name by which a node was told, and not for what that resolves to.
        ...(address.isTls && { dnsLookup: (host, done) => done(null, host) }),
        redisOptions: options,
      })
    : new Redis({ ...address.nodes[0], db: address.database, ...options });
  client.on("error", logError);
  return client;
}

/** Resolves once commands can be sent. Of a cluster one attempt may fail where the next succeeds. */
async function connected(client: Redis | Cluster): Promise<void> {
  if (!client.isCluster) return client.connect();
  const ready = new Promise<void>((resolve) => client.once("ready", resolve));
  client.connect().catch(() => {});
  return ready;
}

function unreachable({ nodes }: RedisAddress, cause: unknown): UserError {
  const hosts = nodes.map(({ host, port }) => `${host}:${port}`).join(", ");
  const message = `Redis cannot be reached at ${hosts}; check that it runs and that REDIS_URL is right.`;
  return new UserError("not-ready", message, { cause });
}
