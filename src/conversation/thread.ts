/**
 * The glossary of conversations: threads, their messages and the turns of the model.
 */
import type { Placement } from "../changes/placement.ts";
import type { ModelUsage } from "../ports.ts";

/**
 * What a thread is about: the whole document, a passage (`range`, `paragraph`), or an open pull request
 * (`review`).
 */
export type ThreadKind = "discussion" | "range" | "paragraph" | "review";

/** A closed thread takes no messages until it is reopened; its pending changes stay. */
export type ThreadState = "open" | "closed";

/** One conversation about one RFC on one branch. */
export interface Thread {
  id: string;
  rfcSlug: string;
  branchName: string;
  kind: ThreadKind;
  state: ThreadState;
  title: string | null;
  modelId: string | null;
  /** The passage that the thread is about, kept in place like a change; null for whole documents. */
  anchor: Placement | null;
  anchorStaleSince: Date | null;
  createdAt: Date;
}

/** `system` messages are for people only; the model never sees them. */
export type MessageRole = "user" | "assistant" | "system";

/**
 * Of an assistant message: `streaming` → `complete`, or `cut` (token limit), `stopped` (by a person),
 * `failed` (by the provider). Others are `complete`.
 */
export type MessageStatus = "streaming" | "complete" | "cut" | "stopped" | "failed";

/** One row of the durable history. */
export interface Message {
  id: string;
  threadId: string;
  /** Order in the thread, from 1. */
  seq: number;
  role: MessageRole;
  /** Display name of the person; null for the model and the system. */
  author: string | null;
  modelId: string | null;
  text: string;
  quote: string | null;
  turnId: string | null;
  status: MessageStatus;
  createdAt: Date;
  /** It was changed, or deleted, where it was written; of a deleted one the text is gone. */
  editedAt: Date | null;
  deletedAt: Date | null;
}

/** `queued → running → done | failed | cancelled`; `queued → cancelled`. Crashes run it again. */
export type TurnState = "queued" | "running" | "done" | "failed" | "cancelled";

/** One answer of the model; it owns one assistant message. */
export interface Turn {
  id: string;
  threadId: string;
  state: TurnState;
  /** Somebody asked for its end; a running one ends soon. */
  cancelRequested: boolean;
  modelId: string | null;
  attempt: number;
  error: string | null;
  errorId: string | null;
  usage: ModelUsage | null;
  retryOf: string | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}
