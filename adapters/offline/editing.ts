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
}

/** A person's text as it may stand in the middle of a sentence: quoted, one line, not long. */
export function cited(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  const cut = /^.{60}(?=.)/su.exec(line)?.[0];
  return `“${cut === undefined ? line : `${cut}…`}”`;
}

export function propose(
  document: DocumentIndex,
  request: EditRequest,
  quote: string | null,
): Proposal {
  const view: View = { document, quote, scope: scopeOf(document, quote) };
  const reason = `Asked for in the conversation: ${cited(request.said)}.`;
  const attempts = request.readings.map((edit) => ({ edit, outcome: locate(view, edit) }));
  const found = attempts.filter(({ outcome }) => "places" in outcome);
  const [first] = found.length > 0 ? found : attempts;
  if (found.length > 1) {
    return problem(
      `It is not clear which words ${cited(request.said)} is about; put them in quotes.`,
    );
  }
  if (first === undefined) return { blocks: [], problems: [] };
  if (!("places" in first.outcome)) return problem(first.outcome.problem);
  return apply(view, first.edit, first.outcome, reason);
}

const problem = (sentence: string): Proposal => ({ blocks: [], problems: [sentence] });

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

function apply(view: View, edit: Edit, located: Located, reason: string): Proposal {
  const { text: body } = view.document;
  if (edit.kind === "insert") return insert(body, edit, located, reason);
  const rewrites = located.places.map((place): Rewrite => {
    if (edit.kind === "delete" || edit.by === "") return { ...deletionAround(body, place), by: "" };
    // A sentence that is replaced by a bare sentence keeps its full stop.
    const endsSentence = /[.!?]$/.test(body.slice(place.start, place.end));
    return { ...place, by: edit.by + (endsSentence ? edit.tail : "") };
  });
  const effective = rewrites.filter(({ start, end, by }) => body.slice(start, end) !== by);
  if (effective.length === 0) return problem(`${cited(located.text)} already reads like that.`);
  return checked(groups(body, effective).map((group) => blockOf(body, group, reason)));
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
    return checked([{ original: "", proposed: inserted, ...passage, reason }]);
  }
  const at = edit.side === "after" ? anchor.end : anchor.start;
  const rewrite = { start: at, end: at, by: inserted };
  return checked([blockOf(body, { range: widen(body, anchor), rewrites: [rewrite] }, reason)]);
}

/** Rewrites that share one block, within a range that occurs once in the document. */
interface Group {
  range: Passage;
  rewrites: Rewrite[];
}

/** One group a rewrite; those whose ranges would overlap are joined. In the document's order. */
function groups(body: string, rewrites: readonly Rewrite[]): Group[] {
  const joined: Group[] = [];
  for (const rewrite of rewrites) {
    let group: Group = { range: widen(body, rewrite), rewrites: [rewrite] };
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

/** Drops what the grammar of change blocks cannot carry unharmed. */
function checked(blocks: Block[]): Proposal {
  const clean = blocks.filter(({ original, proposed, after = "", before = "" }) =>
    [original, proposed, after, before].every((field) => !MARKUP.test(field)),
  );
  const dropped = blocks.length - clean.length;
  if (dropped === 0) return { blocks, problems: [] };
  const what = dropped === 1 ? "One place is" : `${dropped} places are`;
  return {
    blocks: clean,
    problems: [
      `${what} left out: tags of change blocks stand there, which this editor cannot edit.`,
    ],
  };
}
