/** Review threads and minimised comments over GraphQL: with the real Octokit. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { Octokit } from "@octokit/rest";

import { startFakeGitHub } from "./fake-github.ts";
import type { FakeGitHub, FakeRepository } from "./fake-github.ts";
import { octokitOfApp, octokitOfToken } from "./octokit-client.ts";

const THREADS = `
  query ($owner: String!, $name: String!, $number: Int!, $after: String) {
    repository(owner: $owner, name: $name) {
      pullRequest(number: $number) {
        reviewThreads(first: 2, after: $after) {
          pageInfo { hasNextPage endCursor }
          nodes { id isResolved resolvedBy { login databaseId } comments(first: 1) { nodes { fullDatabaseId } } }
        }
      }
    }
  }`;

interface Threads {
  repository: {
    pullRequest: {
      reviewThreads: {
        pageInfo: { hasNextPage: boolean; endCursor: string };
        nodes: { id: string; isResolved: boolean; resolvedBy: { login: string } | null }[];
      };
    };
  };
}

let github: FakeGitHub;
let repository: FakeRepository;
let octokit: Octokit;
let comments: { id: number; nodeId: string }[];
let target: { owner: string; name: string; number: number };

beforeAll(async () => {
  github = await startFakeGitHub({ base: "/api/v3" });
  repository = await github.createRepository("acme/rfcs", { files: { "a.md": "A\n" } });
  await repository.commit("idea", { "rfc.md": "1\n2\n3\n" });
  const number = await repository.openPull({ head: "idea" });
  target = { owner: "acme", name: "rfcs", number };
  comments = [];
  for (const line of [1, 2, 3]) {
    const place = { path: "rfc.md", line, body: "Text" };
    comments.push(await repository.commentOnLines(number, "ada", place));
  }
  octokit = octokitOfToken(github, github.createToken("acme"));
});
afterAll(async () => await github.close());

const threads = async (after?: string) =>
  (await octokit.graphql<Threads>(THREADS, { ...target, after })).repository.pullRequest
    .reviewThreads;

const RESOLVE =
  "mutation ($id: ID!) { resolveReviewThread(input: { threadId: $id }) { thread { isResolved } } }";

const errorOf = async (query: string, variables: Record<string, unknown>, client = octokit) => {
  const error = (await client.graphql(query, variables).catch((reason: unknown) => reason)) as {
    errors: { type?: string; message: string }[];
  };
  return error.errors[0];
};

describe("GraphQL", () => {
  afterEach(() => github.expectConforming());

  it("lists threads page by page, with who resolved them", async () => {
    repository.resolveThread(comments[1]?.id ?? 0, "maintainer");
    const first = await threads();
    expect(first.nodes).toMatchObject([
      { isResolved: false, resolvedBy: null },
      { isResolved: true, resolvedBy: { login: "maintainer" } },
    ]);
    expect(first.pageInfo.hasNextPage).toBe(true);
    const second = await threads(first.pageInfo.endCursor);
    expect(second.nodes).toHaveLength(1);
    expect(second.pageInfo.hasNextPage).toBe(false);
  });

  it("resolves a thread for who may push, and for an App that writes contents", async () => {
    const id = (await threads()).nodes[0]?.id;
    const app = github.createApp();
    const weak = github.install(app, ["acme/rfcs"], { pull_requests: "write", contents: "read" });
    const refused = await errorOf(RESOLVE, { id }, octokitOfApp(github, app, weak.id));
    expect(refused).toMatchObject({ type: "FORBIDDEN" });
    expect(repository.thread(comments[0]?.id ?? 0).isResolved).toBe(false);
    await octokit.graphql(RESOLVE, { id });
    expect(repository.thread(comments[0]?.id ?? 0).isResolved).toBe(true);
    expect(await errorOf(RESOLVE, { id: "PRRT_x" })).toMatchObject({ type: "NOT_FOUND" });
  });

  it("minimises a comment", async () => {
    const query = `mutation ($id: ID!, $why: ReportedContentClassifiers!) {
      minimizeComment(input: { subjectId: $id, classifier: $why }) { minimizedComment { minimizedReason } }
    }`;
    const answer = await octokit.graphql(query, { id: comments[2]?.nodeId, why: "OUTDATED" });
    expect(answer).toEqual({
      minimizeComment: { minimizedComment: { minimizedReason: "outdated" } },
    });
    expect(repository.reviewComments(target.number)[2]?.minimized).toBe("outdated");
  });

  it("has no 32 bits for a comment's id", async () => {
    const query = THREADS.replace("fullDatabaseId", "databaseId");
    expect(await errorOf(query, target)).toMatchObject({
      message: expect.stringContaining("32-bit") as string,
    });
  });
});

describe("GraphQL that GitHub would not understand", () => {
  it.each([
    ["an unknown field", "{ viewer { shoeSize } }", "doesn't exist on type 'User'"],
    ["an unknown argument", "{ repository(owner: 1, id: 2) { id } }", "argument 'id'"],
    ["no selections", "{ viewer }", "must have selections"],
    ["no language", "{ viewer {", "Unexpected end"],
  ])("is refused, and a violation: %s", async (_, query, reason) => {
    expect(await errorOf(query, {})).toMatchObject({
      message: expect.stringContaining(reason) as string,
    });
    expect(() => github.expectConforming()).toThrow(reason);
  });
});
