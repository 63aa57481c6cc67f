/**
 * The queues, what their jobs carry, and how often and how long each job is tried and kept. Payloads carry
 * a version, which is raised where a worker of the release before would do the wrong thing with it: a field
 * that it may overlook raises none. What a worker is too old for it lets go without a word: all that jobs are
 * for stands in Postgres, where a sweep, in words that the sweeping process itself knows, asks for it anew.
 */
import { UnrecoverableError } from "bullmq";
import type { JobsOptions } from "bullmq";
import { z } from "zod";

export type QueueName = "turns" | "commits" | "reviews" | "events";

/** Wakes a worker for a thread. What is to be done stands in Postgres; the job only says where. */
export const turnPayload = z.object({ v: z.literal(1), threadId: z.guid() });

/** Makes an accepted change a commit. */
export const commitPayload = z.object({ v: z.literal(1), changeId: z.guid() });

/** Wakes a worker for a branch whose pull request is to be looked at; when, and why, stands in Postgres. */
export const reviewPayload = z.object({
  v: z.literal(1),
  rfcSlug: z.string().min(1),
  branchName: z.string().min(1),
});

/** Wakes a worker for what came in from a platform; what, and in which order, stands in Postgres. */
export const eventPayload = z.object({ v: z.literal(1), source: z.string().min(1) });

/** Name of the custom backoff, which is `retryDelayMs`. */
const BACKOFF = "redline";

const DAY_S = 24 * 3600;

/** A wake-up is never repeated: what it was for stays due, and the sweeper sends another. */
const WAKE_UP: JobsOptions = {
  attempts: 1,
  removeOnComplete: true,
  removeOnFail: { age: 7 * DAY_S, count: 100 },
  stackTraceLimit: 1,
};

/** Options of every job of a queue, unless the job says otherwise. */
export const JOB_OPTIONS: Record<QueueName, JobsOptions> = {
  turns: WAKE_UP,
  reviews: WAKE_UP,
  events: WAKE_UP,
  // Kept for an hour after the end: a dispatcher that died before it deleted the outbox row adds the job
  // again, and only an id that is still known is refused.
  commits: {
    attempts: 8,
    backoff: { type: BACKOFF },
    removeOnComplete: { age: 3600 },
    removeOnFail: { age: 30 * DAY_S, count: 1000 },
    stackTraceLimit: 1,
  },
};

export const QUEUE_NAMES = Object.keys(JOB_OPTIONS) as QueueName[];

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

/**
 * Milliseconds before the try that follows the `attemptsMade`th failure: doubling from half a second to 30,
 * spread by `random` (0 to 1) over the upper half. Whole, because Postgres keeps due times as integers.
 */
export function retryDelayMs(attemptsMade: number, random: number): number {
  const full = Math.min(FIRST_RETRY_MS * 2 ** (Math.max(attemptsMade, 1) - 1), LONGEST_RETRY_MS);
  return Math.round((full * (1 + random)) / 2);
}

/** The job was made by a newer release, and is not for this one. */
export class NewerPayload extends Error {
  override readonly name = "NewerPayload";
}

const newerPayload = z.object({ v: z.int().min(2) });

/**
 * @throws NewerPayload
 * @throws UnrecoverableError when the data is not what any release writes: trying again cannot help.
 */
export function parsePayload<T>(schema: z.ZodType<T>, data: unknown): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const newer = newerPayload.safeParse(data);
  if (newer.success) throw new NewerPayload(`The job's data has version ${newer.data.v}.`);
  const { path, message } = parsed.error.issues[0]!;
  throw new UnrecoverableError(`The job's data is not understood: ${path.join(".")} ${message}`);
}

/** BullMQ's event stream, which nobody here reads, kept short. */
export const EVENTS_KEPT = { streams: { events: { maxLen: 1_000 } } };
