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
import { inOrder, meet, pickDrawn } from "./drawn.ts";
import { placeMarks, toneClass } from "./place-marks.ts";
import { placePassages } from "./place-passages.ts";
import { shortenRuns, sourceRuns, type SourceRun } from "./source-runs.ts";

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

/** Edits that only the source can show; it follows the blocks that they are about. */
export interface SourceSegment {
  kind: "source";
  key: string;
  runs: SourceRun[];
  edits: readonly Edit[];
}

/** Edits that meet those which are drawn: one of them at a time is. */
export interface MoreSegment {
  kind: "more";
  key: string;
  /** Those that meet and can be chosen between, the newest first. */
  edits: readonly Edit[];
  /** How many of them are not drawn. */
  hidden: number;
  drawn: readonly Edit[];
}

export type Segment = TextSegment | BlocksSegment | SourceSegment | MoreSegment;

/** What a thread or a concern is about, in the document's own offsets. */
export interface ThreadPlace {
  /** The thread's id; of a concern, its mark (`concernMark`). */
  threadId: string;
  /** By which it is known in the document and beside it: A, B, …; of a concern, !1, !2, … */
  letter: string;
  title: string;
  start: number;
  end: number;
}

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
  /** What is drawn, in the order of the document. */
  edits: readonly Edit[];
  /** Edits that meet a drawn one, the newest first. */
  overlapping: readonly Edit[];
  /** What threads are about here. */
  threads?: readonly ThreadPlace[];
}

/** Above this many characters blocks are not shown a second time. */
const LONG_BLOCKS = 6000;
const GRAINS: readonly Grain[] = ["words", "whole"];

export interface PlanOptions {
  /** Ids of changes to draw where several overlap, the last choice first. */
  chosen?: readonly string[];
  threads?: readonly ThreadPlace[];
}

/** The document in units, in order; nothing is rendered yet. */
export function planUnits(
  document: DocumentBlocks,
  edits: readonly Edit[],
  { chosen = [], threads = [] }: PlanOptions = {},
): Unit[] {
  const { blocks, body } = document;
  const units: Unit[] = [];
  const add = (some: readonly Block[], here: readonly Edit[]): void => {
    const { key, start } = some[0]!;
    const { end } = some.at(-1)!;
    const { drawn, hidden } = pickDrawn(here, chosen);
    units.push({
      key,
      start,
      end,
      source: body.slice(start, end),
      blocks: some,
      heading: some.find((block) => block.heading)?.heading ?? null,
      edits: drawn,
      overlapping: hidden,
      threads: threads.filter((place) => place.start < end && place.end > start),
    });
  };
  const addPlain = (from: number, to: number): void => {
    for (const block of blocks.slice(from, to)) {
      if (block.type !== "space" && block.type !== "def") add([block], []);
    }
  };
  let at = 0;
  for (const region of regions(blocks, edits)) {
    addPlain(at, region.first);
    add(blocks.slice(region.first, region.last + 1), region.edits);
    at = region.last + 1;
  }
  addPlain(at, blocks.length);
  return units;
}

/** What a unit shows, rendered. */
export function layOutUnit(unit: Unit, links: Links, render: RenderBlock): readonly Segment[] {
  const segments =
    unit.edits.length + unit.overlapping.length > 0
      ? layOutEdited(unit, links, render)
      : unit.blocks.flatMap((block) => textSegments(block.key, render(block.raw)));
  const { threads = [] } = unit;
  return threads.length === 0 ? segments : withPassages(segments, unit, threads);
}

/** The same with what threads are about marked in the text. */
function withPassages(
  segments: readonly Segment[],
  unit: Unit,
  threads: readonly ThreadPlace[],
): Segment[] {
  const shown = segments.map((segment) => {
    if (segment.kind === "text") return segment.html;
    return segment.kind === "blocks" ? segment.before : "";
  });
  const marked = placePassages(
    shown,
    unit.source,
    threads.map(({ threadId, start, end }) => ({
      id: threadId,
      start: start - unit.start,
      end: end - unit.start,
    })),
  );
  return segments.map((segment, index) => {
    const html = marked[index] ?? "";
    if (segment.kind === "text") return { ...segment, html };
    return segment.kind === "blocks" ? { ...segment, before: html } : segment;
  });
}

function textSegments(key: string, html: string): TextSegment[] {
  return html.trim() === "" ? [] : [{ kind: "text", key, html }];
}

interface Region {
  /** Indexes of the first and last block. */
  first: number;
  last: number;
  edits: Edit[];
}

/** Runs of blocks that edits touch, in order. */
function regions(blocks: readonly Block[], edits: readonly Edit[]): Region[] {
  const found: Region[] = [];
  for (const edit of [...edits].sort(inOrder)) {
    const range = touched(blocks, edit);
    if (!range) continue;
    const last = found.at(-1);
    if (last && range.first <= last.last) {
      last.last = Math.max(last.last, range.last);
      last.edits.push(edit);
    } else {
      found.push({ ...range, edits: [edit] });
    }
  }
  return found;
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
  // Where somebody has left out what was drawn, what it was in the way of comes forward.
  const fits = unit.overlapping.filter((edit) => !unit.edits.some((other) => meet(edit, other)));
  const { drawn } = pickDrawn([...unit.edits, ...fits], []);
  const { html, shown } = inlineHtml(unit, drawn, render);
  const others = drawn.filter((edit) => !shown.includes(edit));
  const more = moreSegments(unit, drawn);
  if (shown.length === 0 && others.length === 1) {
    const segments = blocksSegments(unit, others[0]!, links, render);
    if (segments) return [...segments, ...more];
  }
  return [...textSegments("text", html), ...sourceSegments(unit, others), ...more];
}

function moreSegments(unit: Unit, drawn: readonly Edit[]): MoreSegment[] {
  const hidden = unit.overlapping.filter((edit) => !drawn.includes(edit));
  if (hidden.length === 0) return [];
  const rivals = drawn.filter((edit) => hidden.some((other) => meet(edit, other)));
  const edits = [...hidden, ...rivals].sort((a, b) => b.number - a.number);
  return [{ kind: "more", key: "more", edits, hidden: hidden.length, drawn }];
}

/**
 * The region with as many of the edits inside as it can hold, each word by word where that works and as a
 * whole where not.
 */
function inlineHtml(
  { source, start: from, blocks }: Unit,
  edits: readonly Edit[],
  render: RenderBlock,
): { html: string; shown: readonly Edit[] } {
  const before = render(lines(source));
  const nothing = { html: before, shown: [] };
  if (edits.length > MAX_EDITS || PRIVATE_USE.test(source)) return nothing;
  const tables = blocks.some((block) => block.type === "table");
  const attempt = (some: readonly Edit[], grains: readonly Grain[]): string | null => {
    const after = render(lines(applyEdits(source, from, some)));
    const composite = render(lines(writeComposite(source, from, some, grains, tables)));
    const tones = some.map((edit) => toneClass(edits.indexOf(edit), edits.length));
    return placeMarks({ composite, before, after }, some, tones);
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
  if (gone.length + come.length > LONG_BLOCKS || looks(goneHtml) === looks(comeHtml)) return null;
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

/** The source once, with all edits in it that the text cannot show. */
function sourceSegments({ source, start: from }: Unit, edits: readonly Edit[]): SourceSegment[] {
  if (edits.length === 0) return [];
  const here = edits.map((edit) => ({ ...edit, start: edit.start - from, end: edit.end - from }));
  return [{ kind: "source", key: "source", runs: shortenRuns(sourceRuns(source, here)), edits }];
}

function lines(source: string): string {
  return source.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
}
