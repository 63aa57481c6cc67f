/**
 * The seams of Redline: what the engine asks of the world, and nothing more. An adapter implements one of
 * these; `app.ts` alone knows which. Every method may reject with a `UserError` when the person can do
 * something about it; any other rejection is ours to log.
 */
import { UserError } from "./errors.ts";
import type { Ids } from "./log.ts";

// ---------------------------------------------------------------- documents

/**
 * Where an RFC's document lives. `repository` is `owner/name` on GitHub or `file:///absolute/path`; `branch`
 * is a branch's name or, for a pull request from a fork, `refs/pull/<number>/head`.
 */
export interface DocumentLocation {
  repository: string;
  path: string;
  branch: string;
}

/** The document at one commit. `body` is the exact text of the blob (UTF-8, line endings and BOM kept). */
export interface DocumentVersion {
  headSha: string;
  blobSha: string;
  body: string;
}

/** A commit between two tips, as far as Redline cares. */
export interface CommitInfo {
  sha: string;
  authorName: string;
  /** Who the author is on the host, where it knows. */
  author?: HostAccount | null;
  subject: string;
  /** Ids in the commit's `Redline-Change:` trailers; empty for a commit that Redline did not make. */
  changeIds: string[];
  /** Whether the commit changed the file asked about. */
  touchesPath: boolean;
}

export interface Person {
  name: string;
  email: string;
}

/** Somebody's account on the host. */
export interface HostAccount {
  id: string;
  login: string;
}

export interface CommitRequest {
  location: DocumentLocation;
  /** The version that `newBody` was made from; the commit's only parent is its `headSha`. */
  base: DocumentVersion;
  newBody: string;
  /** The whole message, trailers included. */
  message: string;
  author: Person;
}

/** A file that is no document of people's, and is to read as given. */
export interface FileRequest {
  location: DocumentLocation;
  body: string;
  message: string;
  author: Person;
}

/** `moved`: the branch is no longer at `base.headSha`; read the new tip and decide again. */
export type CommitOutcome =
  | { kind: "committed"; headSha: string; blobSha: string }
  | { kind: "moved" };

/** Reads a document at a branch's tip, and commits to that branch. */
export interface DocumentHost {
  /** Whether this host is the one for a `repository` string. */
  serves(repository: string): boolean;
  /** Milliseconds between two looks at a repository's tips that nobody waits for; default 1,000. */
  readonly lookEveryMs?: number;
  /** The commit at each branch's tip; null where the branch does not exist. Cheap while nothing moves. */
  tips(repository: string, branches: readonly string[]): Promise<Map<string, string | null>>;
  /** The document at the tip. @throws UserError repository-unavailable | document-unreadable | too-large */
  read(location: DocumentLocation): Promise<DocumentVersion>;
  /** Refuses early, before anyone's accept is taken, what `commit` would refuse. @throws UserError */
  assertWritable(location: DocumentLocation): Promise<void>;
  /** One commit on the branch. Never forces. @throws UserError working-tree-dirty | repository-unavailable */
  commit(request: CommitRequest): Promise<CommitOutcome>;
  /**
   * The commit on the branch that carries `Redline-Change: <changeId>`, or null. Looked for before every
   * commit, so that a commit that landed just before a crash is found instead of repeated; then also
   * completes what a crash may have left undone beside the commit (the working tree).
   */
  findChangeCommit(
    location: DocumentLocation,
    changeId: string,
  ): Promise<{ headSha: string } | null>;
  /**
   * Brings a file beside the documents to a text, and answers with the commit that did so, be it an earlier one.
   * Left out where Redline keeps no files of its own. @throws UserError forbidden | repository-unavailable
   */
  putFile?(request: FileRequest): Promise<string>;
  /** The newest commit on the branch that changed the file; null where there is none to be found. */
  lastCommit(location: DocumentLocation): Promise<string | null>;
  /** Commits reachable from `to` but not from `from`, oldest first, at most 200; empty if either is gone. */
  commitsBetween(location: DocumentLocation, from: string, to: string): Promise<CommitInfo[]>;
  /** The document as one commit has it; null where that commit, or the file in it, cannot be read. */
  readAt(location: DocumentLocation, commitSha: string): Promise<string | null>;
  /** The path that the file of commit `from` has in commit `to`; null when it was not renamed. */
  findRename(location: DocumentLocation, from: string, to: string): Promise<string | null>;
}

