/** Messages that are on their way or did not arrive: kept through a reload until they are sent or thrown away. */

import type { MessageJson } from "../../views/thread-view.ts";

export interface Unsent {
  /** Also the Idempotency-Key: sending again cannot store the message twice. */
  key: string;
  text: string;
  quote: string | null;
  /** `waiting`: to be sent as soon as its thread is open. */
  state: "waiting" | "sending" | "failed";
  /** Why it did not arrive, as a sentence. */
  problem: string | null;
  /** `seq` of the newest message that the thread had when this was written; 0 for none. */
  afterSeq?: number;
}

/** Only what is kept of `Storage`. */
export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const shelfKey = (threadId: string): string => `redline.unsent.${threadId}`;

/** What was being sent when the page went away may or may not have arrived: it is offered again. */
export function loadUnsent(shelf: Shelf, threadId: string): Unsent[] {
  try {
    const kept = JSON.parse(shelf.getItem(shelfKey(threadId)) ?? "[]") as Unsent[];
    return kept.map((message) =>
      message.state === "waiting"
        ? message
        : {
            ...message,
            state: "failed",
            problem: message.problem ?? "The page was left before this was sent.",
          },
    );
  } catch {
    return [];
  }
}

export function saveUnsent(shelf: Shelf, threadId: string, unsent: readonly Unsent[]): void {
  try {
    if (unsent.length === 0) shelf.removeItem(shelfKey(threadId));
    else shelf.setItem(shelfKey(threadId), JSON.stringify(unsent));
  } catch {
    // A full or forbidden storage costs no more than the memory of this page.
  }
}

/**
 * Those that are not yet among the thread's messages: its own stream may tell of a message before the
 * answer to its sending does. Pure.
 */
export function notArrived(
  unsent: readonly Unsent[],
  messages: readonly Pick<MessageJson, "seq" | "role" | "text" | "quote">[],
): Unsent[] {
  const taken = new Set<number>();
  return unsent.filter(({ state, text, quote, afterSeq = 0 }) => {
    if (state !== "sending") return true;
    const arrived = messages.find(
      (message) =>
        message.role === "user" &&
        message.seq > afterSeq &&
        !taken.has(message.seq) &&
        message.text.trim() === text.trim() &&
        (message.quote ?? "").trim() === (quote ?? "").trim(),
    );
    if (arrived) taken.add(arrived.seq);
    return !arrived;
  });
}

/** `crypto.randomUUID` is missing on plain http outside loopback. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
