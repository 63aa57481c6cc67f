import { describe, expect, it, onTestFinished } from "vitest";
import { withPostedLines } from "../../../adapters/github/comments.ts";
import type { ReviewComment } from "../../../adapters/github/comments.ts";
import type { GitHubCredentials } from "../../../adapters/github/credentials.ts";
import { createGitHub } from "../../../adapters/github/github.ts";
import type { Logger } from "../../../src/log.ts";
import { HostBusy, ReviewRejected } from "../../../src/ports.ts";
import type { PullRequestHost } from "../../../src/ports.ts";
import { describePullRequestHost } from "../../contract/pull-request-host.ts";
import type {
  HostedPull,
  HostedRepository,
  PullRequestHostHarness,
} from "../../contract/pull-request-host.ts";
import { startFakeGitHub } from "../../fakes/github/fake-github.ts";
import type { FakeGitHub, FakeRepository } from "../../fakes/github/fake-github.ts";
import { sendJson, startScriptedServer } from "./scripted-server.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
/** Nothing here is about GitHub's limits. */
const NO_LIMITS = { perHour: 1e6, contentPerMinute: 1e6, contentPerHour: 1e6 };

function createHost(apiUrl: string, credentials: GitHubCredentials): PullRequestHost {
  const throttle = { minTimes: { write: 0, notification: 0, retry: 1 } };
  return createGitHub({ apiUrl, credentials, logger: quiet, throttle }).pullRequests;
}

type Access = (github: FakeGitHub, repository: string) => void;

function harnessOf(
  github: FakeGitHub,
  host: PullRequestHost,
  admit: Access,
): PullRequestHostHarness {
  let count = 0;
  return {
    host,
    missingRepository: "acme/nothing",
    async createRepository(files) {
      count += 1;
      const made = await github.createRepository(`acme/rfcs-${count}`, { files: present(files) });
      admit(github, made.name);
      return hostedRepository(github, made);
    },
    assertContractKept: () => github.expectConforming(),
    dispose: () => github.close(),
  };
}

const present = (files: Record<string, string | null>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== null),
  );

function hostedRepository(github: FakeGitHub, made: FakeRepository): HostedRepository {
  return {
    repository: made.name,
    push: async (branch, files) => await made.commit(branch, files, { by: "maria" }),
    async open(branch, { title, fromFork } = {}) {
      let head = branch;
      let fork: FakeRepository | null = null;
      if (fromFork !== undefined) {
        fork = await github.fork(made.name, "maria");
        await fork.commit(branch, fromFork);
        head = `maria:${branch}`;
      }
      const number = await made.openPull({ head, author: "maria", ...(title && { title }) });
      return hostedPull(github, { made, fork, number });
    },
  };
}

function hostedPull(
  github: FakeGitHub,
  { made, fork, number }: { made: FakeRepository; fork: FakeRepository | null; number: number },
): HostedPull {
  return {
    number,
    commentOnLine: async (path, line, body) =>
      String((await made.commentOnLines(number, "maria", { path, line, body })).id),
    commentOnPull: async (body) => String(made.comment(number, "maria", body).id),
    reply: async (to, body) => String(made.replyTo(Number(to), "maria", body).id),
    resolve: async (commentId) => made.resolveThread(Number(commentId), "maria"),
    async minimizedReason({ id, kind }) {
      const all =
        kind === "conversation" ? made.issueComments(number) : made.reviewComments(number);
      return all.find((comment) => String(comment.id) === id)?.minimized ?? null;
    },
    merge: async () => void (await made.mergePull(number, "maria")),
    close: async () => made.closePull(number, "maria"),
    deleteFork: async () => github.deleteRepository(fork?.name ?? ""),
  };
}

describePullRequestHost("of GitHub with a token", async () => {
  const github = await startFakeGitHub({ rates: NO_LIMITS });
  github.addUser("Redline-Robot");
  const token = github.createToken("Redline-Robot");
  const host = createHost(github.url, { kind: "token", token });
  return harnessOf(github, host, () => {
    github.addUser("Redline-Robot", { permission: "write" });
  });
});

