/** Who may ask, how often, what fails on purpose, and what does not conform: with the real Octokit. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { startFakeGitHub } from "./fake-github.ts";
import type { FakeGitHub, FakeRepository } from "./fake-github.ts";
import { failureOf, octokitOfApp, octokitOfToken } from "./octokit-client.ts";

const where = { owner: "acme", repo: "rfcs" };

let github: FakeGitHub;
let repository: FakeRepository;
let number: number;

beforeEach(async () => {
  github = await startFakeGitHub({ base: "/api/v3" });
  const files = { "rfc.md": "# RFC\n" };
  repository = await github.createRepository("acme/rfcs", { files, private: true });
  await repository.commit("idea", { "rfc.md": "# RFC\n\nText\n" });
  number = await repository.openPull({ head: "idea" });
});
afterEach(async () => await github.close());

describe("tokens", () => {
  it("reach what their owner and their scopes allow, until they are revoked", async () => {
    github.addUser("ada", { permission: "write" });
    const token = github.createToken("ada");
    const ada = octokitOfToken(github, token);
    expect((await ada.users.getAuthenticated()).data.login).toBe("ada");
    const { data, headers } = await ada.repos.get(where);
    expect(data.permissions).toMatchObject({ push: true, admin: false });
    expect(headers["x-oauth-scopes"]).toBe("repo");
    const stranger = octokitOfToken(github, github.createToken("stranger"));
    expect((await failureOf(stranger.repos.get(where))).status).toBe(404);
    const narrow = octokitOfToken(github, github.createToken("ada", { scopes: [] }));
    expect((await failureOf(narrow.repos.get(where))).status).toBe(404);
    github.revokeToken(token);
    expect(await failureOf(ada.repos.get(where))).toMatchObject({
      status: 401,
      message: expect.stringContaining("Bad credentials") as string,
    });
    expect((await failureOf(octokitOfToken(github).repos.get(where))).status).toBe(404);
    github.expectConforming();
  });

  it("with permissions do nothing without them", async () => {
    github.addUser("ada", { permission: "write" });
    const permissions = { contents: "read" } as const;
    const ada = octokitOfToken(github, github.createToken("ada", { permissions }));
    await ada.repos.getContent({ ...where, path: "rfc.md" });
    const refused = [
      ada.pulls.get({ ...where, pull_number: number }),
      ada.repos.createOrUpdateFileContents({ ...where, path: "x", message: "x", content: "" }),
    ];
    for (const request of refused) {
      expect(await failureOf(request)).toMatchObject({
        status: 403,
        message: expect.stringContaining("by personal access token") as string,
      });
    }
    github.expectConforming();
  });
});

describe("an App", () => {
  it("proves itself by its key, and gets a token for each installation", async () => {
    const app = github.createApp({ slug: "redline" });
    const installation = github.install(app, ["acme/rfcs"]);
    const itself = octokitOfApp(github, app);
    expect((await itself.apps.getAuthenticated()).data?.slug).toBe("redline");
    expect((await itself.apps.getRepoInstallation(where)).data.id).toBe(installation.id);
    expect((await itself.apps.listInstallations()).data).toHaveLength(1);
    const client = octokitOfApp(github, app, installation.id);
    expect((await client.repos.get(where)).data.permissions).toMatchObject({ push: true });
    // The token is kept, until it is over.
    await client.repos.get(where);
    const exchange = { path: /access_tokens$/ };
    expect(github.count(exchange)).toBe(1);
    github.expireInstallationTokens();
    expect((await failureOf(client.repos.get(where))).status).toBe(401);
    const other = github.createApp({ slug: "other" });
    const forged = octokitOfApp(github, { ...app, privateKey: other.privateKey });
    expect((await failureOf(forged.apps.getAuthenticated())).status).toBe(401);
    github.expectConforming();
  });

  it("loses repositories, permissions, and everything while it is suspended", async () => {
    const app = github.createApp();
    const installation = github.install(app, ["acme/rfcs"], { contents: "read" });
    const client = octokitOfApp(github, app, installation.id);
    const post = { ...where, issue_number: number, body: "Hello" };
    expect(await failureOf(client.issues.createComment(post))).toMatchObject({
      status: 403,
      message: expect.stringContaining("not accessible by integration") as string,
    });
    github.suspend(installation);
    for (const one of [client, octokitOfApp(github, app, installation.id)]) {
      expect((await failureOf(one.repos.get(where))).status).toBe(403);
    }
    github.unsuspend(installation);
    await client.repos.get(where);
    github.removeFromInstallation(installation, "acme/rfcs");
    expect((await failureOf(client.repos.get(where))).status).toBe(404);
    const itself = octokitOfApp(github, app);
    expect((await failureOf(itself.apps.getRepoInstallation(where))).status).toBe(404);
    github.expectConforming();
  });
});

describe("limits and faults", () => {
  const client = () => octokitOfToken(github, github.createToken("acme"));
  const conversation = () => ({ ...where, issue_number: number });

  it("answers 304 to what is known, for nothing", async () => {
    const octokit = client();
    const first = await octokit.pulls.get({ ...where, pull_number: number });
    const headers = { "if-none-match": first.headers.etag };
    const again = octokit.pulls.get({ ...where, pull_number: number, headers });
    expect((await failureOf(again)).status).toBe(304);
    expect((await octokit.rateLimit.get()).data.rate).toMatchObject({ used: 1, remaining: 4_999 });
    expect(github.count({ conditional: true, status: 304 })).toBe(1);
    await repository.commit("idea", { "rfc.md": "# RFC\n\nOther text\n" });
    const changed = await octokit.pulls.get({ ...where, pull_number: number, headers });
    expect(changed.status).toBe(200);
    github.expectConforming();
  });

  it("has a primary and a secondary limit", async () => {
    const octokit = client();
    github.exhaustRateLimit(60_000);
    const { status, message } = await failureOf(octokit.repos.get(where));
    expect([status, message]).toEqual([403, expect.stringContaining("API rate limit exceeded")]);
    github.exhaustRateLimit(0);
    github.startSecondaryLimit({ retryAfterSeconds: 7, times: 1, onlyContent: true });
    await octokit.repos.get(where);
    const post = octokit.issues.createComment({ ...conversation(), body: "Hello" });
    const error = (await post.catch((reason: unknown) => reason)) as {
      response: { headers: Record<string, string> };
    };
    expect(error).toMatchObject({
      message: expect.stringContaining("secondary rate limit") as string,
    });
    expect(error.response.headers["retry-after"]).toBe("7");
    await octokit.issues.createComment({ ...conversation(), body: "Hello" });
    github.expectConforming();
  });

  it("takes 80 posts a minute", async () => {
    const octokit = client();
    const post = async () =>
      await octokit.issues.createComment({ ...conversation(), body: "Hello" });
    for (let sent = 0; sent < 80; sent += 1) await post();
    expect((await failureOf(post())).message).toContain("secondary rate limit");
    expect(github.count({ contentCreating: true, status: 201 })).toBe(80);
  });

  it("fails as a test asks: instead of the effect, after it, or by a cut line", async () => {
    const octokit = client();
    const post = async () =>
      await octokit.issues.createComment({ ...conversation(), body: "Hello" });
    const fault = { method: "POST", path: /\/issues\/\d+\/comments$/ };
    github.fault(fault);
    expect((await failureOf(post())).status).toBe(502);
    expect(repository.issueComments(number)).toHaveLength(0);
    github.fault({ ...fault, afterEffect: true });
    expect((await failureOf(post())).status).toBe(502);
    expect(repository.issueComments(number)).toHaveLength(1);
    github.fault({ ...fault, afterEffect: true, dropConnection: true });
    await expect(post()).rejects.toThrow();
    expect(repository.issueComments(number)).toHaveLength(2);
    github.fault({ ...fault, after: 1, status: 503, headers: { "retry-after": "1" } });
    await post();
    expect((await failureOf(post())).status).toBe(503);
    await post();
    github.expectConforming();
  });
});

describe("the contract", () => {
  it("knows nothing outside the base", async () => {
    const answer = await fetch(`${new URL(github.url).origin}/repos/acme/rfcs`);
    expect(answer.status).toBe(404);
    expect(() => github.expectConforming()).toThrow("not in the contract");
  });

  it.each([
    ["a call that it lacks", "GET", "/repos/acme/rfcs/labels", undefined, "not in the contract"],
    ["a query that it lacks", "GET", "/repos/acme/rfcs/pulls?heads=x", undefined, "query heads"],
    ["a wrong value", "GET", "/repos/acme/rfcs/pulls?state=both", undefined, "query state"],
    ["a missing field", "POST", "/repos/acme/rfcs/issues/1/comments", {}, "body"],
    [
      "an unknown field",
      "POST",
      "/repos/acme/rfcs/issues/1/comments",
      { body: "x", text: "y" },
      "body.text is not in the contract",
    ],
  ])("is held against %s", async (_, method, path, body, reason) => {
    const authorization = `Bearer ${github.createToken("acme")}`;
    const json = body && JSON.stringify(body);
    const init = { method, headers: { authorization }, ...(json !== undefined && { body: json }) };
    await (await fetch(github.url + path, init)).text();
    expect(() => github.expectConforming()).toThrow(reason);
    github.expectConforming();
  });
});
