import type { IQueueBackend, Queue, Relay } from "bullmq";
import type { JobHandler, JobWorker } from "./job-worker.ts";
import type { QueueName } from "./queues.ts";

/** A BullMQ queue on either server. */
export type JobQueue = Queue<unknown, void, string, unknown, void, string, IQueueBackend, unknown>;

/** A node of BullMQ's relay on either server. */
export type JobRelay = Pick<Relay, "waitUntilReady" | "subscribe" | "publish" | "close" | "on">;

/** The part of a Redis client that others may use. */
export interface RedisScripts {
  eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
}

/** What differs between the servers: how BullMQ's objects are made and let go. */
export interface JobConnection {
  readonly kind: "postgres" | "redis";
  /** Runs scripts on the Redis; null on Postgres. A command fails at once where the server is away. */
  readonly redis: RedisScripts | null;
  /** A queue whose `add` settles within seconds, whatever the server does. */
  openQueue: (name: QueueName) => Promise<JobQueue>;
  /** Starts a worker; resolves once it takes jobs. */
  worker: (name: QueueName, handler: JobHandler, concurrency: number) => Promise<JobWorker>;
  /** A new node of the relay, still connecting; rejects while the server is away. */
  openRelay: (nodeId: string) => Promise<JobRelay>;
  /** Lets go of the server; queues, workers and relays are closed before. */
  close(): Promise<void>;
}

/** How BullMQ's relay is set up, in milliseconds. */
export const RELAY_OPTIONS = {
  namespace: "redline",
  leaseDuration: 15_000,
  // A server that has lost its data knows this process again after the next heartbeat.
  heartbeatInterval: 3_000,
  blockTimeout: 5_000,
};
