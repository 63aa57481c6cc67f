import type { OutboxJob } from "../store/outbox.ts";

/** Asks for the commit of an accepted change; asked twice while one waits, it is handed over once. */
export function commitJob(changeId: string): OutboxJob {
  return {
    queue: "commits",
    name: "commit-change",
    data: { v: 1, changeId },
    dedupKey: `commit:${changeId}`,
  };
}
