import type { JobBackend } from "./backend.ts";
import { commitPayload } from "./queues.ts";

/** Ids of the changes for which a commit job waits, runs, or is to be tried again. */
export async function listQueuedCommits(backend: JobBackend): Promise<Set<string>> {
  const jobs = await backend
    .queue("commits")
    .getJobs(["waiting", "active", "delayed", "prioritized"]);
  const ids = jobs.flatMap((job) => {
    const payload = commitPayload.safeParse(job.data);
    return payload.success ? [payload.data.changeId] : [];
  });
  return new Set(ids);
}
