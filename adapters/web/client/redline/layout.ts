/**
 * The document as it is shown: block after block, with every edit at its place. Where an edit cannot stand
 * inside the rendered text it is shown as blocks that go and blocks that come, or as source.
 */
import type { Block, DocumentBlocks } from "../markdown/document-blocks.ts";
import { lexMarkdown, type Links } from "../markdown/markdown.ts";
import { textOf, parseHtml } from "../markdown/html-tree.ts";
import {
  applyEdits,
  MAX_EDITS,
  PRIVATE_USE,
  writeComposite,
  type Edit,
  type Grain,
} from "./composite.ts";
import { placeMarks } from "./place-marks.ts";
import { diffWords, type DiffPart } from "../../../../src/rendering/word-diff.ts";

/** Markdown to HTML that is safe to show. */
export type RenderBlock = (source: string) => string;

/** `html` may hold redlines. */
export interface TextSegment {
  kind: "text";
  key: string;
  html: string;
}

/** Whole blocks that go, and the ones that come. */
export interface BlocksSegment {
  kind: "blocks";
  key: string;
  before: string;
  after: string;
  edit: Edit;
}

/** An edit that only the source can show; it follows the blocks that it is about. */
export interface SourceSegment {
  kind: "source";
  key: string;
  parts: DiffPart[];
  edit: Edit;
}

export type Segment = TextSegment | BlocksSegment | SourceSegment;

/** What is laid out as one: a block, or the run of blocks that edits touch. */
export interface Unit {
  key: string;
  /** Offsets in the document. */
  start: number;
  end: number;
  /** The document's own text between them. */
  source: string;
  blocks: readonly Block[];
  heading: Block["heading"];
  /** In the order of the document. */
  edits: readonly Edit[];
  /** Edits that meet another one; only one of them can be shown in place. */
  overlapping: readonly Edit[];
}

/** Above this many characters a source view of the touched blocks shows the changed lines alone. */
const LONG_BLOCK = 3000;
const CONTEXT = 160;
const GRAINS: readonly Grain[] = ["words", "whole"];

/** The document in units, in order; nothing is rendered yet. */
export function planUnits(document: DocumentBlocks, edits: readonly Edit[]): Unit[] {
  const { blocks, body } = document;
  const unitOf = unitMaker(body);
  const units: Unit[] = [];
  const addPlain = (from: number, to: number): void => {
    for (const block of blocks.slice(from, to)) {
      if (block.type !== "space" && block.type !== "def") units.push(unitOf([block], [], []));
    }
  };
  let at = 0;
  for (const region of regions(blocks, edits)) {
    addPlain(at, region.first);
    units.push(
      unitOf(blocks.slice(region.first, region.last + 1), region.edits, region.overlapping),
    );
    at = region.last + 1;
  }
  addPlain(at, blocks.length);
  return units;
}

function unitMaker(body: string) {
  return (blocks: readonly Block[], edits: readonly Edit[], overlapping: readonly Edit[]): Unit => {
    const { key, start } = blocks[0]!;
    const { end } = blocks.at(-1)!;
    const heading = blocks.find((block) => block.heading)?.heading ?? null;
    return { key, start, end, source: body.slice(start, end), blocks, heading, edits, overlapping };
  };
}

/** What a unit shows, rendered. */
export function layOutUnit(unit: Unit, links: Links, render: RenderBlock): readonly Segment[] {
  if (unit.edits.length > 0) return layOutEdited(unit, links, render);
  return unit.blocks.flatMap((block) => textSegments(block.key, render(block.raw)));
}

function textSegments(key: string, html: string): TextSegment[] {
  return html.trim() === "" ? [] : [{ kind: "text", key, html }];
}

interface Region {
  /** Indexes of the first and last block. */
  first: number;
  last: number;
  edits: Edit[];
  /** Edits that meet another one; only one of them can be shown in place. */
  overlapping: Edit[];
}

/** Runs of blocks that edits touch, in order. */
function regions(blocks: readonly Block[], edits: readonly Edit[]): Region[] {
  const sorted = [...edits].sort(
    (a, b) => a.start - b.start || a.end - b.end || a.number - b.number,
  );
  const found: Region[] = [];
  for (const edit of sorted) {
    const range = touched(blocks, edit);
    if (!range) continue;
    const last = found.at(-1);
    if (last && range.first <= last.last) {
      last.last = Math.max(last.last, range.last);
      (meetsPrevious(last.edits, edit) ? last.overlapping : last.edits).push(edit);
    } else {
      found.push({ ...range, edits: [edit], overlapping: [] });
    }
  }
  return found;
}

function meetsPrevious(before: readonly Edit[], edit: Edit): boolean {
  const previous = before.at(-1);
  if (!previous) return false;
  const samePoint = previous.start === edit.start && previous.end === edit.end;
  return edit.start < previous.end || samePoint;
}

