/** How often a fault strikes. */
export interface Strikes {
  /** Calls that it strikes; default 1. */
  times?: number;
  /** Fitting calls that it lets pass before. */
  after?: number;
}

/** What befalls a call of a chat platform. */
export interface ChatFault extends Strikes {
  channelId?: string;
  /** HTTP 429 with this many seconds. */
  retryAfter?: number;
  /** The connection is cut before the call has an effect, or after it: the answer is lost. */
  cut?: "before" | "after";
  /** Milliseconds before anything else. */
  delay?: number;
  /** The call waits for it. */
  until?: Promise<unknown>;
}

/** The faults that tests asked for, in their order. */
export class Faults<Fault extends Strikes> {
  readonly #standing: { fault: Fault; left: number; toSkip: number }[] = [];

  add(fault: Fault): void {
    this.#standing.push({ fault, left: fault.times ?? 1, toSkip: fault.after ?? 0 });
  }

  clear(): void {
    this.#standing.length = 0;
  }

  /** The first one left that fits, if it does not let this call pass. */
  take(fits: (fault: Fault) => boolean): Fault | null {
    const found = this.#standing.find(({ fault, left }) => left > 0 && fits(fault));
    if (!found) return null;
    if (found.toSkip > 0) {
      found.toSkip -= 1;
      return null;
    }
    found.left -= 1;
    return found.fault;
  }
}
