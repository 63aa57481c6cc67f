/**
 * The seams of Redline: what the engine asks of the world, and nothing more. An adapter implements one of
 * these; `app.ts` alone knows which. Every method may reject with a `UserError` when the person can do
 * something about it; any other rejection is ours to log.
 */

// ---------------------------------------------------------------- documents

/** Where an RFC's document lives. `repository` is `owner/name` on GitHub or `file:///absolute/path`. */
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

export interface CommitRequest {
  location: DocumentLocation;
  /** The version that `newBody` was made from; the commit's only parent is its `headSha`. */
  base: DocumentVersion;
  newBody: string;
  /** The whole message, trailers included. */
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
  /** The commit at each branch's tip; null where the branch does not exist. Cheap: asked every second. */
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
  /** The newest commit on the branch that changed the file; null where there is none to be found. */
  lastCommit(location: DocumentLocation): Promise<string | null>;
  /** Commits reachable from `to` but not from `from`, oldest first, at most 200; empty if either is gone. */
  commitsBetween(location: DocumentLocation, from: string, to: string): Promise<CommitInfo[]>;
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
}

// ---------------------------------------------------------------- jobs and live streams

/** Wake-ups. Lossy on purpose: Postgres knows what is to be done, the sweeper finds what a wake-up missed. */
export interface Jobs {
  /** Asks some worker to look at the thread soon. Never rejects: a lost wake-up is only a delay. */
  wakeThread(threadId: string): void;
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
  | { type: "cancel"; turnId: string };

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

/** Cancellations, for every worker. */
export const CONTROL_TOPIC = "control";
