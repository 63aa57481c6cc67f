/**
 * Server-sent event frames of a thread, and the ids by which a stream is resumed. Pure.
 *
 * An id is `<seq>.<offset>`: the number of the last durable event that the reader has, and how far it is in
 * what follows that event: UTF-16 units of the running answer, or frames of an event that has several.
 */
import type { ThreadEvent } from "./thread-event.ts";

/** One event of a stream, before it is written as text. `id` is opaque to readers. */
export interface StreamFrame {
  id: string;
  /** Absent for text and for the closing DONE. */
  event?: string;
  data: string;
}

export interface StreamPosition {
  seq: number;
  offset: number;
}

export function formatPosition(position: StreamPosition): string {
  return `${position.seq}.${position.offset}`;
}

/** Null for anything that was never given out as an id. */
export function parsePosition(id: string): StreamPosition | null {
  const match = /^(\d{1,15})\.(\d{1,9})$/.exec(id);
  return match ? { seq: Number(match[1]), offset: Number(match[2]) } : null;
}

/** Text of the answer up to `end` (UTF-16 units), as base64 of its UTF-8. */
export function textFrame(seq: number, text: string, end: number): StreamFrame {
  return {
    id: formatPosition({ seq, offset: end }),
    data: Buffer.from(text, "utf8").toString("base64"),
  };
}

/** The frames of a durable event without their ids, in order; only the end of a turn has several. */
export function eventFrames(event: ThreadEvent): { event?: string; data: string }[] {
  switch (event.kind) {
    case "message":
      return [named("message", { message_id: event.messageId, role: event.role })];
    case "turn":
      return [
        named("turn", {
          turn_id: event.turnId,
          message_id: event.messageId,
          state: "running",
          attempt: event.attempt,
        }),
      ];
    case "change":
      return [named("change", { change_id: event.changeId })];
    case "block":
      return [named("block", { block_id: event.blockId })];
    case "turn_end":
      return [endFrame(event), { data: "DONE" }];
    case "change_state":
      return [named("change_state", { change_id: event.changeId })];
    case "document":
      return [named("document", { head_sha: event.headSha })];
    case "thread":
      return [named("thread", {})];
    default:
      // Stored by a newer release. Readers here miss it, as that release has to expect.
      return [];
  }
}

function endFrame(event: Extract<ThreadEvent, { kind: "turn_end" }>): {
  event: string;
  data: string;
} {
  if (event.problem) return named("error", event.problem);
  return named("changes", {
    message_id: event.messageId,
    change_ids: event.changeIds,
    count: event.changeIds.length,
  });
}

function named(event: string, data: object): { event: string; data: string } {
  return { event, data: JSON.stringify(data) };
}
