/**
 * From edit requests to change blocks, and to sentences about what cannot be done. Pure.
 */
import type { DocumentIndex } from "../../src/changes/document-index.ts";
import type { Passage } from "../../src/changes/placement.ts";
import type { Edit, EditRequest, Target } from "./grammar.ts";
import {
  deletionAround,
  findPlaces,
  isUnique,
  otherCapitals,
  spacedInsertion,
  widen,
} from "./places.ts";

/** The fields of one change block. */
export interface Block {
  original: string;
  proposed: string;
  after?: string;
  before?: string;
  reason: string;
}

export interface Proposal {
  blocks: Block[];
  /** One sentence each. */
  problems: string[];
  /** Places that were left for another time. */
  left: number;
}

/** A person's text as it may stand in the middle of a sentence: one line, not long. */
function clipped(text: string, most: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  const cut = new RegExp(`^.{${most}}(?=.)`, "su").exec(line)?.[0];
  return cut === undefined ? line : `${cut}…`;
}

const cited = (text: string): string => `“${clipped(text, 60)}”`;

/** In the person's words; never a tag that would end the block. */
const reasonOf = (said: string): string =>
  `Asked for in the conversation: ${clipped(said, 200).replaceAll("<", "‹").replaceAll(">", "›")}`;

/** At most `room` blocks; what has none is counted as left. */
export function propose(
  document: DocumentIndex,
  request: EditRequest,
  quote: string | null,
  room: number,
): Proposal {
  const view: View = { document, quote, scope: scopeOf(document, quote) };
  const reason = reasonOf(request.said);
  const attempts = request.readings.map((edit) => ({ edit, outcome: locate(view, edit) }));
  const found = attempts.filter(({ outcome }) => "places" in outcome);
  const [first] = found.length > 0 ? found : attempts;
  if (found.length > 1) {
    return problem(
      `It is not clear which words ${cited(request.said)} is about; put them in quotes.`,
    );
  }
  if (first === undefined) return { blocks: [], problems: [], left: 0 };
  if (!("places" in first.outcome)) return problem(first.outcome.problem);
  const { text, places } = first.outcome;
  const left = Math.max(0, places.length - room);
  if (left === places.length) return { blocks: [], problems: [], left };
  const body = document.text;
  const { edit } = first;
  const located = { text, places: places.slice(0, room) };
  const { blocks, problems } =
    edit.kind === "insert"
      ? insert(body, edit, located, reason)
      : rewrite(body, edit, located, reason);
  return { blocks, problems, left };
}

const problem = (sentence: string): Proposal => ({ blocks: [], problems: [sentence], left: 0 });

interface View {
  document: DocumentIndex;
  /** What the message quotes. */
  quote: string | null;
  /** The one place where the quote stands. */
  scope: Passage | null;
}

interface Located {
  /** What was looked for. */
  text: string;
  places: Passage[];
}

function scopeOf(document: DocumentIndex, quote: string | null): Passage | null {
  const places = quote === null ? [] : findPlaces(document, quote);
  return places.length === 1 ? (places[0] ?? null) : null;
}

function locate(view: View, edit: Edit): Located | { problem: string } {
  const target = edit.kind === "insert" ? edit.at : edit.target;
  if (target === "quote") return locateQuote(view);
  for (const text of target.texts) {
    const places = text === "" ? [] : findPlaces(view.document, text);
    const inScope = places.filter(({ start, end }) => isInside(view.scope, start, end));
    if (places.length > 0) return { text, places: inScope.length > 0 ? inScope : places };
  }
  return { problem: missing(view.document, target) };
}

const isInside = (scope: Passage | null, start: number, end: number): boolean =>
  scope !== null && start >= scope.start && end <= scope.end;

function locateQuote({ document, quote, scope }: View): Located | { problem: string } {
  if (quote === null) {
    return { problem: "Quote the passage that is meant; this message quotes none." };
  }
  if (scope !== null) return { text: quote, places: [scope] };
  return {
    problem:
      findPlaces(document, quote).length > 1
        ? `The quoted passage ${cited(quote)} occurs several times in the document; quote more of it.`
        : `The quoted passage ${cited(quote)} is not in the document.`,
  };
}

function missing(document: DocumentIndex, target: Exclude<Target, "quote">): string {
  const text = target.texts.at(-1) ?? "";
  if (text.trim() === "") return "The text to look for is empty.";
  const other = otherCapitals(document, text);
  const hint = other === null ? "" : `; ${cited(other)} is, in other capitals`;
  return `${cited(text)} is not in the document${hint}.`;
}

