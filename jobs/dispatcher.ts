import type { Logger } from "../src/log.ts";
import type { Outbox, OutboxRow } from "../src/store/outbox.ts";
import type { JobBackend } from "./backend.ts";
import { createErrorLog } from "./error-log.ts";
import { QUEUE_NAMES } from "./queues.ts";
import { pause, settledWithin } from "../src/waiting.ts";

export interface Dispatcher {
  /** There may be rows now. */
  wake(): void;
  /** Finishes the batch under way. */
  close(): Promise<void>;
}

export interface DispatcherOptions {
  backend: JobBackend;
  outbox: Outbox;
  logger: Logger;
}

const BATCH = 200;
/** Notifications are lost with their connection; this is how long a row then waits. */
export const DISPATCH_POLL_MS = 2_000;
/** After an error, as while a server is away. */
const RETRY_MS = 1_000;
const CLOSE_MS = 10_000;

/**
 * Hands the outbox's jobs to the queue. A crash between the queue and the outbox repeats a batch under the
 * same job ids, which the queue refuses. Rows for queues that this release does not know are left alone.
 */
export async function startDispatcher(options: DispatcherOptions): Promise<Dispatcher> {
  const { backend, outbox, logger } = options;
  const logError = createErrorLog(logger, {}, "jobs wait in the outbox");
  const closing = new AbortController();
  let woken = new AbortController();

  const deliver = async (isPoll: boolean): Promise<number> => {
    if (isPoll && !(await outbox.hasWaiting(QUEUE_NAMES))) return 0;
    return outbox.deliver(QUEUE_NAMES, BATCH, (rows) => handOver(backend, rows));
  };
  const run = async () => {
    let isPoll = false;
    while (!closing.signal.aborted) {
      woken = new AbortController();
      const { signal } = woken;
      const delivered = await deliver(isPoll).catch(logError);
      const restMs = delivered === undefined ? RETRY_MS : DISPATCH_POLL_MS;
      if (delivered !== BATCH) await pause(restMs, signal);
      isPoll = !signal.aborted;
    }
  };
  const wake = () => woken.abort();
  const stopListening = await outbox.listen(wake);
  const running = run();
  return {
    wake,
    async close() {
      closing.abort();
      wake();
      await settledWithin(running, CLOSE_MS);
      await settledWithin(stopListening(), CLOSE_MS);
    },
  };
}

async function handOver(backend: JobBackend, rows: OutboxRow[]): Promise<void> {
  for (const name of QUEUE_NAMES) {
    const jobs = rows.filter((row) => row.queue === name).map(toJob);
    if (jobs.length > 0) await backend.queue(name).addBulk(jobs);
  }
}

/**
 * The row's number alone would not do: a database that was made anew counts from one again, and its first
 * jobs would be taken for those that a Redis still remembers.
 */
function toJob({ id, name, data, createdAt }: OutboxRow) {
  return { name, data, opts: { jobId: `outbox-${id}-${createdAt.getTime()}` } };
}
