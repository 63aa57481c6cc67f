import type { JobBackend } from "./backend.ts";
import type { JobWorker } from "./job-worker.ts";
import { parsePayload, turnPayload } from "./queues.ts";

export interface TurnWorkerOptions {
  /** Runs what is ready in the thread; returns at once when another worker has it. */
  runThread(threadId: string): Promise<void>;
  /** Turns that stream at the same time. */
  concurrency: number;
}

/** Runs the threads that wake-ups name. */
export function startTurnWorker(
  backend: JobBackend,
  options: TurnWorkerOptions,
): Promise<JobWorker> {
  return backend.worker(
    "turns",
    ({ data }) => options.runThread(parsePayload(turnPayload, data).threadId),
    options.concurrency,
  );
}
