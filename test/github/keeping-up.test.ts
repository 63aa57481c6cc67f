import { describe, expect, it } from "vitest";
import { GitHubApp, PATH } from "../support/github-app.ts";
import { DOCUMENT, until } from "../support/test-app.ts";

const SOON = { original: "after one minute", proposed: "after two minutes" };
const HEADER = { original: "carries a header", proposed: "carries a signed header" };

const isLive = (body: string): boolean => /^`{3,}suggestion\n/.test(body);

describe("a change that is decided", () => {
  it.concurrent("declined: its comment loses the block, says who and why, and its thread is resolved", async () => {
    await using world = await GitHubApp.start();
    const threadId = await world.newThread();
    await world.propose(threadId, [SOON]);
    const [comment] = await world.shown(1);
    const [change] = (await world.thread(threadId)).changes;
    await world.engine.changes.decline(change!.id, "One is enough.", world.user);
    const [closed] = await until(async () => {
      const comments = world.repository.reviewComments(world.pull);
      return !isLive(comments[0]!.body) && comments;
    });
    expect(closed!.body).toContain("was declined by Local maintainer");
    expect(closed!.body).toContain("> One is enough.");
    await until(async () => world.repository.thread(comment!.id).resolvedBy !== null);
    // Redline's own resolving is nobody's news.
    expect((await world.notes(threadId)).join()).not.toContain("resolved");
    world.github.expectConforming();
  });

  it.concurrent("deleted by somebody: it is not posted again until it is asked for", async () => {
    await using world = await GitHubApp.start();
    const threadId = await world.newThread();
    await world.propose(threadId, [SOON]);
    const [comment] = await world.shown(1);
    await world.looked();
    world.repository.deleteComment(comment!.id, "olive");
    const [change] = (await world.thread(threadId)).changes;
    await until(
      async () => (await world.engine.changes.get(change!.id)).shown?.state === "removed",
    );
    await world.looked();
    await world.looked();
    expect(world.suggestions()).toHaveLength(0);
    await world.engine.changes.suggest(change!.id);
    await world.shown(1);
  });
});

describe("a new head", () => {
  it.concurrent("leaves a comment alone that GitHub has moved along", async () => {
    await using world = await GitHubApp.start();
    const threadId = await world.newThread();
    await world.propose(threadId, [HEADER]);
    const [comment] = await world.shown(1);
    const body = comment!.body;
    await world.repository.commit(
      "feature",
      { [PATH]: `Preface.\n\n${DOCUMENT}` },
      { by: "olive" },
    );
    await until(async () => (await world.view()).document?.body.startsWith("Preface"));
    await world.looked();
    expect(world.suggestions()).toHaveLength(1);
    expect(world.repository.reviewComments(world.pull)[0]!.body).toBe(body);
  });

  it.concurrent("posts an outdated one again, once, and folds the old one", async () => {
    await using world = await GitHubApp.start();
    const threadId = await world.newThread();
    await world.propose(threadId, [SOON]);
    await world.shown(1);
    const edited = DOCUMENT.replace("lazy dog", "lazy cat");
    await world.repository.commit("feature", { [PATH]: edited }, { by: "olive" });
    const [old, fresh] = await world.shown(2);
    expect(isLive(old!.body)).toBe(false);
    expect(fresh!.body).toContain(
      "after two minutes. The quick brown fox jumps over the lazy cat.",
    );
    await world.looked();
    await world.looked();
    expect(world.suggestions()).toHaveLength(2);
    expect(world.suggestions().map(({ revision }) => revision)).toEqual([1, 2]);
  });

  it.concurrent("says that a passage is gone, and posts the change again when it comes back", async () => {
    await using world = await GitHubApp.start();
    const threadId = await world.newThread();
    await world.propose(threadId, [HEADER]);
    await world.shown(1);
    const without = DOCUMENT.replace(/Each delivery.*\n/, "Nothing is sent.\n");
    await world.repository.commit("feature", { [PATH]: without }, { by: "olive" });
    await until(async () => !isLive(world.suggestions()[0]!.comment.body));
    expect(world.suggestions()[0]!.comment.body).toContain("not located any more");
    await world.repository.commit("feature", { [PATH]: DOCUMENT }, { by: "olive" });
    const [, again] = await world.shown(2);
    expect(isLive(again!.body)).toBe(true);
  });

  it.concurrent("after a forced push the changes are located again, and people are told", async () => {
    await using world = await GitHubApp.start();
    const threadId = await world.newThread();
    await world.propose(threadId, [SOON]);
    await world.shown(1);
    const base = (await world.repository.tip("main"))!;
    const rewritten = `A new beginning.\n\n${DOCUMENT}`;
    await world.repository.commit(
      "feature",
      { [PATH]: rewritten },
      { by: "olive", parents: [base], force: true },
    );
    await until(async () => (await world.view()).document?.body === rewritten);
    await until(async () => (await world.notes(threadId)).some((note) => note.includes("outside")));
    const live = await until(async () => {
      const found = world.suggestions().filter(({ comment }) => isLive(comment.body));
      return found.length === 1 && found;
    });
    expect((await world.thread(threadId)).changes[0]).toMatchObject({
      state: "pending",
      drift: "fresh",
    });
    expect(live[0]!.comment.body).toContain("after two minutes");
  });

  it.concurrent("follows a file that is renamed", async () => {
    await using world = await GitHubApp.start();
    const threadId = await world.newThread();
    await world.propose(threadId, [SOON]);
    await world.shown(1);
    await world.repository.rename("feature", PATH, "text/0042-retries.md", { by: "olive" });
    await until(async () => (await world.view()).rfc.path === "text/0042-retries.md");
    expect((await world.view()).document?.body).toBe(DOCUMENT);
    const live = await until(async () => {
      const found = world.suggestions().filter(({ comment }) => isLive(comment.body));
      const path = found[0] && found[0].comment.thread.anchor.path;
      return found.length === 1 && path === "text/0042-retries.md" && found;
    });
    expect(live).toHaveLength(1);
  });
});

describe("what cannot be a suggestion", () => {
  it.concurrent("in conflict with another change: the first is the suggestion, the others say so", async () => {
    await using world = await GitHubApp.start();
    const threadId = await world.newThread();
    await world.propose(threadId, [
      { original: "quick brown fox", proposed: "slow fox" },
      { original: "brown fox jumps", proposed: "red fox jumps" },
    ]);
    const [first, second] = await world.shown(2);
    expect(isLive(first!.body)).toBe(true);
    expect(second!.body).not.toContain("```suggestion");
    expect(second!.body).toContain("in conflict with change 1");
    expect(second!.body).toContain("```diff\n");
    // The first is declined: the other one has its place.
    const [change] = (await world.thread(threadId)).changes;
    await world.engine.changes.decline(change!.id, undefined, world.user);
    const all = await world.shown(3);
    expect(isLive(all[2]!.body)).toBe(true);
  });

  it.concurrent("outside of the diff: a comment on the file, with the whole proposal", async () => {
    const long = `${Array.from({ length: 60 }, (_, at) => `Line ${at + 1}.`).join("\n")}\n`;
    await using world = await GitHubApp.start({
      files: { [PATH]: long },
      document: long.replace("Line 2.", "Line two."),
    });
    const threadId = await world.newThread();
    await world.propose(threadId, [{ original: "Line 40.", proposed: "Line forty." }]);
    const [comment] = await world.shown(1);
    expect(comment!.body).toContain("-Line 40.\n+Line forty.");
    expect(comment!.body).toContain("not in the diff");
    expect(comment!.body).toMatch(/\/blob\/[0-9a-f]{40}\/text\/0001-retries\.md\?plain=1#L40/);
    world.github.expectConforming();
  });

  it.concurrent("where the file is not in the diff at all: a comment below the pull request", async () => {
    await using world = await GitHubApp.start({
      files: { [PATH]: DOCUMENT },
      prepare: async (repository) => {
        await repository.commit("feature", { "other.md": "Other\n" }, { by: "olive" });
        return repository.openPull({ head: "feature", title: "Other", author: "olive" });
      },
      register: false,
    });
    const location = { repository: "acme/rfcs", path: PATH, branch: "feature" };
    await world.engine.rfcs.register({ slug: "rfc", ...location });
    const threadId = await world.newThread();
    await world.propose(threadId, [SOON]);
    const [comment] = await until(async () => {
      const found = world.repository.issueComments(world.pull);
      return found.length === 1 && found;
    });
    expect(comment!.body).toContain("```diff\n");
    expect(comment!.body).toContain("after two minutes");
    await world.looked();
    expect(world.repository.issueComments(world.pull)).toHaveLength(1);
  });

  it.concurrent("a refused suggestion is shown as a diff, and the others as suggestions", async () => {
    await using world = await GitHubApp.start();
    const threadId = await world.newThread();
    world.github.fault({
      method: "POST",
      path: /\/reviews$/,
      times: 1,
      status: 422,
      body: { message: "Unprocessable Entity", errors: ["Line could not be resolved"] },
    });
    world.github.fault({
      method: "POST",
      path: /\/reviews$/,
      times: 1,
      status: 422,
      body: { message: "Unprocessable Entity", errors: ["Line could not be resolved"] },
    });
    await world.propose(threadId, [SOON, HEADER]);
    const comments = await world.shown(2);
    expect(comments.filter(({ body }) => isLive(body))).toHaveLength(1);
    expect(comments.filter(({ body }) => body.includes("did not take it"))).toHaveLength(1);
    await world.looked();
    await world.looked();
    expect(world.suggestions()).toHaveLength(2);
  });
});

