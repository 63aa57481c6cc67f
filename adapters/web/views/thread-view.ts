import type { LooseBlock } from "../../../src/changes/loose-block.ts";
import type {
  Message,
  MessageRole,
  MessageStatus,
  Thread,
  ThreadKind,
  ThreadState,
  Turn,
  TurnState,
} from "../../../src/conversation/thread.ts";
import type { DecisionRecord } from "../../../src/changes/change.ts";
import type { ThreadView } from "../../../src/engine.ts";
import { changeView, placementView, type ChangeJson, type PlacementJson } from "./change-view.ts";

export interface ThreadJson {
  id: string;
  rfc_slug: string;
  branch_name: string;
  thread_kind: ThreadKind;
  state: ThreadState;
  title: string | null;
  model: string | null;
  anchor: PlacementJson | null;
  anchor_stale_since: string | null;
  created_at: string;
}

export interface MessageJson {
  id: string;
  seq: number;
  role: MessageRole;
  author: string | null;
  model_id: string | null;
  text: string;
  quote: string | null;
  turn_id: string | null;
  status: MessageStatus;
  created_at: string;
  edited_at: string | null;
  /** Of a deleted message the text is gone. */
  deleted_at: string | null;
}

export interface TurnJson {
  id: string;
  thread_id: string;
  state: TurnState;
  /** Somebody asked for its end; a running one ends soon. */
  cancel_requested: boolean;
  model_id: string | null;
  attempt: number;
  error: string | null;
  error_id: string | null;
  /** Tokens, as the provider counted them. */
  usage: { input: number; output: number; cache_read: number; cache_write: number } | null;
  retry_of: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
}

export interface DecisionJson {
  id: string;
  change_id: string;
  author: string;
  verdict: "accept" | "decline";
  reason: string | null;
  outcome: "open" | "committed" | "returned" | "declined";
  created_at: string;
}

export interface BlockJson {
  id: string;
  message_id: string;
  kind: "malformed" | "fenced" | "unmarked";
  code: string | null;
  fields: Partial<Record<"original" | "proposed" | "reason" | "after" | "before", string>>;
  state: "open" | "promoted" | "repaired" | "withdrawn";
  change_id: string | null;
  text_offset: number;
}

export interface ThreadDetailJson {
  thread: ThreadJson;
  messages: MessageJson[];
  changes: ChangeJson[];
  decisions: DecisionJson[];
  blocks: BlockJson[];
  turns: TurnJson[];
  /** Where a stream has to begin to miss nothing after this answer. */
  last_event_id: string;
}

export function threadView(thread: Thread): ThreadJson {
  return {
    id: thread.id,
    rfc_slug: thread.rfcSlug,
    branch_name: thread.branchName,
    thread_kind: thread.kind,
    state: thread.state,
    title: thread.title,
    model: thread.modelId,
    anchor: thread.anchor && placementView(thread.anchor),
    anchor_stale_since: isoOrNull(thread.anchorStaleSince),
    created_at: thread.createdAt.toISOString(),
  };
}

export function threadDetailView(view: ThreadView): ThreadDetailJson {
  return {
    thread: threadView(view.thread),
    messages: view.messages.map(messageView),
    changes: view.changes.map(changeView),
    decisions: view.decisions.map(decisionView),
    blocks: view.looseBlocks.map(blockView),
    turns: view.turns.map(turnView),
    last_event_id: view.lastEventId,
  };
}

function messageView(message: Message): MessageJson {
  return {
    id: message.id,
    seq: message.seq,
    role: message.role,
    author: message.author,
    model_id: message.modelId,
    text: message.text,
    quote: message.quote,
    turn_id: message.turnId,
    status: message.status,
    created_at: message.createdAt.toISOString(),
    edited_at: isoOrNull(message.editedAt),
    deleted_at: isoOrNull(message.deletedAt),
  };
}

export function turnView(turn: Turn): TurnJson {
  const { usage } = turn;
  return {
    id: turn.id,
    thread_id: turn.threadId,
    state: turn.state,
    cancel_requested: turn.cancelRequested,
    model_id: turn.modelId,
    attempt: turn.attempt,
    error: turn.error,
    error_id: turn.errorId,
    usage: usage && {
      input: usage.input,
      output: usage.output,
      cache_read: usage.cacheRead,
      cache_write: usage.cacheWrite,
    },
    retry_of: turn.retryOf,
    created_at: turn.createdAt.toISOString(),
    started_at: isoOrNull(turn.startedAt),
    finished_at: isoOrNull(turn.finishedAt),
  };
}

export function decisionView(decision: DecisionRecord): DecisionJson {
  return {
    id: decision.id,
    change_id: decision.changeId,
    author: decision.author,
    verdict: decision.verdict,
    reason: decision.reason,
    outcome: decision.outcome,
    created_at: decision.createdAt.toISOString(),
  };
}

function blockView(block: LooseBlock): BlockJson {
  return {
    id: block.id,
    message_id: block.messageId,
    kind: block.kind,
    code: block.code,
    fields: block.fields,
    state: block.state,
    change_id: block.changeId,
    text_offset: block.textOffset,
  };
}

function isoOrNull(date: Date | null): string | null {
  return date && date.toISOString();
}