// ---------------------------------------------------------------- pull requests

export type PullRequestState = "open" | "merged" | "closed";

/** A pull request as its host tells it now. */
export interface PullRequest {
  number: number;
  title: string;
  /** For people, in a browser. */
  url: string;
  state: PullRequestState;
  /** Plain name of the head branch. */
  headBranch: string;
  headSha: string;
  /** `owner/name` of the head branch's repository; null when that fork is gone. */
  headRepository: string | null;
  baseBranch: string;
  baseSha: string;
  /** Who merged it, where the host says. */
  mergedBy: HostAccount | null;
  /** When it was merged or closed. */
  closedAt: Date | null;
}

/** A file of the three-dot diff of a pull request: head against merge base. */
export interface ChangedFile {
  path: string;
  /** Its name on the base side, where it was renamed. */
  previousPath: string | null;
  status: "added" | "removed" | "modified" | "renamed" | "copied" | "changed" | "unchanged";
  /** Lines. */
  additions: number;
  deletions: number;
  /** Unified hunks without file headers; null where the host leaves them out (large files). */
  patch: string | null;
}

/** `line` and `file` are review comments; `conversation` stands below the pull request as a whole. */
export type CommentKind = "line" | "file" | "conversation";

/** What names a comment to its host. */
export interface CommentRef {
  id: string;
  kind: CommentKind;
  /** The host's global id, for what only knows such. */
  nodeId: string;
}

