/** Who did something and where an answer reaches them, out of an envelope as it was stored. Pure. */
import type { ChatMessage } from "../../src/chat/chat-event.ts";
import type { Asker } from "../../src/chat/given-up.ts";
import { record } from "../../src/json.ts";
import { readEnvelope } from "./envelope-events.ts";
import type { Envelope } from "./envelopes.ts";
import { parsePlace } from "./place.ts";

/** Null where nobody waits for an answer: what Discord itself tells, or a deletion, which cannot be done again. */
export function readAsker(payload: unknown): Asker | null {
  // What was stored once and is done is empty.
  if (typeof record(payload)["t"] !== "string") return null;
  const [event] = readEnvelope(payload as Envelope);
  switch (event?.kind) {
    case "message":
    case "edited":
      return ofMessage(event.message);
    case "command":
    case "discuss":
    case "propose":
    case "pressed":
    case "submitted":
      // A form is not opened any more.
      return { by: event.by, reply: { ...event.reply, trigger: null }, inPassing: null };
    default:
      return null;
  }
}

function ofMessage({ at, by, addressed, startsThread }: ChatMessage): Asker | null {
  const place = parsePlace(at.place);
  if (!place) return null;
  const reply = {
    channel: place.parent,
    thread: startsThread || place.parent === place.thread ? null : place.thread,
    trigger: null,
    responseUrl: null,
  };
  return { by, reply, inPassing: addressed ? null : at };
}