/** Blocks that an edit lies in or borders on; blank lines between blocks belong to the one before. */
function touched(blocks: readonly Block[], edit: Edit): { first: number; last: number } | null {
  let first = blocks.findIndex((block) => block.end >= edit.start && block.type !== "space");
  if (first < 0) first = blocks.length - 1;
  // An edit between two blocks, or at the border of one, concerns the neighbour behind as well.
  let last = first;
  while (last + 1 < blocks.length && blocks[last + 1]!.start <= edit.end) last++;
  return first < 0 ? null : { first, last };
}

function layOutEdited(unit: Unit, links: Links, render: RenderBlock): Segment[] {
  const { start, source, blocks } = unit;
  const { html, shown } = inlineHtml(source, start, unit.edits, blocks, render);
  const others = [...unit.edits, ...unit.overlapping].filter((edit) => !shown.includes(edit));
  if (shown.length === 0 && others.length === 1) {
    const segments = blocksSegments(unit, others[0]!, links, render);
    if (segments) return segments;
  }
  const strips = others.map((edit) => sourceSegment(source, start, edit));
  return [...textSegments("text", html), ...strips];
}

/**
 * The region with as many of the edits inside as it can hold, each word by word where that works and as a
 * whole where not.
 */
function inlineHtml(
  source: string,
  from: number,
  edits: readonly Edit[],
  blocks: readonly Block[],
  render: RenderBlock,
): { html: string; shown: readonly Edit[] } {
  const before = render(lines(source));
  const nothing = { html: before, shown: [] };
  if (edits.length > MAX_EDITS || PRIVATE_USE.test(source)) return nothing;
  const tables = blocks.some((block) => block.type === "table");
  const attempt = (some: readonly Edit[], grains: readonly Grain[]): string | null => {
    const after = render(lines(applyEdits(source, from, some)));
    const composite = render(lines(writeComposite(source, from, some, grains, tables)));
    return placeMarks({ composite, before, after }, some);
  };
  const words = edits.map((): Grain => "words");
  const all = attempt(edits, words);
  if (all !== null) return { html: all, shown: edits };
  const fitting = edits.flatMap((edit) => {
    if (PRIVATE_USE.test(edit.replacement)) return [];
    const grain = GRAINS.find((one) => attempt([edit], [one]) !== null);
    return grain ? [{ edit, grain }] : [];
  });
  const shown = fitting.map((one) => one.edit);
  const html = attempt(
    shown,
    fitting.map((one) => one.grain),
  );
  return html === null || shown.length === 0 ? nothing : { html, shown };
}

/** Blocks before and after; null where they would look the same, or where there is too much of them. */
function blocksSegments(
  { source, start }: Unit,
  edit: Edit,
  links: Links,
  render: RenderBlock,
): Segment[] | null {
  const raws = (text: string): string[] =>
    lexMarkdown(lines(text), links).map((token) => token.raw);
  const before = raws(source);
  const after = raws(applyEdits(source, start, [edit]));
  let head = 0;
  while (head < before.length && before[head] === after[head]) head++;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const gone = before.slice(head, before.length - tail).join("");
  const come = after.slice(head, after.length - tail).join("");
  const goneHtml = gone.trim() === "" ? "" : render(gone);
  const comeHtml = come.trim() === "" ? "" : render(come);
  if (gone.length + come.length > 2 * LONG_BLOCK || looks(goneHtml) === looks(comeHtml))
    return null;
  const around = (part: string, raw: readonly string[]): Segment[] =>
    raw.join("").trim() === "" ? [] : textSegments(part, render(raw.join("")));
  return [
    ...around("head", before.slice(0, head)),
    { kind: "blocks", key: edit.changeId, before: goneHtml, after: comeHtml, edit },
    ...around("tail", before.slice(before.length - tail)),
  ];
}

function looks(html: string): string {
  const tree = parseHtml(html);
  return tree ? textOf(tree).replace(/\s+/g, " ").trim() : html;
}

function sourceSegment(source: string, from: number, edit: Edit): SourceSegment {
  const start = edit.start - from;
  const end = edit.end - from;
  const lead = source.length > LONG_BLOCK ? Math.max(0, start - CONTEXT) : 0;
  const tail = source.length > LONG_BLOCK ? Math.min(source.length, end + CONTEXT) : source.length;
  const parts: DiffPart[] = [
    { kind: "equal", text: source.slice(lead, start).replace(/^\s+/, "") },
    ...diffWords(source.slice(start, end), edit.replacement),
    { kind: "equal", text: source.slice(end, tail).replace(/\s+$/, "") },
  ];
  return { kind: "source", key: edit.changeId, parts, edit };
}

function lines(source: string): string {
  return source.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
}
