/**
 * What a card shows around a change: words of its paragraph, or, in a table or in code, the rows or lines about
 * it, to be rendered as the document shows them. Pure.
 */
import { splitDocument, type Block, type DocumentBlocks } from "../markdown/document-blocks.ts";
import type { Edit } from "../redline/composite.ts";
import { contextAround } from "../redline/context.ts";

export type CardExcerpt =
  | { kind: "text"; context: { before: string; after: string } }
  | {
      kind: "rendered";
      /** Markdown, as whole blocks. */
      source: string;
      /** Its place is one in `source`. */
      edit: Edit;
      links: DocumentBlocks["links"];
      /** What it is a part of, where it is not all of it. */
      partOf: "table" | "code" | null;
    };

/** Characters of prose shown on each side. */
const REACH = 60;
/** Rows of a table, lines of code. */
const ROWS = 1;
const LINES = 2;
/** What holds a table or code among other things is rendered whole up to this many characters. */
const LONGEST = 2_000;

export function cardExcerpt(body: string, edit: Edit): CardExcerpt {
  const document = blocksIn(body);
  const { links } = document;
  const blocks = blocksOf(document, edit);
  const [first] = blocks;
  if (!first) return { kind: "text", context: contextAround(body, edit, REACH) };
  const within = blocks.length === 1 && edit.start >= first.start;
  if (within && (first.type === "table" || first.type === "code")) {
    return { ...cut(body, first, edit, first.type), links };
  }
  // An edit may begin or end in the blank lines between blocks.
  const start = Math.min(edit.start, first.start);
  const source = body.slice(start, Math.max(edit.end, blocks.at(-1)!.end));
  if (source.length <= LONGEST && (isMarkup(source) || isMarkup(edit.replacement))) {
    return { kind: "rendered", source, edit: moved(edit, -start), links, partOf: null };
  }
  return { kind: "text", context: contextAround(source, moved(edit, -start), REACH) };
}

const MARKUP = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?:\||```|~~~)/m;

/** Whether a text holds a table or a fence, which only a reader of Markdown's source would read as it is. */
export function isMarkup(text: string): boolean {
  return MARKUP.test(text);
}

let split: DocumentBlocks | null = null;

/** Every card asks about the same document. */
function blocksIn(body: string): DocumentBlocks {
  if (split?.body !== body) split = splitDocument(body);
  return split;
}

/** The blocks that an edit lies in; what it only borders on is another matter. */
function blocksOf({ blocks }: DocumentBlocks, { start, end }: Edit): Block[] {
  const solid = blocks.filter((block) => block.type !== "space" && block.type !== "def");
  const inside = solid.filter((block) => block.start < end && block.end > start);
  if (inside.length > 0) return inside;
  const beside = solid.find((block) => block.start <= start && block.end >= end);
  return beside ? [beside] : [];
}

/** The rows or lines about the edit, with what makes them a table or code. */
function cut(body: string, block: Block, edit: Edit, kind: "table" | "code") {
  const source = body.slice(block.start, block.end).trimEnd();
  const lines = source.split(/(?<=\n)/);
  const fenced = /^ {0,3}(?:```|~~~)/.test(source);
  const head = kind === "table" ? 2 : fenced ? 1 : 0;
  const foot = kind === "code" && fenced && lines.length > 1 && isFence(lines.at(-1)!) ? 1 : 0;
  const reach = kind === "table" ? ROWS : LINES;
  const from = lineAt(lines, edit.start - block.start) - reach;
  const to = lineAt(lines, Math.max(edit.start, edit.end - 1) - block.start) + reach + 1;
  const first = from <= head ? 0 : from;
  const last = to >= lines.length - foot ? lines.length : to;
  const skipped = first === 0 ? 0 : length(lines.slice(head, first));
  const shown = [
    ...(first === 0 ? [] : lines.slice(0, head)),
    ...lines.slice(first, last),
    ...(last === lines.length ? [] : lines.slice(lines.length - foot)),
  ].join("");
  // An edit that takes the last line break along ends behind what is shown.
  const rest = edit.end - block.start - source.length;
  const whole =
    last === lines.length && rest > 0 ? body.slice(block.start + source.length, edit.end) : "";
  return {
    kind: "rendered" as const,
    source: shown + whole,
    edit: moved(edit, -block.start - skipped),
    partOf: skipped > 0 || last < lines.length ? kind : null,
  };
}

function isFence(line: string): boolean {
  return /^ {0,3}(?:`{3,}|~{3,})\s*$/.test(line);
}

function lineAt(lines: readonly string[], offset: number): number {
  let end = 0;
  const at = lines.findIndex((line) => offset < (end += line.length));
  return at < 0 ? lines.length - 1 : at;
}

function length(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length, 0);
}

function moved(edit: Edit, by: number): Edit {
  return { ...edit, start: edit.start + by, end: edit.end + by };
}
