/** What a segment shows beside its text, so that it is whole by itself. */
import { walkInline } from "./inline-walk.ts";
import type { Container, Fence, Line, Table } from "./markdown-scan.ts";
import { canInterrupt, cellsBefore, lineIndexAt, scanLine, scanLines } from "./markdown-scan.ts";

/** A text and its blocks. */
export interface Scan {
  text: string;
  lines: readonly Line[];
}

/** Of as many texts as are likely to be written at the same time; the latest is last. */
const MAX_RECENT = 8;
const recent: Scan[] = [];

/** A text is looked at again with each piece that arrives: only the new lines are read. */
export function scan(text: string): Scan {
  const index = recent.findLastIndex(
    (one) => text.startsWith(one.text) || one.text.startsWith(text),
  );
  const [before] = index < 0 ? [] : recent.splice(index, 1);
  const result =
    before?.text === text ? before : { text, lines: scanLines(text, wholeLines(before, text)) };
  const isLonger = before !== undefined && before.text.length > text.length;
  recent.push(isLonger ? before : result);
  if (recent.length > MAX_RECENT) recent.shift();
  return result;
}

/** The lines of a text that are as well in another one, of which one begins with the other. */
function wholeLines(before: Scan | undefined, { length }: string): readonly Line[] {
  if (before === undefined) return [];
  const { lines } = before;
  const count = lineIndexAt(lines, length - 1);
  return lines.slice(0, Math.min(count, lines.length - 1));
}

export function lineAt({ lines }: Scan, offset: number): Line {
  return lines[lineIndexAt(lines, offset)]!;
}

/** The line that the offset is in, without what follows it. */
function lineUpTo(parsed: Scan, offset: number): Line {
  const { from, before } = lineAt(parsed, offset);
  return scanLine(parsed.text, from, offset, before);
}

/**
 * Where the text shown by a segment from here begins: behind blanks and behind the end of a fence, whose code
 * was all in the segment before. At the end of the text if nothing follows.
 */
export function bodyStart(parsed: Scan, from: number): number {
  const { text, lines } = parsed;
  let index = lineIndexAt(lines, from);
  const first = lines[index]!;
  if (from > first.from) {
    const isCode = first.kind === "code";
    const at = isCode ? from : from + /^[ \t\r]*/.exec(text.slice(from, first.to))![0].length;
    if (at < first.to) return at;
    index++;
  }
  const line = lines.slice(index).find(({ kind }) => kind !== "blank" && kind !== "fence-end");
  if (line === undefined) return text.length;
  return line.continues ? line.content : line.from;
}

/** Where the text shown by a segment up to here ends: before blanks, except in code. */
export function bodyEnd(parsed: Scan, from: number, to: number): number {
  if (openFence(parsed, to) !== null) return to;
  return from + parsed.text.slice(from, to).trimEnd().length;
}

/** The fence that is open at the offset. */
function openFence(parsed: Scan, at: number): Fence | null {
  const line = lineAt(parsed, at);
  if (at === line.from) return line.before.fence;
  return lineUpTo(parsed, at).after.fence;
}

export const JOINER = "\u2060";

