import type { Logger } from "../src/log.ts";
import type { DueRows } from "../src/store/due.ts";
import { createErrorLog } from "./error-log.ts";
import { pause, settledWithin } from "../src/waiting.ts";

/** Something to be looked after again and again, because a wake-up or an event may have been lost. */
export interface SweepTask {
  name: string;
  /** Between the starts of two runs, in milliseconds; one that still runs then is left to run on. */
  everyMs: number;
  /** Without rows there, there is nothing to do. All that is to be looked after at a time is asked for at once. */
  due?: DueRows;
  run(): Promise<void>;
}

export interface SweeperDeps {
  /** Which of them have rows. */
  whichAreDue(all: readonly DueRows[]): Promise<boolean[]>;
  logger: Logger;
}

export interface Sweeper {
  /** Starts no more runs and waits a moment for those under way. */
  close(): Promise<void>;
}

/** A run that hangs must not keep the rest from stopping. */
const CLOSE_MS = 2_000;

/** What is to run within this many milliseconds runs now: timers are not exact, and each wakes an idle process. */
const TOGETHER_MS = 5;

/** Intervals begin at the same moments, so that they fall together. */
function untilNext(everyMs: number, nowMs: number): number {
  const left = everyMs - (nowMs % everyMs);
  return left < everyMs / 2 ? left + everyMs : left;
}

/** Runs every task at once and then at its interval; a task never overlaps itself, and an error ends none. */
export function startSweeper(
  tasks: readonly SweepTask[],
  { whichAreDue, logger }: SweeperDeps,
): Sweeper {
  const closing = new AbortController();
  const logNotAsked = createErrorLog(logger, {}, "what is due could not be asked for");
  const sweeps = tasks.map((task) => ({
    ...task,
    /** On the monotonic clock, in milliseconds. */
    nextAt: 0,
    isRunning: false,
    work: Promise.resolve(),
    logError: createErrorLog(logger, { task: task.name }, "a sweep failed"),
  }));
  const run = async (sweep: (typeof sweeps)[number]): Promise<void> => {
    sweep.isRunning = true;
    try {
      await sweep.run();
    } catch (error) {
      sweep.logError(error);
    } finally {
      sweep.isRunning = false;
    }
  };
  const askWhichAreDue = (all: readonly DueRows[]): Promise<boolean[]> =>
    whichAreDue(all).catch((error: unknown) => {
      logNotAsked(error);
      return [];
    });
  const loop = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const now = performance.now();
      const timed = sweeps.filter(({ nextAt }) => nextAt <= now + TOGETHER_MS);
      for (const sweep of timed) sweep.nextAt = now + untilNext(sweep.everyMs, now);
      const free = timed.filter(({ isRunning }) => !isRunning);
      const due = await listDue(free, askWhichAreDue);
      if (closing.signal.aborted) return;
      for (const sweep of due) sweep.work = run(sweep);
      const next = Math.min(...sweeps.map(({ nextAt }) => nextAt));
      await pause(Math.max(next - performance.now(), 0), closing.signal);
    }
  };
  const looping = loop();
  return {
    async close() {
      closing.abort();
      const ended = looping.then(() => Promise.all(sweeps.map(({ work }) => work)));
      await settledWithin(ended, CLOSE_MS);
    },
  };
}

async function listDue<T extends SweepTask>(
  tasks: readonly T[],
  whichAreDue: SweeperDeps["whichAreDue"],
): Promise<T[]> {
  const asked = await whichAreDue(tasks.flatMap(({ due }) => (due ? [due] : [])));
  const answers = asked.values();
  return tasks.filter(({ due }) => !due || answers.next().value === true);
}