describePullRequestHost("of GitHub Enterprise Server with an App", async () => {
  const github = await startFakeGitHub({ rates: NO_LIMITS, base: "/api/v3" });
  const app = github.createApp();
  const credentials = { kind: "app", appId: String(app.id), privateKey: app.privateKey } as const;
  return harnessOf(github, createHost(github.url, credentials), (_, repository) => {
    github.install(app, [repository]);
  });
});

describe("the host of pull requests of GitHub", () => {
  const SUGGESTION = { path: "rfc.md", startLine: null, line: 1, body: "Better <!-- marker -->" };
  const REVIEWS = { method: "POST", path: /\/reviews$/ };

  interface Started {
    github: FakeGitHub;
    made: FakeRepository;
    host: PullRequestHost;
    repository: string;
    number: number;
    commitSha: string;
  }

  async function start(
    admit: (github: FakeGitHub, repository: string) => GitHubCredentials = withToken,
  ): Promise<Started> {
    const github = await startFakeGitHub({ rates: NO_LIMITS });
    onTestFinished(() => github.close());
    const made = await github.createRepository("acme/rfcs", { files: { "rfc.md": "One\n" } });
    const commitSha = await made.commit("idea", { "rfc.md": "Two\n" });
    const number = await made.openPull({ head: "idea" });
    const host = createHost(github.url, admit(github, made.name));
    return { github, made, host, repository: made.name, number, commitSha };
  }

  const withToken = (github: FakeGitHub): GitHubCredentials => {
    github.addUser("redline-robot", { permission: "write" });
    return { kind: "token", token: github.createToken("redline-robot") };
  };

  const withApp =
    (permissions: Record<string, "read" | "write">) =>
    (github: FakeGitHub, repository: string): GitHubCredentials => {
      const app = github.createApp({ slug: "rfc-helper", permissions });
      github.install(app, [repository]);
      return { kind: "app", appId: String(app.id), privateKey: app.privateKey };
    };

  const failure = async (promise: Promise<unknown>): Promise<unknown> =>
    await promise.then(
      () => new Error("It succeeded."),
      (error: unknown) => error,
    );

  it.each([
    ["an answer that is lost on the way", { status: 502 }],
    ["a connection that breaks", { dropConnection: true }],
  ])("posts a review once, whatever becomes of the answer: %s", async (_, trouble) => {
    const { github, host, repository, number, commitSha } = await start();
    github.fault({ ...REVIEWS, ...trouble, afterEffect: true });
    const review = { commitSha, comments: [SUGGESTION] };
    const error = await failure(host.postReview(repository, number, review));
    expect(error).toBeInstanceOf(HostBusy);
    expect(github.count(REVIEWS)).toBe(1);
    const comments = await host.comments(repository, number);
    expect(comments.map(({ body, isOwn }) => [body, isOwn])).toEqual([[SUGGESTION.body, true]]);
    github.expectConforming();
  });

  it("posts a review with one write and one read", async () => {
    const { github, host, repository, number, commitSha } = await start();
    await host.ownNames(repository);
    github.forgetRequests();
    await host.postReview(repository, number, { commitSha, comments: [SUGGESTION] });
    expect(github.requests.map(({ route }) => route)).toEqual([
      "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews",
      "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments",
    ]);
    expect(github.requests[0]?.body).toEqual({
      commit_id: commitSha,
      event: "COMMENT",
      comments: [{ path: "rfc.md", line: 1, side: "RIGHT", body: SUGGESTION.body }],
    });
  });

  it("is told from memory what has not changed", async () => {
    const { github, host, repository, number } = await start();
    const look = async () => [
      await host.get(repository, number),
      await host.files(repository, number),
      await host.comments(repository, number),
      await host.listOpen(repository),
    ];
    const first = await look();
    github.forgetRequests();
    expect(await look()).toEqual(first);
    expect(github.requests.map(({ status }) => status)).toEqual([304, 304, 304, 304, 304]);
  });

  it.each([
    ["one unfinished review for each account", "User can only have one pending review", HostBusy],
    ["comments that come too fast", "was submitted too quickly", HostBusy],
    ["a line that is not in the diff", "Line could not be resolved", ReviewRejected],
  ])("tells what GitHub's 422 means: %s", async (_, words, kind) => {
    const { github, host, repository, number, commitSha } = await start();
    const body = { message: "Unprocessable Entity", errors: [words] };
    github.fault({ ...REVIEWS, status: 422, body });
    const review = { commitSha, comments: [SUGGESTION] };
    const error = await failure(host.postReview(repository, number, review));
    expect(error).toBeInstanceOf(kind);
    if (error instanceof ReviewRejected) expect(error.message).toContain(words);
    expect(github.count(REVIEWS)).toBe(1);
  });

  it("says no where the App may neither resolve nor minimise", async () => {
    const permissions = { contents: "read", pull_requests: "read", issues: "read" } as const;
    const { host, made, repository, number } = await start(withApp(permissions));
    await made.commentOnLines(number, "maria", { path: "rfc.md", line: 1, body: "Why?" });
    const [comment] = await host.comments(repository, number);
    const [thread] = await host.reviewThreads(repository, number);
    expect(await host.resolveThread(repository, thread?.id ?? "")).toBe(false);
    expect(await host.minimize(repository, comment!, "OUTDATED")).toBe(false);
    expect(await failure(host.editComment(repository, comment!, "Mine"))).toMatchObject({
      type: "forbidden",
    });
  });

  it("takes every bot for itself when GitHub does not say who it is", async () => {
    const { github, made, host, repository, number } = await start();
    github.fault({
      method: "GET",
      path: /^\/user$/,
      times: 10,
      status: 403,
      body: { message: "No" },
    });
    github.createApp({ slug: "some-actions" });
    made.comment(number, "some-actions[bot]", "From a bot");
    made.comment(number, "maria", "From a person");
    const comments = await host.comments(repository, number);
    expect(comments.map(({ isOwn }) => isOwn)).toEqual([true, false]);
    expect(await host.ownNames(repository)).toEqual(["redline"]);
  });

  it("lists one branch of the repository itself, even where GitHub's filter takes more", async () => {
    const base = { ref: "main", sha: "b", repo: { full_name: "acme/rfcs" } };
    const pull = (number: number, head: { ref: string; repo: { full_name: string } | null }) => ({
      number,
      head: { ...head, sha: "a" },
      base,
    });
    const answer = [
      pull(4, { ref: "idea", repo: { full_name: "acme/rfcs-copy" } }),
      pull(3, { ref: "idea", repo: null }),
      pull(2, { ref: "another", repo: { full_name: "acme/rfcs" } }),
      pull(1, { ref: "idea", repo: { full_name: "acme/rfcs" } }),
    ];
    await using server = await startScriptedServer((_, response) => sendJson(response, answer));
    const host = createHost(server.url, { kind: "token", token: "ghp_any" });
    const found = await host.listOpen("acme/rfcs", "idea");
    expect(found.map(({ number }) => number)).toEqual([1]);
    expect(server.requests[0]).toContain("head=acme%3Aidea");
  });

  it("goes by the App's name too", async () => {
    const { host, repository } = await start(withApp({ pull_requests: "write" }));
    expect(await host.ownNames(repository)).toEqual(["redline", "rfc-helper"]);
  });

  it("explains a token that was revoked", async () => {
    const { github, host, repository, number } = await start((fake) => {
      const credentials = withToken(fake);
      if (credentials.kind === "token") fake.revokeToken(credentials.token);
      return credentials;
    });
    const error = await failure(host.get(repository, number));
    expect(error).toMatchObject({ type: "unauthorized", message: /GITHUB_TOKEN/ });
    github.expectConforming();
  });
});

