/**
 * Pending changes as suggestions: which whole lines of the head's file a comment stands on, and what replaces
 * them. GitHub puts the block's lines in place of the comment's, keeps whether the file ends in a line break,
 * and writes CRLF everywhere once the file has CRLF anywhere. What would come out otherwise than meant is no
 * suggestion. Pure.
 */
import { fencedBlock } from "../rendering/fenced-block.ts";
import type { Hunk } from "./hunks.ts";
import { isInOneHunk, touchesHunk } from "./hunks.ts";
import { LinedDocument } from "./line-edit.ts";
import type { LineEdit, TextEdit } from "./line-edit.ts";

/** Lines from 1; one line when `startLine` is null. */
export interface LineRange {
  startLine: number | null;
  line: number;
}

/** Why a change cannot be a suggestion. */
export type NoSuggestion =
  /** It adds or removes the document's last line break, which a suggestion keeps. */
  | "final_newline"
  /** The document is empty, or would be. */
  | "empty_file"
  /** No line of it is in the diff. */
  | "outside_diff"
  /** Its lines are not all in one hunk. */
  | "across_hunks"
  /** The line breaks differ from one another, and a suggestion would rewrite them. */
  | "mixed_line_endings"
  /** Control characters, a byte order mark, half a character. */
  | "characters"
  | "too_long";

export type Mapping =
  /** `lines` replace those of the range; none of them deletes it, one empty one leaves an empty line. */
  | (LineRange & { kind: "suggestion"; lines: string[] })
  | { kind: "unchanged" }
  /** The range names the lines concerned; for an insertion the one before it. */
  | (LineRange & { kind: "fallback"; why: NoSuggestion });

/** Which lines can be commented on: those of a diff's hunks, in order, or all. */
export type Commentable = readonly Hunk[] | "whole file";

/** UTF-16 units of a suggestion's block. A body may have 65,536; the rest is for what stands around it. */
const MAX_BLOCK = 56_000;

/** Positions that are tried for lines that could as well stand earlier or later, in each direction. */
const MAX_SHIFT = 1000;

/** What Markdown, JSON or the host's own clean-up may change on the way. */
const NOT_CARRIED = /[^\P{Cc}\t]|[\uFEFF\uFFFE\uFFFF]/u;

export function mapSuggestion(head: string, edit: TextEdit, hunks: Commentable): Mapping {
  return mapAll(head, [edit], hunks)[0]!;
}

/** The same for many edits of one document, each by itself; in their order. */
export function mapAll(head: string, edits: readonly TextEdit[], hunks: Commentable): Mapping[] {
  const document = new LinedDocument(head);
  const ranges = hunks === "whole file" ? [{ start: 1, end: document.count }] : hunks;
  return edits.map((edit) => mapEdit(document, edit, ranges));
}

function mapEdit(document: LinedDocument, edit: TextEdit, hunks: readonly Hunk[]): Mapping {
  const lines = document.edit(edit);
  if (lines === null) return { kind: "unchanged" };
  const why = obstacle(document, edit, lines);
  if (why !== null) return { kind: "fallback", why, ...concerned(lines) };
  for (const place of places(document, lines)) {
    if (!isInOneHunk(hunks, place.from + 1, place.to)) continue;
    const tooLong = fencedBlock("suggestion", place.lines).length > MAX_BLOCK;
    if (tooLong) return { kind: "fallback", why: "too_long", ...concerned(lines) };
    return { kind: "suggestion", ...rangeOf(place.from, place.to), lines: place.lines };
  }
  const { startLine, line } = concerned(lines);
  const isTouched = touchesHunk(hunks, startLine ?? line, line);
  return {
    kind: "fallback",
    why: isTouched ? "across_hunks" : "outside_diff",
    startLine,
    line,
  };
}

/** Why the edit can be no suggestion, wherever it stands. */
function obstacle(
  { text }: LinedDocument,
  { start, end, replacement }: TextEdit,
  lines: LineEdit,
): NoSuggestion | null {
  if (text === "" || text.length - (end - start) + replacement.length === 0) return "empty_file";
  if (!lines.hasPlainEndings) return "mixed_line_endings";
  if (lines.changesFinalNewline) return "final_newline";
  return [...lines.removed, ...lines.added].every(isCarried) ? null : "characters";
}

function isCarried(line: string): boolean {
  return !NOT_CARRIED.test(line) && line.isWellFormed();
}

interface Place {
  from: number;
  to: number;
  lines: string[];
}

/**
 * All ways to replace the fewest lines, the edit's own place first. Lines that are only added or only removed
 * can stand elsewhere where the lines around them are the same; added ones take a neighbour with them, for
 * there is no comment between two lines.
 */
function* places(document: LinedDocument, edit: LineEdit): Generator<Place> {
  const { from, to, removed, added } = edit;
  if (removed.length > 0 && added.length > 0) {
    yield { from, to, lines: added };
    return;
  }
  for (const shift of shifts(document, edit)) {
    const at = from + shift;
    if (removed.length > 0) {
      yield { from: at, to: to + shift, lines: [] };
      continue;
    }
    const turn = ((shift % added.length) + added.length) % added.length;
    const block = [...added.slice(turn), ...added.slice(0, turn)];
    const [above, below] = [at - 1, at];
    if (at > 0 && isCarried(document.line(above))) {
      yield { from: above, to: at, lines: [document.line(above), ...block] };
    }
    if (at < document.count && isCarried(document.line(below))) {
      yield { from: below, to: below + 1, lines: [...block, document.line(below)] };
    }
  }
}

/**
 * By how many lines a block can be shifted, 0 first, then the nearest: down while the line below it is the
 * block's next one when it is repeated, up likewise.
 */
function* shifts(
  document: LinedDocument,
  { from, to, removed, added }: LineEdit,
): Generator<number> {
  const block = removed.length > 0 ? removed : added;
  const size = block.length;
  let [up, down] = [true, true];
  yield 0;
  for (let shift = 1; shift <= MAX_SHIFT && (up || down); shift++) {
    const repeated = (shift - 1) % size;
    up &&= from - shift >= 0 && document.line(from - shift) === block[size - 1 - repeated];
    if (up) yield -shift;
    down &&= to + shift <= document.count && document.line(to + shift - 1) === block[repeated];
    if (down) yield shift;
  }
}

function concerned({ from, to }: LineEdit): LineRange {
  return from < to ? rangeOf(from, to) : { startLine: null, line: Math.max(1, from) };
}

/** @param to behind the last line; both from 0 */
function rangeOf(from: number, to: number): LineRange {
  return { startLine: to - from > 1 ? from + 1 : null, line: to };
}
