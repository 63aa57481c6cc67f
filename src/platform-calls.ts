/** How the calls to a platform are counted, whatever makes them. */
import type { Metrics } from "./metrics.ts";
import { secondsSince } from "./metrics.ts";

export interface PlatformCalls {
  /**
   * For each call that goes out.
   * @param method a pattern without ids, for its values are to be few
   * @returns to be told the result once: `ok`, an HTTP status, an error's name, or `unreachable`
   */
  begin(method: string): (result: string) => void;
  /** Noted where the platform put a call off. @param seconds null where it does not say for how long */
  limited(seconds: number | null): void;
}

export function platformCalls(metrics: Metrics, platform: string): PlatformCalls {
  return {
    begin(method) {
      const begun = performance.now();
      return (result) => {
        metrics.count("platform_calls_total", { platform, method, result });
        metrics.observe("platform_call_seconds", { platform }, secondsSince(begun));
      };
    },
    limited(seconds) {
      metrics.count("platform_limited_total", { platform });
      if (seconds === null) return;
      metrics.count("platform_limited_seconds_total", { platform }, seconds);
    },
  };
}
