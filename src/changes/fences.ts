/**
 * Code fences of Markdown (CommonMark), followed one character at a time.
 *
 * A fence is a run of at least three backticks or tildes, indented by at most three columns within its
 * container. It closes with a run of the same character, at least as long, with nothing else on its line.
 * Containers are followed as far as they bear on where a fence ends:
 * - A list item reaches from its marker to the first line that is indented less than its content; a fence
 *   inside it, also one on the marker's own line, ends there too.
 * - Block quotes need no following: each of their lines begins with `>`, so no block can begin there.
 * Two things are simpler than in CommonMark: a line that continues a list item's paragraph with less
 * indentation ends the item, and a marker with nothing behind it begins none. Then a fence of that item ends
 * with its closing line alone.
 */
import { LESS_THAN } from "./parser-tags.ts";

export interface Fence {
  readonly code: number;
  readonly length: number;
}

const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const BACKTICK = 96;
const TILDE = 126;
const MAX_INDENT = 3;
const MAX_PADDING = 4;

/** Where in its line the reader is. */
type Place =
  /** Only indentation so far. */
  | typeof HEAD
  /** In a list marker's digits; after a list marker; in the spaces after that. */
  | typeof DIGITS
  | typeof MARKED
  | typeof PADDING
  /** In a run of fence characters; after it, where the line can still be a fence's first or last. */
  | typeof RUN
  | typeof INFO
  | typeof TAIL
  /** Nothing on this line matters any more. */
  | typeof REST;
const HEAD = 0;
const DIGITS = 1;
const MARKED = 2;
const PADDING = 3;
const RUN = 4;
const INFO = 5;
const TAIL = 6;
const REST = 7;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isBullet = (code: number): boolean => code === 45 || code === 42 || code === 43;
const endsNumber = (code: number): boolean => code === 46 || code === 41;

/** Reads prose and knows whether it is inside a code fence. */
export class FenceTracker {
  #fence: Fence | null = null;
  #place: Place = HEAD;
  /** Column of the next character, while that matters. */
  #column = 0;
  /** Columns at which the content of the open list items begins, the innermost last. */
  readonly #items: number[] = [];
  #runCode = 0;
  #runLength = 0;
  #padding = 0;

  /** The open fence; another object for every fence. */
  get fence(): Fence | null {
    return this.#fence;
  }

  /** Whether a block may begin here: at a line's start, after at most three spaces. */
  get atLineStart(): boolean {
    return this.#place === HEAD && this.#column <= MAX_INDENT;
  }

  /**
   * Reads on from `from` and stops before the next `<` at which a block may begin, or before any `<` when
   * `everywhere`.
   *
   * @returns where it stopped; `text.length` if nowhere.
   */
  scan(text: string, from: number, everywhere: boolean): number {
    let i = from;
    while (i < text.length) {
      if (this.#place === REST && !everywhere) {
        i = text.indexOf("\n", i);
        if (i < 0) return text.length;
      }
      const code = text.charCodeAt(i);
      if (code === LESS_THAN && (everywhere || this.atLineStart)) {
        if (this.#place === HEAD) this.#leaveItems();
        return i;
      }
      if (code === LINE_FEED) this.#endLine();
      else if (this.#place !== REST) this.#step(code);
      i++;
    }
    return i;
  }

  /** Reads all of `text`. */
  read(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === LINE_FEED) this.#endLine();
      else if (this.#place !== REST) this.#step(code);
    }
  }

  /** Forgets every fence that opened since it was outside of all, as if the passage had been none of the prose. */
  leaveAll(): void {
    this.#fence = null;
    this.#items.length = 0;
    this.#place = REST;
  }

  #endLine(): void {
    if (this.#place === RUN) this.#place = this.#afterRun(LINE_FEED);
    if (this.#place === INFO) this.#fence = { code: this.#runCode, length: this.#runLength };
    else if (this.#place === TAIL) this.#fence = null;
    this.#place = HEAD;
    this.#column = 0;
  }

  #step(code: number): void {
    switch (this.#place) {
      case HEAD:
        if (code === SPACE) this.#column++;
        else if (code === TAB) this.#column = (this.#column & ~3) + 4;
        else this.#place = code === CARRIAGE_RETURN ? REST : this.#begin(code);
        return;
      case RUN:
        if (code === this.#runCode) this.#runLength++;
        else this.#place = this.#afterRun(code);
        return;
      case INFO:
        // With a backtick later on its line, a run of backticks is inline code.
        if (code === BACKTICK && this.#runCode === BACKTICK) this.#place = REST;
        return;
      case TAIL:
        if (code !== SPACE && code !== TAB && code !== CARRIAGE_RETURN) this.#place = REST;
        return;
      case DIGITS:
      case MARKED:
      case PADDING:
        this.#place = this.#marker(code);
        return;
      case REST:
    }
  }

  /** The first character of a line's content. */
  #begin(code: number): Place {
    this.#leaveItems();
    if (this.#column - (this.#items.at(-1) ?? 0) > MAX_INDENT) return REST;
    if (this.#fence !== null) return code === this.#fence.code ? this.#startRun(code) : REST;
    return this.#content(code);
  }

  /** The first character of a block, within its containers. */
  #content(code: number): Place {
    if (code === BACKTICK || code === TILDE) return this.#startRun(code);
    this.#column++;
    if (isBullet(code)) return MARKED;
    return isDigit(code) ? DIGITS : REST;
  }

  #marker(code: number): Place {
    if (this.#place === DIGITS) {
      this.#column++;
      if (endsNumber(code)) return MARKED;
      return isDigit(code) ? DIGITS : REST;
    }
    if (code === SPACE || code === TAB) {
      const column = code === SPACE ? this.#column + 1 : (this.#column & ~3) + 4;
      this.#padding = (this.#place === MARKED ? 0 : this.#padding) + column - this.#column;
      this.#column = column;
      return PADDING;
    }
    if (this.#place === MARKED || code === CARRIAGE_RETURN) return REST;
    if (this.#padding > MAX_PADDING) {
      // So much space is one space and then indented code.
      this.#items.push(this.#column - this.#padding + 1);
      return REST;
    }
    this.#items.push(this.#column);
    return this.#content(code);
  }

  #startRun(code: number): Place {
    this.#runCode = code;
    this.#runLength = 1;
    return RUN;
  }

  #afterRun(code: number): Place {
    if (this.#fence !== null) {
      if (this.#runLength < this.#fence.length) return REST;
      return code === SPACE || code === TAB || code === CARRIAGE_RETURN || code === LINE_FEED
        ? TAIL
        : REST;
    }
    return this.#runLength < 3 ? REST : INFO;
  }

  /** A line that is indented less than a list item's content ends the item, and a fence inside it. */
  #leaveItems(): void {
    // No item begins inside a fence: if one ends, the fence was inside it.
    while (this.#column < (this.#items.at(-1) ?? 0)) {
      this.#items.pop();
      this.#fence = null;
    }
  }
}