export interface PullRequestComment extends CommentRef {
  author: HostAccount;
  /** Whether the account that Redline uses wrote it. */
  isOwn: boolean;
  body: string;
  url: string;
  path: string | null;
  /** First and last line in the head's file, from 1; both null once the comment is outdated. */
  startLine: number | null;
  line: number | null;
  /** The comment that it answers: the first one of its review thread. */
  inReplyTo: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** Whether the conversation under a review comment counts as settled. */
export interface ReviewThread {
  /** The host's id of the thread. */
  id: string;
  isResolved: boolean;
  resolvedBy: HostAccount | null;
  /** `CommentRef.nodeId` of its first comment. */
  commentNodeId: string;
}

/** A comment on whole lines of the head's file; one line when `startLine` is null. */
export interface LineComment {
  path: string;
  startLine: number | null;
  line: number;
  body: string;
}

/** Why a comment stands as it is and is in nobody's way. */
export type MinimizeReason = "OUTDATED" | "RESOLVED" | "DUPLICATE";

/**
 * Where pull requests are reviewed. Reads throw `UserError` (repository-unavailable, unauthorized, …) for what
 * people can mend and `HostBusy` when the host wants to be left alone for a while. Writes are tried once:
 * after a failure that leaves it open whether they took effect, the caller looks before it repeats.
 */
export interface PullRequestHost {
  serves(repository: string): boolean;
  /** The pull request that a web address names; null when it is no such address of this host. Asks nobody. */
  parseUrl(address: string): { repository: string; number: number } | null;
  /** Name of the repository's default branch. */
  defaultBranch(repository: string): Promise<string>;
  /** Open ones, newest first, at most 100; with `headBranch`, those from that branch of this repository. */
  listOpen(repository: string, headBranch?: string): Promise<PullRequest[]>;
  /** @throws UserError not-found */
  get(repository: string, number: number): Promise<PullRequest>;
  /** At most 3,000, the host's own limit. */
  files(repository: string, number: number): Promise<ChangedFile[]>;
  /** The text of a file at the merge base of the pull request; null where it is not there. */
  readMergeBase(repository: string, pull: PullRequest, path: string): Promise<string | null>;
  /** Every comment of the three kinds, oldest first. */
  comments(repository: string, number: number): Promise<PullRequestComment[]>;
  reviewThreads(repository: string, number: number): Promise<ReviewThread[]>;
  /** The names that address Redline there, without `@`. */
  ownNames(repository: string): Promise<string[]>;
  /**
   * One published review with 1 to 30 comments on lines of the diff of `commitSha`, and the comments as the
   * host has them. @throws ReviewRejected
   */
  postReview(
    repository: string,
    number: number,
    review: { commitSha: string; comments: readonly LineComment[] },
  ): Promise<PullRequestComment[]>;
  /** A comment on a whole file of the diff. @throws ReviewRejected where the file is not in it */
  postFileComment(
    repository: string,
    number: number,
    comment: { commitSha: string; path: string; body: string },
  ): Promise<PullRequestComment>;
  postConversationComment(
    repository: string,
    number: number,
    body: string,
  ): Promise<PullRequestComment>;
  /** An answer in the review thread of the comment `inReplyTo`. */
  postReply(
    repository: string,
    number: number,
    inReplyTo: string,
    body: string,
  ): Promise<PullRequestComment>;
  /** False when the comment is not there any more. */
  editComment(repository: string, comment: CommentRef, body: string): Promise<boolean>;
  deleteComment(repository: string, comment: CommentRef): Promise<void>;
  /** False where the account may not do it. */
  resolveThread(repository: string, threadId: string): Promise<boolean>;
  /** False where the account may not do it. */
  minimize(repository: string, comment: CommentRef, reason: MinimizeReason): Promise<boolean>;
}

// ---------------------------------------------------------------- accounts

/** What speaks for a person's account; to be kept sealed. */
export interface AccountToken {
  token: string;
  /** Null: it does not expire. */
  expiresAt: Date | null;
  /** Gets the next one, once. */
  refreshToken: string | null;
}

/** What a person is asked to enter, and where. */
export interface DeviceCode {
  code: string;
  url: string;
  expiresAt: Date;
}

/** Where people have accounts that say what they may do in a repository. */
export interface AccountHost {
  serves(repository: string): boolean;
  /**
   * Has a person show that an account is theirs: `onCode` is told what they are to enter; resolves once they
   * have. Rejects promptly when `signal` is aborted. @throws UserError where they declined or took too long,
   * or the host does not take Redline's part; HostBusy
   */
  connect(onCode: (code: DeviceCode) => void, signal: AbortSignal): Promise<AccountToken>;
  /** Whose token it is; null where the host does not know it any more. @throws HostBusy */
  holderOf(token: string): Promise<HostAccount | null>;
  /** The token after one that has expired; null where the host gives none. @throws HostBusy */
  refresh(refreshToken: string): Promise<AccountToken | null>;
  /** Whether the account may write to the repository, as the host says now. @throws UserError, HostBusy */
  mayWrite(repository: string, account: HostAccount): Promise<boolean>;
}

/** Where a browser is sent for its person to sign in, and comes back from. */
export interface SignInHost {
  /** @param challenge the SHA-256 of the verifier, in base64url (RFC 7636, S256) */
  addressOf(ask: { state: string; challenge: string; redirectUrl: string }): string;
  /**
   * What a code that came back stands for, once. @throws UserError where the host does not take it, or Redline's
   * own part; HostBusy
   */
  exchange(given: { code: string; verifier: string; redirectUrl: string }): Promise<AccountToken>;
  /** What a browser that came back without a code is told. @param error what the host called it */
  refusalOf(error: string): UserError;
  /**
   * Whether the account may read the repository, as the host tells its token; null where the host does not know the
   * token any more. @throws HostBusy
   */
  mayRead(repository: string, account: HostAccount, token: string): Promise<boolean | null>;
  /** Whether the host takes Redline's own part. @throws UserError, HostBusy */
  check(): Promise<void>;
}

/** The host refused comments as they are (GitHub's 422): map them again, or show them in another way. */
export class ReviewRejected extends Error {
  override readonly name = "ReviewRejected";
}

/** The host does not answer, or wants no requests before `retryAt`; then the same may well succeed. */
export class HostBusy extends UserError {
  readonly retryAt: Date;

