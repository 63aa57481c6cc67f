/** A plugin of Octokit that bounds what becomes of one call; outermost of all. */
import type { Octokit } from "@octokit/rest";
import { HostBusy } from "../../src/ports.ts";
import { joinSignals } from "../../src/waiting.ts";
import { isRead } from "./conditional-requests.ts";

const AGAIN_AFTER_MS = 4_000;

/**
 * Writes are sent once, whoever makes them: only their caller can look whether one took effect before it
 * repeats it. A call that is over its time is given up, and is then not sent any more from a queue either.
 */
export function boundedRequests({ hook }: Pick<Octokit, "hook">): Record<string, never> {
  hook.wrap("request", async (request, options) => {
    const own = options.request as { timeoutMs?: number; signal?: AbortSignal };
    const deadline = AbortSignal.timeout(own.timeoutMs ?? 60_000);
    const late = lateness(deadline);
    using either = joinSignals(deadline, own.signal);
    const { signal } = either;
    const retries = isRead(options) ? {} : { retries: 0 };
    // Calls that bring none of these of their own are given one object, all of them the same; and what is
    // within this plugin sees `options` alone, not what it is called with.
    Object.assign(options, { request: { ...options.request, ...retries, signal } });
    return await Promise.race([request(options), late]);
  });
  return {};
}

function lateness(deadline: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = (): void => {
      const retryAt = new Date(Date.now() + AGAIN_AFTER_MS);
      reject(new HostBusy("GitHub does not answer in time: try again in a moment.", retryAt));
    };
    deadline.addEventListener("abort", give, { once: true });
  });
}
