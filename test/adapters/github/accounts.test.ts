import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createGitHubAccountHost } from "../../../adapters/github/accounts.ts";
import type { AccountHost, AccountToken } from "../../../src/ports.ts";
import { HostBusy } from "../../../src/ports.ts";
import type { LogLine } from "../../support/test-app.ts";
import { memoryLogger } from "../../support/test-app.ts";
import { problemOf } from "../../contract/document-host.ts";
import type { Permission } from "../../fakes/github/model.ts";
import { GitHubWorld } from "./github-world.ts";

const CLIENT_ID = "Iv23liOFTHETESTS";

describe.each(["app", "token"] as const)("people's accounts, asked as %s", (kind) => {
  let world: GitHubWorld;
  let repository: string;
  let host: AccountHost;
  let log: LogLine[];
  beforeAll(async () => {
    world = await GitHubWorld.start(kind);
    world.fake.deviceFlows.interval = 0;
  });
  beforeEach(async () => {
    world.renew();
    log = [];
    repository = await world.create({ "rfc.md": "# RFC\n" });
    host = hostFor(CLIENT_ID);
  });
  afterEach(() => world.fake.expectConforming());
  afterAll(async () => await world.close());

  const hostFor = (clientId: string): AccountHost =>
    createGitHubAccountHost(world.client, { clientId, logger: memoryLogger(log) });

  /** Lets the App in, as the person with that login. */
  const connect = (login: string): Promise<AccountToken> =>
    host.connect(({ code }) => world.fake.enterCode(code, login), new AbortController().signal);

  const LEVELS: [Permission, boolean][] = [
    ["admin", true],
    ["maintain", true],
    ["write", true],
    ["triage", false],
    ["read", false],
    ["none", false],
  ];

  it.each(LEVELS)(
    "says of somebody with the permission %s whether they may write: %s",
    async (permission, may) => {
      const { id, login } = world.fake.addUser(`${kind}-${permission}`, {
        permission,
        repositories: [repository],
      });
      expect(await host.mayWrite(repository, { id: String(id), login })).toBe(may);
    },
  );

  it("knows an account by its id, whatever it is called by now and whoever has its old name", async () => {
    const options = { permission: "write", repositories: [repository] } as const;
    const { id } = world.fake.addUser(`${kind}-before`, options);
    const account = { id: String(id), login: `${kind}-before` };
    world.fake.renameUser(`${kind}-before`, `${kind}-after`);
    expect(await host.mayWrite(repository, account)).toBe(true);
    const other = world.fake.addUser(`${kind}-before`, { ...options, permission: "admin" });
    expect(await host.mayWrite(repository, account)).toBe(true);
    world.fake.addUser(`${kind}-after`, { ...options, permission: "read" });
    expect(await host.mayWrite(repository, account)).toBe(false);
    expect(await host.mayWrite(repository, { ...account, id: "1" })).toBe(false);
    expect(await host.mayWrite(repository, { id: "2", login: "nobody-at-all" })).toBe(false);
    expect(other.login).toBe(`${kind}-before`);
  });

  it("connects with an OAuth App, whose tokens live until they are revoked", async () => {
    world.fake.letPeopleIn(CLIENT_ID, { tokenSeconds: null });
    world.fake.addUser("ann");
    const token = await connect("ann");
    expect(token).toMatchObject({ expiresAt: null, refreshToken: null });
    expect(await host.holderOf(token.token)).toMatchObject({ login: "ann" });
    world.fake.deviceFlows.revoke("ann");
    expect(await host.holderOf(token.token)).toBeNull();
    expect(JSON.stringify(log)).not.toContain(token.token);
  });

  it("connects with a GitHub App, and goes on with the next token without the App's secret", async () => {
    world.fake.letPeopleIn(CLIENT_ID, { tokenSeconds: 28_800 });
    world.fake.addUser("ben");
    const token = await connect("ben");
    expect(token.expiresAt!.getTime()).toBeGreaterThan(Date.now() + 28_000_000);
    world.fake.deviceFlows.expireTokens();
    expect(await host.holderOf(token.token)).toBeNull();
    const next = await host.refresh(token.refreshToken!);
    expect(await host.holderOf(next!.token)).toMatchObject({ login: "ben" });
    expect(next!.refreshToken).not.toBe(token.refreshToken);
    expect(await host.refresh(token.refreshToken!)).toBeNull();
    world.fake.deviceFlows.revoke("ben");
    expect(await host.refresh(next!.refreshToken!)).toBeNull();
    expect(JSON.stringify(log)).not.toMatch(/gh[ur]_/);
  });

  it("asks as slowly as GitHub wants, and again where GitHub did not answer", async () => {
    world.fake.letPeopleIn(CLIENT_ID);
    world.fake.addUser("cas");
    const path = "/login/oauth/access_token";
    world.fake.fault({ method: "POST", path: /access_token$/, status: 502, times: 2 });
    const token = await connect("cas");
    expect(await host.holderOf(token.token)).toMatchObject({ login: "cas" });
    expect(
      world.fake.requests.filter((one) => one.path === path && one.status === 502),
    ).toHaveLength(2);
  });

  it("says what went wrong", async () => {
    world.fake.letPeopleIn(CLIENT_ID, { hasDeviceFlow: false });
    const signal = new AbortController().signal;
    const shown = (code: { code: string }) => world.fake.declineCode(code.code);
    expect(await problemOf(host.connect(shown, signal))).toMatch(/device flow is switched off/);
    expect(await problemOf(hostFor("Iv1.unknown").connect(shown, signal))).toMatch(
      /GITHUB_CLIENT_ID/,
    );
    world.fake.letPeopleIn(CLIENT_ID);
    expect(await problemOf(host.connect(shown, signal))).toMatch(/^forbidden: You declined/);
    const late = host.connect(() => world.fake.deviceFlows.expireCodes(), signal);
    expect(await problemOf(late)).toMatch(/not entered in time/);
    world.fake.fault({ method: "GET", path: /^\/user$/, status: 502, times: 9 });
    await expect(host.holderOf("ghu_any")).rejects.toBeInstanceOf(HostBusy);
    world.fake.clearFaults();
  });

  it("ends at once when it is told to", async () => {
    world.fake.letPeopleIn(CLIENT_ID);
    world.fake.deviceFlows.interval = 600;
    const stop = new AbortController();
    await expect(host.connect(() => stop.abort(), stop.signal)).rejects.toThrow();
    world.fake.deviceFlows.interval = 0;
  });
});
