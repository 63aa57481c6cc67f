/** The answer that is being streamed, as the frames of a thread's stream tell it. Pure. */
import type { ThreadDetailJson } from "../../views/thread-view.ts";

export interface LiveAnswer {
  turnId: string;
  messageId: string;
  attempt: number;
  text: string;
}

export interface TurnEvent {
  turn_id: string;
  message_id: string | null;
  state: string;
  attempt: number;
}

/** Where a view leaves off: frames after its `last_event_id` go on from this text. */
export function liveFromView(view: ThreadDetailJson): LiveAnswer | null {
  const turn = view.turns.find((one) => one.state === "running");
  const message =
    turn && view.messages.find((one) => one.turn_id === turn.id && one.role === "assistant");
  if (!turn || !message) return null;
  return { turnId: turn.id, messageId: message.id, attempt: turn.attempt, text: message.text };
}

/** A new turn, or a higher attempt of the same one, begins with no text. */
export function afterTurnEvent(live: LiveAnswer | null, event: TurnEvent): LiveAnswer | null {
  if (event.state !== "running" || event.message_id === null) return live;
  if (live?.turnId === event.turn_id && event.attempt <= live.attempt) return live;
  return { turnId: event.turn_id, messageId: event.message_id, attempt: event.attempt, text: "" };
}

/** What a newer view says about the turn: one that has ended there is shown as stored. */
export function afterView(live: LiveAnswer | null, view: ThreadDetailJson): LiveAnswer | null {
  const turn = view.turns.find((one) => one.id === live?.turnId);
  return turn && turn.state !== "running" && turn.state !== "queued" ? null : live;
}

/** Text to show of a message: the stored one may be ahead of the stream, or belong to an older attempt. */
export function shownText(
  message: { id: string; text: string; turn_id: string | null },
  attempt: number | null,
  live: LiveAnswer | null,
): string {
  if (live?.messageId !== message.id) return message.text;
  if (attempt !== null && live.attempt > attempt) return live.text;
  return live.text.length >= message.text.length ? live.text : message.text;
}

/** `data` of a text frame: base64 of UTF-8. */
export function decodeText(data: string): string {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}
