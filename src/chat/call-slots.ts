/**
 * When a call of a platform may be made, so that all processes together keep within its limits. A bucket for
 * each key: `burst` calls at once after a rest, then one each `intervalMs`, first come first served.
 *
 * The shared state of a bucket is one moment, at which it would be full again (GCRA): a call moves it on by
 * an interval, and may be made once it is less than `burst` intervals ahead.
 */
import type { Logger } from "../log.ts";
import { within } from "../waiting.ts";

export interface Pace {
  intervalMs: number;
  burst: number;
}

export interface CallSlots {
  /**
   * Takes the next slot of a key; answers with the milliseconds until it, or null, taking none, when that is
   * further away than `maxWaitMs`.
   */
  reserve(key: string, pace: Pace, maxWaitMs: number): Promise<number | null>;
  /** Lets nobody's next slot of the key be earlier than in `ms`: the platform asked for a rest. */
  push(key: string, pace: Pace, ms: number): Promise<void>;
}

/** How far before the moment of being full again a call is let through. */
export const toleranceMs = (pace: Pace): number => (pace.burst - 1) * pace.intervalMs;

/** For one process alone. */
export class LocalCallSlots implements CallSlots {
  readonly #now: () => number;
  readonly #fullAt = new Map<string, number>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  reserve(key: string, pace: Pace, maxWaitMs: number): Promise<number | null> {
    const now = this.#now();
    const fullAt = Math.max(this.#fullAt.get(key) ?? 0, now);
    const wait = Math.max(0, fullAt - toleranceMs(pace) - now);
    if (wait > maxWaitMs) return Promise.resolve(null);
    this.#forgetRested(now);
    this.#fullAt.set(key, fullAt + pace.intervalMs);
    return Promise.resolve(wait);
  }

  push(key: string, pace: Pace, ms: number): Promise<void> {
    const until = this.#now() + ms + toleranceMs(pace);
    this.#fullAt.set(key, Math.max(this.#fullAt.get(key) ?? 0, until));
    return Promise.resolve();
  }

  #forgetRested(now: number): void {
    if (this.#fullAt.size < 1_000) return;
    for (const [key, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(key);
  }
}

/** A database that does not answer within this time is done without. */
const PATIENCE_MS = 1_000;

/**
 * The shared slots, and this process's own while those cannot be had: calls then are spaced for this process
 * alone, and the platform's refusals space them further, but none waits for the database.
 */
export class SafeCallSlots implements CallSlots {
  readonly #shared: CallSlots;
  readonly #logger: Logger;
  readonly #patienceMs: number;
  readonly #local = new LocalCallSlots();
  #isAlone = false;

  constructor(shared: CallSlots, logger: Logger, patienceMs = PATIENCE_MS) {
    this.#shared = shared;
    this.#logger = logger;
    this.#patienceMs = patienceMs;
  }

  reserve(key: string, pace: Pace, maxWaitMs: number): Promise<number | null> {
    return this.#orAlone(
      () => this.#shared.reserve(key, pace, maxWaitMs),
      () => this.#local.reserve(key, pace, maxWaitMs),
    );
  }

  async push(key: string, pace: Pace, ms: number): Promise<void> {
    // Also here, so that a rest that was asked for is kept when the database goes away during it.
    await this.#local.push(key, pace, ms);
    await this.#orAlone(
      () => this.#shared.push(key, pace, ms),
      () => Promise.resolve(),
    );
  }

  async #orAlone<T>(shared: () => Promise<T>, local: () => Promise<T>): Promise<T> {
    try {
      const result = await within(shared(), this.#patienceMs, "the database");
      this.#isAlone = false;
      return result;
    } catch (error) {
      if (!this.#isAlone)
        this.#logger.warn({ err: error }, "calls are spaced by this process alone");
      this.#isAlone = true;
      return await local();
    }
  }
}
