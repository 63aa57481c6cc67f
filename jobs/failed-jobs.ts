import type { Job } from "bullmq";
import { UserError } from "../src/errors.ts";
import type { JobBackend } from "./backend.ts";
import { QUEUE_NAMES } from "./queues.ts";
import type { QueueName } from "./queues.ts";

/** A job that was given up. */
export interface FailedJob {
  queue: QueueName;
  id: string;
  name: string;
  data: unknown;
  /** Message of the last error. */
  reason: string;
  attempts: number;
  failedAt: Date;
}

/** The newest failed jobs of all queues, the newest first, at most `limit`. */
export async function listFailedJobs(backend: JobBackend, limit = 100): Promise<FailedJob[]> {
  const queues = QUEUE_NAMES.map(async (name) => {
    const jobs = await backend.queue(name).getFailed(0, limit - 1);
    return jobs.map((job) => describe(name, job));
  });
  const failed = (await Promise.all(queues)).flat();
  return failed.toSorted((a, b) => b.failedAt.getTime() - a.failedAt.getTime()).slice(0, limit);
}

/**
 * Gives a failed job all its tries again.
 * @throws UserError not-found when there is no such failed job
 */
export async function retryFailedJob(
  backend: JobBackend,
  queueName: string,
  id: string,
): Promise<void> {
  const name = QUEUE_NAMES.find((known) => known === queueName);
  const job = name && (await backend.queue(name).getJob(id));
  if (!job || !(await job.isFailed())) {
    const hint = "`redline jobs` lists those that there are.";
    throw new UserError("not-found", `The queue ${queueName} has no failed job ${id}; ${hint}`);
  }
  await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
}

function describe(queue: QueueName, job: Job<unknown, void>): FailedJob {
  return {
    queue,
    id: job.id ?? "",
    name: job.name,
    data: job.data,
    reason: job.failedReason,
    attempts: job.attemptsMade,
    failedAt: new Date(job.finishedOn ?? job.timestamp),
  };
}
