import { describe, expect, it } from "vitest";
import { HttpClient } from "../support/http-client.ts";
import { GitHubApp, PATH, REPOSITORY } from "../support/github-app.ts";
import { DOCUMENT, until } from "../support/test-app.ts";

interface RegisteredRfc {
  slug: string;
  title: string;
  repository: string;
  path: string;
  branch: string;
}

const register = (world: GitHubApp, body: object) =>
  new HttpClient(world.app.url!).json<RegisteredRfc>("POST", "/api/rfcs", body);

describe("an RFC is found", () => {
  it("from the address of a pull request alone", async () => {
    await using world = await GitHubApp.start({ register: false });
    const repository = `${world.github.htmlUrl}/${REPOSITORY}/pull/1/files?diff=split#top`;
    const { status, body } = await register(world, { repository });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      slug: "0001-retries",
      title: "The RFC",
      repository: REPOSITORY,
      path: PATH,
      branch: "feature",
    });
    expect((await register(world, { repository })).body.detail).toContain("discussed already");
  });

  it("from the repository and the branch of its pull request", async () => {
    await using world = await GitHubApp.start({ register: false });
    const { body } = await register(world, { repository: REPOSITORY, branch: "feature" });
    expect(body).toMatchObject({ path: PATH, branch: "feature" });
  });

  it("from the repository alone, while it has one open pull request", async () => {
    await using world = await GitHubApp.start({ register: false });
    expect((await register(world, { repository: REPOSITORY })).body).toMatchObject({ path: PATH });
    await world.repository.commit("other", { "text/2.md": "# Two\n" }, { by: "olive" });
    await world.repository.openPull({ head: "other", title: "Two", author: "olive" });
    const { status, body } = await register(world, { repository: REPOSITORY });
    expect(status).toBe(422);
    expect(body.detail).toContain("several open pull requests");
    expect(body.detail).toContain(`${world.github.htmlUrl}/${REPOSITORY}/pull/2 (Two)`);
  });

  it("on the default branch, where only the path is given", async () => {
    await using world = await GitHubApp.start({ register: false });
    const { body } = await register(world, { repository: REPOSITORY, path: "README.md" });
    expect(body).toMatchObject({ path: "README.md", branch: "main", title: "RFCs" });
  });
});

it("a repository's only pull request is meant by the path of one of its documents", async () => {
  await using world = await GitHubApp.start({
    register: false,
    prepare: async (repository) => {
      await repository.commit("feature", { "a.md": "# A\n", "b.md": "# B\n" }, { by: "olive" });
      return repository.openPull({ head: "feature", title: "X", author: "olive" });
    },
  });
  const asked = await register(world, { repository: REPOSITORY });
  expect(asked.body.detail).toMatch(/give the path of the one that is discussed: a\.md, b\.md/);
  const given = await register(world, { repository: REPOSITORY, path: "b.md" });
  expect(given.body).toMatchObject({ path: "b.md", branch: "feature", title: "B" });
});

it.each([
  ["no Markdown file", { "src/x.ts": "x\n" }, /changes no Markdown file; give the path/],
  ["several", { "a.md": "# A\n", "b.md": "# B\n" }, /several Markdown files.*: a\.md, b\.md\./],
])("a pull request with %s asks for the path", async (_, files, says) => {
  await using world = await GitHubApp.start({
    register: false,
    prepare: async (repository) => {
      await repository.commit("feature", files, { by: "olive" });
      return repository.openPull({ head: "feature", title: "X", author: "olive" });
    },
  });
  const repository = `${world.github.htmlUrl}/${REPOSITORY}/pull/1`;
  const { status, body } = await register(world, { repository });
  expect(status).toBeGreaterThanOrEqual(400);
  expect(body.detail).toMatch(says);
  if ("a.md" in files) {
    const given = await register(world, { repository, path: "b.md" });
    expect(given.body).toMatchObject({ path: "b.md", title: "B" });
  }
});

it("a pull request from a fork: suggestions only, and that is said before anyone accepts", async () => {
  await using world = await GitHubApp.start({
    register: false,
    prepare: async (repository, github) => {
      const fork = await github.fork(REPOSITORY, "contributor");
      await fork.commit("patch-1", { [PATH]: DOCUMENT }, { by: "contributor" });
      return repository.openPull({
        head: "contributor:patch-1",
        title: "Mine",
        author: "contributor",
      });
    },
  });
  const repository = `${world.github.htmlUrl}/${REPOSITORY}/pull/1`;
  const { body } = await register(world, { repository, slug: "rfc" });
  expect(body).toMatchObject({ repository: REPOSITORY, branch: "patch-1", path: PATH });
  await until(async () => (await world.view()).pullRequest?.readOnly);
  const { pullRequest } = await world.view();
  expect(pullRequest!.readOnly).toMatch(/contributor.*suggestions/i);
  const threadId = await world.newThread();
  await world.propose(threadId, [{ original: "after one minute", proposed: "after two minutes" }]);
  const [comment] = await world.shown(1);
  const [change] = (await world.thread(threadId)).changes;
  await expect(world.engine.changes.accept(change!.id, world.user)).rejects.toThrow(
    pullRequest!.readOnly!,
  );
  // The contributor commits it; that is noticed.
  const sha = await world.repository.applySuggestion(comment!.id, "contributor");
  const accepted = await until(async () => {
    const now = await world.engine.changes.get(change!.id);
    return now.state === "accepted" && now;
  });
  expect(accepted.commitSha).toBe(sha);
  world.github.expectConforming();
});