describe("addresses of pull requests", () => {
  const named = { repository: "acme/rfcs", number: 12 };
  const hostOf = (apiUrl: string) => createHost(apiUrl, { kind: "token", token: "ghp_none" });

  it.each([
    ["https://api.github.com", "https://github.com/acme/rfcs/pull/12"],
    ["https://api.github.com", " https://github.com/acme/rfcs/pull/12/ "],
    ["https://api.github.com", "http://www.github.com/acme/rfcs/pull/12/files?w=1#diff-0L1"],
    ["https://api.github.com", "https://github.com/acme/rfcs/pull/12#issuecomment-1"],
    ["https://api.github.com", "https://api.github.com/repos/acme/rfcs/pulls/12"],
    ["https://git.example.org/api/v3", "https://git.example.org/acme/rfcs/pull/12"],
    ["https://git.example.org/api/v3", "https://git.example.org/api/v3/repos/acme/rfcs/pulls/12"],
    ["https://git.example.org:8443/api/v3", "https://git.example.org:8443/acme/rfcs/pull/12"],
    ["https://api.acme.ghe.com", "https://acme.ghe.com/acme/rfcs/pull/12"],
    ["http://127.0.0.1:3001", "https://github.com/acme/rfcs/pull/12"],
    ["http://127.0.0.1:3001", "http://127.0.0.1:3001/repos/acme/rfcs/pulls/12"],
  ])("at %s, %s is one", (apiUrl, address) => {
    expect(hostOf(apiUrl).parseUrl(address)).toEqual(named);
  });

  it.each([
    ["https://api.github.com", "https://gitlab.com/acme/rfcs/pull/12"],
    ["https://api.github.com", "https://github.com.evil.example/acme/rfcs/pull/12"],
    ["https://api.github.com", "https://github.com@evil.example/acme/rfcs/pull/12"],
    ["https://git.example.org/api/v3", "https://github.com/acme/rfcs/pull/12"],
    ["https://api.github.com", "https://github.com/acme/rfcs/pull/012"],
    ["https://api.github.com", "https://github.com/acme/rfcs/pull/12x"],
    ["https://api.github.com", "https://github.com/acme/rfcs/issues/12"],
    ["https://api.github.com", "https://github.com/acme/rfcs"],
    ["https://api.github.com", "https://github.com/acme/..%2Fx/pull/12"],
    ["https://api.github.com", "ftp://github.com/acme/rfcs/pull/12"],
    ["https://api.github.com", "acme/rfcs#12"],
    ["https://api.github.com", "https://"],
    ["https://api.github.com", ""],
  ])("at %s, “%s” is none", (apiUrl, address) => {
    expect(hostOf(apiUrl).parseUrl(address)).toBeNull();
  });
});

