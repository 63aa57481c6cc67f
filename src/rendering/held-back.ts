/** What the end of an unfinished text may still turn into. */
import { walkInline } from "./inline-walk.ts";
import { MAX_FENCE_LINE } from "./markdown-scan.ts";
import type { Scan } from "./segment-frame.ts";
import { inlineStart, isLikeFence } from "./segment-frame.ts";

/** Nothing but marks that could begin a block, divide two, or end a fence. */
const MARKS = /^[\s>*+\-\d.)#=_~`|:]*$/;
/** Longer ones are none. */
const MAX_MARKS = 100;
const TABLE_MARKS = /^[\s|:-]*$/;
const MAX_ROW = 1_000;
const FENCE_END = /^[\s>]*(?:(?:`+|~+)\s*)?$/;
/** Behind so much, the bracket is shown as it is. */
const MAX_LINK = 300;

/** Up to where the blocks and spans at the end of the text are known. */
export function knownEnd(parsed: Scan): number {
  const { text, lines } = parsed;
  const line = lines.at(-1)!;
  const content = text.slice(line.from, line.to);
  if (line.before.fence !== null && line.before.fence.containers.length === line.kept) {
    return FENCE_END.test(content) ? line.from : line.to;
  }
  const isTable = TABLE_MARKS.test(content);
  const previous = lines.at(-2);
  if (isTable && previous?.kind === "text" && text[previous.content] === "|") return previous.from;
  if (MARKS.test(content) && content.length <= (isTable ? MAX_ROW : MAX_MARKS)) return line.from;
  const length = line.to - line.content;
  if (isLikeFence(text, line) && length <= MAX_FENCE_LINE) return line.from;
  if (line.kind === "text" && text[line.content] === "|" && length <= MAX_ROW) return line.from;
  return knownInline(parsed);
}

function knownInline({ text, lines }: Scan): number {
  const line = lines.at(-1)!;
  // The address may follow.
  const to = text.endsWith("]") ? line.to - 1 : line.to;
  const { link } = walkInline(text, inlineStart(text, line, to), to);
  const end = line.to - /(?:[*_~`]{1,8}|\\|!)?$/.exec(text.slice(-8))![0].length;
  return link !== null && line.to - link <= MAX_LINK ? Math.min(end, link) : end;
}

/** In text without blanks, so much is held back, which no control sequence or character is longer than. */
const TAIL = 16;
const MAX_WORD = 40;

/** The end of the last whole word before the place, with which its line has more than marks. */
export function wordEnd(parsed: Scan, at: number): number {
  const { text, lines } = parsed;
  const end = endOfWord(text, at);
  const last = lines.at(-1)!;
  const isBare = end > last.from && end - last.from <= MAX_MARKS && last.kind !== "code";
  return isBare && MARKS.test(text.slice(last.from, end)) ? endOfWord(text, last.from) : end;
}

function endOfWord(text: string, at: number): number {
  const begin = wordBegin(text, at);
  if (at - begin > MAX_WORD) {
    const end = at - TAIL;
    return /[\uDC00-\uDFFF]/.test(text[end] ?? "") ? end - 1 : end;
  }
  return text.slice(0, begin).trimEnd().length;
}

/** Where the word begins that goes on at the place; the place itself if there is none. */
export function wordBegin(text: string, at: number): number {
  let begin = at;
  while (begin > 0 && at - begin <= MAX_WORD && !/\s/.test(text[begin - 1]!)) begin--;
  return begin;
}
