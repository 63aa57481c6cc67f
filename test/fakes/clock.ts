/** Time that tests can push forward: what waits for it runs, what depends on it ages. */
export class Clock {
  readonly #timers = new Set<{ at: number; run: () => void; handle: NodeJS.Timeout | null }>();
  #ahead = 0;

  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.#ahead;
  }

  /** Runs once, in `milliseconds` of this clock; returns what calls it off. */
  in(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.now() + milliseconds, run, handle: null as NodeJS.Timeout | null };
    this.#timers.add(timer);
    this.#arm(timer);
    return () => {
      if (timer.handle) clearTimeout(timer.handle);
      this.#timers.delete(timer);
    };
  }

  advance(milliseconds: number): void {
    this.#ahead += milliseconds;
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) this.#arm(timer);
  }

  /** Nothing runs any more. */
  stop(): void {
    for (const timer of this.#timers) if (timer.handle) clearTimeout(timer.handle);
    this.#timers.clear();
  }

  #arm(timer: { at: number; run: () => void; handle: NodeJS.Timeout | null }): void {
    if (timer.handle) clearTimeout(timer.handle);
    timer.handle = setTimeout(
      () => {
        this.#timers.delete(timer);
        timer.run();
      },
      Math.max(0, timer.at - this.now()),
    );
  }
}
