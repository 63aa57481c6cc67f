import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { checkAccess, checkAccount } from "../../../adapters/github/access.ts";
import { createGitHubClient } from "../../../adapters/github/client.ts";
import { createGitHubDocumentHost } from "../../../adapters/github/document-host.ts";
import { HostBusy } from "../../../src/ports.ts";
import { problemOf } from "../../contract/document-host.ts";
import { startFakeGitHub } from "../../fakes/github/fake-github.ts";
import { GitHubWorld } from "./github-world.ts";

const FILES = { "rfc.md": "# RFC\n" };

describe.each(["app", "token"] as const)("the access of Redline as %s", (kind) => {
  let world: GitHubWorld;
  let repository: string;
  beforeAll(async () => {
    world = await GitHubWorld.start(kind);
  });
  beforeEach(async () => {
    world.renew();
    repository = await world.create(FILES);
  });
  afterEach(() => world.fake.expectConforming());
  afterAll(async () => await world.close());

  const check = async () => await checkAccess(world.client, repository);

  it("is fine where it has what it needs", async () => {
    const { ok } = await check();
    const who = kind === "app" ? "redline[bot]" : "redline-account";
    expect(ok).toBe(`${who} may read ${repository}, commit to it and review its pull requests.`);
  });

  it("lacks the right to write", async () => {
    world.makeReadOnly(repository);
    const words = kind === "app" ? /contents: write/ : /write access/;
    const problem = await problemOf(check());
    expect(problem).toMatch(/^forbidden: /);
    expect(problem).toMatch(words);
  });

  it("is none where there is no such repository, or none for Redline", async () => {
    const { repository: other } = { repository: "ada/nowhere" };
    const problem = /^repository-unavailable: .*ada\/nowhere/;
    expect(await problemOf(checkAccess(world.client, other))).toMatch(problem);
  });

  it("is none in an archived repository", async () => {
    const { data } = await (await world.client.for(repository)).rest.repos.get(named(repository));
    const body = { ...data, archived: true };
    const path = new RegExp(`^/repos/${repository}$`);
    world.fake.fault({ path, status: 200, body, times: 2 });
    expect(await problemOf(check())).toMatch(/^forbidden: .*archived/);
    const location = { repository, path: "rfc.md", branch: "main" };
    expect(await problemOf(world.host.assertWritable(location))).toMatch(/^forbidden: .*archived/);
  });

  it("is of the account that GitHub names", async () => {
    const account = await world.client.account(repository);
    const ofUser = { ...world.accountOf("redline-account"), kind: "user" };
    const expected = kind === "app" ? { login: "redline[bot]", id: null, kind } : ofUser;
    expect(account).toEqual(expected);
    world.fake.forgetRequests();
    await world.client.account(repository);
    expect(world.fake.requests).toEqual([]);
  });
});

describe("the access of a token", () => {
  it("lacks a scope", async () => {
    const world = await GitHubWorld.start("token");
    const repository = await world.create(FILES);
    await world.fake.createRepository("ada/public", { files: FILES });
    world.grant("ada/public");
    const token = world.fake.createToken("redline-account", { scopes: ["public_repo"] });
    const client = world.clientWith({ kind: "token", token });
    // Without its scope GitHub does not even show it.
    expect(await problemOf(checkAccess(client, repository))).toMatch(/^repository-unavailable: /);
    expect((await checkAccess(client, "ada/public")).ok).toMatch(/ada\/public/);
    const none = world.fake.createToken("redline-account", { scopes: ["gist"] });
    const problem = await problemOf(
      checkAccess(world.clientWith({ kind: "token", token: none }), "ada/public"),
    );
    expect(problem).toMatch(/^forbidden: .*scope “repo”/);
    await world.close();
  });

  it("that belongs to no user is told without a name", async () => {
    const world = await GitHubWorld.start("token");
    const repository = await world.create(FILES);
    const { token } = await world.installationToken(repository);
    const client = world.clientWith({ kind: "token", token });
    expect(await client.account(repository)).toEqual({ login: "", id: null, kind: "unknown" });
    await world.close();
  });
});

describe("credentials", () => {
  it("are tried where there is no repository yet", async () => {
    for (const kind of ["app", "token"] as const) {
      const world = await GitHubWorld.start(kind);
      const who = kind === "app" ? "redline[bot]" : "redline-account";
      const { ok } = await checkAccount(world.client);
      expect(ok).toBe(`GitHub takes Redline's credentials (${who}).`);
      await world.close();
    }
  });

  it("of an App that is none are told as that", async () => {
    const world = await GitHubWorld.start("app");
    const repository = await world.create(FILES);
    const { privateKey } = world.app;
    const client = world.clientWith({ kind: "app", appId: "999999", privateKey });
    const words = /^unauthorized: .*GITHUB_APP_ID/;
    expect(await problemOf(checkAccount(client))).toMatch(words);
    expect(await problemOf(checkAccess(client, repository))).toMatch(words);
    await world.close();
  });
});

describe("installations", () => {
  it("are asked for once a repository, and again after a refusal", async () => {
    const world = await GitHubWorld.start("app");
    const repository = await world.create(FILES);
    const location = { repository, path: "rfc.md", branch: "main" };
    const asked = () => world.fake.count({ route: "GET /repos/{owner}/{repo}/installation" });
    await Promise.all([world.host.read(location), world.host.lastCommit(location)]);
    await world.host.read(location);
    expect(asked()).toBe(1);
    world.fake.uninstall(world.installation);
    const isGone = /^repository-unavailable: .*not installed on ada\/rfcs-1/;
    // Octokit waits for a token that is younger than five seconds to become known everywhere.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_000 });
    await expect(world.host.read(location)).rejects.toThrow(HostBusy);
    vi.useRealTimers();
    expect(await problemOf(world.host.read(location))).toMatch(isGone);
    world.fake.install(world.app, [repository]);
    expect((await world.host.read(location)).body).toBe("# RFC\n");
    await world.close();
  });

  it("work on a GitHub Enterprise Server", async () => {
    await using fake = await startFakeGitHub({ base: "/api/v3" });
    const { name } = await fake.createRepository("ada/rfcs", { files: FILES, private: true });
    const app = fake.createApp();
    fake.install(app, [name]);
    const { id, privateKey } = app;
    const credentials = { kind: "app", appId: String(id), privateKey } as const;
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const client = createGitHubClient({ apiUrl: `${fake.url}/`, credentials, logger });
    const host = createGitHubDocumentHost(client);
    const read = await host.read({ repository: name, path: "rfc.md", branch: "main" });
    expect(read.body).toBe("# RFC\n");
    expect((await checkAccess(client, name)).ok).toMatch(/^redline\[bot\]/);
    const octokit = await client.for(name);
    const query =
      "query ($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { id } }";
    await expect(octokit.graphql(query, { owner: "ada", name: "rfcs" })).resolves.toBeDefined();
    fake.expectConforming();
  });
});

function named(repository: string): { owner: string; repo: string } {
  const [owner = "", repo = ""] = repository.split("/");
  return { owner, repo };
}
