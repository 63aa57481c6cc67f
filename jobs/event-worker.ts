import type { JobBackend } from "./backend.ts";
import type { JobWorker } from "./job-worker.ts";
import { eventPayload, parsePayload } from "./queues.ts";

export interface EventWorkerOptions {
  /** Begins to work off what the platform has sent; resolves before that is done. */
  takeEvents(source: string): Promise<void>;
}

/** Begins to work off the events that wake-ups tell of. */
export function startEventWorker(
  backend: JobBackend,
  options: EventWorkerOptions,
): Promise<JobWorker> {
  return backend.worker(
    "events",
    ({ data }) => options.takeEvents(parsePayload(eventPayload, data).source),
    1,
  );
}
