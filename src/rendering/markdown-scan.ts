/**
 * The blocks of a Markdown text line by line: what is open at the beginning of each line depends only on the
 * lines before it. As CommonMark has it, with the tables of GitHub; without HTML blocks, which no chat knows.
 */

/** A block quote or a list item that lines stand in. */
export interface Container {
  /** `>`, or of a list item its bullet or number. */
  marker: string;
  /** Columns before the marker, from where the text of the surrounding container begins. */
  indent: number;
  /** Columns to where its own text begins. */
  width: number;
}

export interface Fence {
  mark: "`" | "~";
  length: number;
  /** The language; no more of the info string. */
  info: string;
  indent: number;
  containers: readonly Container[];
}

interface Range {
  from: number;
  to: number;
}

export interface Table {
  header: Range;
  rule: Range;
  columns: number;
}

export interface BlockState {
  containers: readonly Container[];
  fence: Fence | null;
  table: Table | null;
  /** Where the paragraph's text begins, and its last line. */
  paragraph: { from: number; last: Range } | null;
}

export type LineKind =
  | "blank"
  | "fence"
  | "code"
  | "fence-end"
  | "heading"
  | "rule"
  | "table-rule"
  | "row"
  | "text";

export interface Line extends Range {
  /** Where the next line begins; the same as `to` in the last line. */
  next: number;
  kind: LineKind;
  /** Where the text behind all markers begins. */
  content: number;
  /** How many of the containers before it go on in it. */
  kept: number;
  /** Goes on with the paragraph of the line before. */
  continues: boolean;
  before: BlockState;
  after: BlockState;
}

/** Longer ones, and deeper ones, are no more than text here. */
const MAX_FENCE = 24;
export const MAX_FENCE_LINE = 150;
const MAX_RULE = 100;
const MAX_TABLE_RULE = 1_000;
const MAX_DEPTH = 6;

const NOTHING_OPEN: BlockState = { containers: [], fence: null, table: null, paragraph: null };

/**
 * All lines; the last one, perhaps empty, has no line break.
 *
 * @param known whole lines that the text begins with
 */
export function scanLines(text: string, known: readonly Line[] = []): Line[] {
  const lines = [...known];
  const breaks = /\r\n|\n|\r(?!$)/g;
  let from = known.at(-1)?.next ?? 0;
  let state = known.at(-1)?.after ?? NOTHING_OPEN;
  breaks.lastIndex = from;
  for (;;) {
    const match = breaks.exec(text);
    const to = match?.index ?? text.length;
    const line = scanLine(text, from, to, state);
    lines.push({ ...line, next: match === null ? to : breaks.lastIndex });
    if (match === null) return lines;
    from = breaks.lastIndex;
    state = line.after;
  }
}

