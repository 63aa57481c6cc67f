/**
 * What happened in a thread, numbered in order and stored with what it tells of. Watchers read these, and
 * between them the text of the running answer; so a stream can be resumed from any process.
 */
import type { Problem } from "../errors.ts";
import type { MessageRole, TurnState } from "./thread.ts";

/** `at` is the length of the answer's prose, in UTF-16 units, when it happened. */
export type ThreadEvent =
  | { kind: "message"; messageId: string; role: MessageRole }
  | { kind: "turn"; turnId: string; messageId: string; attempt: number }
  | { kind: "change"; changeId: string; turnId: string | null; at: number }
  | { kind: "block"; blockId: string; turnId: string; at: number }
  | {
      kind: "turn_end";
      turnId: string;
      /** Null when the turn was cancelled before it began. */
      messageId: string | null;
      state: TurnState;
      at: number;
      changeIds: string[];
      problem: Problem | null;
    }
  | { kind: "change_state"; changeId: string }
  | { kind: "document"; headSha: string }
  | { kind: "thread" };

export interface StoredEvent {
  seq: number;
  event: ThreadEvent;
}
