/**
 * A fake GitHub for the real Octokit, as strict as GitHub: a real HTTP server on 127.0.0.1 over real bare Git
 * repositories, held against GitHub's own description of its API in both directions.
 *
 *   await using github = await startFakeGitHub();
 *   const repository = await github.createRepository("acme/rfcs", { files: { "rfc.md": "# RFC\n" } });
 *   await repository.commit("feature", { "rfc.md": "# RFC\n\nText.\n" });
 *   const pull = await repository.openPull({ head: "feature" });
 *   const app = github.createApp();                      // { id, slug, privateKey, clientId }
 *   const installation = github.install(app, ["acme/rfcs"]);
 *   …the code under test with GITHUB_API_URL = github.url…
 *   await repository.applySuggestion(commentId, "maintainer");
 *   github.expectConforming();
 *
 * People (`by`, `author`) are logins; unknown ones are made. What people do goes around authentication, limits
 * and faults, and is told to webhooks like everything else. `await github.webhooks.settled()` waits for those.
 */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Auth, DEFAULT_PERMISSIONS } from "./auth.ts";
import type { App, Installation, Permissions, TokenOptions } from "./auth.ts";
import { Contract } from "./contract.ts";
import { DeviceFlows } from "./device-flow.ts";
import { FakeRepository } from "./fake-repository.ts";
import type { FileContent } from "./git-store.ts";
import { Limits } from "./limits.ts";
import type { Fault, RateOptions } from "./limits.ts";
import { timestamp } from "./model.ts";
import type { Account, Permission, Repository } from "./model.ts";
import { followPush } from "./pulls.ts";
import { fits } from "./request-log.ts";
import type { LoggedRequest, RequestFilter } from "./request-log.ts";
import { APP_ROUTES } from "./routes-apps.ts";
import { CONTENT_ROUTES } from "./routes-contents.ts";
import { GIT_ROUTES } from "./routes-git.ts";
import { PULL_ROUTES } from "./routes-pulls.ts";
import { REVIEW_ROUTES } from "./routes-reviews.ts";
import { createGitHubServer } from "./server.ts";
import type { Show } from "./show.ts";
import { WebFlow } from "./web-flow.ts";
import { Webhooks } from "./webhooks.ts";
import { World } from "./world.ts";
import type { Sizes } from "./world.ts";

export interface FakeGitHubOptions {
  /** `/api/v3` makes it a GitHub Enterprise Server, with GraphQL at /api/graphql; default nothing. */
  base?: "" | "/api/v3";
  /** Start of the addresses for people; default the server's own origin. */
  htmlUrl?: string;
  sizes?: Partial<Sizes>;
  rates?: Partial<RateOptions>;
}

export interface NewRepository {
  /** Path → content of the first commit; none leaves the repository empty. */
  files?: Record<string, FileContent>;
  defaultBranch?: string;
  private?: boolean;
  /** What the owner is; default User. */
  ownerType?: "User" | "Organization";
}

const SIZES: Sizes = {
  maxJsonContent: 1_048_576,
  maxContent: 104_857_600,
  maxPatchLines: 3_000,
  maxPatchLength: 512_000,
  maxReviewComments: 30,
};

const RATES: RateOptions = { perHour: 5_000, contentPerMinute: 80, contentPerHour: 500 };

