/** How far a segment's text goes within its budget. */
import type { Line } from "./markdown-scan.ts";
import { lineIndexAt, MAX_FENCE_LINE } from "./markdown-scan.ts";
import { bestPlace, characterPlace } from "./segment-cut.ts";
import type { Scan } from "./segment-frame.ts";
import {
  body,
  bodyEnd,
  closing,
  fenceLine,
  isLikeFence,
  JOINER,
  opening,
} from "./segment-frame.ts";

/** What one message takes. */
export interface SegmentBudget {
  /** Of the whole message, as `measure` counts. From 1,000 on nothing in a text can make a message exceed it. */
  limit: number;
  /** Grows with the text; of two parts together it is, but for little at their seam, the sum. */
  measure: (text: string) => number;
}

interface Fill {
  /** The first character that belongs to the last fifth; null while there is none. */
  late: number | null;
  /** The first character there is no room for, and where it ends. */
  over: { from: number; to: number } | null;
}

/** The part of the budget that is filled in any case; the cut is at the best place in the rest. */
const EARLY = 0.8;
/** So much is measured at once, and what ends at such a piece's border is measured apart. */
const PIECE = 500;
/** Emphasis, code and a table row need no more to be closed. */
const CLOSING = "*".repeat(24);

/** @param start where the text shown begins, as `bodyStart` gave it */
function fill(parsed: Scan, start: number, budget: SegmentBudget): Fill {
  const filler = new Filler(parsed.text, budget, opening(parsed, start));
  const { lines } = parsed;
  for (let index = lineIndexAt(lines, start); index < lines.length; index++) {
    const line = lines[index]!;
    filler.reserve(closingOf(parsed, line));
    if (isLikeFence(parsed.text, line)) filler.spend(JOINER);
    for (let from = line.from; ;) {
      const to = pieceEnd(parsed.text, line, from);
      if (to > start) filler.add(Math.max(from, start), to, line.kind === "code");
      if (filler.over !== null) return filler;
      if (to >= line.next) break;
      from = to;
    }
  }
  return filler;
}

/** What a cut in the line may have to close; known from its first characters. */
function closingOf({ text }: Scan, line: Line): string {
  const { fence, containers } = line.before;
  if (fence !== null && line.kind === "code") return `\n${fenceLine(fence)}`;
  if (!isLikeFence(text, line)) return "";
  const width = line.content - line.from + containers.reduce((sum, one) => sum + one.width + 2, 0);
  return "~".repeat(width + CLOSING.length + 1);
}

/** Counted from the beginning of the line, so that it is the same however much of the line there is. */
function pieceEnd(text: string, line: Line, from: number): number {
  const last = line.kind === "code" ? line.next : line.to;
  let to = from + PIECE;
  if (to >= last) return line.next;
  if (isHigh(text, to - 1)) to--;
  return to;
}

function isHigh(text: string, at: number): boolean {
  return /[\uD800-\uDBFF]/.test(text[at] ?? "") && /[\uDC00-\uDFFF]/.test(text[at + 1] ?? "");
}

class Filler implements Fill {
  late: number | null = null;
  over: Fill["over"] = null;
  readonly #text: string;
  readonly #budget: SegmentBudget;
  #spent: number;
  #reserved: number;
  /** From here on there are only blanks so far, which need no room if nothing follows. */
  #blanks: number | null = null;

  constructor(text: string, budget: SegmentBudget, open: string) {
    this.#text = text;
    this.#budget = budget;
    this.#spent = budget.measure(open);
    this.#reserved = budget.measure(CLOSING);
  }

  reserve(end: string): void {
    if (end.length <= CLOSING.length) return;
    this.#reserved = Math.max(this.#reserved, this.#budget.measure(end));
  }

  spend(extra: string): void {
    this.#spent += this.#budget.measure(extra);
  }

  /** @param isCode blanks at the end are shown too */
  add(from: number, to: number, isCode: boolean): void {
    const begin = this.#blanks ?? from;
    const end = isCode ? to : begin + this.#text.slice(begin, to).trimEnd().length;
    if (end <= from) {
      this.#blanks = begin;
      return;
    }
    const whole = this.#budget.measure(this.#text.slice(begin, end));
    const { limit } = this.#budget;
    const fits = (size: number, share: number): boolean =>
      this.#spent + this.#reserved + size <= limit * share;
    const part = { from, begin, end, isCode };
    if (this.late === null && !fits(whole, EARLY)) this.late = this.#first(part, EARLY);
    if (!fits(whole, 1)) {
      const at = this.#first(part, 1);
      this.over = { from: at, to: at + (isHigh(this.#text, at) ? 2 : 1) };
    }
    this.#spent += whole;
    this.#blanks = end < to ? end : null;
  }

  /** The first character behind `from` with which the text from `begin` has no room in the share. */
  #first(
    { from, begin, end, isCode }: { from: number; begin: number; end: number; isCode: boolean },
    share: number,
  ): number {
    const room = this.#budget.limit * share - this.#spent - this.#reserved;
    let low = from;
    let high = end - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#budget.measure(this.#text.slice(begin, middle + 1)) > room) high = middle;
      else low = middle + 1;
    }
    // In text a blank needs no room before something follows it.
    if (!isCode) low += /^\s*/.exec(this.#text.slice(low, end))![0].length;
    return low > from && isHigh(this.#text, low - 1) ? low - 1 : low;
  }
}

/** Where a segment whose text begins at `start` has to end; null if it does not. */
export function cutAt(parsed: Scan, start: number, budget: SegmentBudget): number | null {
  let { limit } = budget;
  for (;;) {
    const { late, over } = fill(parsed, start, { ...budget, limit });
    if (over === null) return null;
    const cut =
      bestPlace(parsed, Math.max(lateFrom(parsed, late), start + 1), over.from, over.to) ??
      characterPlace(parsed, start, over.from, over.to);
    const at = Math.max(cut, start + (isHigh(parsed.text, start) ? 2 : 1));
    const excess = budget.measure(shown(parsed, start, at)) - budget.limit;
    // Only where the parts of the text measure less than the whole.
    if (excess <= 0 || limit < budget.limit / 2) return at;
    limit -= excess;
  }
}

function shown(parsed: Scan, start: number, to: number): string {
  const end = bodyEnd(parsed, start, to);
  return opening(parsed, start) + body(parsed, start, end) + closing(parsed, end, to);
}

/** What may become a fence is not cut. */
function lateFrom(parsed: Scan, late: number | null): number {
  if (late === null) return 0;
  const line = parsed.lines[lineIndexAt(parsed.lines, late)]!;
  return isLikeFence(parsed.text, line) && late - line.content <= MAX_FENCE_LINE ? line.from : late;
}

/** Up to where everything is before any cut that more text could lead to. */
export function beforeCut(
  parsed: Scan,
  start: number,
  known: number,
  budget: SegmentBudget,
): number {
  const { late } = fill(parsed, start, budget);
  if (late === null) return known;
  const from = Math.max(lateFrom(parsed, late), start + 1);
  // What stands at the end of what is known may still turn out to be no place.
  const place = from < known ? bestPlace(parsed, from, known - 1, parsed.text.length) : null;
  return Math.min(known, place ?? from);
}
