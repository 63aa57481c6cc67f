import { UnrecoverableError } from "bullmq";
import type { JobBackend } from "./backend.ts";
import type { JobWorker } from "./job-worker.ts";
import { commitPayload, parsePayload } from "./queues.ts";

export interface CommitWorkerOptions {
  /** Makes the change a commit. May be called again after it succeeded; a rejection is tried again later. */
  commitChange(changeId: string): Promise<void>;
  /** Called once no try is left, before the job counts as failed. May be called again. */
  onGiveUp(changeId: string, error: unknown): Promise<void>;
  concurrency: number;
}

/** More starts than tries: each one too many was a process that died in the middle. */
const MOST_STARTS = 20;

/** Commits accepted changes, with pauses between failures that double. */
export function startCommitWorker(
  backend: JobBackend,
  options: CommitWorkerOptions,
): Promise<JobWorker> {
  return backend.worker(
    "commits",
    async ({ data, starts, lastTry }) => {
      const { changeId } = parsePayload(commitPayload, data);
      if (starts > MOST_STARTS) {
        const error = new UnrecoverableError(`Started ${starts} times without coming to an end.`);
        await options.onGiveUp(changeId, error);
        throw error;
      }
      try {
        await options.commitChange(changeId);
      } catch (error) {
        if (lastTry) await options.onGiveUp(changeId, error);
        throw error;
      }
    },
    options.concurrency,
  );
}
