/** What concerns are about, as places in the document. Pure. */
import type { ConcernJson } from "../../views/people-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import type { ThreadPlace } from "../redline/layout.ts";
import { excerpt } from "../conversation/thread-title.ts";

const PREFIX = "concern:";

/** Stands for a concern where threads stand by their ids. */
export function concernMark(concernId: string): string {
  return PREFIX + concernId;
}

/** The id of the concern that a mark stands for; null for a thread. */
export function concernOf(mark: string): string | null {
  return mark.startsWith(PREFIX) ? mark.slice(PREFIX.length) : null;
}

/** How the mark of a thread or a concern looks, and what it says of itself. */
export function markFace({ threadId, letter, title }: ThreadPlace): {
  look: string;
  words: string;
  tip: string;
} {
  if (concernOf(threadId) === null) {
    const name = `Thread ${letter}`;
    return { look: "thread-mark", words: `${name}, ${title}: open it`, tip: `${name}: ${title}` };
  }
  const name = `Concern ${letter.slice(1)}`;
  const look = "thread-mark concern-mark";
  return { look, words: `${name}, ${title}: show it`, tip: `${name}: ${title}` };
}

/** Where a concern's passage is: `gone` where it reads otherwise now, null for the whole document. */
export function concernPlace(
  concern: ConcernJson,
  { branch, document }: Pick<RfcDetailJson, "branch" | "document">,
): { start: number; end: number } | "gone" | "unknown" | null {
  const { passage, anchor_text: text } = concern;
  if (text === null) return null;
  if (!document || concern.branch_name !== branch) return "unknown";
  if (concern.anchor_stale_since !== null || !passage) return "gone";
  const { start, end } = passage;
  return start < end && document.body.slice(start, end) === text ? { start, end } : "gone";
}

/** The passages of open concerns that are in the document. */
export function concernPlaces(
  rfc: Pick<RfcDetailJson, "branch" | "document" | "concerns">,
): ThreadPlace[] {
  return rfc.concerns.flatMap((concern): ThreadPlace[] => {
    const place = concern.state === "open" ? concernPlace(concern, rfc) : null;
    if (place === null || typeof place === "string") return [];
    const { id, number, text } = concern;
    return [{ threadId: concernMark(id), letter: `!${number}`, title: excerpt(text), ...place }];
  });
}