it.concurrent("one pull request that ends and another from the same branch: each says what it has to", async () => {
  await using world = await GitHubApp.start();
  const threadId = await world.newThread();
  await world.propose(threadId, [SOON]);
  await world.shown(1);
  await world.looked();
  // Nobody looks in between.
  await world.app.sql`update pull_request_looks set lease_until = now() + interval '1 second'`;
  world.repository.closePull(world.pull, "olive");
  const next = await world.repository.openPull({
    head: "feature",
    title: "Again",
    author: "olive",
  });
  await until(async () => (await world.view()).pullRequest?.number === next);
  await world.looked();
  expect((await world.thread(threadId)).changes[0]!.state).toBe("withdrawn");
  expect(isLive(world.suggestions()[0]!.comment.body)).toBe(false);
  expect(world.repository.issueComments(world.pull)).toHaveLength(1);
  await world.propose(threadId, [HEADER]);
  await until(async () => world.repository.reviewComments(next).length === 1);
  expect((await world.view()).reviewProblem).toBeNull();
});

it.concurrent("posts only what somebody asks for, where a repository wants it so", async () => {
  await using world = await GitHubApp.start();
  await world.engine.rfcs.chooseSuggestionMode("rfc", "on_request");
  const threadId = await world.newThread();
  await world.propose(threadId, [SOON, HEADER]);
  await world.looked();
  await world.looked();
  expect(world.suggestions()).toHaveLength(0);
  const { changes } = await world.thread(threadId);
  await world.engine.changes.suggest(changes[1]!.id);
  const [comment] = await world.shown(1);
  expect(comment!.body).toContain("signed header");
  await world.engine.rfcs.chooseSuggestionMode("rfc", "automatic");
  await world.shown(2);
});

it.concurrent("posts what is pending when the pull request is opened later", async () => {
  await using world = await GitHubApp.start({
    prepare: async (repository) => {
      await repository.commit("feature", { [PATH]: DOCUMENT }, { by: "olive" });
      return 1;
    },
    register: false,
  });
  const location = { repository: "acme/rfcs", path: PATH, branch: "feature" };
  await world.engine.rfcs.register({ slug: "rfc", ...location });
  const threadId = await world.newThread();
  await world.propose(threadId, [SOON]);
  expect((await world.view()).pullRequest).toBeNull();
  await world.repository.openPull({ head: "feature", title: "Retries", author: "olive" });
  await world.shown(1);
  expect((await world.view()).pullRequest).toMatchObject({ number: 1, state: "open" });
});
