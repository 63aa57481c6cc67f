import { DocumentIndex } from "../changes/document-index.ts";
import { outline } from "../changes/outline.ts";
import type { SectionRow } from "../store/search.ts";

/** As much as one row of the search index takes (a tsvector holds 1 MB); longer sections are parted. */
const LONGEST = 40_000;

/** A document cut at its headings, for search: every character is in exactly one section. Pure. */
export function splitSections(text: string): SectionRow[] {
  const index = new DocumentIndex(text);
  const starts = outline(index).headings.map((heading) => heading.start);
  const borders = [...new Set([0, ...starts, text.length])].toSorted((a, b) => a - b);
  return borders.slice(0, -1).flatMap((start, at) => {
    const end = borders[at + 1]!;
    const path = index.sectionAt(start);
    return cut(text, start, end).map((piece) => ({
      startOffset: piece.start,
      path,
      body: text.slice(piece.start, piece.end),
    }));
  });
}

/** At line breaks where there are any, never inside a surrogate pair. */
function cut(text: string, start: number, end: number): { start: number; end: number }[] {
  const pieces: { start: number; end: number }[] = [];
  for (let from = start; from < end;) {
    const to = end - from <= LONGEST ? end : borderBefore(text, from, from + LONGEST);
    pieces.push({ start: from, end: to });
    from = to;
  }
  return pieces;
}

function borderBefore(text: string, from: number, to: number): number {
  const feed = text.lastIndexOf("\n", to - 1);
  if (feed > from) return feed + 1;
  const unit = text.charCodeAt(to - 1);
  return unit >= 0xd800 && unit <= 0xdbff ? to - 1 : to;
}
