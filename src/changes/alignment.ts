/** Which text of one version stands where in the next: lines first, words where lines changed. */
import type { DocumentIndex } from "./document-index.ts";
import type { Line } from "./outline.ts";
import type { Passage } from "./placement.ts";
import { align, newBudget } from "./sequences.ts";
import type { Budget } from "./sequences.ts";
import { inkLength, isBlank, tokenise } from "./words.ts";

/** Text that is the same in both versions: `length` units from `base` and from `tip` on. */
interface Kept {
  base: number;
  tip: number;
  length: number;
}

/** Text that differs as far as lines are compared; split into words when something in it is asked about. */
interface Changed {
  base: Passage;
  tip: Passage;
}

type Piece = Kept | Changed;

/** Where the borders of a base passage went. */
export interface Borders {
  /** The tip text between what is kept on both sides, text added at the borders included. */
  outer: Passage;
  /** Without text added at a border; the same as `outer` where the passage's own border text is gone. */
  inner: Passage;
  /** The base passage, widened where a change crosses its border: the text that became `inner`. */
  widened: Passage;
}

/** Lines kept between two changes with fewer characters than these are noise: a blank line, a brace. */
const LEAST_KEPT_INK = 8;
/** How far around a passage changed lines are compared word by word. */
const MARGIN = 160;

/**
 * How `tip` came from `base`. Built once per pair of versions in time about proportional to the two (see
 * `align`); comparing words is put off until a passage nearby is asked about.
 */
export class Alignment {
  readonly base: DocumentIndex;
  readonly tip: DocumentIndex;
  /** In order, covering all of both texts, line breaks next to changes excepted. */
  #pieces: Piece[];
  readonly #budget = newBudget();

  constructor(base: DocumentIndex, tip: DocumentIndex) {
    this.base = base;
    this.tip = tip;
    this.#pieces =
      base.text === tip.text
        ? [{ base: 0, tip: 0, length: base.text.length }]
        : alignLines(base, tip, this.#budget);
  }

  /** Where the passage of the base stands in the tip, or what stands there instead. */
  borders(passage: Passage): Borders {
    this.#split("base", passage);
    const text = this.base.text;
    const { start, end } = passage;
    const outer = { start: 0, end: this.tip.text.length };
    const widened = { start: 0, end: text.length };
    let innerStart: number | null = null;
    let innerEnd: number | null = null;
    for (const piece of this.#pieces) {
      if (!isKept(piece)) continue;
      const shift = piece.tip - piece.base;
      const pieceEnd = piece.base + piece.length;
      // White space at a border may have been kept from anywhere: it takes a neighbouring word to know.
      if (hasInk(text, piece.base, Math.min(start, pieceEnd))) {
        widened.start = Math.min(start, pieceEnd);
        outer.start = widened.start + shift;
      }
      if (piece.base <= start && start < pieceEnd) innerStart = start + shift;
      if (piece.base < end && end <= pieceEnd) innerEnd = end + shift;
      if (hasInk(text, Math.max(end, piece.base), pieceEnd)) {
        widened.end = Math.max(end, piece.base);
        outer.end = widened.end + shift;
        break;
      }
    }
    const inner = { start: innerStart ?? outer.start, end: innerEnd ?? outer.end };
    if (innerStart !== null) widened.start = start;
    if (innerEnd !== null) widened.end = end;
    return { outer, inner: inner.start <= inner.end ? inner : outer, widened };
  }

  /** Share of the passage's characters, white space aside, that are kept; 1 for a blank passage. */
  keptShare(passage: Passage): number {
    this.#split("base", passage);
    const all = inkLength(this.base.text.slice(passage.start, passage.end));
    if (all === 0) return 1;
    let kept = 0;
    for (const piece of this.#pieces) {
      if (!isKept(piece)) continue;
      const start = Math.max(passage.start, piece.base);
      const end = Math.min(passage.end, piece.base + piece.length);
      if (start < end) kept += inkLength(this.base.text.slice(start, end));
    }
    return kept / all;
  }

  /** Whether this passage of the tip, in one piece, was in the base already. */
  wasInBase(passage: Passage): boolean {
    this.#split("tip", passage);
    return this.#pieces.some(
      (piece) =>
        isKept(piece) &&
        piece.tip <= passage.start &&
        passage.end <= piece.tip + piece.length &&
        piece.length > 0,
    );
  }

  /** Compares word by word the changed lines in or near the passage. */
  #split(side: "base" | "tip", passage: Passage): void {
    const near = (piece: Piece): boolean => {
      if (isKept(piece)) return false;
      const { start, end } = piece[side];
      return start <= passage.end + MARGIN && end >= passage.start - MARGIN;
    };
    if (!this.#pieces.some(near)) return;
    this.#pieces = this.#pieces.flatMap((piece) =>
      near(piece) && !isKept(piece)
        ? alignWords(this.base.text, this.tip.text, piece, this.#budget)
        : [piece],
    );
    this.#pieces = coalesce(this.base.text, this.tip.text, this.#pieces);
  }
}

