/** A step back that is none of the small ones by which a clock is kept right, in milliseconds. */
const STEP_MS = 1_000;

/**
 * Tells when the system's clock was set back. Libraries that keep by it until when they wait would wait for as
 * long as it was set back.
 */
export class SystemClock {
  #aheadMs = aheadOfTimers();

  /** Since it was asked last. */
  wasSetBack(): boolean {
    const before = this.#aheadMs;
    this.#aheadMs = aheadOfTimers();
    return this.#aheadMs < before - STEP_MS;
  }
}

/** Milliseconds by which the clock is ahead of the one that nobody sets. */
function aheadOfTimers(): number {
  return Date.now() - performance.now();
}
