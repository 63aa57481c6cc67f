/** Files, commits and comparisons: with the real Octokit. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { Octokit } from "@octokit/rest";

import type { App, Installation } from "./auth.ts";
import { startFakeGitHub } from "./fake-github.ts";
import type { FakeGitHub, FakeRepository } from "./fake-github.ts";
import { failureOf, octokitOfApp, octokitOfToken } from "./octokit-client.ts";

const where = { owner: "acme", repo: "rfcs" };
const LINK = { mode: "120000", content: "../rfc.md" };
const MODULE = { mode: "160000", content: "1".repeat(40) };

let github: FakeGitHub;
let repository: FakeRepository;
let app: App;
let installation: Installation;
let octokit: Octokit;

beforeAll(async () => {
  github = await startFakeGitHub({ sizes: { maxJsonContent: 100, maxContent: 1_000 } });
  const files = {
    "rfc.md": "\uFEFF# RFC\r\n",
    "docs/link.md": LINK,
    "docs/part": MODULE,
    "docs/medium.md": "m".repeat(101),
    "docs/large.md": "l".repeat(1_001),
  };
  repository = await github.createRepository("acme/rfcs", { files });
  app = github.createApp();
  installation = github.install(app, ["acme/rfcs"]);
  octokit = octokitOfApp(github, app, installation.id);
});
afterAll(async () => await github.close());
afterEach(() => github.expectConforming());

const get = async (path: string, format?: string, ref?: string) =>
  await octokit.repos.getContent({
    ...where,
    path,
    ...(ref !== undefined && { ref }),
    ...(format !== undefined && { mediaType: { format } }),
  });

const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("reading", () => {
  it("gives a small file in every media type, byte for byte", async () => {
    const { data } = await get("rfc.md");
    const file = data as { content: string; encoding: string; size: number; sha: string };
    expect(Buffer.from(file.content, "base64").toString()).toBe("\uFEFF# RFC\r\n");
    expect(file).toMatchObject({ type: "file", encoding: "base64", size: 10 });
    expect(file.sha).toBe(await repository.git("rev-parse", "main:rfc.md"));
    const raw = await fetch(`${github.url}/repos/acme/rfcs/contents/rfc.md`, {
      headers: { accept: "application/vnd.github.raw+json" },
    });
    expect(Buffer.from(await raw.arrayBuffer()).toString()).toBe("\uFEFF# RFC\r\n");
  });

  it("gives a larger one raw only, and the largest not at all", async () => {
    expect((await get("docs/medium.md", "raw")).data).toBe("m".repeat(101));
    expect((await get("docs/medium.md", "object")).data).toMatchObject({
      content: "",
      encoding: "none",
    });
    for (const [path, format] of [["docs/medium.md"], ["docs/large.md", "raw"]] as const) {
      const { status, data } = await failureOf(get(path, format));
      expect(status).toBe(403);
      expect(data["errors"]).toMatchObject([{ code: "too_large" }]);
    }
  });

  it("follows a link inside the repository, and names folders and submodules", async () => {
    // Octokit reads it as text, and so without the byte order mark.
    expect((await get("docs/link.md", "raw")).data).toBe("# RFC\r\n");
    expect((await get("docs/part")).data).toMatchObject({ type: "submodule" });
    expect((await get("docs")).data).toMatchObject([
      { name: "large.md", type: "file" },
      { name: "link.md", type: "symlink" },
      { name: "medium.md", type: "file" },
      { name: "part", type: "file" },
    ]);
    expect((await get("", "object")).data).toMatchObject({ type: "dir" });
  });

  it("does not find what is not there", async () => {
    expect((await failureOf(get("nope.md"))).status).toBe(404);
    const { message } = await failureOf(get("rfc.md", undefined, "nope"));
    expect(message).toContain("No commit found for the ref nope");
    // No words of Git's own.
    expect((await failureOf(get("rfc.md", undefined, "main~0"))).status).toBe(404);
    const ref = octokit.git.getRef({ ...where, ref: "heads/nope" });
    expect((await failureOf(ref)).status).toBe(404);
  });
});

describe("committing", () => {
  const put = async (options: Record<string, unknown>, client = octokit) =>
    await client.repos.createOrUpdateFileContents({
      ...where,
      path: "new.md",
      message: "Write\n\nRedline-Change: x",
      content: base64("New\n"),
      ...options,
    });

  it("makes a file, changes it by its blob's sha, and tells the commit", async () => {
    const { status, data } = await put({});
    expect(status).toBe(201);
    const changed = await put({ sha: data.content?.sha, content: base64("Newer\n") });
    expect(changed.status).toBe(200);
    expect(await repository.read("new.md")).toBe("Newer\n");
    expect(changed.data.commit.sha).toBe(await repository.tip());
    expect(changed.data.commit.parents).toMatchObject([{ sha: data.commit.sha }]);
  });

  it.each([
    ["no sha", { path: "rfc.md" }, 422, `"sha" wasn't supplied`],
    ["another sha", { path: "rfc.md", sha: "0".repeat(40) }, 409, "does not match"],
    ["no such branch", { branch: "nope" }, 404, "Branch nope not found"],
    ["a path out of the repository", { path: "../x.md" }, 422, "malformed path"],
    ["what is no Base64", { content: "ä" }, 422, "not valid Base64"],
  ])("refuses %s", async (_, options, status, reason) => {
    const tip = await repository.tip();
    expect(await failureOf(put(options))).toMatchObject({
      status,
      message: expect.stringContaining(reason) as string,
    });
    expect(await repository.tip()).toBe(tip);
  });

  it("lets one of two at the same time win", async () => {
    const { data } = await put({ path: "race.md" });
    const sha = data.content?.sha;
    const both = await Promise.allSettled(
      ["One\n", "Two\n"].map((text) => put({ path: "race.md", sha, content: base64(text) })),
    );
    const lost = both.flatMap((one) => (one.status === "rejected" ? [one.reason as Error] : []));
    expect(lost).toMatchObject([{ status: 409 }]);
  });

  it("signs what a bot commits in its own name only", async () => {
    const own = await put({ path: "own.md" });
    expect(own.data.commit).toMatchObject({
      author: { name: "redline[bot]" },
      committer: { name: "GitHub" },
      verification: { verified: true },
    });
    const author = { name: "Ada", email: "ada@example.org" };
    const other = await put({ path: "other.md", author });
    expect(other.data.commit).toMatchObject({ author, verification: { verified: false } });
    expect(repository.isVerified(other.data.commit.sha ?? "")).toBe(false);
  });

  it("needs the right to push", async () => {
    const stranger = octokitOfToken(github, github.createToken("stranger"));
    expect((await failureOf(put({ path: "x.md" }, stranger))).status).toBe(404);
    const fork = await github.fork("acme/rfcs", "contributor");
    const there = put({ owner: "contributor", path: "x.md" });
    expect(await failureOf(there)).toMatchObject({
      status: 403,
      message: expect.stringContaining("not accessible by integration") as string,
    });
    expect(await fork.git("ls-tree", "--name-only", "main")).not.toContain("x.md");
  });
});

describe("history", () => {
  it("lists commits of a path page by page, and compares over three dots", async () => {
    const first = await repository.tip();
    for (const text of ["1\n", "2\n", "3\n"]) await repository.commit("topic", { "t.md": text });
    await repository.commit("main", { "m.md": "Main\n" });
    const list = { ...where, sha: "topic", path: "t.md", per_page: 2 };
    const page = await octokit.repos.listCommits(list);
    expect(page.headers.link).toMatch(/page=2>; rel="next".*page=2>; rel="last"/);
    expect(await octokit.paginate(octokit.repos.listCommits, list)).toHaveLength(3);
    const basehead = "main...topic";
    const { data } = await octokit.repos.compareCommitsWithBasehead({ ...where, basehead });
    expect(data).toMatchObject({ status: "diverged", ahead_by: 3, behind_by: 1 });
    expect(data.merge_base_commit.sha).toBe(first);
    expect(data.commits.map(({ commit }) => commit.message)).toHaveLength(3);
    expect(data.files).toMatchObject([
      { filename: "t.md", status: "added", patch: expect.any(String) as string },
    ]);
    const since = new Date(Date.now() + 60_000).toISOString();
    expect((await octokit.repos.listCommits({ ...list, since })).data).toEqual([]);
  });

  it("keeps a fork's head in the base repository, merges it, and closes on a deleted branch", async () => {
    const fork = github.repository("contributor/rfcs");
    const sha = await fork.commit("idea", { "idea.md": "Idea\n" }, { by: "contributor" });
    const number = await repository.openPull({ head: "contributor:idea", author: "contributor" });
    expect(await repository.git("rev-parse", `refs/pull/${number}/head`)).toBe(sha);
    expect(await repository.read("idea.md", `refs/pull/${number}/head`)).toBe("Idea\n");
    const merge = await repository.mergePull(number, "acme");
    const { data } = await octokit.pulls.get({ ...where, pull_number: number });
    expect(data).toMatchObject({ merged: true, state: "closed", merge_commit_sha: merge });
    expect(data.merged_by?.login).toBe("acme");
    await fork.commit("idea", { "idea.md": "Another\n" });
    const next = await repository.openPull({ head: "contributor:idea" });
    await fork.deleteBranch("idea");
    expect(repository.pull(next)).toMatchObject({ state: "closed", mergedAt: null });
    await expect(repository.reopenPull(next, "acme")).rejects.toThrow();
    github.deleteRepository("contributor/rfcs");
    const gone = await octokit.pulls.get({ ...where, pull_number: next });
    expect(gone.data.head.repo).toBeNull();
  });

  it("lists pull requests by head and state", async () => {
    await repository.commit("listed", { "listed.md": "Listed\n" });
    const number = await repository.openPull({ head: "listed" });
    const list = async (options: object) =>
      (await octokit.pulls.list({ ...where, ...options })).data.map((pull) => pull.number);
    expect(await list({ head: "acme:listed" })).toEqual([number]);
    expect(await list({ head: "other:listed" })).toEqual([]);
    repository.closePull(number, "acme");
    expect(await list({ head: "acme:listed" })).toEqual([]);
    expect(await list({ head: "acme:listed", state: "all" })).toEqual([number]);
  });
});