/** Whether there is anything but white space in `[from, to)`. */
function hasInk(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!isBlank(text.charCodeAt(at))) return true;
  return false;
}

function isKept(piece: Piece): piece is Kept {
  return "length" in piece;
}

function alignLines(base: DocumentIndex, tip: DocumentIndex, budget: Budget): Piece[] {
  const runs = align(
    base.lines.map(({ text }) => text),
    tip.lines.map(({ text }) => text),
    "unique",
    budget,
  );
  const last = { a: base.lines.length, b: tip.lines.length, length: 0 };
  const pieces: Piece[] = [];
  let i = 0;
  let j = 0;
  for (const run of [...runs, last]) {
    const isEdge =
      (run.a === 0 && run.b === 0) ||
      (run.a + run.length === last.a && run.b + run.length === last.b);
    const ink = base.lines
      .slice(run.a, run.a + run.length)
      .reduce((n, l) => n + inkLength(l.text), 0);
    if (ink < LEAST_KEPT_INK && !isEdge) continue;
    if (run.a > i || run.b > j) {
      pieces.push({ base: span(base, i, run.a), tip: span(tip, j, run.b) });
    }
    for (let at = 0; at < run.length; at++) {
      pieces.push(...keptLine(base.lines[run.a + at]!, tip.lines[run.b + at]!));
    }
    i = run.a + run.length;
    j = run.b + run.length;
  }
  return coalesce(base.text, tip.text, pieces);
}

function keptLine(base: Line, tip: Line): Piece[] {
  return base.text === "" ? [] : [{ base: base.start, tip: tip.start, length: base.text.length }];
}

/** The lines `[from, to)` with their line breaks. */
function span({ lines, text }: DocumentIndex, from: number, to: number): Passage {
  return {
    start: lines[from]?.start ?? text.length,
    end: lines[to]?.start ?? text.length,
  };
}

function alignWords(base: string, tip: string, changed: Changed, budget: Budget): Piece[] {
  const left = inkTokens(base, changed.base);
  const right = inkTokens(tip, changed.tip);
  const runs = align(
    left.map(({ text }) => text),
    right.map(({ text }) => text),
    "minimal",
    budget,
  );
  return runs.flatMap(({ a, b, length }) =>
    Array.from({ length }, (_, at) => {
      const token = left[a + at]!;
      return { base: token.start, tip: right[b + at]!.start, length: token.text.length };
    }),
  );
}

function inkTokens(text: string, { start, end }: Passage): { text: string; start: number }[] {
  const tokens: { text: string; start: number }[] = [];
  let at = start;
  for (const token of tokenise(text.slice(start, end))) {
    if (token.trim() !== "") tokens.push({ text: token, start: at });
    at += token.length;
  }
  return tokens;
}

/** Lets kept pieces grow over the same white space around them, and joins those that meet. */
function coalesce(base: string, tip: string, pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const [index, piece] of pieces.entries()) {
    if (!isKept(piece)) {
      result.push(piece);
      continue;
    }
    const before = result.at(-1);
    const after = pieces[index + 1];
    const grown = { ...piece };
    const baseFloor = before === undefined ? 0 : endOf(before, "base");
    const tipFloor = before === undefined ? 0 : endOf(before, "tip");
    while (
      grown.base > baseFloor &&
      grown.tip > tipFloor &&
      sameBlank(base, grown.base - 1, tip, grown.tip - 1)
    ) {
      grown.base--;
      grown.tip--;
      grown.length++;
    }
    const baseCeiling = after === undefined ? base.length : startOf(after, "base");
    const tipCeiling = after === undefined ? tip.length : startOf(after, "tip");
    while (
      grown.base + grown.length < baseCeiling &&
      grown.tip + grown.length < tipCeiling &&
      sameBlank(base, grown.base + grown.length, tip, grown.tip + grown.length)
    ) {
      grown.length++;
    }
    if (before !== undefined && isKept(before) && meets(before, grown)) {
      before.length += grown.length;
    } else {
      result.push(grown);
    }
  }
  return result;
}

function meets(before: Kept, after: Kept): boolean {
  return before.base + before.length === after.base && before.tip + before.length === after.tip;
}

/** A line feed is the same only with the same line ending: a border must not fall inside a CRLF. */
function sameBlank(base: string, i: number, tip: string, j: number): boolean {
  const code = base.charCodeAt(i);
  if (code !== tip.charCodeAt(j) || !isBlank(code)) return false;
  return code !== 10 || (base.charCodeAt(i - 1) === 13) === (tip.charCodeAt(j - 1) === 13);
}

function startOf(piece: Piece, side: "base" | "tip"): number {
  return isKept(piece) ? piece[side] : piece[side].start;
}

function endOf(piece: Piece, side: "base" | "tip"): number {
  return isKept(piece) ? piece[side] + piece.length : piece[side].end;
}