/** What seems to be a fence and is none: too long, too deep, or with a backtick behind it. */
const LIKE_FENCE = /^[\s>*+\-\d.)]*?(?=`{3}|~{3})/;

export function isLikeFence(text: string, line: Line): boolean {
  return line.kind !== "code" && LIKE_FENCE.test(text.slice(line.from, line.to));
}

/** The text of the range, in which nothing seems to be a fence but what is one. */
export function body({ text, lines }: Scan, from: number, to: number): string {
  let result = "";
  let written = from;
  for (let index = lineIndexAt(lines, from); index < lines.length; index++) {
    const line = lines[index]!;
    if (line.from >= to) break;
    const isText = line.kind !== "code" && line.kind !== "fence" && line.kind !== "fence-end";
    const match = isText ? LIKE_FENCE.exec(text.slice(line.from, line.to)) : null;
    if (match === null) continue;
    const at = line.from + match[0].length;
    if (at < from || at >= to) continue;
    result += text.slice(written, at) + JOINER;
    written = at;
  }
  return result + text.slice(written, Math.max(written, to));
}

/** What begins the lines of text in the containers. */
function prefix(containers: readonly Container[]): string {
  return containers
    .map(({ marker, width }) => (marker === ">" ? "> " : " ".repeat(width)))
    .join("");
}

/**
 * Each list item that goes on, with its marker at its column: so a number stays, and what is nested stays so.
 *
 * @param inline the text follows in the innermost item's line rather than in a line with its own markers
 */
function reopenItems(containers: readonly Container[], inline: boolean): string {
  const last = containers.findLastIndex(({ marker }) => marker !== ">");
  const items = containers.slice(0, last + 1).flatMap(({ marker, indent, width }, index) => {
    if (marker === ">") return [];
    const before = prefix(containers.slice(0, index));
    const item = `${before}${" ".repeat(indent)}${marker.padEnd(width - indent)}…`;
    const isFirst = containers.findIndex((one) => one.marker !== ">") === index;
    return isFirst || canInterrupt(marker) ? [item] : [before.trimEnd(), item];
  });
  if (inline && last >= 0 && last === containers.length - 1) return `${items.join("\n")} `;
  return items.map((item) => `${item}\n`).join("") + (inline ? prefix(containers) : "");
}

export function fenceLine({ containers, indent, mark, length }: Fence): string {
  return prefix(containers) + " ".repeat(indent) + mark.repeat(length);
}

/** A wider head is repeated without its words, and the head of a still wider one not at all. */
const MAX_HEAD = 400;
const MAX_COLUMNS = 60;

function tableHead(text: string, { header, rule, columns }: Table, before: string): string {
  const length = header.to - header.from + rule.to - rule.from;
  const [head, line] =
    length <= MAX_HEAD
      ? [text.slice(header.from, header.to), text.slice(rule.from, rule.to)]
      : [`|${"  |".repeat(columns)}`, `|${"-|".repeat(columns)}`];
  return columns > MAX_COLUMNS && length > MAX_HEAD ? "" : `${before}${head}\n${before}${line}\n`;
}

/** What stands before the text at `start`, a place that `bodyStart` gave. */
export function opening(parsed: Scan, start: number): string {
  const line = lineAt(parsed, start);
  if (start === line.from && !line.continues) return openLine(parsed.text, line);
  return openWithin(parsed, line, start);
}

function openLine(text: string, line: Line): string {
  const { before, kind, kept } = line;
  const containers = before.containers.slice(0, kept);
  const items = reopenItems(containers, false);
  if (before.fence !== null && kind === "code") return items + openingFence(before.fence);
  const head =
    kind === "row" && before.table ? tableHead(text, before.table, prefix(containers)) : "";
  const apart = items !== "" && !endsParagraph(line);
  return items + (apart ? `${prefix(containers).trimEnd()}\n` : "") + head;
}

function openingFence(fence: Fence): string {
  return `${fenceLine(fence)}${fence.info}\n`;
}

/** Whether the line is a block of its own even directly behind a line of text. */
function endsParagraph({ kind, kept, after }: Line): boolean {
  const opened = after.containers[kept]?.marker;
  if (opened !== undefined) return canInterrupt(opened);
  return kind === "fence" || kind === "heading";
}

function openWithin(parsed: Scan, line: Line, start: number): string {
  const { text } = parsed;
  const within = line.continues && start <= line.content ? null : lineUpTo(parsed, start);
  const { containers, fence, table } = within === null ? line.before : within.after;
  if (fence !== null) {
    const open = reopenItems(fence.containers, false) + openingFence(fence);
    // In the middle of its line it did not close the fence; behind blanks it might still come to do so.
    const closes = [" ", "\t", fence.mark].includes(text[start] ?? "");
    return open + prefix(fence.containers) + (closes ? JOINER : "");
  }
  const marks = openMarks(text, within ?? line, start).join("");
  const head = within?.kind === "row" && table ? tableHead(text, table, prefix(containers)) : "";
  if (within !== null && head !== "") {
    const items = reopenItems(containers, false);
    const apart = items === "" ? "" : `${prefix(containers).trimEnd()}\n`;
    const cells = cellsBefore(text.slice(within.content, start));
    return `${items}${apart}${head}${prefix(containers)}|${"  |".repeat(cells)} ${marks}`;
  }
  const open = reopenItems(containers, true);
  // In the middle of its line it was no heading, no list and no fence.
  const begins = marks === "" ? /[#>+\-=|~`\d:*]/.test(text[start] ?? "") : /^[`~]/.test(marks);
  return (begins && !open.endsWith("… ") ? open + JOINER : open) + marks;
}

/** Emphasis and code are followed back no further than this. */
const MAX_BACK = 4_000;

/** Where to begin reading what is open at a place in the line. */
export function inlineStart(text: string, line: Line, at: number): number {
  const { paragraph } = line.continues || line.kind === "blank" ? line.before : line.after;
  const begin =
    line.kind === "row" ? cellStart(text, line.content, at) : (paragraph?.from ?? line.content);
  return Math.max(begin, at - MAX_BACK);
}

function cellStart(text: string, from: number, at: number): number {
  const divider = /(?<!\\)\|[^|]*$/.exec(text.slice(Math.max(from, at - MAX_BACK), at));
  return divider === null ? from : at - divider[0].length + 1;
}

function openMarks(text: string, line: Line, at: number): string[] {
  const { marks, code } = walkInline(text, inlineStart(text, line, at), at);
  return code === null ? [...marks] : [...marks, code];
}

/** What closes the text that ends at `end`, a place that `bodyEnd` gave for `to`. */
export function closing(parsed: Scan, end: number, to: number): string {
  const { text } = parsed;
  const fence = openFence(parsed, to);
  if (fence !== null) return (text[end - 1] === "\n" ? "" : "\n") + fenceLine(fence);
  const line = lineAt(parsed, end - 1);
  const last = scanLine(text, line.from, end, line.before);
  const inLine = to <= line.to;
  const goesOn = inLine || lineAt(parsed, to).before.paragraph !== null;
  const hasMarks =
    last.kind === "text" || (inLine && (last.kind === "heading" || last.kind === "row"));
  const open = goesOn && hasMarks ? openMarks(text, last, end).toReversed().join("") : "";
  // Directly behind the same character it would close nothing, but might make a fence.
  const marks = open.startsWith(text[end - 1]!) ? "" : open;
  const isCut = inLine && last.kind === "row" && !text.slice(last.content, end).endsWith("|");
  return isCut ? `${marks} |` : marks;
}
