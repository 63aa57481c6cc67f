/** What threads are about, as places in the document. Pure. */
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import type { ThreadJson } from "../../views/thread-view.ts";
import { threadTitle } from "../conversation/thread-title.ts";
import type { ThreadPlace } from "../redline/layout.ts";

/** Where a thread's passage is: `gone` where it can no longer be found, `unknown` without the document. */
export type PassagePlace = { start: number; end: number } | "gone" | "unknown";

export function passagePlace(
  { anchor, anchor_stale_since: staleSince, branch_name: branch }: ThreadJson,
  rfc: Pick<RfcDetailJson, "branch" | "document">,
): PassagePlace | null {
  if (!anchor) return null;
  if (!rfc.document || branch !== rfc.branch) return "unknown";
  const { passage, slice } = anchor;
  if (staleSince !== null || !passage) return "gone";
  const { start, end } = passage;
  return start < end && rfc.document.body.slice(start, end) === slice ? { start, end } : "gone";
}

/**
 * The letters by which threads on passages are known, in the order in which they were begun: a thread keeps
 * its own.
 */
export function threadLetters(threads: readonly ThreadJson[]): Map<string, string> {
  const begun = threads
    .filter((thread) => thread.anchor)
    .sort((a, b) => a.created_at.localeCompare(b.created_at) || a.id.localeCompare(b.id));
  return new Map(begun.map((thread, index) => [thread.id, letterAt(index)]));
}

/** A … Z, AA, AB, … */
function letterAt(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letterAt(Math.floor(index / 26) - 1) + last;
}

/** The passages of open threads that are in the document, in its order. */
export function threadPlaces(
  rfc: Pick<RfcDetailJson, "branch" | "document" | "threads">,
): ThreadPlace[] {
  const letters = threadLetters(rfc.threads);
  const places = rfc.threads.flatMap((thread): ThreadPlace[] => {
    const place = thread.state === "open" ? passagePlace(thread, rfc) : null;
    if (place === null || typeof place === "string") return [];
    const letter = letters.get(thread.id) ?? "";
    return [{ threadId: thread.id, letter, title: threadTitle(thread), ...place }];
  });
  return places.sort((a, b) => a.start - b.start || a.letter.localeCompare(b.letter));
}
