/** What the fake GitHub remembers beside its Git repositories. Times are ISO 8601 without milliseconds. */
import type { Side } from "./diff.ts";
import type { GitStore } from "./git-store.ts";

export type Json = Record<string, unknown>;

export type Permission = "none" | "read" | "triage" | "write" | "maintain" | "admin";

/** A person, an organisation that owns repositories, or an App's bot. */
export interface Account {
  id: number;
  login: string;
  nodeId: string;
  type: "User" | "Organization" | "Bot";
  name: string;
  /** What the account's commits carry; commits are attributed by it. */
  email: string;
}

export interface Repository {
  id: number;
  nodeId: string;
  owner: Account;
  name: string;
  isPrivate: boolean;
  defaultBranch: string;
  /** The repository that this one was forked from. */
  parent: Repository | null;
  /** By login in lower case; everybody else reads, where the repository is public. */
  permissions: Map<string, Permission>;
  pulls: Map<number, Pull>;
  nextNumber: number;
  store: GitStore;
  createdAt: string;
  pushedAt: string;
}

export interface Pull {
  id: number;
  nodeId: string;
  number: number;
  base: Repository;
  baseBranch: string;
  /** The tip of the base branch while open; where it stood at the end afterwards. */
  baseSha: string;
  /** Null once the fork is deleted. */
  head: Repository | null;
  headOwner: Account;
  headBranch: string;
  headSha: string;
  title: string;
  body: string | null;
  author: Account;
  draft: boolean;
  state: "open" | "closed";
  mergedBy: Account | null;
  mergedAt: string | null;
  closedAt: string | null;
  mergeCommitSha: string | null;
  createdAt: string;
  updatedAt: string;
  reviews: Review[];
  threads: Thread[];
  comments: IssueComment[];
}

export interface Review {
  id: number;
  nodeId: string;
  pull: Pull;
  author: Account;
  body: string;
  state: "PENDING" | "COMMENTED" | "APPROVED" | "CHANGES_REQUESTED";
  commitId: string;
  submittedAt: string | null;
}

/** Where a review comment was put, in the lines of `commitId`. */
export interface Anchor {
  path: string;
  subject: "line" | "file";
  commitId: string;
  /** Merge base of `commitId` and the base branch when the comment was made. */
  mergeBase: string;
  side: Side;
  startSide: Side | null;
  line: number;
  startLine: number | null;
  diffHunk: string;
  position: number;
}

/** The conversation under one anchor; gone when its last comment is deleted. */
export interface Thread {
  nodeId: string;
  pull: Pull;
  anchor: Anchor;
  resolvedBy: Account | null;
  isResolved: boolean;
  comments: ReviewComment[];
}

export interface ReviewComment {
  id: number;
  nodeId: string;
  thread: Thread;
  review: Review;
  author: Account;
  body: string;
  inReplyTo: number | null;
  minimized: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface IssueComment {
  id: number;
  nodeId: string;
  pull: Pull;
  author: Account;
  /** The App that wrote it, by its id. */
  appId: number | null;
  body: string;
  minimized: string | null;
  createdAt: string;
  updatedAt: string;
}

export const fullName = (repository: Repository): string =>
  `${repository.owner.login}/${repository.name}`;

/** The bot's own login, and the owner of personal repositories, compare without case. */
export const sameLogin = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export const timestamp = (date = new Date()): string =>
  date.toISOString().replace(/\.\d{3}Z$/, "Z");

/** The longest text that a body may have, in code points. */
export const BODY_LIMIT = 65_536;
