/**
 * Reading a provider's stream with two guards: the caller's abort ends it at once, whatever the SDK below
 * does about it, and a provider that falls silent is given up.
 */

/** The provider sent nothing for too long. */
export class ModelSilence extends Error {
  override readonly name = "ModelSilence";
  /** How long nothing came, in milliseconds. */
  readonly ms: number;

  constructor(ms: number) {
    super(`nothing came for ${ms} ms`);
    this.ms = ms;
  }
}

/** Signs of life while a stream is open. */
export interface Pulse {
  /** Something arrived on the wire, perhaps only a keep-alive. */
  bytes(): void;
  /** Something arrived that moves the answer on, also where nobody sees it (reasoning, usage). */
  progress(): void;
}

/**
 * Keep-alives alone hold a stream open for this many idle times: a model may think for minutes behind
 * nothing but pings, but not for ever.
 */
const KEEP_ALIVE_FACTOR = 10;

export type OpenStream<T> = (signal: AbortSignal, pulse: Pulse) => AsyncIterable<T>;

/**
 * Yields what `open` yields. The time that the consumer takes between two items does not count as silence.
 *
 * @throws the reason of `signal` promptly once it is aborted; ModelSilence after `idleMs` milliseconds
 * without a sign of life; else what the stream throws.
 */
export async function* watchedStream<T>(
  open: OpenStream<T>,
  signal: AbortSignal,
  idleMs: number,
): AsyncGenerator<T> {
  signal.throwIfAborted();
  const guard = createGuard(signal, idleMs);
  let iterator: AsyncIterator<T> | undefined;
  try {
    iterator = open(guard.signal, guard.pulse)[Symbol.asyncIterator]();
    for (;;) {
      const result = await guard.next(iterator);
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    guard.close();
    // Not awaited: behind a stuck `next` it would never settle.
    iterator?.return?.().catch(() => undefined);
  }
}

function createGuard(signal: AbortSignal, idleMs: number) {
  const controller = new AbortController();
  let giveUp = (_reason: unknown): void => {};
  let timer: NodeJS.Timeout | undefined;
  let lastProgress = performance.now();

  const stop = (reason: unknown): void => {
    giveUp(reason);
    controller.abort(reason);
  };
  const onAbort = (): void => stop(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });

  const rearm = (): void => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = setTimeout(() => stop(new ModelSilence(idleMs)), idleMs);
  };
  const pulse: Pulse = {
    bytes() {
      if (performance.now() - lastProgress < idleMs * KEEP_ALIVE_FACTOR) rearm();
    },
    progress() {
      lastProgress = performance.now();
      rearm();
    },
  };

  return {
    signal: controller.signal,
    pulse,
    next<T>(iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
      // An abort that came while the consumer was busy was seen by nobody yet.
      controller.signal.throwIfAborted();
      lastProgress = performance.now();
      return new Promise<IteratorResult<T>>((resolve, reject) => {
        giveUp = reject;
        timer = setTimeout(() => stop(new ModelSilence(idleMs)), idleMs);
        iterator.next().then(resolve, reject);
      }).finally(() => {
        clearTimeout(timer);
        timer = undefined;
      });
    },
    close(): void {
      signal.removeEventListener("abort", onAbort);
      controller.abort();
    },
  };
}
