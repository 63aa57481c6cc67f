import type { JobBackend } from "./backend.ts";
import { QUEUE_NAMES } from "./queues.ts";
import type { QueueName } from "./queues.ts";

export interface QueueCount {
  queue: QueueName;
  state: "waiting" | "active" | "delayed" | "failed";
  count: number;
}

/** Jobs of every queue by state. */
export async function countJobs(backend: JobBackend): Promise<QueueCount[]> {
  const counts = await Promise.all(
    QUEUE_NAMES.map(async (queue) => {
      const { wait, active, delayed, failed } = await backend
        .queue(queue)
        .getJobCounts("wait", "active", "delayed", "failed");
      const byState = { waiting: wait, active, delayed, failed };
      return Object.entries(byState).map(([state, count]) => ({
        queue,
        state: state as QueueCount["state"],
        count: count ?? 0,
      }));
    }),
  );
  return counts.flat();
}
