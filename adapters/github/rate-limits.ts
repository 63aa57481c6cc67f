/** A plugin of Octokit that leaves GitHub alone for as long as it wants to be. */
import type { Octokit } from "@octokit/rest";
import { pause } from "../../src/waiting.ts";
import { isRead } from "./conditional-requests.ts";
import { busyUntil, limitedUntil } from "./failures.ts";
import type { TakeSlot } from "./throttling.ts";

/** A read waits this long for the end of a limit, in milliseconds; GitHub counts in seconds. */
const PATIENCE_MS = 11_000;

/**
 * Once GitHub has refused one request for a limit, the account's others are refused here until it is over:
 * whoever goes on asking is banned. Source: docs.github.com, "Rate limits for the REST API".
 */
export function rateLimits({ hook }: Pick<Octokit, "hook">): Record<string, never> {
  let until = new Date(0);
  hook.wrap("request", async (request, options) => {
    const { takeSlot } = options.request as { takeSlot?: TakeSlot };
    await pause((await takeSlot?.(options)) ?? 0, options.request.signal);
    const wait = until.getTime() - Date.now();
    if (wait > (isRead(options) ? PATIENCE_MS : 0)) throw busyUntil(until);
    if (wait > 0) await pause(wait, options.request.signal);
    try {
      return await request(options);
    } catch (error) {
      const limited = limitedUntil(error, new Date());
      if (limited !== null && limited > until) until = limited;
      throw error;
    }
  });
  return {};
}
