/** Headings and code fences of a Markdown document, as far as placing changes needs them. */

import { readFrontMatter } from "./front-matter.ts";

/** One line of a document without its line break. */
export interface Line {
  start: number;
  /** Where the text ends and the line break begins. */
  end: number;
  text: string;
}

export interface Heading {
  start: number;
  level: number;
  title: string;
}

export interface Outline {
  headings: Heading[];
  /** For each line, whether it belongs to a fenced code block, its fences included. */
  fenced: boolean[];
}

const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/s;
const ATX = /^ {0,3}(#{1,6})(?![^ \t])(.*)$/s;
/** Marks at the end of a heading, with the blanks around them. */
const CLOSING = /(?<![ \t])[ \t]+(?:#+[ \t]*)?$/;
const UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/;
/** A line that cannot be a heading's text above an underline: list item, quote, table, rule. */
const NO_TITLE = /^\s*(?:[-*+>|]|\d{1,9}[.)]\s|$)/;

/** A document and its lines. */
export interface Document {
  text: string;
  lines: readonly Line[];
}

export function outline({ text: document, lines }: Document): Outline {
  const headings: Heading[] = [];
  const fenced: boolean[] = [];
  let fence: string | null = null;
  let previous: Line | null = null;
  const first = readFrontMatter(document)?.raw.length ?? 0;
  for (const line of lines) {
    if (line.start < first) {
      fenced.push(false);
      continue;
    }
    const text = line.start === 0 ? line.text.replace(/^\uFEFF/, "") : line.text;
    const marker = FENCE.exec(text);
    if (fence !== null) {
      fenced.push(true);
      if (marker !== null && closes(marker, fence)) fence = null;
      previous = null;
      continue;
    }
    if (marker !== null && !(marker[1]!.startsWith("`") && marker[2]!.includes("`"))) {
      fence = marker[1]!;
      fenced.push(true);
      previous = null;
      continue;
    }
    fenced.push(false);
    const heading = headingOf(text, line, previous);
    if (heading !== null) headings.push(heading);
    previous = heading === null ? line : null;
  }
  return { headings, fenced };
}

function closes(marker: RegExpExecArray, fence: string): boolean {
  return marker[1]!.startsWith(fence) && marker[2]!.trim() === "";
}

function headingOf(text: string, line: Line, previous: Line | null): Heading | null {
  const atx = ATX.exec(text);
  if (atx !== null)
    return { start: line.start, level: atx[1]!.length, title: atx[2]!.replace(CLOSING, "").trim() };
  const underline = UNDERLINE.exec(text);
  if (underline === null || previous === null || NO_TITLE.test(previous.text)) return null;
  return {
    start: previous.start,
    level: underline[1]!.startsWith("=") ? 1 : 2,
    title: previous.text.trim(),
  };
}
