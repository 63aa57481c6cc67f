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
  const sweeps = tasks.map((task) => new Sweep(task, logger));
  const start = (sweep: Sweep): void => {
    if (!closing.signal.aborted) sweep.start();
  };
  /** Also for those that run: else each that takes long would make another statement of it. */
  const askThenStart = async (timed: readonly Sweep[]): Promise<void> => {
    const asked = await whichAreDue(timed.flatMap(({ task }) => task.due ?? [])).catch(logNotAsked);
    for (const [at, sweep] of timed.entries()) if (asked?.[at]) start(sweep);
  };
  const asked = sweeps.filter(({ task }) => task.due);
  const unasked = sweeps.filter(({ task }) => !task.due);
  // What needs no asking does not wait for an answer either.
  const loops = Promise.all([
    inTime(asked, askThenStart, closing.signal),
    inTime(unasked, (timed) => timed.forEach(start), closing.signal),
  ]);
  return {
    async close() {
      closing.abort();
      const ended = loops.then(() => Promise.all(sweeps.map(({ work }) => work)));
      await settledWithin(ended, CLOSE_MS);
    },
  };
}

/** A task, and how far it is. */
class Sweep {
  readonly task: SweepTask;
  /** On the monotonic clock, in milliseconds. */
  nextAt = 0;
  /** The last run; never rejects. */
  work: Promise<void> = Promise.resolve();
  private isRunning = false;
  private readonly logError: (error: unknown) => void;

  constructor(task: SweepTask, logger: Logger) {
    this.task = task;
    this.logError = createErrorLog(logger, { task: task.name }, "a sweep failed");
  }

  /** Unless it still runs. */
  start(): void {
    if (!this.isRunning) this.work = this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    try {
      await this.task.run();
    } catch (error) {
      this.logError(error);
    } finally {
      this.isRunning = false;
    }
  }
}

/** Acts on those whose time has come, until it is aborted. */
async function inTime(
  sweeps: readonly Sweep[],
  act: (timed: readonly Sweep[]) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (sweeps.length > 0 && !signal.aborted) {
    const now = performance.now();
    const timed = sweeps.filter(({ nextAt }) => nextAt <= now + TOGETHER_MS);
    for (const sweep of timed) sweep.nextAt = now + untilNext(sweep.task.everyMs, now);
    await act(timed);
    const next = Math.min(...sweeps.map(({ nextAt }) => nextAt));
    await pause(Math.max(next - performance.now(), 0), signal);
  }
}
