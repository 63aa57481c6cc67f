/**
 * Does small pieces of work one after another, in slices that leave the page free in between: the blocks of
 * a long document are drawn this way, in order.
 */
const SLICE_MS = 8;

export class Painter {
  readonly #jobs = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Returns the way to take the job back. */
  add(job: () => void): () => void {
    this.#jobs.add(job);
    this.#timer ??= setTimeout(() => this.#slice());
    return () => this.#jobs.delete(job);
  }

  /** Does all that is left now, for somebody who wants to go there. */
  flush(): void {
    this.#work(Infinity);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#jobs.clear();
  }

  #slice(): void {
    this.#timer = undefined;
    this.#work(performance.now() + SLICE_MS);
    if (this.#jobs.size > 0) this.#timer = setTimeout(() => this.#slice());
  }

  #work(until: number): void {
    for (const job of this.#jobs) {
      this.#jobs.delete(job);
      job();
      if (performance.now() >= until) return;
    }
  }
}
