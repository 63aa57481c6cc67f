import { describe, expect, it } from "vitest";
import { createPrometheusMetrics } from "../../../adapters/metrics/prometheus.ts";

describe("the page", () => {
  it("adds up what is watched under one name, until that ends", async () => {
    const metrics = createPrometheusMetrics({ sources: [] });
    metrics.watch("open_streams", {}, () => 2);
    const end = metrics.watch("open_streams", {}, () => 3);
    expect(await metrics.render()).toMatch(/^redline_open_streams 5$/m);
    end();
    expect(await metrics.render()).toMatch(/^redline_open_streams 2$/m);
  });

  it("reads what is shared once in a while, however often it is asked for", async () => {
    let readings = 0;
    const metrics = createPrometheusMetrics({
      sources: [
        () => {
          readings += 1;
          const labels = { queue: "inbox" };
          return Promise.resolve([{ name: "queue_depth" as const, labels, value: readings }]);
        },
      ],
      cacheMs: 60_000,
    });
    await Promise.all([metrics.render(), metrics.render()]);
    expect(await metrics.render()).toMatch(/^redline_queue_depth\{queue="inbox"\} 1$/m);
    expect(readings).toBe(1);
  });

  it("goes on without a source that fails, tells so, and asks it again", async () => {
    let works = false;
    const metrics = createPrometheusMetrics({
      sources: [
        () =>
          works
            ? Promise.resolve([{ name: "changes" as const, labels: { state: "stale" }, value: 4 }])
            : Promise.reject(new Error("away")),
      ],
    });
    metrics.count("decisions_total", { verdict: "accept" });
    const first = await metrics.render();
    expect(first).toMatch(/^redline_decisions_total\{verdict="accept"\} 1$/m);
    expect(first).toMatch(/^redline_failed_readings_total 1$/m);
    works = true;
    expect(await metrics.render()).toMatch(/^redline_changes\{state="stale"\} 4$/m);
  });

  it("tells as 0 what can come, since a counter that first appears with 1 has not grown", async () => {
    const metrics = createPrometheusMetrics({ sources: [] });
    expect(await metrics.render()).toMatch(/^redline_commits_total\{result="given_up"\} 0$/m);
    metrics.count("events_total", { source: "slack", kind: "message", result: "new" });
    const page = await metrics.render();
    const shown = (result: string): string | undefined =>
      new RegExp(
        `^redline_events_total\\{source="slack",kind="message",result="${result}"\\} (.*)$`,
        "m",
      ).exec(page)?.[1];
    expect(["new", "known", "not_stored"].map(shown)).toEqual(["1", "0", "0"]);
  });

  it("passes over what is no amount", async () => {
    const metrics = createPrometheusMetrics({ sources: [] });
    for (const amount of [Number.NaN, -1, Number.POSITIVE_INFINITY, 3]) {
      metrics.count("model_tokens_total", { model: "m", kind: "input" }, amount);
      metrics.observe("turn_wait_seconds", {}, amount);
    }
    const page = await metrics.render();
    expect(page).toMatch(/^redline_model_tokens_total\{model="m",kind="input"\} 3$/m);
    expect(page).toMatch(/^redline_turn_wait_seconds_count 1$/m);
  });

  it("keeps the number of series bounded", async () => {
    const metrics = createPrometheusMetrics({ sources: [] });
    for (let n = 0; n < 2_000; n += 1) {
      const labels = { platform: "slack", method: `m${n}`, result: "ok" };
      metrics.count("platform_calls_total", labels);
    }
    const lines = (await metrics.render()).match(/^redline_platform_calls_total\{/gm);
    expect(lines).toHaveLength(501);
    expect(await metrics.render()).toMatch(
      /^redline_platform_calls_total\{platform="other",method="other",result="other"\} 1500$/m,
    );
  });
});
