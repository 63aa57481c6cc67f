/**
 * One Markdown source that holds both readings of a passage: what goes and what comes, each between two
 * private-use characters. Rendered as it is, it gives the block with its redlines inside.
 */
import { diffWords, type DiffPart } from "../../../../src/rendering/word-diff.ts";

/** A replacement of a part of the source. */
export interface Edit {
  changeId: string;
  /** Number of the change, for people. */
  number: number;
  /** Offsets in the document, UTF-16 units. */
  start: number;
  end: number;
  replacement: string;
}

export type Side = "removed" | "added";

/** What a mark character says. */
export interface Mark {
  index: number;
  side: Side;
  opens: boolean;
}

const FIRST = 0xe000;
const LAST = 0xf8ff;
const PER_EDIT = 4;

/** More edits in one passage than there are characters to mark them with. */
export const MAX_EDITS = Math.floor((LAST - FIRST + 1) / PER_EDIT);

/** Text that holds such characters itself gets no marks, so nothing in it can pose as one. */
export const PRIVATE_USE = /[\uE000-\uF8FF]/;

function markChar(mark: Mark): string {
  const kind = (mark.side === "added" ? 2 : 0) + (mark.opens ? 0 : 1);
  return String.fromCharCode(FIRST + mark.index * PER_EDIT + kind);
}

export function readMark(char: string): Mark {
  const code = char.charCodeAt(0) - FIRST;
  const kind = code % PER_EDIT;
  return {
    index: Math.floor(code / PER_EDIT),
    side: kind >= 2 ? "added" : "removed",
    opens: kind % 2 === 0,
  };
}

/** How finely an edit is shown: word by word, or as one struck and one added text. */
export type Grain = "words" | "whole";

/**
 * `source` is the document from `from` on; the edits lie in it, in order, without overlap, each with its
 * grain. `tables` says that a `|` separates cells.
 */
export function writeComposite(
  source: string,
  from: number,
  edits: readonly Edit[],
  grains: readonly Grain[],
  tables: boolean,
): string {
  let out = "";
  let at = 0;
  edits.forEach((edit, index) => {
    out += source.slice(at, edit.start - from);
    const original = source.slice(edit.start - from, edit.end - from);
    for (const part of editParts(original, edit.replacement, grains[index] ?? "whole", tables)) {
      out += part.kind === "equal" ? part.text : wrap(part.text, part.kind, index, out, tables);
    }
    at = edit.end - from;
  });
  return out + source.slice(at);
}

/** The source with the edits applied. */
export function applyEdits(source: string, from: number, edits: readonly Edit[]): string {
  let out = "";
  let at = 0;
  for (const edit of edits) {
    out += source.slice(at, edit.start - from) + edit.replacement;
    at = edit.end - from;
  }
  return out + source.slice(at);
}

function editParts(
  original: string,
  replacement: string,
  grain: Grain,
  tables: boolean,
): DiffPart[] {
  if (grain === "words") {
    return (tables ? diffCells(original, replacement) : null) ?? diffWords(original, replacement);
  }
  const both: DiffPart[] = [
    { kind: "removed", text: original },
    { kind: "added", text: replacement },
  ];
  return both.filter((part) => part.text !== "");
}

const CELL_BORDER = /((?<!\\)\||\n)/;

/** Cell by cell, where both have the same rows and columns: a mark never spans cells. Null where not. */
function diffCells(original: string, replacement: string): DiffPart[] | null {
  const before = original.split(CELL_BORDER);
  const after = replacement.split(CELL_BORDER);
  const isBorder = (at: number): boolean => at % 2 === 1;
  const sameShape =
    before.includes("|") &&
    before.length === after.length &&
    before.every((piece, at) => !isBorder(at) || piece === after[at]);
  if (!sameShape) return null;
  return before.flatMap((piece, at): DiffPart[] =>
    isBorder(at) ? [{ kind: "equal", text: piece }] : diffWords(piece, after[at] ?? ""),
  );
}

/** What makes a line a list item, a heading or a quotation; marks in front of it would undo that. */
const LINE_START =
  /^(?:[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?|[ \t]*#{1,6}[ \t]+|[ \t]*>[ \t]?)*[ \t]*/;

/** Marks the words of each line by themselves: a mark never spans lines, nor the start of one. */
function wrap(text: string, side: Side, index: number, before: string, tables: boolean): string {
  const open = markChar({ index, side, opens: true });
  const close = markChar({ index, side, opens: false });
  const mark = (words: string): string => {
    const core = words.trim();
    const lead = words.slice(0, words.length - words.trimStart().length);
    const tail = words.slice(words.trimEnd().length);
    return core === "" ? words : `${lead}${open}${core}${close}${tail}`;
  };
  return text
    .split("\n")
    .map((line, row) => {
      const startsLine = row > 0 || before === "" || before.endsWith("\n");
      const lead = startsLine ? LINE_START.exec(line)![0] : "";
      const words = line.slice(lead.length);
      if (words.trim() === "") {
        // White space that is all there is (a blank between words) still has to be seen.
        const shown = line !== "" && !startsLine && row === 0 && !text.includes("\n");
        return shown ? `${open}${line}${close}` : line;
      }
      if (!tables) return lead + mark(words);
      return (
        lead +
        words
          .split(/((?<!\\)\|)/)
          .map((cell) => (cell === "|" ? cell : mark(cell)))
          .join("")
      );
    })
    .join("\n");
}
