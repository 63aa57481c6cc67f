import { UnrecoverableError, Worker } from "bullmq";
import type { BackendFactory, IQueueBackend, Job, JobProgress, WorkerOptions } from "bullmq";
import type { Logger } from "../src/log.ts";
import { createErrorLog } from "./error-log.ts";
import { NewerPayload, retryDelayMs } from "./queues.ts";
import { pause, settledWithin, within } from "../src/waiting.ts";

/** One run of a job. */
export interface JobRun {
  id: string;
  data: unknown;
  /** Claims of this job so far, this one included: failures and crashes of the process alike. */
  starts: number;
  /** Whether a failure of this run is the job's last. */
  lastTry: boolean;
}

/** A rejection is a failed try; an `UnrecoverableError` is the last one. */
export type JobHandler = (run: JobRun) => Promise<void>;

/** A worker that takes jobs until it is closed. */
export interface JobWorker {
  /** Jobs that run now. */
  readonly running: number;
  /**
   * Takes no more jobs and waits up to `graceMs` for those that run; then lets go of them. A job that was
   * let go is run again, here or elsewhere, once its lock has lapsed.
   */
  close(graceMs: number): Promise<void>;
}

/**
 * A process that dies leaves its jobs locked for so long, and the check that frees them runs so often:
 * together they bound how long a job of a killed process waits for another run.
 */
const LOCK_MS = 10_000;
const STALL_CHECK_MS = 5_000;
/** Pause between attempts to reach a server that is away. */
const RETRY_MS = 500;
/** How long a start may take. */
const START_MS = 10_000;
/** How long an idle worker is given to leave a server that may be away. */
const FAREWELL_MS = 2_000;
const FAREWELL_STEP_MS = 100;
const LONGEST_REASON = 2_000;

/** Settings that both backends share. */
export function workerOptions(concurrency: number) {
  return {
    concurrency,
    autorun: false,
    lockDuration: LOCK_MS,
    stalledInterval: STALL_CHECK_MS,
    // Crashes are counted by `starts`, where the handler can act on them; here they are never final.
    maxStalledCount: 1_000_000,
    // By default a worker notices only after 15 s that its server is back.
    runRetryDelay: RETRY_MS,
    settings: { backoffStrategy: (made: number) => retryDelayMs(made, Math.random()) },
  } satisfies Partial<WorkerOptions>;
}

/**
 * A BullMQ worker that can be closed within a given time, whatever its jobs and its server do, and that does
 * not hurry a server which answers with errors.
 */
class BoundedWorker<B extends IQueueBackend, C> extends Worker<
  unknown,
  void,
  string,
  B,
  JobProgress,
  C
> {
  async closeWithin(graceMs: number, running: () => number): Promise<void> {
    const closing = this.close();
    if (await drained(closing, graceMs, running)) return;
    // `close` cannot be hurried once it has begun: what it would do after the jobs is done here. Pausing
    // ends the timer of the stall check.
    await this.pause(true);
    await this.lockManager.close();
    await settledWithin(this.backend.close(true), FAREWELL_MS);
  }

  // BullMQ pauses where a connection is refused, but asks again at once after any other error, as of a
  // Postgres that is starting up.
  protected override async moveToActive(token: string, name?: string): Promise<ClaimedJob> {
    try {
      return await super.moveToActive(token, name);
    } catch (error) {
      await pause(RETRY_MS);
      throw error;
    }
  }
}

type ClaimedJob = Job<unknown, void>;

async function drained(
  closing: Promise<void>,
  graceMs: number,
  running: () => number,
): Promise<boolean> {
  let idleMs = 0;
  for (let waited = 0; waited < graceMs && idleMs < FAREWELL_MS; waited += FAREWELL_STEP_MS) {
    if (await settledWithin(closing, FAREWELL_STEP_MS)) return true;
    idleMs = running() === 0 ? idleMs + FAREWELL_STEP_MS : 0;
  }
  return false;
}

/** Starts a worker; resolves once it takes jobs. */
export async function runWorker<B extends IQueueBackend, C>(
  name: string,
  handler: JobHandler,
  options: WorkerOptions<C>,
  factory: BackendFactory<B, C>,
  logger: Logger,
): Promise<JobWorker> {
  let running = 0;
  const worker = new BoundedWorker<B, C>(
    name,
    async (job) => {
      running += 1;
      try {
        await handler(toRun(job));
      } catch (error) {
        if (!(error instanceof NewerPayload)) throw storableError(error);
        logger.info({ queue: name, jobId: job.id }, "a job of a newer release was let go");
      } finally {
        running -= 1;
      }
    },
    options,
    factory,
  );
  const logError = createErrorLog(logger, { queue: name }, "the job queue has trouble");
  worker.on("error", logError);
  worker.on("failed", (job, error) => {
    const fields = { queue: name, jobId: job?.id, attempt: job?.attemptsMade, err: error };
    logger.warn(fields, "a job failed");
  });
  worker.on("stalled", (id) => {
    logger.warn({ queue: name, jobId: id }, "a job was left by a worker that is gone");
  });
  const close = (graceMs: number) => worker.closeWithin(graceMs, () => running);
  try {
    await within(worker.waitUntilReady(), START_MS, "the job queue");
  } catch (error) {
    await close(0);
    throw error;
  }
  worker.run().catch(logError);
  return {
    get running() {
      return running;
    },
    close,
  };
}

function toRun(job: Job<unknown, void>): JobRun {
  return {
    id: job.id ?? "",
    data: job.data,
    starts: job.attemptsStarted,
    lastTry: job.attemptsMade + 1 >= (job.opts.attempts ?? 1),
  };
}

/**
 * An error that the queue can keep: Postgres refuses NUL and lone surrogates, and a failure that cannot be
 * written would leave its job locked, run again and fail to be written again, for ever.
 */
function storableError(error: unknown): Error {
  const known = error instanceof Error ? error : new Error(String(error));
  const message = storableText(known.message);
  const clean =
    known instanceof UnrecoverableError ? new UnrecoverableError(message) : new Error(message);
  clean.stack = storableText(known.stack ?? "");
  return clean;
}

function storableText(text: string): string {
  return text.slice(0, LONGEST_REASON).replaceAll("\0", "\u{fffd}").toWellFormed();
}
