/** Keys of events: the same whenever the same event is handled again. */
import { createHash } from "node:crypto";
import type { ChatEvent, ChatMessage, Reply } from "./chat-event.ts";
import type { Addressee } from "./telling.ts";

/** Who did it, and how they are answered. */
export function keyed(event: Extract<ChatEvent, { reply: Reply }>): Addressee {
  return { by: event.by, reply: event.reply, key: keyOf(event.reply, event) };
}

/** The same for the same message, however often it comes. */
export function keyOfMessage({ at, id }: ChatMessage): string {
  return digest(`${at.platform} ${at.workspaceId} ${at.place} ${id}`);
}

/** The same for the same event, however often it comes. */
function keyOf({ trigger, responseUrl }: Reply, event: ChatEvent): string {
  return digest(trigger ?? responseUrl ?? JSON.stringify(event));
}

/** A key that is made of another one. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
