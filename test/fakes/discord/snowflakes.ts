/** Ids that hold their time, in growing order. */
import type { Clock } from "../clock.ts";

const EPOCH = 1_420_070_400_000n;

export class Snowflakes {
  readonly #clock: Clock;
  #last = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): string {
    const now = (BigInt(Math.floor(this.#clock.now())) - EPOCH) << 22n;
    this.#last = now > this.#last ? now : this.#last + 1n;
    return String(this.#last);
  }
}
