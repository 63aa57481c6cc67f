/** What the crowds of both platforms have in common. */

export const PEOPLE = 60;
/** Each may give a few commands a minute. */
export const ADMINS = 25;
export const CHANNEL_THREADS = 10;
export const COMMANDS = ["status", "changes", "help"] as const;

/** How many messages can still be edited or deleted by who wrote them. */
const KEPT = 200;

export const allOf = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

/** What was said last. */
export class Recent<T> {
  readonly #items: T[] = [];

  add(item: T): void {
    this.#items.push(item);
    if (this.#items.length > KEPT) this.#items.shift();
  }

  look(n: number): T | undefined {
    return this.#items[n % this.#items.length];
  }

  /** The oldest, which is gone then. */
  take(): T | undefined {
    return this.#items.shift();
  }
}
