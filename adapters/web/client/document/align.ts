/** From rendered text back to its Markdown source. Pure. */
import { diffChars } from "diff";

const MAX_EDITS = 4000;

/**
 * Where each character of `visible` stands in `source`; the last entry is the end. The visible text is
 * nearly a subsequence of the source: what is missing is markup. Null where they have too little in common.
 */
export function alignToSource(visible: string, source: string): number[] | null {
  const parts = diffChars(visible, source, { maxEditLength: MAX_EDITS });
  if (!parts) return null;
  const map: number[] = [];
  let at = 0;
  for (const { value, added, removed } of parts) {
    for (let index = 0; index < value.length; index++) {
      if (!added) map.push(removed ? at : at + index);
    }
    if (!removed) at += value.length;
  }
  map.push(source.length);
  return map;
}

/** Source range of the visible characters `from` to `to`, with the emphasis that encloses all of them. */
export function sourceRange(
  visible: string,
  source: string,
  from: number,
  to: number,
): { start: number; end: number } | null {
  const lead = /^\s*/.exec(visible.slice(from, to))![0].length;
  const tail = /(?<!\s)\s*$/.exec(visible.slice(from, to))![0].length;
  if (from + lead >= to - tail) return null;
  const map = alignToSource(visible, source);
  const start = map?.[from + lead];
  const last = map?.[to - tail - 1];
  if (start === undefined || last === undefined) return null;
  const range = withMarkers(source, start, last + 1);
  return withLinks(source, range.start, range.end);
}

/** Emphasis that opens in the range closes in it, and the other way round. */
function withMarkers(source: string, start: number, end: number): { start: number; end: number } {
  const before = /(?<![*_~`])[*_~`]+$/.exec(source.slice(0, start))?.[0] ?? "";
  const after = /^[*_~`]+/.exec(source.slice(end))?.[0] ?? "";
  const inside = source.slice(start, end);
  const unpaired = (marker: string): boolean =>
    marker !== "" && (inside.split(marker).length - 1) % 2 === 1;
  if (before !== "" && before === after) {
    return { start: start - before.length, end: end + after.length };
  }
  return {
    start: unpaired(before) ? start - before.length : start,
    end: unpaired(after) ? end + after.length : end,
  };
}

/** `](address)` or `][name]`, which ends a link's text. */
const LINK_END = /^\](?:\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:[ \t]+"[^"]*")?\)|\[[^\]]*\])/;

/** A link that opens in the range, and whose text ends with it, closes in it; one that closes there opens there. */
function withLinks(source: string, start: number, end: number): { start: number; end: number } {
  const inside = source.slice(start, end);
  const target = LINK_END.exec(source.slice(end))?.[0];
  if (target !== undefined && openBrackets(inside) > 0) return { start, end: end + target.length };
  const closes = openBrackets(inside) < 0 && /\](?:\(|\[)/.test(inside);
  return closes && source[start - 1] === "[" ? { start: start - 1, end } : { start, end };
}

function openBrackets(text: string): number {
  return text.split("[").length - text.split("]").length;
}