  constructor(message: string, retryAt: Date, options?: ErrorOptions) {
    super("host-busy", message, options);
    this.retryAt = retryAt;
  }
}

// ---------------------------------------------------------------- models

export interface ModelInfo {
  id: string;
  label: string;
}

/** What the model is given. The document is apart so that a provider can cache it. */
export interface ModelRequest {
  model: string;
  /** Rules of the conversation and the document: the same for every turn on one document version. */
  stablePrompt: string;
  /** What changes by turn: the live tag, the passage that the thread is about, changes so far. */
  turnPrompt: string;
  /** Oldest first; starts with `user`, roles alternate; never an empty content. */
  messages: readonly ModelMessage[];
  maxTokens: number;
  /** What the log says of it. */
  ids?: Ids;
}

export interface ModelMessage {
  role: "user" | "assistant";
  content: string;
}

/** Tokens, as the provider counted them. `input` excludes both cache figures. */
export interface ModelUsage {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

/** Why the model stopped by itself: all said, the token limit, or its own refusal. */
export type ModelStop = "complete" | "max_tokens" | "refusal";

/** Any number of `text`, then exactly one `end`. Text may be split anywhere, also inside a code point. */
export type ModelEvent =
  | { type: "text"; text: string }
  | { type: "end"; stop: ModelStop; usage: ModelUsage };

/**
 * A language model. Retries what is worth a retry before the first text, and only then. Aborting `signal`
 * ends the request and makes the iteration reject promptly.
 */
export interface ModelProvider {
  readonly name: string;
  /** True when `models` is the whole of it: an id that it does not list does not exist. */
  readonly listsAll?: boolean;
  /** False where it only edits, and has nothing to say about a conversation. */
  readonly converses?: boolean;
  /** Used when nobody named a model and the list cannot be had. */
  readonly fallbackModel?: string;
  /** The ids that the provider says it has, its newest or preferred first. */
  models(signal: AbortSignal): Promise<ModelInfo[]>;
  /** @throws ModelError for everything that the provider did wrong or refused. */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
}

/** A failure of the provider. `message` is one plain sentence for the thread, without the provider's words. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  /** Whether the provider could not be reached, or the connection broke: nothing that it said. */
  readonly isAway: boolean;

  constructor(message: string, options: ErrorOptions & { isAway?: boolean } = {}) {
    super(message, options);
    this.isAway = options.isAway ?? false;
  }
}

// ---------------------------------------------------------------- jobs and live streams

/** Wake-ups. Lossy on purpose: Postgres knows what is to be done, the sweeper finds what a wake-up missed. */
export interface Jobs {
  /** Asks some worker to look at the thread soon. Never rejects: a lost wake-up is only a delay. */
  wakeThread(threadId: string, traceparent?: string | null): void;
  /** Asks some worker to work off what a platform has sent. Never rejects: its sweep finds what is left. */
  wakeEvents(source: string): void;
  /** Tells the dispatcher that there are outbox rows. Never rejects. */
  wakeDispatcher(): void;
}

/**
 * What goes from a running turn to whoever watches, between processes. Lossy: a watcher that sees a gap
 * reads the rows. `seq` counts the thread's durable events, `at` the UTF-16 units of the answer before
 * `text`.
 */
export type LiveMessage =
  | { type: "text"; turnId: string; attempt: number; at: number; text: string }
  | { type: "event"; seq: number; event?: LiveEvent }
  /** A change is being written, until `ended`; its section is known once its passage is. */
  | { type: "drafting"; turnId: string; section: string[] | null; ended: boolean }
  | { type: "cancel"; turnId: string }
  /** Places in chat are to be brought up to date. */
  | { type: "places"; linkIds: string[] };

/** A `ThreadEvent`, where it was at hand; nothing to the relay, and read from its row where it is missing. */
export interface LiveEvent {
  readonly kind: string;
}

/** Publish and subscribe between all processes, this one included. */
export interface StreamRelay {
  /** Messages of one process on one topic arrive in their order. Never rejects. */
  publish(topic: string, message: LiveMessage): void;
  /** From the moment that the promise resolves; returns the unsubscribe. */
  subscribe(topic: string, listener: (message: LiveMessage) => void): Promise<() => void>;
}

/** What is live in one thread. */
export const threadTopic = (threadId: string): string => `thread.${threadId}`;

/** Places in chat that are to be brought up to date, for every worker. */
export const PLACES_TOPIC = "places";

/** Cancellations, for every worker. */
export const CONTROL_TOPIC = "control";
