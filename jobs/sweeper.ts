import { setMaxListeners } from "node:events";

import type { Logger } from "../src/log.ts";
import { createErrorLog } from "./error-log.ts";
import { pause, settledWithin } from "../src/waiting.ts";

/** Something to be looked after again and again, because a wake-up or an event may have been lost. */
export interface SweepTask {
  name: string;
  /**
   * Between the starts of two runs, in milliseconds, where a run takes less than half of it; else the next one
   * starts up to one and a half of it after the end.
   */
  everyMs: number;
  run(): Promise<void>;
}

export interface Sweeper {
  /** Starts no more runs and waits a moment for those under way. */
  close(): Promise<void>;
}

/** A run that hangs must not keep the rest from stopping. */
const CLOSE_MS = 2_000;

/** Tasks of one interval run together: an idle process is woken once for all of them. */
function untilNext(everyMs: number, nowMs: number): number {
  const left = everyMs - (nowMs % everyMs);
  return left < everyMs / 2 ? left + everyMs : left;
}

/** Runs every task at once and then at its interval; a task never overlaps itself, and an error ends none. */
export function startSweeper(tasks: readonly SweepTask[], logger: Logger): Sweeper {
  const closing = new AbortController();
  // Every task listens while it pauses.
  setMaxListeners(0, closing.signal);
  const loops = tasks.map(async (task) => {
    const logError = createErrorLog(logger, { task: task.name }, "a sweep failed");
    while (!closing.signal.aborted) {
      try {
        await task.run();
      } catch (error) {
        logError(error);
      }
      await pause(untilNext(task.everyMs, performance.now()), closing.signal);
    }
  });
  return {
    async close() {
      closing.abort();
      await settledWithin(Promise.all(loops), CLOSE_MS);
    },
  };
}
