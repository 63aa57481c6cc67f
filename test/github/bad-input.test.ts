/** Trouble on GitHub: a clear word where people look, nothing lost, resumed by itself. */
import { describe, expect, it } from "vitest";
import { GitHubApp, PATH, REPOSITORY } from "../support/github-app.ts";
import { until } from "../support/test-app.ts";

const SOON = { original: "after one minute", proposed: "after two minutes", reason: "Too short." };

describe("access", () => {
  it.concurrent("a revoked token is named in the console and in the thread", async () => {
    await using world = await GitHubApp.start();
    const threadId = await world.newThread();
    await world.propose(threadId, [SOON]);
    await world.shown(1);
    await world.looked();
    world.github.revokeToken(world.environment["GITHUB_TOKEN"]!);
    const { reviewProblem } = await until(async () => {
      const view = await world.view();
      return view.reviewProblem !== null && view;
    });
    expect(reviewProblem).toMatch(/GITHUB_TOKEN/);
    await until(async () =>
      (await world.notes(threadId)).some((note) => note.includes("GITHUB_TOKEN")),
    );
    const [change] = (await world.thread(threadId)).changes;
    await world.engine.changes.accept(change!.id, world.user);
    const returned = await until(async () => {
      const now = await world.engine.changes.get(change!.id);
      return now.state === "pending" && now.failure !== null && now;
    });
    expect(returned.failure).toMatch(/was not committed: .*GITHUB_TOKEN/);
  });

  it.concurrent.each(["suspended", "uninstalled from the repository"])(
    "an App that was %s says so, and goes on by itself once it may",
    async (how) => {
      await using world = await GitHubApp.start({
        credentials: "app",
        webhooks: true,
        private: true,
      });
      const installation = world.installation!;
      const threadId = await world.newThread();
      await world.looked();
      if (how === "suspended") world.github.suspend(installation);
      else world.github.removeFromInstallation(installation, REPOSITORY);
      await until(async () => (await world.view()).reviewProblem);
      const { reviewProblem } = await world.view();
      expect(reviewProblem).toMatch(how === "suspended" ? /suspended/ : /may read/);
      if (how === "suspended") world.github.unsuspend(installation);
      else world.github.addToInstallation(installation, REPOSITORY);
      await until(async () => (await world.view()).reviewProblem === null);
      await world.propose(threadId, [SOON]);
      await world.shown(1);
    },
  );
});

describe("limits", () => {
  it.concurrent("a secondary limit for an hour: people are told until when, and nothing is lost", async () => {
    await using world = await GitHubApp.start();
    const threadId = await world.newThread();
    await world.looked();
    world.github.startSecondaryLimit({ retryAfterSeconds: 3_600, onlyContent: true });
    await world.propose(threadId, [SOON]);
    const { reviewProblem } = await until(async () => {
      const view = await world.view();
      return view.reviewProblem !== null && view;
    });
    expect(reviewProblem).toMatch(/GitHub/);
    await until(async () => (await world.notes(threadId)).join().includes(reviewProblem!));
    const [due] = await world.app.sql<{ inS: number }[]>`
      select extract(epoch from due_at - now())::int as in_s from pull_request_looks`;
    expect(due!.inS).toBeGreaterThan(3_000);
    // An accept under the limit stands, and is to be committed afterwards.
    const [change] = (await world.thread(threadId)).changes;
    await world.engine.changes.accept(change!.id, world.user);
    await until(async () => (await world.engine.changes.get(change!.id)).failure);
    expect((await world.engine.changes.get(change!.id)).state).toBe("accepting");
  });

  it.concurrent("goes on by itself once a limit is over", async () => {
    await using world = await GitHubApp.start();
    const threadId = await world.newThread();
    await world.looked();
    // Longer than a request waits itself.
    world.github.startSecondaryLimit({ retryAfterSeconds: 12, milliseconds: 12_000 });
    await world.propose(threadId, [SOON]);
    await world.shown(1);
    expect(world.github.count({ status: [403, 429] })).toBeLessThanOrEqual(5);
  });

  it.concurrent("a proposal too long for a comment is told with a link, and never cut silently", async () => {
    await using world = await GitHubApp.start();
    const threadId = await world.newThread();
    const long = Array.from({ length: 560 }, (_, at) => `${at} ${"word ".repeat(20)}`).join("\n");
    await world.propose(threadId, [{ ...SOON, proposed: long }]);
    const [comment] = await world.shown(1);
    expect(comment!.body.length).toBeLessThanOrEqual(65_536);
    expect(comment!.body).toContain("too long");
    expect(comment!.body).toMatch(/more lines.*\/rfcs\/rfc\/threads\//s);
    world.github.expectConforming();
  });
});

it.concurrent("a branch that is deleted: the console says it, and goes on when it is back", async () => {
  await using world = await GitHubApp.start();
  const tip = (await world.repository.tip("feature"))!;
  await world.repository.deleteBranch("feature", "olive");
  await until(async () => (await world.view()).problem);
  expect((await world.view()).problem).toMatch(/feature/);
  await world.repository.setBranch("feature", tip, "olive");
  await until(async () => (await world.view()).problem === null);
});

it.concurrent("a document that has grown over the limit is named, and the pull request stays as it is", async () => {
  await using world = await GitHubApp.start();
  const threadId = await world.newThread();
  await world.propose(threadId, [SOON]);
  await world.shown(1);
  await world.repository.commit("feature", { [PATH]: "x".repeat(1_100_000) }, { by: "olive" });
  await until(async () => (await world.view()).problem);
  expect((await world.view()).problem).toMatch(/1100000 bytes/);
  expect(world.suggestions()).toHaveLength(1);
});

it.concurrent("nothing is posted on a merged pull request", async () => {
  await using world = await GitHubApp.start();
  const threadId = await world.newThread();
  await world.looked();
  await world.repository.mergePull(world.pull, "olive");
  await until(async () => (await world.view()).pullRequest?.state === "merged");
  await world.propose(threadId, [SOON]);
  await world.looked();
  expect(world.suggestions()).toHaveLength(0);
  const [change] = (await world.thread(threadId)).changes;
  expect(change!.state).toBe("pending");
  await expect(world.engine.changes.suggest(change!.id)).rejects.toThrow(/no open pull request/);
});
