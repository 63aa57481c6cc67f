/** White space that carries meaning: edges of a quoted passage, indentation, list and table lines. */
import type { DocumentIndex } from "./document-index.ts";
import type { Passage } from "./placement.ts";
import { isBlank } from "./words.ts";

/** A list item, heading, quote or table row: joined with another line it is no longer the same. */
const STRUCTURAL = /^[ \t]*(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|>|\|)/;
const INDENTED_CODE = /^(?: {4}| {0,3}\t)/;

/** A passage with white space at its edges as in the original, and whether the layout is the same. */
export interface Covered {
  passage: Passage;
  sameLayout: boolean;
}

/**
 * Extends a core match (`original` without white space at its edges) over as much of the document's white
 * space as the original has there: the same number of line breaks, whatever their kind and whatever trailing
 * spaces are before them.
 */
export function coverEdges(doc: DocumentIndex, core: Passage, original: string): Covered {
  const trimmed = original.trim();
  const at = original.indexOf(trimmed);
  const lead = coverLead(doc.text, core.start, original.slice(0, at));
  const trail = coverTrail(doc.text, core.end, original.slice(at + trimmed.length));
  return {
    passage: { start: lead.at, end: trail.at },
    sameLayout: lead.same && trail.same && sameLines(doc, core, trimmed),
  };
}

interface Edge {
  at: number;
  same: boolean;
}

function coverTrail(text: string, from: number, white: string): Edge {
  const parts = white.split(/\r?\n/);
  let at = from;
  for (let breaks = parts.length - 1; breaks > 0; breaks--) {
    const end = skipBlanks(text, at);
    if (end >= text.length) return { at: text.length, same: true };
    const feed = text.startsWith("\r\n", end) ? end + 2 : end + 1;
    if (text.charCodeAt(feed - 1) !== 10) return { at, same: false };
    at = feed;
  }
  const indent = parts.at(-1)!;
  if (text.startsWith(indent, at)) return { at: at + indent.length, same: true };
  if (parts.length > 1) return { at, same: false };
  return { at: Math.min(skipBlanks(text, at), at + indent.length), same: true };
}

function coverLead(text: string, from: number, white: string): Edge {
  const parts = white.split(/\r?\n/);
  const indent = parts.at(-1)!;
  const lineStart = blanksBefore(text, from);
  if (!beginsLine(text, from)) {
    if (parts.length > 1) return { at: from, same: false };
    return { at: Math.max(lineStart, from - indent.length), same: true };
  }
  const present = text.slice(lineStart, from);
  if (white === "") return { at: from, same: true };
  const same = present === indent;
  let at = lineStart;
  for (let breaks = parts.length - 1; breaks > 0 && at > 0; breaks--) {
    const end = at - (text.startsWith("\r\n", at - 2) ? 2 : 1);
    const start = blanksBefore(text, end);
    const blank = start === 0 || text.charCodeAt(start - 1) === 10;
    if (breaks > 1 && !blank) return { at: end, same: false };
    at = breaks > 1 ? start : end;
  }
  return { at, same };
}

/** Skips horizontal white space forwards. */
function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && isHorizontal(text.charCodeAt(at))) at++;
  return at;
}

/** Where the horizontal white space before `end` begins. */
function blanksBefore(text: string, end: number): number {
  let at = end;
  while (at > 0 && isHorizontal(text.charCodeAt(at - 1))) at--;
  return at;
}

function isHorizontal(code: number): boolean {
  return isBlank(code) && code !== 10 && code !== 13;
}

/**
 * Whether re-wrapping is all that differs between the lines of the passage and of `original` (both without
 * white space at their edges). In code every line counts, elsewhere only structural ones; what begins in the
 * middle of a line is not structural there.
 */
function sameLines(doc: DocumentIndex, passage: Passage, original: string): boolean {
  const slice = doc.text.slice(passage.start, passage.end);
  const present = slice.split(/\r?\n/);
  const quoted = original.replaceAll("&gt;", ">").split(/\r?\n/);
  const isCode =
    doc.touchesFence(passage.start, passage.end) ||
    [...present.slice(1), ...quoted.slice(1)].some((line) => INDENTED_CODE.test(line));
  if (isCode) return shapeOf(present, everyLine) === shapeOf(quoted, everyLine);
  const lines = beginsLine(doc.text, passage.start) ? present : present.slice(1);
  return shapeOf(lines, structural) === shapeOf(quoted, structural);
}

function beginsLine(text: string, start: number): boolean {
  const lineStart = blanksBefore(text, start);
  return lineStart === 0 || text.charCodeAt(lineStart - 1) === 10;
}

function shapeOf(lines: string[], select: (line: string) => boolean): string {
  return lines
    .filter(select)
    .map((line) => `${/^[ \t\u00A0]*/.exec(line)![0]}|`)
    .join("");
}

function everyLine(line: string): boolean {
  return line.trim() !== "";
}

function structural(line: string): boolean {
  return STRUCTURAL.test(line);
}
