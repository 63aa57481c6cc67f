/** A plugin of Octokit that counts every request that goes out, each repetition of one by itself. */
import type { Octokit } from "@octokit/rest";
import type { Metrics } from "../../src/metrics.ts";
import { platformCalls } from "../../src/platform-calls.ts";
import { limitedUntil, statusOf } from "./failures.ts";

export function countedRequests({ hook }: Pick<Octokit, "hook">): Record<string, never> {
  hook.wrap("request", async (request, options) => {
    const { metrics } = options.request as { metrics?: Metrics };
    if (metrics === undefined) return await request(options);
    const calls = platformCalls(metrics, "github");
    const ended = calls.begin(`${options.method} ${patternOf(options.url)}`);
    try {
      const answer = await request(options);
      ended("ok");
      return answer;
    } catch (error) {
      ended(resultOf(error));
      const now = new Date();
      const until = limitedUntil(error, now);
      if (until !== null) calls.limited(Math.max(0, until.getTime() - now.getTime()) / 1_000);
      throw error;
    }
  });
  return {};
}

/** What was asked for only if it had changed, and has not, came as well. */
function resultOf(error: unknown): string {
  const status = (error as { response?: unknown }).response ? statusOf(error) : null;
  return status === 304 ? "ok" : String(status ?? "unreachable");
}

/** A pattern of Octokit's own stays; the address of a next page is one path for all of them. */
function patternOf(url: string): string {
  return url.startsWith("/") ? url.split("?", 1)[0]! : "(next page)";
}
