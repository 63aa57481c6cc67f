/** Following a passage backwards: where it stood in the version before, and how it read there. Pure. */
import { Alignment } from "./alignment.ts";
import type { DocumentIndex } from "./document-index.ts";
import type { Passage } from "./placement.ts";

/** How much of two texts is the same at their beginning and at their end, in UTF-16 units. */
export interface CommonEdges {
  prefix: number;
  suffix: number;
  /** Length of the later text less that of the earlier one. */
  growth: number;
}

/**
 * `same`: the passage stood there already. `edited`: it read differently, and may be followed further.
 * `born`: nothing of it stood there.
 */
export type StepBack =
  | { kind: "same"; before: Passage }
  | { kind: "edited"; before: Passage }
  | { kind: "born" };

export function commonEdges(earlier: string, later: string): CommonEdges {
  const most = Math.min(earlier.length, later.length);
  let prefix = 0;
  while (prefix < most && earlier.charCodeAt(prefix) === later.charCodeAt(prefix)) prefix++;
  let suffix = 0;
  while (
    suffix < most - prefix &&
    earlier.charCodeAt(earlier.length - 1 - suffix) === later.charCodeAt(later.length - 1 - suffix)
  ) {
    suffix++;
  }
  return { prefix, suffix, growth: later.length - earlier.length };
}

/**
 * The answer that the edges alone give, without reading either text; null where the passage is in or at the
 * middle that differs.
 */
export function stepBackByEdges(
  edges: CommonEdges,
  laterLength: number,
  { start, end }: Passage,
): StepBack | null {
  if (end <= edges.prefix) return { kind: "same", before: { start, end } };
  if (start < laterLength - edges.suffix) return null;
  return { kind: "same", before: { start: start - edges.growth, end: end - edges.growth } };
}

/** One step back, from the later text to the earlier one. */
export function stepBack(earlier: DocumentIndex, later: DocumentIndex, passage: Passage): StepBack {
  // The alignment knows where passages of its base went: here the base is the later version.
  const { inner } = new Alignment(later, earlier).borders(passage);
  const before = trimmed(earlier.text, inner);
  const now = later.text.slice(passage.start, passage.end);
  const then = earlier.text.slice(before.start, before.end);
  if (sameText(now, then)) return { kind: "same", before };
  const isOverlong = then.length > 4 * now.length + 400;
  return then === "" || isOverlong ? { kind: "born" } : { kind: "edited", before };
}

/** The passage without white space at its ends; one of white space alone becomes empty. */
export function trimmed(text: string, { start, end }: Passage): Passage {
  const slice = text.slice(start, end);
  const from = start + (slice.length - slice.trimStart().length);
  return { start: Math.min(from, end), end: Math.max(from, start + slice.trimEnd().length) };
}

/** Line endings are the file's matter, not the passage's. */
function sameText(a: string, b: string): boolean {
  return a === b || a.replaceAll("\r\n", "\n") === b.replaceAll("\r\n", "\n");
}

/** What lies between the edges of two texts, widened to whole lines: how one edit reads as a whole. */
export function changedLines(earlier: string, later: string): { before: string; after: string } {
  const { prefix, suffix } = commonEdges(earlier, later);
  const start = earlier.lastIndexOf("\n", prefix - 1) + 1;
  const feed = earlier.indexOf("\n", earlier.length - suffix);
  const tail = feed < 0 ? 0 : earlier.length - feed;
  return {
    before: earlier.slice(start, earlier.length - tail),
    after: later.slice(start, later.length - tail),
  };
}
