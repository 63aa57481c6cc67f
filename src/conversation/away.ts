import { ModelError } from "../ports.ts";

const MS = { first: 1_000, longest: 5_000 };

/**
 * Milliseconds before a model that could not be reached is asked again by the same attempt; null when it is not.
 * It comes back by itself far more often than anybody would notice who asked. Pure.
 *
 * @param tries requests of this attempt so far
 * @param patience `waitedMs` of `longestMs` are spent
 */
export function pauseWhileAway(
  error: unknown,
  tries: number,
  patience: { waitedMs: number; longestMs: number },
): number | null {
  if (!(error instanceof ModelError) || !error.isAway) return null;
  const pauseMs = Math.min(MS.first * 2 ** (tries - 1), MS.longest);
  return patience.waitedMs + pauseMs > patience.longestMs ? null : pauseMs;
}
