/** What a call of a chat platform means that failed without a word of why, or because there were too many. */
import { HostBusy } from "../ports.ts";
import { SendUncertain } from "./chat-platform.ts";

/** How long a platform is left alone where it names no time, in milliseconds. */
const UNREACHABLE_MS = 5_000;

/** No connection was made, so nothing was sent. */
const NOT_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Platforms by the names that people know. */
export type PlatformTitle = "Slack" | "Discord";

/**
 * No answer came.
 *
 * @param call whether it might have changed something; `now` in milliseconds since 1970
 */
export function lostCall(
  platform: PlatformTitle,
  error: unknown,
  { isWrite, now }: { isWrite: boolean; now: number },
): SendUncertain | HostBusy {
  if (isWrite && !wasNotSent(error)) {
    return new SendUncertain(`${platform}'s answer was lost`, { cause: error });
  }
  const words = `${platform} does not answer; Redline tries again by itself.`;
  return new HostBusy(words, new Date(now + UNREACHABLE_MS), { cause: error });
}

/** It takes no more of these calls until a moment, in milliseconds since 1970. */
export function busyUntil(
  platform: PlatformTitle,
  retryAt: number,
  options: ErrorOptions = {},
): HostBusy {
  const time = new Date(Math.ceil(retryAt / 1_000) * 1_000).toISOString().slice(11, 19);
  const words = `${platform} takes no more of these calls until ${time} UTC; Redline goes on by itself then.`;
  return new HostBusy(words, new Date(retryAt), options);
}

function wasNotSent(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth += 1) {
    if (NOT_SENT.has(String((at as NodeJS.ErrnoException).code))) return true;
    at = at instanceof AggregateError ? (at.errors as unknown[])[0] : at.cause;
  }
  return false;
}
