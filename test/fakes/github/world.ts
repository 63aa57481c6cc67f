/** Everything that the fake remembers, and the events that it tells its webhooks. */
import { GitStore } from "./git-store.ts";
import type { FileContent, Identity } from "./git-store.ts";
import { fullName, timestamp } from "./model.ts";
import type {
  Account,
  IssueComment,
  Permission,
  Pull,
  Repository,
  ReviewComment,
  Thread,
} from "./model.ts";

/** Sizes at which GitHub behaves differently; tests lower them to reach them cheaply. */
export interface Sizes {
  /** Bytes up to which contents come as JSON; 1 MB. */
  maxJsonContent: number;
  /** Bytes up to which contents come at all; 100 MB. */
  maxContent: number;
  /** Changed lines above which a file's `patch` is left out. */
  maxPatchLines: number;
  /** UTF-16 units above which a file's `patch` is left out. */
  maxPatchLength: number;
  /** Comments of one review. */
  maxReviewComments: number;
}

interface EventOf<Name extends string> {
  name: Name;
  action: string;
  repository: Repository;
  sender: Account;
  /** More of the payload. */
  extra?: Record<string, unknown>;
}

export interface PushEvent extends Omit<EventOf<"push">, "action"> {
  ref: string;
  before: string;
  after: string;
  forced: boolean;
}

/** What happens in one repository. */
export type RepositoryEvent =
  | PushEvent
  | (EventOf<"pull_request"> & { pull: Pull })
  | (EventOf<"pull_request_review_comment"> & { comment: ReviewComment })
  | (EventOf<"pull_request_review_thread"> & { thread: Thread })
  | (EventOf<"issue_comment"> & { comment: IssueComment });

export interface InstallationEvent {
  name: "installation" | "installation_repositories";
  action: string;
  repositories: Repository[];
  installationId: number;
  sender: Account;
}

export type WorldEvent = RepositoryEvent | InstallationEvent;

/** `GitHub` itself, as the committer of what is done through its pages. */
export const WEB_FLOW: Identity = { name: "GitHub", email: "noreply@github.com" };

const LARGE_IDS = 2_500_000_000;
const ZERO = "0".repeat(40);

let worlds = 0;

export class World {
  /** By login in lower case. */
  readonly accounts = new Map<string, Account>();
  /** By full name in lower case. */
  readonly repositories = new Map<string, Repository>();
  readonly reviewComments = new Map<number, ReviewComment>();
  readonly issueComments = new Map<number, IssueComment>();
  /** By node id. */
  readonly threads = new Map<string, Thread>();
  /** Commits that GitHub signed. */
  readonly verified = new Set<string>();
  readonly sizes: Sizes;
  /** Set by the webhooks. */
  tell: (event: WorldEvent) => void = () => undefined;
  /** Set by the pull requests: what follows from a ref that moved, after its push event. */
  afterPush: (push: PushEvent) => Promise<void> = async () => undefined;
  readonly #home: string;
  #lastId: number;

