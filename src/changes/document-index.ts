import { normalise } from "./normalise.ts";
import type { NormalisedText } from "./normalise.ts";
import { outline } from "./outline.ts";
import type { Line, Outline } from "./outline.ts";

export type LineEnding = "\n" | "\r\n";

/**
 * One version of a document, with what locating and rebasing look up in it. Each part is computed when it is
 * first asked for and kept: build one index per version and use it for all its changes.
 */
export class DocumentIndex {
  /** The exact text, byte order mark and line endings included. */
  readonly text: string;
  #normalised: NormalisedText | null = null;
  #lines: Line[] | null = null;
  #outline: Outline | null = null;
  #endings: "uniform" | "mixed" | null = null;

  constructor(text: string) {
    this.text = text;
  }

  get normalised(): NormalisedText {
    return (this.#normalised ??= normalise(this.text));
  }

  /** Lines end with LF or CRLF; a document has at least one line, the last one has no line break. */
  get lines(): readonly Line[] {
    return (this.#lines ??= splitLines(this.text));
  }

  /** Index into `lines` of the line that holds the offset; its line break belongs to it. */
  lineIndexAt(offset: number): number {
    const lines = this.lines;
    let low = 0;
    let high = lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (lines[middle]!.start <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Number of that line, from 1. */
  lineAt(offset: number): number {
    return this.lineIndexAt(offset) + 1;
  }

  /** Titles of the headings above the offset, outermost first; a heading is part of its own section. */
  sectionAt(offset: number): string[] {
    const path: { level: number; title: string }[] = [];
    for (const { start, level, title } of this.#structure.headings) {
      if (start > offset) break;
      while (path.length > 0 && path.at(-1)!.level >= level) path.pop();
      path.push({ level, title });
    }
    return path.map(({ title }) => title);
  }

  /** Whether any line of the passage belongs to a fenced code block. */
  touchesFence(start: number, end: number): boolean {
    const last = this.lineIndexAt(Math.max(start, end - 1));
    for (let line = this.lineIndexAt(start); line <= last; line++) {
      if (this.#structure.fenced[line] === true) return true;
    }
    return false;
  }

  /** Whether the document uses both LF and CRLF. */
  get hasMixedEndings(): boolean {
    if (this.#endings === null) {
      const crlf = this.text.includes("\r\n");
      this.#endings = crlf && /(?:^|[^\r])\n/.test(this.text) ? "mixed" : "uniform";
    }
    return this.#endings === "mixed";
  }

  /** The line ending to write at the offset: that of its line, else of the line before. */
  lineEndingAt(offset: number): LineEnding {
    const lines = this.lines;
    let line = this.lineIndexAt(offset);
    if (line === lines.length - 1) line--;
    if (line < 0) return "\n";
    return this.text.charCodeAt(lines[line]!.end) === 13 ? "\r\n" : "\n";
  }

  get #structure(): Outline {
    return (this.#outline ??= outline(this));
  }
}

function splitLines(text: string): Line[] {
  const lines: Line[] = [];
  for (let start = 0; ;) {
    const feed = text.indexOf("\n", start);
    const stop = feed < 0 ? text.length : feed;
    const end = feed > start && text.charCodeAt(feed - 1) === 13 ? feed - 1 : stop;
    lines.push({ start, end, text: text.slice(start, end) });
    if (feed < 0) return lines;
    start = feed + 1;
  }
}

/** The text with every line break (LF or CRLF) written as `ending`. */
export function withLineEnding(text: string, ending: LineEnding): string {
  return text.includes("\n") ? text.replace(/\r?\n/g, ending) : text;
}
