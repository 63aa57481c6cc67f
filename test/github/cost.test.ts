import { expect, it } from "vitest";
import { GitHubApp } from "../support/github-app.ts";
import { until } from "../support/test-app.ts";

const LINES = Array.from({ length: 12 }, (_, at) => `Paragraph ${at + 1} says one thing.`);
const DOCUMENT = `# The RFC\n\n${LINES.join("\n\n")}\n`;

it("a turn with 12 changes costs at most 8 requests, one of them a write", async () => {
  // Looks that nobody asks for come seldom, so that what is counted is the turn's own.
  await using world = await GitHubApp.start({
    document: DOCUMENT,
    environment: { GITHUB_POLL_SECONDS: "600" },
  });
  const threadId = await world.newThread();
  await idle(world);
  world.github.forgetRequests();
  await world.propose(
    threadId,
    LINES.map((line) => ({ original: line, proposed: line.replace("one thing", "another") })),
  );
  await world.shown(12);
  await idle(world);
  const asked = world.github.requests.map(
    ({ method, path, status }) => `${status} ${method} ${path}`,
  );
  const paid = world.github.matching({}).filter(({ status }) => status !== 304);
  expect(asked.length, asked.join("\n")).toBeLessThanOrEqual(8);
  expect(paid.filter(({ method, path }) => method !== "GET" && path !== "/graphql")).toHaveLength(
    1,
  );

  world.github.forgetRequests();
  await world.engine.rfcs.view("rfc");
  await world.engine.rfcs.view("rfc");
  const statuses = world.github.requests.map(({ status }) => status);
  expect(statuses.length).toBeGreaterThan(0);
  expect(new Set(statuses)).toEqual(new Set([304]));
  world.github.expectConforming();
});

/** No look is due or under way. */
async function idle(world: GitHubApp): Promise<void> {
  await until(async () => {
    const [row] = await world.app.sql<{ busy: boolean }[]>`
      select exists (
        select 1 from pull_request_looks where due_at <= now() or lease_until is not null) as busy`;
    return !row!.busy;
  }, "the end of all looks");
}
