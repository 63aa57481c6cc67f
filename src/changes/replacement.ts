/** What is to be written at a passage so that only what the edit means to change changes. */
import type { DocumentIndex } from "./document-index.ts";
import { withLineEnding } from "./document-index.ts";
import { mergeTexts } from "./merge.ts";
import type { Anchor, Passage } from "./placement.ts";

/**
 * `proposed` in the document's line endings where it reads exactly as `original`; else the difference between
 * the two carried over to the document's own characters. Where that is not clean, `proposed` as it is.
 */
export function replacementFor(
  doc: DocumentIndex,
  passage: Passage,
  original: string,
  proposed: string,
): string {
  const slice = doc.text.slice(passage.start, passage.end);
  const ending = doc.lineEndingAt(passage.start);
  if (slice === original && !doc.hasMixedEndings) return withLineEnding(proposed, ending);
  return mergeTexts(original, proposed, slice, ending) ?? withLineEnding(proposed, ending);
}

/**
 * What to write directly after or before an anchor. Where the document lacks the line break that the anchor
 * was quoted with (the last line), the insertion brings it along.
 */
export function insertionFor(
  doc: DocumentIndex,
  anchor: Passage,
  side: Anchor["side"],
  quoted: string,
  inserted: string,
): string {
  const slice = doc.text.slice(anchor.start, anchor.end);
  const ending = doc.lineEndingAt(
    side === "after" ? Math.max(anchor.start, anchor.end - 1) : anchor.start,
  );
  const plain = withLineEnding(inserted, ending);
  if (slice === quoted || side === "before") return plain;
  const merged = mergeTexts(quoted, quoted + inserted, slice, ending);
  return merged !== null && merged.startsWith(slice) ? merged.slice(slice.length) : plain;
}