  constructor(home: string, sizes: Sizes) {
    this.#home = home;
    // Octokit shares what it waits for between all clients of a process, by the ids of App and installation.
    worlds += 1;
    this.#lastId = 100_000 * worlds;
    this.sizes = sizes;
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** For what there is so much of that its ids have outgrown 32 bits: pull requests, reviews, comments. */
  nextLargeId(): number {
    return LARGE_IDS + this.nextId();
  }

  addAccount(
    login: string,
    options: { name?: string; email?: string; type?: Account["type"] } = {},
  ): Account {
    const known = this.accounts.get(login.toLowerCase());
    if (known) return known;
    const id = this.nextId();
    const account: Account = {
      id,
      login,
      nodeId: `U_kgDO${id}`,
      type: options.type ?? "User",
      name: options.name ?? login,
      email: options.email ?? `${id}+${login}@users.noreply.github.com`,
    };
    this.accounts.set(login.toLowerCase(), account);
    return account;
  }

  account(login: string): Account {
    const account = this.accounts.get(login.toLowerCase());
    if (!account) throw new Error(`the fake GitHub has no account ${login}; addUser first`);
    return account;
  }

  renameAccount(from: string, to: string): void {
    const account = this.account(from);
    const [before, after] = [from.toLowerCase(), to.toLowerCase()];
    account.login = to;
    this.accounts.delete(before);
    this.accounts.set(after, account);
    for (const { permissions } of this.repositories.values()) {
      const permission = permissions.get(before);
      permissions.delete(before);
      if (permission) permissions.set(after, permission);
    }
  }

  repository(name: string): Repository {
    const repository = this.repositories.get(name.toLowerCase());
    if (!repository) throw new Error(`the fake GitHub has no repository ${name}`);
    return repository;
  }

  /** Whose account a commit's e-mail address is. */
  byEmail(email: string): Account | null {
    return [...this.accounts.values()].find((account) => account.email === email) ?? null;
  }

  async addRepository(
    name: string,
    options: {
      defaultBranch: string;
      isPrivate: boolean;
      parent: Repository | null;
      ownerType?: Account["type"];
    },
  ): Promise<Repository> {
    const [login = "", short = ""] = name.split("/");
    if (this.repositories.has(name.toLowerCase())) throw new Error(`${name} exists already`);
    const owner = this.addAccount(login, { type: options.ownerType ?? "User" });
    const id = this.nextId();
    const { parent } = options;
    const repository: Repository = {
      id,
      nodeId: `R_kgDO${id}`,
      owner,
      name: short,
      isPrivate: options.isPrivate,
      defaultBranch: options.defaultBranch,
      parent,
      permissions: new Map<string, Permission>([[login.toLowerCase(), "admin"]]),
      pulls: new Map(),
      nextNumber: 1,
      store: await GitStore.create(this.#home, `${id}.git`, {
        branch: options.defaultBranch,
        ...(parent && { source: parent.store }),
      }),
      createdAt: timestamp(),
      pushedAt: timestamp(),
    };
    this.repositories.set(fullName(repository).toLowerCase(), repository);
    return repository;
  }

  /** One commit on a branch, then the push. Without a branch of that name it starts at the default branch. */
  async commit(
    repository: Repository,
    branch: string,
    files: Record<string, FileContent>,
    options: {
      message: string;
      author: Identity;
      committer?: Identity;
      parents?: readonly string[];
      force?: boolean;
      sender: Account;
      verified?: boolean;
    },
  ): Promise<string> {
    const { store } = repository;
    const old = await store.tip(branch);
    const base = old ?? (await store.tip(repository.defaultBranch));
    const parents = options.parents ?? (base === null ? [] : [base]);
    const sha = await store.writeCommit({
      parents,
      from: parents[0] ?? null,
      files,
      message: options.message,
      author: options.author,
      committer: options.committer ?? options.author,
    });
    if (options.verified) this.verified.add(sha);
    const { sender, force = false } = options;
    if (!(await this.moveBranch(repository, branch, sha, { expect: old, sender, force }))) {
      throw new Error(`${branch} moved, or the commit does not follow it (force: true is needed)`);
    }
    return sha;
  }

  /** Moves, makes (`expect` null) or deletes (`next` null) a branch. False when it was not at `expect`. */
  async moveBranch(
    repository: Repository,
    branch: string,
    next: string | null,
    options: { expect: string | null; sender: Account; force?: boolean },
  ): Promise<boolean> {
    const { expect } = options;
    const ref = `refs/heads/${branch}`;
    const follows =
      next === null || expect === null || (await repository.store.isAncestor(expect, next));
    if (!follows && !options.force) return false;
    if (!(await repository.store.updateRef(ref, next, expect))) return false;
    repository.pushedAt = timestamp();
    const push = {
      name: "push",
      repository,
      ref,
      before: expect ?? ZERO,
      after: next ?? ZERO,
      forced: !follows,
      sender: options.sender,
    } as const;
    this.tell(push);
    await this.afterPush(push);
    return true;
  }
}