export async function startFakeGitHub(options: FakeGitHubOptions = {}): Promise<FakeGitHub> {
  const home = await realpath(await mkdtemp(join(tmpdir(), "redline-github-")));
  const world = new World(home, { ...SIZES, ...options.sizes });
  const auth = new Auth(world);
  const limits = new Limits({ ...RATES, ...options.rates });
  const webhooks = new Webhooks();
  const log: LoggedRequest[] = [];
  const violations: string[] = [];
  const working = new Set<Promise<unknown>>();
  const base = options.base ?? "";
  let show: Show = { api: "", html: "", world };
  const deviceFlows = new DeviceFlows(auth, () => show.html, violations);
  const people = () => [...world.accounts.values()].filter(({ type }) => type === "User");
  const webFlow = new WebFlow(deviceFlows, people, violations);
  deviceFlows.exchange = (client, body) => webFlow.exchange(client, body);
  const server = createGitHubServer({
    base,
    world,
    auth,
    limits,
    contract: new Contract(),
    deviceFlows,
    webFlow,
    routes: { ...APP_ROUTES, ...CONTENT_ROUTES, ...GIT_ROUTES, ...PULL_ROUTES, ...REVIEW_ROUTES },
    show: () => show,
    log,
    violations,
    working,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  show = { api: origin + base, html: options.htmlUrl ?? origin, world };
  webhooks.connect(() => show, auth, violations);
  world.tell = (event) => webhooks.tell(event);
  world.afterPush = async (push) => await followPush(world, push);
  const parts = { world, auth, limits, webhooks, log, violations, deviceFlows, webFlow, show };
  return new FakeGitHub(parts, async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
    await Promise.allSettled(working);
    await webhooks.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });
}

interface Parts {
  world: World;
  auth: Auth;
  limits: Limits;
  webhooks: Webhooks;
  log: LoggedRequest[];
  violations: string[];
  deviceFlows: DeviceFlows;
  webFlow: WebFlow;
  show: Show;
}

export class FakeGitHub {
  /** Where the API is, for `baseUrl` or GITHUB_API_URL; no slash at the end. */
  readonly url: string;
  /** Start of the addresses for people. */
  readonly htmlUrl: string;
  /** Every request, oldest first. */
  readonly requests: readonly LoggedRequest[];
  /** What did not conform to GitHub's description, on either side. */
  readonly violations: readonly string[];
  readonly webhooks: Webhooks;
  /** Where people let an App speak for them. */
  readonly deviceFlows: DeviceFlows;
  /** Where browsers come to sign in. */
  readonly webFlow: WebFlow;
  readonly #parts: Parts;
  readonly #end: () => Promise<void>;

  constructor(parts: Parts, end: () => Promise<void>) {
    this.#parts = parts;
    this.#end = end;
    this.url = parts.show.api;
    this.htmlUrl = parts.show.html;
    this.requests = parts.log;
    this.violations = parts.violations;
    this.webhooks = parts.webhooks;
    this.deviceFlows = parts.deviceFlows;
    this.webFlow = parts.webFlow;
  }

  // -------------------------------------------------------------- repositories and people

  /** `name` is `owner/name`. Public, unless `private`; the owner is its admin. */
  async createRepository(name: string, options: NewRepository = {}): Promise<FakeRepository> {
    const defaultBranch = options.defaultBranch ?? "main";
    const repository = await this.#parts.world.addRepository(name, {
      defaultBranch,
      isPrivate: options.private ?? false,
      parent: null,
      ...(options.ownerType && { ownerType: options.ownerType }),
    });
    const made = this.#wrap(repository);
    const { files = {} } = options;
    if (Object.keys(files).length > 0) {
      await made.commit(defaultBranch, files, { message: "The first version" });
    }
    return made;
  }

  /** `<login>/<name>`, a copy with a history of its own from here on. */
  async fork(name: string, login: string): Promise<FakeRepository> {
    const parent = this.#parts.world.repository(name);
    this.addUser(login);
    const { defaultBranch, isPrivate } = parent;
    const fork = await this.#parts.world.addRepository(`${login}/${parent.name}`, {
      defaultBranch,
      isPrivate,
      parent,
    });
    return this.#wrap(fork);
  }

  repository(name: string): FakeRepository {
    return this.#wrap(this.#parts.world.repository(name));
  }

  /** Its pull requests elsewhere stay, without a head repository; everything that it held itself is gone. */
  deleteRepository(name: string): void {
    const { world, auth } = this.#parts;
    const repository = world.repository(name);
    world.repositories.delete(name.toLowerCase());
    for (const installation of auth.installations.values()) {
      installation.repositories.delete(repository);
    }
    for (const other of world.repositories.values()) {
      for (const pull of other.pulls.values()) if (pull.head === repository) pull.head = null;
    }
  }

  /** A person; with a permission in some repositories (`owner/name` → permission), or in all there are. */
  addUser(
    login: string,
    options: {
      name?: string;
      email?: string;
      permission?: Permission;
      repositories?: readonly string[];
    } = {},
  ): Account {
    const { world } = this.#parts;
    const account = world.addAccount(login, options);
    const { permission, repositories = [...world.repositories.keys()] } = options;
    for (const name of permission ? repositories : []) {
      world.repository(name).permissions.set(login.toLowerCase(), permission ?? "read");
    }
    return account;
  }

  #wrap(repository: Repository): FakeRepository {
    return new FakeRepository(this.#parts.world, repository);
  }

  // -------------------------------------------------------------- tokens and Apps

  /** A classic token with scopes (default `repo`), or with `permissions` a fine-grained one. */
  createToken(login: string, options: TokenOptions = {}): string {
    this.addUser(login);
    return this.#parts.auth.createToken(login, options);
  }

  revokeToken(token: string): void {
    this.#parts.auth.revoke(token);
  }

  expireInstallationTokens(): void {
    this.#parts.auth.expireInstallationTokens();
  }

  /** The account gets another login; what it may do stays, and its old login may become somebody else's. */
  renameUser(from: string, to: string): void {
    this.#parts.world.renameAccount(from, to);
  }

  /**
   * Lets people connect by an App's client id. `tokenSeconds`: how long a token lives, of a GitHub App mostly
   * eight hours; null for ever, as with OAuth Apps.
   */
  letPeopleIn(
    clientId: string,
    options: {
      tokenSeconds?: number | null;
      hasDeviceFlow?: boolean;
      clientSecret?: string;
      callbackUrls?: readonly string[];
    } = {},
  ): void {
    const { tokenSeconds = 28_800, hasDeviceFlow = true } = options;
    const { clientSecret = null, callbackUrls = [] } = options;
    const client = { clientId, clientSecret, callbackUrls, tokenSeconds, hasDeviceFlow };
    this.#parts.deviceFlows.addClient(client);
  }

  /** A person enters on GitHub the code that they were shown. */
  enterCode(userCode: string, login: string): void {
    this.#parts.deviceFlows.enter(userCode, this.#parts.world.account(login));
  }

  /** A person enters the code, and declines. */
  declineCode(userCode: string): void {
    this.#parts.deviceFlows.enter(userCode, null);
  }

  /** An App with a fresh key (PEM in PKCS#1). Its own account is `<slug>[bot]`. */
  createApp(options: { slug?: string; permissions?: Permissions } = {}): App {
    const { slug = "redline", permissions = DEFAULT_PERMISSIONS } = options;
    return this.#parts.auth.createApp(slug, permissions);
  }

  /** Installs an App on repositories of one owner. */
  install(app: App, repositories: readonly string[], permissions?: Permissions): Installation {
    const { auth, world } = this.#parts;
    const list = repositories.map((name) => world.repository(name));
    const installation = auth.install(app, list, permissions);
    this.#tellInstallation(installation, "installation", "created", list);
    return installation;
  }

  suspend(installation: Installation): void {
    installation.suspendedAt = timestamp();
    this.#tellInstallation(installation, "installation", "suspend", []);
  }

  unsuspend(installation: Installation): void {
    installation.suspendedAt = null;
    this.#tellInstallation(installation, "installation", "unsuspend", []);
  }

  uninstall(installation: Installation): void {
    const list = [...installation.repositories];
    this.#parts.auth.installations.delete(installation.id);
    this.#tellInstallation(installation, "installation", "deleted", list);
  }

  addToInstallation(installation: Installation, name: string): void {
    const repository = this.#parts.world.repository(name);
    installation.repositories.add(repository);
    this.#tellInstallation(installation, "installation_repositories", "added", [repository]);
  }

  removeFromInstallation(installation: Installation, name: string): void {
    const repository = this.#parts.world.repository(name);
    installation.repositories.delete(repository);
    this.#tellInstallation(installation, "installation_repositories", "removed", [repository]);
  }

  #tellInstallation(
    installation: Installation,
    name: "installation" | "installation_repositories",
    action: string,
    repositories: Repository[],
  ): void {
    const { id: installationId, account: sender } = installation;
    this.#parts.world.tell({ name, action, repositories, installationId, sender });
  }

  // -------------------------------------------------------------- trouble

  /** The next requests that fit fail as told. */
  fault(fault: Fault): void {
    this.#parts.limits.addFault(fault);
  }

  clearFaults(): void {
    this.#parts.limits.clearFaults();
  }

  /** Every request is refused with the primary limit for that long; 0 ends it. */
  exhaustRateLimit(milliseconds: number): void {
    this.#parts.limits.exhaust(milliseconds);
  }

  /** The next requests (`times`, or for `milliseconds`, an hour by default) meet a secondary limit. */
  startSecondaryLimit(options: {
    retryAfterSeconds: number;
    milliseconds?: number;
    times?: number;
    onlyContent?: boolean;
  }): void {
    this.#parts.limits.startSecondary(options);
  }

  endSecondaryLimit(): void {
    this.#parts.limits.endSecondary();
  }

  // -------------------------------------------------------------- what was asked

  /** How many requests fit; the exchange for installation tokens is one of them. */
  count(filter: RequestFilter = {}): number {
    return this.matching(filter).length;
  }

  matching(filter: RequestFilter): LoggedRequest[] {
    return this.requests.filter((request) => fits(request, filter));
  }

  /** Forgets the requests so far. */
  forgetRequests(): void {
    this.#parts.log.length = 0;
  }

  /** Forgets the violations. @throws Error that lists them */
  expectConforming(): void {
    if (this.violations.length === 0) return;
    const list = [...new Set(this.#parts.violations.splice(0))].join("\n  ");
    throw new Error(`not as GitHub's description has it:\n  ${list}`);
  }

  async close(): Promise<void> {
    await this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

export type { FakeRepository } from "./fake-repository.ts";
