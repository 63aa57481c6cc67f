/** What is told of a pull request's way: webhooks in, suggestions and a commit out, and GitHub's own limits. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { GitHubApp } from "../support/github-app.ts";
import { until } from "../support/test-app.ts";

let world: GitHubApp;

beforeAll(async () => {
  world = await GitHubApp.start({ webhooks: true });
  const threadId = await world.newThread();
  await world.propose(threadId, [
    { original: "after one minute", proposed: "after two minutes" },
    { original: "carries a header", proposed: "carries a signed header" },
  ]);
  await world.shown(2);
  world.github.startSecondaryLimit({ retryAfterSeconds: 1, times: 1 });
  const [change] = (await world.thread(threadId)).changes;
  await world.engine.changes.accept(change!.id, world.user);
  await until(async () => (await world.engine.changes.get(change!.id)).state === "accepted");
  await world.looked();
});
afterAll(() => world[Symbol.asyncDispose]());

const text = async (): Promise<string> => (await fetch(`${world.app.url}/metrics`)).text();

it.each([
  ['redline_events_total{source="github",kind="push",result="new"}', 1],
  ['redline_events_total{source="github",kind="push",result="not_stored"}', 0],
  ['redline_acknowledgement_seconds_count{source="github"}', 1],
  ['redline_suggestions_total{outcome="posted"}', 2],
  ['redline_commits_total{result="committed"}', 1],
  ['redline_branch_moves_total{result="moved"}', 1],
  ['redline_platform_limited_total{platform="github"}', 1],
  ['redline_platform_limited_seconds_total{platform="github"}', 1],
  ['redline_platform_call_seconds_count{platform="github"}', 10],
  ['redline_queue_oldest_seconds{queue="pull_requests"}', 0],
])("%s is at least %d", async (series, least) => {
  const found = await until(async () => {
    const line = (await text()).split("\n").find((one) => one.startsWith(`${series} `));
    const value = line === undefined ? null : Number(line.slice(series.length));
    return value !== null && value >= least && { value };
  }, series);
  expect(found.value).toBeGreaterThanOrEqual(least);
});

it("names calls by their pattern", async () => {
  const page = await text();
  expect(page).toContain(
    'redline_platform_calls_total{platform="github",method="POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews",result="ok"} 1',
  );
  const methods = [...page.matchAll(/platform="github",method="([^"]*)"/g)].map(([, one]) => one!);
  expect(methods.filter((one) => /acme|\d/.test(one))).toEqual([]);
});

it("puts an accepted change's suggestion aside", async () => {
  await until(async () => {
    const outcomes = [
      ...(await text()).matchAll(
        /suggestions_total\{outcome="(?:resolved|minimized|removed|edited)"\} (\d+)/g,
      ),
    ];
    return outcomes.some(([, count]) => Number(count) > 0);
  }, "the outcome");
});
