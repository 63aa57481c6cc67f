/** What the writers of one message of an answer share. */
import { createHash } from "node:crypto";

import type { ChatContent } from "../chat/card.ts";

/** Thrown when the answer begins anew while it is shown: all of it is to be shown again. */
export class AnswerRestarted extends Error {
  override readonly name = "AnswerRestarted";
}

/** Names what a message shows, so that it is not written again as it is. */
export function digest(content: ChatContent): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("base64url").slice(0, 22);
}

export function textContent(markdown: string): ChatContent {
  return { kind: "text", markdown };
}

/** A change that is being written. */
export interface Task {
  id: string;
  title: string;
  done: boolean;
}

/** How one message of an answer ended. */
export interface SegmentEnd {
  /** Where it ended in the text. */
  to: number;
  /** Whether that is the end of the answer. */
  isLast: boolean;
  /** Digest of what is shown; '' where that is not known. */
  shown: string;
}
