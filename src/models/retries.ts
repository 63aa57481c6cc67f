/**
 * Trying a model provider again: only what is worth it, only before the first text was passed on, a few
 * times, and never for longer than a person waits.
 */
import { setTimeout as delay } from "node:timers/promises";

import type { Ids, Logger } from "../log.ts";
import { ModelError } from "../ports.ts";
import { watchedStream } from "./watched-stream.ts";
import type { OpenStream, Pulse } from "./watched-stream.ts";

/** What an error of a provider means. */
export interface ModelFailure {
  /** One plain sentence for the thread, in our own words. */
  sentence: string;
  /** Whether the same request may succeed a moment later. */
  retry: boolean;
  /** Whether it was the connection that failed, not the provider. */
  isAway?: boolean;
  /** How long the provider asks to be left alone, in milliseconds. */
  retryAfterMs?: number | undefined;
}

export interface RetryPolicy {
  /** Requests in all, the first one included. */
  tries: number;
  /** A provider that asks for a longer pause is not waited for. Milliseconds. */
  longestPauseMs: number;
  /** Rejects when `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const DEFAULT_RETRIES: RetryPolicy = {
  tries: 3,
  longestPauseMs: 30_000,
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal });
  },
};

export interface AttemptOptions {
  signal: AbortSignal;
  /** Silence after which a provider is given up, in milliseconds. */
  idleMs: number;
  policy: RetryPolicy;
  explain(error: unknown): ModelFailure;
  logger?: Pick<Logger, "warn"> | undefined;
  /** Of what the log says of it. */
  ids?: Ids | undefined;
  /** Told of each further request. */
  onRetry?: () => void;
}

/**
 * Yields what one attempt yields. An attempt that fails before its first item is repeated by the policy.
 *
 * @throws the reason of the signal when it is aborted; else ModelError with the sentence of the failure,
 * its cause kept.
 */
export async function* streamWithRetries<T>(
  open: OpenStream<T>,
  options: AttemptOptions,
): AsyncGenerator<T> {
  for (let attempt = 1; ; attempt += 1) {
    let begun = false;
    try {
      for await (const item of watchedStream(open, options.signal, options.idleMs)) {
        begun = true;
        yield item;
      }
      return;
    } catch (error) {
      options.signal.throwIfAborted();
      const failure = options.explain(error);
      const pauseMs = begun ? null : pauseBeforeRetry(failure, attempt, options.policy);
      if (pauseMs === null) {
        const { sentence, isAway = false } = failure;
        throw new ModelError(sentence, { cause: error, isAway });
      }
      options.logger?.warn(
        { ...options.ids, err: error, attempt, pauseMs },
        "model request failed, trying again",
      );
      options.onRetry?.();
      await pause(pauseMs, options);
    }
  }
}

/** `streamWithRetries` for a call that has one answer. */
export async function callWithRetries<T>(
  call: (signal: AbortSignal, pulse: Pulse) => Promise<T>,
  options: AttemptOptions,
): Promise<T> {
  const answers = streamWithRetries(async function* (signal, pulse) {
    yield await call(signal, pulse);
  }, options);
  for await (const answer of answers) return answer;
  throw new Error("a call yields exactly one answer");
}

/** Milliseconds to wait before the next attempt, or null when there shall be none. */
export function pauseBeforeRetry(
  failure: ModelFailure,
  attempt: number,
  policy: Pick<RetryPolicy, "tries" | "longestPauseMs">,
): number | null {
  if (!failure.retry || attempt >= policy.tries) return null;
  const backoff = 2 ** (attempt - 1) * 1000 * (0.75 + Math.random() / 2);
  const pauseMs = Math.round(failure.retryAfterMs ?? backoff);
  return pauseMs > policy.longestPauseMs ? null : pauseMs;
}

async function pause(ms: number, { policy, signal }: AttemptOptions): Promise<void> {
  try {
    await policy.sleep(ms, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
