/** A plugin of Octokit that counts every request that goes out, each repetition of one by itself. */
import type { Octokit } from "@octokit/rest";
import type { Metrics } from "../../src/metrics.ts";
import { secondsSince } from "../../src/metrics.ts";
import { limitedUntil, statusOf } from "./failures.ts";

const platform = "github";

export function countedRequests({ hook }: Pick<Octokit, "hook">): Record<string, never> {
  hook.wrap("request", async (request, options) => {
    const { metrics } = options.request as { metrics?: Metrics };
    if (metrics === undefined) return await request(options);
    const begun = performance.now();
    const method = `${options.method} ${patternOf(options.url)}`;
    try {
      const answer = await request(options);
      metrics.count("platform_calls_total", { platform, method, result: "ok" });
      return answer;
    } catch (error) {
      const status = (error as { response?: unknown }).response ? statusOf(error) : null;
      const result = status === 304 ? "ok" : String(status ?? "unreachable");
      metrics.count("platform_calls_total", { platform, method, result });
      const now = new Date();
      const until = limitedUntil(error, now);
      if (until !== null) {
        metrics.count("platform_limited_total", { platform });
        const seconds = Math.max(0, until.getTime() - now.getTime()) / 1_000;
        metrics.count("platform_limited_seconds_total", { platform }, seconds);
      }
      throw error;
    } finally {
      metrics.observe("platform_call_seconds", { platform }, secondsSince(begun));
    }
  });
  return {};
}

/** A pattern of Octokit's own stays; the address of a next page is one path for all of them. */
function patternOf(url: string): string {
  return url.startsWith("/") ? url.split("?", 1)[0]! : "(next page)";
}
