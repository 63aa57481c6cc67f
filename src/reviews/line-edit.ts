/** Edits of a document by characters, seen as what they do to whole lines. Pure. */
import { DocumentIndex } from "../changes/document-index.ts";
import type { Passage } from "../changes/placement.ts";

/** Half-open in UTF-16 units of the document, as everywhere; `replacement` in the document's line endings. */
export interface TextEdit extends Passage {
  replacement: string;
}

/**
 * Common lines are stripped at both ends. Line indexes are from 0, `to` is behind the last removed line;
 * `from === to` is an insertion before that line.
 */
export interface LineEdit {
  from: number;
  to: number;
  /**
   * Without line breaks. Where the document's end changes, a last line without one carries Git's words about
   * it in a line below.
   */
  removed: string[];
  added: string[];
  /** Whether the document ends in a line break before and not after, or the other way round. */
  changesFinalNewline: boolean;
  /** False where line breaks differ from one another, before or after; then a CR stays with its line. */
  hasPlainEndings: boolean;
}

/** What Git writes below a last line without a line break. */
const NO_FINAL_NEWLINE = "\n\\ No newline at end of file";

/** A document's lines, as a host counts them: what follows the final line break is none. */
export class LinedDocument {
  readonly #index: DocumentIndex;
  /** How many there are. */
  readonly count: number;
  /** What ends its lines; null where they do not all end in one way. */
  readonly lineBreak: "\n" | "\r\n" | null;

  constructor(text: string) {
    const index = new DocumentIndex(text);
    this.#index = index;
    this.count = index.lines.length - (index.lines.at(-1)!.text === "" ? 1 : 0);
    const isMixed = index.hasMixedEndings || /\r(?!\n)/.test(index.text);
    this.lineBreak = isMixed ? null : index.text.includes("\r\n") ? "\r\n" : "\n";
  }

  get text(): string {
    return this.#index.text;
  }

  /** Without its line break. */
  line(index: number): string {
    return this.#index.lines[index]!.text;
  }

  /** Null for an edit that changes nothing. */
  edit({ start, end, replacement }: TextEdit): LineEdit | null {
    const { lines, text } = this.#index;
    const first = this.#index.lineIndexAt(start);
    const last = this.#index.lineIndexAt(end);
    const from = lines[first]!.start;
    const to = lines[last + 1]?.start ?? text.length;
    const before = text.slice(from, to);
    const after = text.slice(from, start) + replacement + text.slice(end, to);
    if (before === after) return null;

    const hasPlainEndings = this.lineBreak !== null && endsAll(after, this.lineBreak);
    const lineBreak = hasPlainEndings ? this.lineBreak : "\n";
    const removed = before.split(lineBreak);
    const added = after.split(lineBreak);
    const endedInNewline = removed.at(-1) === "";
    const endsInNewline = added.at(-1) === "";
    // Elsewhere than at the document's end both do.
    const changesFinalNewline = endedInNewline !== endsInNewline;
    for (const [side, ended] of [
      [removed, endedInNewline],
      [added, endsInNewline],
    ] as const) {
      if (ended) side.pop();
      else if (changesFinalNewline) side.push(`${side.pop()!}${NO_FINAL_NEWLINE}`);
    }
    return { ...stripped(first, removed, added), changesFinalNewline, hasPlainEndings };
  }
}

function endsAll(text: string, lineBreak: "\n" | "\r\n"): boolean {
  return lineBreak === "\n" ? !text.includes("\r") : !/(?<!\r)\n|\r(?!\n)/.test(text);
}

function stripped(
  first: number,
  removed: string[],
  added: string[],
): Pick<LineEdit, "from" | "to" | "removed" | "added"> {
  const most = Math.min(removed.length, added.length);
  let prefix = 0;
  while (prefix < most && removed[prefix] === added[prefix]) prefix++;
  let suffix = 0;
  while (suffix < most - prefix && removed.at(-1 - suffix) === added.at(-1 - suffix)) suffix++;
  return {
    from: first + prefix,
    to: first + removed.length - suffix,
    removed: removed.slice(prefix, removed.length - suffix),
    added: added.slice(prefix, added.length - suffix),
  };
}
