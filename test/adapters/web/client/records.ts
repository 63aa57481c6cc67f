/** Rows of the API for tests of the browser's code; a test names only what it is about. */
import type { ChangeJson } from "../../../../adapters/web/views/change-view.ts";
import type { RfcDetailJson } from "../../../../adapters/web/views/rfc-view.ts";
import type {
  BlockJson,
  MessageJson,
  ThreadDetailJson,
  ThreadJson,
  TurnJson,
} from "../../../../adapters/web/views/thread-view.ts";

const TIME = "2026-03-02T09:30:00.000Z";

export function change(fields: Partial<ChangeJson> = {}): ChangeJson {
  return {
    id: `change-${fields.number ?? 1}`,
    number: 1,
    rfc_slug: "plan",
    branch_name: "main",
    thread_id: "thread",
    source_message_id: "answer",
    turn_id: "turn",
    kind: "ai",
    state: "pending",
    original: "old",
    proposed: "new",
    reason: "",
    insert_after: null,
    insert_before: null,
    warnings: [],
    certainty: "certain",
    doubts: [],
    passage: { start: 0, end: 3 },
    slice: "old",
    replacement: "new",
    section: [],
    candidates: [],
    candidate_count: 1,
    base_blob_sha: "blob",
    drift: "fresh",
    stale_since: null,
    text_offset: null,
    commit_sha: null,
    failure: null,
    author: null,
    suggestion: null,
    created_at: TIME,
    decided_at: null,
    ...fields,
  };
}

export function rfc(fields: Partial<RfcDetailJson> = {}): RfcDetailJson {
  return {
    slug: "plan",
    title: "Plan",
    repository: "acme/rfcs",
    path: "plan.md",
    branch: "main",
    default_branch: "main",
    created_at: TIME,
    pull_request: null,
    suggestions: null,
    document: null,
    problem: null,
    threads: [],
    changes: [],
    overlaps: [],
    concerns: [],
    merge: null,
    ...fields,
  };
}

export function message(fields: Partial<MessageJson> = {}): MessageJson {
  return {
    id: "answer",
    seq: 1,
    role: "assistant",
    author: null,
    model_id: "model",
    text: "",
    quote: null,
    turn_id: "turn",
    status: "complete",
    created_at: TIME,
    edited_at: null,
    deleted_at: null,
    ...fields,
  };
}

export function turn(fields: Partial<TurnJson> = {}): TurnJson {
  return {
    id: "turn",
    thread_id: "thread",
    state: "done",
    cancel_requested: false,
    model_id: "model",
    attempt: 1,
    error: null,
    error_id: null,
    usage: null,
    retry_of: null,
    created_at: TIME,
    started_at: TIME,
    finished_at: null,
    ...fields,
  };
}

export function block(fields: Partial<BlockJson> = {}): BlockJson {
  return {
    id: "block",
    message_id: "answer",
    kind: "fenced",
    code: null,
    fields: {},
    state: "open",
    change_id: null,
    text_offset: 0,
    ...fields,
  };
}

export function thread(fields: Partial<ThreadJson> = {}): ThreadJson {
  return {
    id: "thread",
    rfc_slug: "plan",
    branch_name: "main",
    thread_kind: "discussion",
    state: "open",
    title: null,
    model: null,
    anchor: null,
    anchor_stale_since: null,
    created_at: TIME,
    ...fields,
  };
}

export function view(fields: Partial<ThreadDetailJson> = {}): ThreadDetailJson {
  return {
    thread: thread(),
    messages: [],
    changes: [],
    decisions: [],
    blocks: [],
    turns: [],
    last_event_id: "0",
    ...fields,
  };
}
