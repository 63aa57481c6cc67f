/**
 * The fake GitHub with private repositories of `ada`, and Redline's document host on it: as an App that is
 * installed on them, or with the token of somebody who may write there.
 */
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import { createGitHubClient, type GitHubClient } from "../../../adapters/github/client.ts";
import type { GitHubCredentials } from "../../../adapters/github/credentials.ts";
import { createGitHubDocumentHost } from "../../../adapters/github/document-host.ts";
import type { DocumentHost, HostAccount } from "../../../src/ports.ts";
import type { StoredCommit } from "../../contract/document-host.ts";
import { startFakeGitHub, type FakeGitHub } from "../../fakes/github/fake-github.ts";

type Files = Parameters<Awaited<ReturnType<FakeGitHub["createRepository"]>>["commit"]>[1];
type Fake = FakeGitHub;
type App = ReturnType<Fake["createApp"]>;
type Installation = ReturnType<Fake["install"]>;
export type Kind = GitHubCredentials["kind"];

const OWNER = "ada";
/** Whose token it is. */
const READER = "redline-account";
const logger = { debug() {}, info() {}, warn() {}, error() {} };

export class GitHubWorld {
  readonly fake: Fake;
  readonly kind: Kind;
  readonly app: App;
  readonly credentials: GitHubCredentials;
  client: GitHubClient;
  host: DocumentHost;
  #installation: Installation | null = null;
  #repositories = 0;

  static async start(
    kind: Kind,
    sizes: { maxJsonContent?: number; maxContent?: number } = {},
  ): Promise<GitHubWorld> {
    return new GitHubWorld(kind, await startFakeGitHub({ sizes }));
  }

  private constructor(kind: Kind, fake: Fake) {
    this.kind = kind;
    this.fake = fake;
    this.app = fake.createApp();
    const { id, privateKey } = this.app;
    this.credentials =
      kind === "app"
        ? { kind, appId: String(id), privateKey }
        : { kind, token: fake.createToken(READER) };
    this.client = this.clientWith(this.credentials);
    this.host = createGitHubDocumentHost(this.client);
  }

  /** As after a start of Redline, with nothing wrong on GitHub's side. */
  renew(): void {
    this.fake.clearFaults();
    this.fake.endSecondaryLimit();
    this.fake.forgetRequests();
    if (this.#installation !== null) {
      this.#installation.permissions = { ...this.app.permissions };
      this.#installation.suspendedAt = null;
    }
    this.client = this.clientWith(this.credentials);
    this.host = createGitHubDocumentHost(this.client);
  }

  clientWith(credentials: GitHubCredentials): GitHubClient {
    const throttle = { minTimes: { write: 0, notification: 0, retry: 1 } };
    return createGitHubClient({ apiUrl: this.fake.url, credentials, logger, throttle });
  }

  /** Makes a private repository that Redline may write to. Returns its name. */
  async create(files: Files): Promise<string> {
    this.#repositories += 1;
    const name = `${OWNER}/rfcs-${this.#repositories}`;
    await this.fake.createRepository(name, { files, private: true });
    this.grant(name);
    return name;
  }

  /** Lets Redline write to a repository. */
  grant(name: string): void {
    this.fake.repository(name).setPermission(READER, "write");
    const isOwn = name.startsWith(`${OWNER}/`);
    if (!isOwn || this.#installation === null) {
      const installation = this.fake.install(this.app, [name]);
      if (isOwn) this.#installation = installation;
    } else this.fake.addToInstallation(this.#installation, name);
  }

  takeAway(name: string): void {
    this.fake.repository(name).setPermission(READER, "none");
    this.fake.removeFromInstallation(this.installation, name);
  }

  makeReadOnly(name: string): void {
    this.fake.repository(name).setPermission(READER, "read");
    this.installation.permissions = { ...this.installation.permissions, contents: "read" };
  }

  get installation(): Installation {
    if (this.#installation === null) throw new Error("nothing is installed yet");
    return this.#installation;
  }

  /** A commit of somebody else on `main`. */
  async push(name: string, files: Files, by?: string): Promise<string> {
    return await this.fake.repository(name).commit("main", files, by === undefined ? {} : { by });
  }

  /** That many commits on `main`, which change the two files in turn, there and back. */
  async pushAlternating(name: string, count: number, files: Record<string, string>) {
    const repository = this.fake.repository(name);
    const treeOf = async (sha: string) => await repository.git("rev-parse", `${sha}^{tree}`);
    const [first = "", second = ""] = Object.keys(files);
    const old = { [first]: await repository.read(first), [second]: await repository.read(second) };
    const start = (await repository.tip("main")) ?? "";
    const trees: string[] = [];
    for (const [path, text] of [...Object.entries(files), ...Object.entries(old)]) {
      trees.push(await treeOf(await repository.commit("trees", { [path]: text })));
    }
    const shas: string[] = [];
    for (let at = 0; at < count; at++) {
      const identity = ["-c", "user.name=Olive", "-c", "user.email=olive@example.org"];
      const parent = shas.at(-1) ?? start;
      const commit = ["commit-tree", trees[at % 4] ?? "", "-p", parent, "-m", `Edit ${at}`];
      shas.push(await repository.git(...identity, ...commit));
    }
    await repository.setBranch("main", shas.at(-1) ?? start);
    return shas;
  }

  /** Opens a pull request from bob's fork that changes these files. */
  async pullFromFork(name: string, files: Files): Promise<{ branch: string; fork: string }> {
    const repository = this.fake.repository(name);
    repository.setPermission("bob", "read");
    const fork = await this.fake.fork(name, "bob");
    await fork.commit("idea", files);
    const number = await repository.openPull({ head: "bob:idea", author: "bob" });
    return { branch: `refs/pull/${number}/head`, fork: fork.name };
  }

  /** A token of an App's installation on the repository, as workflows have. */
  async installationToken(name: string): Promise<{ token: string }> {
    const { id, privateKey } = this.app;
    const auth = { appId: id, privateKey, installationId: this.installation.id };
    const octokit = new Octokit({ baseUrl: this.fake.url, authStrategy: createAppAuth, auth });
    await octokit.rest.repos.get({ owner: OWNER, repo: name.slice(OWNER.length + 1) });
    return (await octokit.auth({ type: "installation" })) as { token: string };
  }

  accountOf(login: string): HostAccount {
    const account = this.fake.addUser(login);
    return { id: String(account.id), login: account.login };
  }

  async commitAt(name: string, sha: string): Promise<StoredCommit> {
    const repository = this.fake.repository(name);
    const format = "--format=%P%x00%an%x00%ae%x00%B%x00";
    const fields = (await repository.git("show", "-s", format, sha)).split("\0");
    const [parents = "", authorName = "", email = "", message = ""] = fields;
    const names = await repository.git("diff-tree", "-r", "--name-only", `${sha}^`, sha);
    return {
      parents: parents.split(" "),
      author: { name: authorName, email },
      message,
      changedPaths: names.split("\n"),
    };
  }

  /** `status METHOD route` of every request, but for the exchange of tokens. */
  requests(): string[] {
    return this.fake.requests
      .filter(({ route }) => !route?.includes("access_tokens") && !route?.includes("/installation"))
      .map(({ status, method, route }) => `${status} ${route ?? method}`);
  }

  /** Ends it, and fails where something was not as GitHub describes its API. */
  async close(): Promise<void> {
    await this.fake.close();
    this.fake.expectConforming();
  }
}