/** The last line that begins at the offset or before it. */
export function lineIndexAt(lines: readonly Line[], offset: number): number {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lines[middle]!.from <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where a line's text goes on behind some markers. */
interface Place {
  /** Of the first character that is no white space. */
  at: number;
  /** Columns of white space before it. */
  indent: number;
}

/** One line, or its beginning. */
export function scanLine(text: string, from: number, to: number, before: BlockState): Line {
  const { place, kept } = keptContainers(text, from, to, before);
  const blank = place.at >= to;
  const line = { from, to, next: to, content: place.at, kept, continues: false, before };
  const inner = { ...NOTHING_OPEN, containers: before.containers.slice(0, kept) };
  if (before.fence !== null && kept === before.fence.containers.length) {
    const ends = !blank && place.indent <= 3 && closes(before.fence, text.slice(place.at, to));
    return { ...line, kind: ends ? "fence-end" : "code", after: ends ? inner : before };
  }
  if (blank) return { ...line, kind: "blank", after: inner };
  return new BlockReader(text, line, place).read();
}

function closes(fence: Fence, content: string): boolean {
  const run = content.trimEnd();
  return run.length >= fence.length && run === fence.mark.repeat(run.length);
}

function keptContainers(
  text: string,
  from: number,
  to: number,
  { containers }: BlockState,
): { place: Place; kept: number } {
  let place = skipBlanks(text, { at: from, indent: 0 }, to);
  let kept = 0;
  for (const { marker, width } of containers) {
    if (marker === ">") {
      if (place.indent > 3 || place.at >= to || text[place.at] !== ">") break;
      place = behindQuote(text, place, to);
    } else if (place.at < to) {
      if (place.indent < width) break;
      place = { at: place.at, indent: place.indent - width };
    }
    kept++;
  }
  return { place, kept };
}

/** Tabs count as if the text began at a multiple of four columns, as it does nearly everywhere. */
function skipBlanks(text: string, { at, indent }: Place, to: number): Place {
  let end = at;
  let columns = indent;
  for (; end < to; end++) {
    const mark = text[end];
    if (mark === "\t") columns += 4 - (columns % 4);
    else if (mark === " ") columns++;
    else if (mark !== "\r") break;
  }
  return { at: end, indent: columns };
}

function behindQuote(text: string, { at }: Place, to: number): Place {
  const place = skipBlanks(text, { at: at + 1, indent: 0 }, to);
  return { at: place.at, indent: Math.max(0, place.indent - 1) };
}

const HEADING = /^#{1,6}(?:[ \t]|$)/;
const RULE = /^(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const UNDERLINE = /^(?:=+|-+)[ \t]*$/;
const FENCE = /^(`{3,}|~{3,})(.*)$/s;
const ITEM = /[-+*]|\d{1,9}[.)]/y;
const TABLE_RULE = /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*(?:\|[ \t]*)?$/;

/** Reads a line that is neither blank nor in a fence, behind the containers that it goes on with. */
class BlockReader {
  readonly #text: string;
  readonly #line: Omit<Line, "kind" | "after">;
  readonly #containers: Container[];
  #place: Place;

  constructor(text: string, line: Omit<Line, "kind" | "after">, place: Place) {
    this.#text = text;
    this.#line = line;
    this.#place = place;
    this.#containers = line.before.containers.slice(0, line.kept);
  }

  read(): Line {
    const { before, kept, to } = this.#line;
    const whole = kept === before.containers.length;
    while (this.#open(whole && this.#containers.length === kept));
    const opened = this.#containers.length > kept;
    const content = this.#text.slice(this.#place.at, to).trimEnd();
    if (this.#place.indent <= 3) {
      if (HEADING.test(content)) return this.#end("heading", {});
      const fence = this.#fence(content);
      if (fence !== null) return this.#end("fence", { fence });
      const underlines = before.paragraph !== null && whole && !opened && UNDERLINE.test(content);
      if (!underlines && isRule(content)) return this.#end("rule", {});
      const table = whole && !opened ? this.#tableAt(content) : null;
      if (table !== null) return this.#end("table-rule", { table });
      if (underlines) return this.#end("text", {}, true);
      if (before.table !== null && whole && !opened) {
        return this.#end("row", { table: before.table });
      }
    }
    return this.#textLine(content, opened);
  }

  #textLine(content: string, opened: boolean): Line {
    const { before } = this.#line;
    const { at } = this.#place;
    const last = { from: at, to: at + content.length };
    if (before.paragraph === null || opened) {
      // Code by indentation, which is no paragraph, differs in nothing that matters to a cut.
      return this.#end("text", { paragraph: content === "" ? null : { from: at, last } });
    }
    // What continues a paragraph stands in its containers, whether it repeats their markers or not.
    this.#containers.splice(0, Infinity, ...before.containers);
    const { from } = before.paragraph;
    const line = this.#end("text", { paragraph: { from, last } }, true);
    return { ...line, kept: before.containers.length };
  }

  #end(kind: LineKind, open: Partial<BlockState>, continues = false): Line {
    const after = { ...NOTHING_OPEN, containers: this.#containers, ...open };
    return { ...this.#line, content: this.#place.at, kind, continues, after };
  }

  /** Opens the container whose marker stands here. */
  #open(inParagraph: boolean): boolean {
    const text = this.#text;
    const { at, indent } = this.#place;
    const { to, before } = this.#line;
    if (indent > 3 || at >= to || this.#containers.length >= MAX_DEPTH) return false;
    if (text[at] === ">") {
      this.#containers.push({ marker: ">", indent: 0, width: 0 });
      this.#place = behindQuote(text, this.#place, to);
      return true;
    }
    ITEM.lastIndex = at;
    const marker = ITEM.exec(text)?.[0];
    if (marker === undefined || at + marker.length > to) return false;
    const rest = skipBlanks(text, { at: at + marker.length, indent: 0 }, to);
    if (rest.at === at + marker.length && rest.at < to) return false;
    const bare = rest.at >= to;
    if (inParagraph && before.paragraph !== null && (bare || !canInterrupt(marker))) return false;
    if (isRule(text.slice(at, Math.min(to, at + MAX_RULE + 1)))) return false;
    const blanks = bare || rest.indent > 4 ? 1 : rest.indent;
    this.#containers.push({ marker, indent, width: indent + marker.length + blanks });
    this.#place = { at: rest.at, indent: bare ? 0 : rest.indent - blanks };
    return true;
  }

  #fence(content: string): Fence | null {
    const [, run = "", info = ""] = FENCE.exec(content) ?? [];
    const mark = run.charAt(0);
    if (mark !== "`" && mark !== "~") return null;
    if (run.length > MAX_FENCE || content.length > MAX_FENCE_LINE) return null;
    if (mark === "`" && info.includes("`")) return null;
    const language = /^[ \t]*([\w+#.-]{1,30})/.exec(info)?.[1] ?? "";
    const { indent } = this.#place;
    return { mark, length: run.length, info: language, indent, containers: this.#containers };
  }

  #tableAt(content: string): Table | null {
    const header = this.#line.before.paragraph?.last;
    if (header === undefined || !content.includes("|") || content.length > MAX_TABLE_RULE)
      return null;
    if (!TABLE_RULE.test(content)) return null;
    const columns = cellCount(content);
    if (cellCount(this.#text.slice(header.from, header.to)) !== columns) return null;
    return { header, rule: { from: this.#place.at, to: this.#place.at + content.length }, columns };
  }
}

function isRule(content: string): boolean {
  return content.length <= MAX_RULE && RULE.test(content.trimEnd());
}

/** Whether an item may stand directly behind a line of text. */
export function canInterrupt(marker: string): boolean {
  return !/^\d/.test(marker) || /^1[.)]$/.test(marker);
}

function cellCount(row: string): number {
  return cellsBefore(row) + (row.endsWith("|") && !row.endsWith("\\|") ? 0 : 1);
}

/** How many cells of a row end in its beginning. */
export function cellsBefore(row: string): number {
  const dividers = row.replace(/\\\|/g, "").match(/\|/g)?.length ?? 0;
  return Math.max(0, dividers - (/^[ \t]*\|/.test(row) ? 1 : 0));
}