describe("the comments of a review that was just posted", () => {
  const made = (id: number, more: Partial<ReviewComment>): ReviewComment => ({
    id,
    node_id: `PRRC_${id}`,
    user: null,
    body: "Same",
    html_url: "",
    path: "rfc.md",
    created_at: "",
    updated_at: "",
    ...more,
  });

  it("take their lines from what was posted, where GitHub leaves them out", () => {
    const posted = [
      { path: "rfc.md", startLine: null, line: 1, body: "Same" },
      { path: "rfc.md", startLine: 2, line: 4, body: "Same" },
      { path: "rfc.md", startLine: null, line: 9, body: "Other\r\n" },
    ];
    const answered = [made(1, {}), made(2, { body: "Other" }), made(3, {})];
    expect(withPostedLines(answered, posted)).toMatchObject([
      { id: 1, line: 1, start_line: null },
      { id: 2, line: 9, start_line: null },
      { id: 3, line: 4, start_line: 2 },
    ]);
  });

  it("keep the lines that GitHub tells", () => {
    const posted = [{ path: "rfc.md", startLine: null, line: 1, body: "Same" }];
    expect(withPostedLines([made(1, { line: 7 })], posted)).toMatchObject([{ line: 7 }]);
    expect(withPostedLines([made(1, { line: null })], posted)).toMatchObject([{ line: null }]);
  });
});