/** Text that takes the place of a passage. */
interface Rewrite extends Passage {
  by: string;
}

function rewrite(
  body: string,
  edit: Exclude<Edit, { kind: "insert" }>,
  located: Located,
  reason: string,
): Proposal {
  const rewrites = located.places.map((place): Rewrite => {
    if (edit.kind === "delete" || edit.by === "") return { ...deletionAround(body, place), by: "" };
    // A sentence that is replaced by a bare sentence keeps its full stop.
    const endsSentence = /[.!?]$/.test(body.slice(place.start, place.end));
    return { ...place, by: edit.by + (endsSentence ? edit.tail : "") };
  });
  const effective = rewrites.filter(({ start, end, by }) => body.slice(start, end) !== by);
  if (effective.length === 0) return problem(`${cited(located.text)} already reads like that.`);
  const joined = groups(body, effective);
  const blocks = joined.map((group) => blockOf(body, group, reason));
  const placed = joined.reduce((sum, group) => sum + group.rewrites.length, 0);
  return checked(blocks, located.text, effective.length - placed);
}

function insert(
  body: string,
  edit: Extract<Edit, { kind: "insert" }>,
  { text, places }: Located,
  reason: string,
): Proposal {
  const [place] = places;
  if (edit.text === "") return problem("The text to insert is empty.");
  if (place === undefined || places.length > 1) {
    return problem(
      `${cited(text)} occurs ${places.length} times; name more of the passage to insert at.`,
    );
  }
  const { anchor, text: inserted } = spacedInsertion(body, place, edit.text, edit.side);
  if (isUnique(body, anchor)) {
    const passage = { [edit.side]: body.slice(anchor.start, anchor.end) };
    return checked([{ original: "", proposed: inserted, ...passage, reason }], text, 0);
  }
  const range = widen(body, anchor);
  if (range === null) return checked([], text, 1);
  const at = edit.side === "after" ? anchor.end : anchor.start;
  const rewrites = [{ start: at, end: at, by: inserted }];
  return checked([blockOf(body, { range, rewrites }, reason)], text, 0);
}

/** Rewrites that share one block, within a range that occurs once in the document. */
interface Group {
  range: Passage;
  rewrites: Rewrite[];
}

/**
 * One group a rewrite; those whose ranges would overlap are joined. In the document's order; without those
 * that no range tells from others.
 */
function groups(body: string, rewrites: readonly Rewrite[]): Group[] {
  const joined: Group[] = [];
  for (const single of rewrites) {
    const range = widen(body, single);
    if (range === null) continue;
    let group: Group = { range, rewrites: [single] };
    for (;;) {
      const last = joined.at(-1);
      if (last === undefined || last.range.end <= group.range.start) break;
      joined.pop();
      group = {
        range: {
          start: Math.min(last.range.start, group.range.start),
          end: Math.max(last.range.end, group.range.end),
        },
        rewrites: [...last.rewrites, ...group.rewrites],
      };
    }
    joined.push(group);
  }
  return joined;
}

function blockOf(body: string, { range, rewrites }: Group, reason: string): Block {
  let proposed = "";
  let at = range.start;
  for (const { start, end, by } of rewrites) {
    proposed += body.slice(at, start) + by;
    at = end;
  }
  proposed += body.slice(at, range.end);
  return { original: body.slice(range.start, range.end), proposed, reason };
}

const MARKUP = /<\/?(?:change|original|proposed|reason|after|before)[\s>]/i;

/** Without what the grammar of change blocks cannot carry unharmed, and with a word about what is missing. */
function checked(blocks: Block[], sought: string, alike: number): Proposal {
  const clean = blocks.filter(({ original, proposed, after = "", before = "" }) =>
    [original, proposed, after, before].every((field) => !MARKUP.test(field)),
  );
  const problems: string[] = [];
  const marked = blocks.length - clean.length;
  if (marked > 0) {
    problems.push(
      `${cited(sought)} is left alone at ${times(marked)}: tags of change blocks stand there, which this editor cannot edit.`,
    );
  }
  if (alike > 0) {
    problems.push(
      `${cited(sought)} is left alone at ${times(alike)}: too much around there reads the same, name more of the passage.`,
    );
  }
  return { blocks: clean, problems, left: 0 };
}

const times = (count: number): string => (count === 1 ? "one place" : `${count} places`);
