import { createHash, randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Octokit } from "@octokit/rest";
import { createGitHubAccountHost } from "../../../adapters/github/accounts.ts";
import { octokitLog } from "../../../adapters/github/client.ts";
import { DeviceFlow } from "../../../adapters/github/device-flow.ts";
import { createGitHubSignInHost } from "../../../adapters/github/sign-in.ts";
import type { AccountToken, HostAccount, SignInHost } from "../../../src/ports.ts";
import { HostBusy } from "../../../src/ports.ts";
import { problemOf } from "../../contract/document-host.ts";
import type { LogLine } from "../../support/test-app.ts";
import { memoryLogger } from "../../support/test-app.ts";
import { GitHubWorld } from "./github-world.ts";

const CLIENT_SECRET = "the-secret-of-the-app";
const CALLBACK = "https://redline.example.org/sign-in/github/callback";

describe.each(["app", "token"] as const)("signing in, with Redline as %s", (kind) => {
  let world: GitHubWorld;
  let repository: string;
  let log: LogLine[];
  let clientId: string;
  beforeAll(async () => {
    world = await GitHubWorld.start(kind);
    clientId = world.app.clientId;
  });
  beforeEach(async () => {
    world.renew();
    log = [];
    repository = await world.create({ "rfc.md": "# RFC\n" });
    letIn(28_800);
  });
  afterEach(() => {
    world.fake.expectConforming();
    if (JSON.stringify(log).includes(CLIENT_SECRET)) throw new Error("the log has the secret");
  });
  afterAll(() => world.close());

  const letIn = (tokenSeconds: number | null): void =>
    world.fake.letPeopleIn(clientId, {
      tokenSeconds,
      clientSecret: CLIENT_SECRET,
      callbackUrls: [CALLBACK],
    });
  const hostWith = (given: { clientId?: string; clientSecret?: string } = {}): SignInHost => {
    const app = { clientId, clientSecret: CLIENT_SECRET, ...given };
    return createGitHubSignInHost(world.client, { ...app, logger: memoryLogger(log) });
  };
  const accounts = () =>
    createGitHubAccountHost(world.client, {
      clientId,
      clientSecret: CLIENT_SECRET,
      logger: memoryLogger(log),
    });

  /** What a browser comes back with. */
  const comeBack = (login: string, redirectUrl = CALLBACK) => {
    const verifier = randomBytes(32).toString("base64url");
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const address = hostWith().addressOf({ state: "s", challenge, redirectUrl });
    const code = new URL(world.fake.webFlow.consent(address, login)).searchParams.get("code")!;
    return { code, verifier, redirectUrl };
  };
  const person = (login: string, permission: "read" | "none"): HostAccount => {
    const { id } = world.fake.addUser(login, { permission, repositories: [repository] });
    return { id: String(id), login };
  };
  const signIn = (login: string): Promise<AccountToken> => hostWith().exchange(comeBack(login));

  it("gets a token for a code, once, for who has the verifier and comes from the same address", async () => {
    const given = comeBack(person("ann", "read").login);
    const wrong = { ...given, verifier: "x".repeat(43) };
    expect(await problemOf(hostWith().exchange(wrong))).toMatch(/^unauthorized:/);
    const elsewhere = { ...given, redirectUrl: "https://elsewhere.example/callback" };
    expect(await problemOf(hostWith().exchange(elsewhere))).toMatch(/^not-ready:/);
    const token = await hostWith().exchange(given);
    expect(await accounts().holderOf(token.token)).toMatchObject({ login: "ann" });
    expect(await problemOf(hostWith().exchange(given))).toMatch(/^unauthorized:/);
    // Whoever has seen a code in use loses what it was used for.
    expect(await accounts().holderOf(token.token)).toBeNull();
  });

  it("goes on with the next token of a GitHub App, with the App's secret", async () => {
    person("ben", "read");
    const token = await signIn("ben");
    expect(token.expiresAt!.getTime()).toBeGreaterThan(Date.now() + 28_000_000);
    world.fake.deviceFlows.expireTokens();
    const next = await accounts().refresh(token.refreshToken!);
    expect(await accounts().holderOf(next!.token)).toMatchObject({ login: "ben" });
    const bare = createGitHubAccountHost(world.client, { clientId, logger: memoryLogger(log) });
    expect(await bare.refresh(next!.refreshToken!)).toBeNull();
  });

  it.each([
    ["a GitHub App", 28_800],
    ["an OAuth App without a scope", null],
  ])("asks who may read a private repository with a token of %s", async (_of, seconds) => {
    letIn(seconds);
    const suffix = `${kind}-${seconds}`;
    const [reader, other] = [person(`in-${suffix}`, "read"), person(`out-${suffix}`, "none")];
    const host = hostWith();
    const tokens = [await signIn(reader.login), await signIn(other.login)] as const;
    expect(await host.mayRead(repository, reader, tokens[0].token)).toBe(true);
    expect(await host.mayRead(repository, other, tokens[1].token)).toBe(false);
    expect(await host.mayRead("ada/nowhere", reader, tokens[0].token)).toBe(false);
    world.fake.deviceFlows.revoke(reader.login);
    expect(await host.mayRead(repository, reader, tokens[0].token)).toBeNull();
  });

  it("does not take no answer for a no", async () => {
    const account = person(`cay-${kind}`, "read");
    const { token } = await signIn(account.login);
    world.fake.fault({ path: /^\/repos\//, status: 502, times: 10 });
    await expect(hostWith().mayRead(repository, account, token)).rejects.toBeInstanceOf(HostBusy);
  });

  it("does not wait long for the next token, for which a row is locked", async () => {
    const host = new DeviceFlow({
      make: () => new Octokit({ log: octokitLog(memoryLogger(log)) }),
      clientId,
      webUrl: world.fake.url,
      refreshMs: 50,
    });
    let release = (): void => {};
    const until = new Promise<void>((resolve) => (release = resolve));
    world.fake.fault({ path: /access_token/, until, times: 1 });
    await expect(host.refresh("ghr_any")).rejects.toBeInstanceOf(HostBusy);
    release();
  });

  it.each([
    ["single sign-on", 403, { "x-github-sso": "required; url=https://github.com/orgs/ada/sso" }],
    ["a list of addresses", 403, {}],
    ["a block for legal reasons", 451, {}],
  ] as const)("takes %s for GitHub's no", async (_what, status, headers) => {
    const account = person(`dee-${kind}`, "read");
    const { token } = await signIn(account.login);
    world.fake.fault({ path: /^\/repos\/[^/]+\/[^/]+$/, status, headers, times: 1 });
    expect(await hostWith().mayRead(repository, account, token)).toBe(false);
  });

  it("says whether GitHub takes the App's client id with its secret", async () => {
    await hostWith().check();
    expect(await problemOf(hostWith({ clientSecret: "another" }).check())).toMatch(/^not-ready:/);
    expect(await problemOf(hostWith({ clientId: "Iv23liNONE" }).check())).toMatch(/^not-ready:/);
  });
});
