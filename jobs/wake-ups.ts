import type { BulkJobOptions } from "bullmq";
import { groupBy } from "../src/group-by.ts";
import type { Logger } from "../src/log.ts";
import type { Jobs } from "../src/ports.ts";
import type { JobBackend } from "./backend.ts";
import { createErrorLog } from "./error-log.ts";
import { turnPayload } from "./queues.ts";
import type { QueueName } from "./queues.ts";
import { metadataOf } from "./telemetry.ts";
import { settledWithin } from "../src/waiting.ts";

export interface WakeUps extends Jobs {
  /** From now on a thread that is to be woken is offered here first; true: it needs no wake-up. */
  runHere(offer: (threadId: string) => boolean): void;
  /**
   * For the sweeper: wakes a thread whose last wake-up may be stuck with a process that died, which
   * `wakeThread` would be folded into. Once for one thread until that job has run.
   */
  rewakeThread(threadId: string): void;
  /** For the sweeper: asks some worker to look at a branch's pull request, once until it has done so. */
  wakeReview(branch: { rfcSlug: string; branchName: string }): void;
  /** Sends what waits. */
  close(): Promise<void>;
}

export interface WakeUpOptions {
  backend: JobBackend;
  /** The dispatcher of this process, if it has one; those of others hear of rows from the database. */
  wakeDispatcher?: () => void;
  logger: Logger;
}

/** A queue that is away must not make this process grow; the sweeper finds what is dropped. */
const MOST_WAITING = 10_000;
const BATCH = 500;
const CLOSE_MS = 2_000;

/** Wake-ups of one go of the event loop, and those that come while a batch is under way, go together. */
function createBatches(backend: JobBackend, logger: Logger) {
  const logError = createErrorLog(
    logger,
    {},
    "wake-ups were lost; the sweeper will find their threads",
  );
  const waiting = new Map<string, { queue: QueueName; job: WakeJob }>();
  let sending: Promise<void> | null = null;
  const send = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, BATCH);
      for (const [key] of batch) waiting.delete(key);
      const byQueue = groupBy(batch, ([, { queue }]) => queue);
      for (const [queue, wakeUps] of byQueue) {
        const jobs = wakeUps.map(([, { job }]) => job);
        await backend.queue(queue).addBulk(jobs).catch(logError);
      }
    }
    sending = null;
  };
  return {
    add(queue: QueueName, job: WakeJob) {
      if (waiting.size >= MOST_WAITING) return logError(new Error("too many wake-ups are waiting"));
      waiting.set(`${queue} ${job.opts.deduplication.id}`, { queue, job });
      sending ??= send();
    },
    async close() {
      if (sending) await settledWithin(sending, CLOSE_MS);
    },
  };
}

export function createWakeUps({ backend, wakeDispatcher, logger }: WakeUpOptions): WakeUps {
  const { add, close } = createBatches(backend, logger);
  let isTaken: (threadId: string) => boolean = () => false;

  const addThread = (
    threadId: string,
    deduplication: Deduplication,
    traceparent: string | null = null,
  ) => {
    if (!turnPayload.shape.threadId.safeParse(threadId).success) {
      return logger.error({ threadId }, "a wake-up names no thread");
    }
    // Of its own: those that go together are of several traces.
    const telemetry = traceparent !== null && { telemetry: { metadata: metadataOf(traceparent) } };
    const opts = { deduplication, ...telemetry };
    add("turns", { name: "wake-thread", data: { v: 1, threadId }, opts });
  };
  return {
    runHere(offer) {
      isTaken = offer;
    },
    // One that comes while the thread runs makes it run once more: it may tell of a newer message.
    wakeThread: (threadId, traceparent) => {
      if (isTaken(threadId)) return;
      addThread(threadId, { id: threadId, keepLastIfActive: true }, traceparent);
    },
    rewakeThread: (threadId) => addThread(threadId, { id: `again-${threadId}` }),
    wakeReview: ({ rfcSlug, branchName }) =>
      add("reviews", {
        name: "look",
        data: { v: 1, rfcSlug, branchName },
        opts: { deduplication: { id: `${rfcSlug}/${branchName}` } },
      }),
    // Events that come while a worker claims may not be among what it finds.
    wakeEvents: (source) =>
      add("events", {
        name: "take-events",
        data: { v: 1, source },
        opts: { deduplication: { id: source, keepLastIfActive: true } },
      }),
    wakeDispatcher: () => wakeDispatcher?.(),
    close,
  };
}

type Deduplication = NonNullable<BulkJobOptions["deduplication"]>;

interface WakeJob {
  name: string;
  data: unknown;
  opts: { deduplication: Deduplication; telemetry?: BulkJobOptions["telemetry"] };
}
