/** Wrong tokens by where they came from: who has tried too often has to wait, also with the right one. */
import { placeOf } from "../callers.ts";

const MOST = 10;
const WINDOW_MS = 60_000;
/** More than so many addresses at once are an attack, and the oldest of them are forgotten. */
const MOST_ADDRESSES = 10_000;

export class WrongTries {
  /** By address, those whose window began first first. */
  readonly #tries = new Map<string, { count: number; until: number }>();
  readonly #now: () => number;
  readonly #most: number;

  /** @param now milliseconds @param most tries a minute */
  constructor(now: () => number, most = MOST) {
    this.#now = now;
    this.#most = most;
  }

  /** Seconds until the next try, whole; 0: at once. */
  waitS(address: string): number {
    const tries = this.#tries.get(placeOf(address));
    if (!tries || tries.count < this.#most) return 0;
    return Math.max(0, Math.ceil((tries.until - this.#now()) / 1_000));
  }

  add(address: string): void {
    const place = placeOf(address);
    const known = this.#tries.get(place);
    if (known && known.until > this.#now()) {
      known.count += 1;
      return;
    }
    this.#tries.delete(place);
    this.#tries.set(place, { count: 1, until: this.#now() + WINDOW_MS });
    if (this.#tries.size > MOST_ADDRESSES) this.#tries.delete(this.#tries.keys().next().value!);
  }
}
