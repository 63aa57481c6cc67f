import type { JobBackend } from "./backend.ts";
import type { JobWorker } from "./job-worker.ts";
import { parsePayload, reviewPayload } from "./queues.ts";

export interface ReviewWorkerOptions {
  /** Takes the look that is due; returns at once when another worker has it. */
  look(branch: { rfcSlug: string; branchName: string }): Promise<void>;
  /** Pull requests that are looked at at the same time. */
  concurrency: number;
}

/** Looks at the pull requests that wake-ups name. */
export function startReviewWorker(
  backend: JobBackend,
  options: ReviewWorkerOptions,
): Promise<JobWorker> {
  return backend.worker(
    "reviews",
    ({ data }) => {
      const { rfcSlug, branchName } = parsePayload(reviewPayload, data);
      return options.look({ rfcSlug, branchName });
    },
    options.concurrency,
  );
}
