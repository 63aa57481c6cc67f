/** Waiting with a bound. */

/** Resolves after `ms`, or as soon as `signal` aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}

/** Aborts with the first of others, for as long as it is used. */
export interface JoinedSignal extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * As `AbortSignal.any`, for a signal that lives shorter than the others: what that makes is kept by Node until the
 * last of them is gone (https://github.com/nodejs/node/issues/64476). This one they forget when it is disposed of.
 */
export function joinSignals(...given: readonly (AbortSignal | null | undefined)[]): JoinedSignal {
  const signals = given.filter((signal) => signal != null);
  const joined = new AbortController();
  const abort = (): void => {
    const first = signals.find(({ aborted }) => aborted);
    if (first) joined.abort(first.reason);
  };
  abort();
  for (const signal of signals) signal.addEventListener("abort", abort);
  return {
    signal: joined.signal,
    [Symbol.dispose]() {
      for (const signal of signals) signal.removeEventListener("abort", abort);
    },
  };
}

/** Whether the promise settled, either way, within `ms`. A rejection that comes later is swallowed. */
export async function settledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Symbol("late");
  const stop = new AbortController();
  const settled = promise.then(
    () => null,
    () => null,
  );
  const first = await Promise.race([settled, pause(ms, stop.signal).then(() => late)]);
  stop.abort();
  return first !== late;
}

/** Runs so many pieces of work at once; whatever comes later waits its turn. */
export class FewAtOnce {
  readonly #waiting: (() => void)[] = [];
  readonly #most: number;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** How many run. */
  get taken(): number {
    return this.#taken;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken < this.#most) this.#taken += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#taken -= 1;
    }
  }
}

const PERSIST_MS = 500;

/**
 * What `act` resolves with, tried again for up to `forMs` while it rejects: for what a worker gives back after an
 * outage, which others would otherwise wait for until its lease is over. Keeps no process alive.
 */
export async function persist<T>(act: () => Promise<T>, forMs: number): Promise<T> {
  const until = performance.now() + forMs;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, PERSIST_MS).unref());
    }
  }
}

/** The promise's outcome, or a rejection that says `what` took too long. */
export async function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  if (await settledWithin(promise, ms)) return promise;
  throw new Error(`${what} did not answer within ${ms} ms`);
}
