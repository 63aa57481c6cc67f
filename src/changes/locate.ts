/**
 * Locating a proposed edit in a document: exactly, then normalised, then approximately; of several places the
 * context decides, or a person is asked. Pure.
 */
import { findApproximately } from "./approximate.ts";
import type { DocumentIndex } from "./document-index.ts";
import { contextOf, contextScore, findText } from "./find.ts";
import type { Context, Hit } from "./find.ts";
import { normalise } from "./normalise.ts";
import { leastCertain } from "./placement.ts";
import type {
  Anchor,
  Candidate,
  Certainty,
  Doubt,
  LocateMethod,
  Passage,
  Placement,
} from "./placement.ts";
import { insertionFor, replacementFor } from "./replacement.ts";
import { splitsCharacter, tokenise } from "./words.ts";

export { nearestLines } from "./nearest-lines.ts";

/**
 * An edit as its author wrote it. With an empty `original` it is an insertion directly after `after` or
 * directly before `before`; beside a non-empty `original` the two tell where it is meant. An empty
 * `proposed` deletes.
 */
export interface ProposedEdit {
  original: string;
  proposed: string;
  after?: string;
  before?: string;
}

export interface LocateOptions {
  /** The best certainty to give. */
  atMost?: Certainty;
  /** What stood around the passage where the edit was made. */
  context?: Context;
  /** Of several places, those in here are preferred: the passage that a thread is about. */
  within?: Passage;
}

/** By how many characters of context one place must win over the next. */
const MARGIN = 8;
/** Places stored; and their texts in all, in UTF-16 units (two are stored in any case). */
const MOST_CANDIDATES = 20;
const MOST_CANDIDATE_TEXT = 200_000;
/** Fewer normalised characters than these are no evidence of a match that is not exact. */
const SHORTEST_NORMALISED = 4;
/** A passage cut inside a word is taken as meant only when this long and the cut word stays. */
const SHORTEST_CUT = 12;

/** What is looked for: the passage to replace, or the one that an insertion hangs on. */
interface Target {
  text: string;
  side: Anchor["side"] | null;
  proposed: string;
  context: Context;
}

/** Places found, the one to prefer, and how sure that is. */
interface Choice {
  method: LocateMethod;
  certainty: Certainty;
  doubts: Doubt[];
  best: Passage | null;
  places: Passage[];
  count: number;
}

const NOWHERE: Choice = {
  method: "none",
  certainty: "none",
  doubts: [],
  best: null,
  places: [],
  count: 0,
};

/**
 * Where the edit belongs in this version of the document. To locate a passage without an edit, pass its text
 * as both `original` and `proposed`.
 */
export function locateEdit(
  doc: DocumentIndex,
  edit: ProposedEdit,
  options: LocateOptions = {},
): Placement {
  const targets = targetsOf(edit, options.context);
  for (const target of targets) {
    const choice = choose(doc, target, options);
    if (choice.best !== null) return toPlacement(doc, target, choice, options.atMost ?? "certain");
  }
  const fallback = targets[0] ?? {
    text: "",
    side: null,
    proposed: edit.proposed,
    context: NO_CONTEXT,
  };
  return toPlacement(doc, fallback, NOWHERE, options.atMost ?? "certain");
}

/**
 * A person chose the place: the passage to replace, or for an insertion the one to hang on (an empty one
 * hangs on the text before it). @throws RangeError for offsets that are out of bounds or inside a character
 */
export function placeAt(doc: DocumentIndex, edit: ProposedEdit, passage: Passage): Placement {
  const { start, end } = passage;
  if (!(start >= 0 && start <= end && end <= doc.text.length)) {
    throw new RangeError(`no passage of the document: ${start} to ${end}`);
  }
  if (splitsCharacter(doc.text, start) || splitsCharacter(doc.text, end)) {
    throw new RangeError(`the passage cuts a character: ${start} to ${end}`);
  }
  const [target] = targetsOf(edit);
  const chosen = { ...NOWHERE, method: "exact", certainty: "certain", count: 1 } as const;
  if (edit.original !== "") {
    const replaced = {
      text: edit.original,
      side: null,
      proposed: edit.proposed,
      context: NO_CONTEXT,
    };
    return toPlacement(doc, replaced, { ...chosen, best: { start, end } }, "certain");
  }
  const anchor = start === end ? hookAt(doc, start) : { side: target?.side ?? "after", passage };
  if (anchor === null) {
    const fill = { text: "", side: null, proposed: edit.proposed, context: NO_CONTEXT };
    return toPlacement(doc, fill, { ...chosen, best: { start, end } }, "certain");
  }
  const text = doc.text.slice(anchor.passage.start, anchor.passage.end);
  const hung = { text, side: anchor.side, proposed: edit.proposed, context: NO_CONTEXT };
  return toPlacement(doc, hung, { ...chosen, best: anchor.passage }, "certain");
}

const NO_CONTEXT: Context = { before: "", after: "" };

function targetsOf(edit: ProposedEdit, context?: Context): Target[] {
  const { original, proposed, after = "", before = "" } = edit;
  const given = context ?? NO_CONTEXT;
  if (original !== "") {
    const around = { before: given.before || after, after: given.after || before };
    return [{ text: original, side: null, proposed, context: around }];
  }
  const targets: Target[] = [];
  if (after.trim() !== "") {
    const around = { before: given.before, after: given.after || before };
    targets.push({ text: after, side: "after", proposed, context: around });
  }
  if (before.trim() !== "") {
    const around = { before: given.before || after, after: given.after };
    targets.push({ text: before, side: "before", proposed, context: around });
  }
  return targets;
}

/** The text on the caret's line before it, else after it, for an insertion at a bare point to hang on. */
function hookAt(
  doc: DocumentIndex,
  point: number,
): { side: Anchor["side"]; passage: Passage } | null {
  const text = doc.text;
  const before = text.slice(Math.max(0, point - 80), point);
  if (before.trim() !== "") {
    let start = point - before.length;
    while (splitsCharacter(text, start)) start++;
    return { side: "after", passage: { start, end: point } };
  }
  const after = text.slice(point, point + 80);
  let end = point + after.length;
  while (end > point && splitsCharacter(text, end)) end--;
  return after.trim() === "" ? null : { side: "before", passage: { start: point, end } };
}

function choose(doc: DocumentIndex, target: Target, { within, atMost }: LocateOptions): Choice {
  const found = findText(doc, target.text);
  if (found.method === "none") return chooseApproximate(doc, target);
  const tolerated = toleratedCuts(target);
  const whole = found.hits.filter(
    (hit) => (!hit.cutsStart || tolerated.start) && (!hit.cutsEnd || tolerated.end),
  );
  const candidates = inside(whole.length > 0 ? whole : found.hits, within);
  const { best, decided } = decide(doc, candidates, target.context);
  const doubts: Doubt[] = [];
  if (!decided) doubts.push("several_places");
  if (whole.length === 0) doubts.push("inside_word");
  if (!best.sameLayout) doubts.push("layout");
  if (target.text.trim() === "") doubts.push("blank");
  if (found.method === "normalised" && isShort(target.text)) doubts.push("short");
  if (readsAsProposed(doc, best.passage, target)) doubts.push("already_there");
  if (atMost === "ask") doubts.push("capped");
  const sure = found.method === "exact" && found.hits.length === 1 ? "certain" : "high";
  return {
    method: found.method,
    certainty: leastCertain(doubts.length > 0 ? "ask" : sure, atMost ?? "certain"),
    doubts,
    best: best.passage,
    places: decided ? [best.passage] : candidates.map(({ passage }) => passage),
    count: decided ? 1 : candidates.length,
  };
}

function chooseApproximate(doc: DocumentIndex, target: Target): Choice {
  const places = findApproximately(doc, target.text);
  if (places.length === 0) return NOWHERE;
  return {
    method: "approximate",
    certainty: "ask",
    doubts: places.length > 1 ? ["approximate", "several_places"] : ["approximate"],
    best: places[0]!,
    places: places.toSorted((a, b) => a.start - b.start),
    count: places.length,
  };
}

/** Borders at which a cut word does no harm, because the edit leaves it as it is. */
function toleratedCuts({ text, side, proposed }: Target): { start: boolean; end: boolean } {
  if (text.length < SHORTEST_CUT) return { start: false, end: false };
  if (side !== null) return { start: side === "after", end: side === "before" };
  const from = tokenise(text);
  const to = tokenise(proposed);
  return { start: from[0] === to[0], end: from.at(-1) === to.at(-1) };
}

function inside(hits: Hit[], within: Passage | undefined): Hit[] {
  if (within === undefined) return hits;
  const there = hits.filter(
    ({ passage }) => passage.start >= within.start && passage.end <= within.end,
  );
  return there.length > 0 ? there : hits;
}

function decide(
  doc: DocumentIndex,
  hits: Hit[],
  context: Context,
): { best: Hit; decided: boolean } {
  let best = hits[0]!;
  if (hits.length === 1) return { best, decided: true };
  let bestScore = -1;
  let secondScore = -1;
  for (const hit of hits) {
    const score = contextScore(doc.text, hit.passage, context);
    if (score > bestScore) {
      secondScore = bestScore;
      best = hit;
      bestScore = score;
    } else if (score > secondScore) {
      secondScore = score;
    }
  }
  return { best, decided: bestScore - secondScore >= MARGIN };
}

function isShort(text: string): boolean {
  return normalise(text).text.trim().length < SHORTEST_NORMALISED;
}

/** Whether the document around the passage already says what is proposed there. */
function readsAsProposed(doc: DocumentIndex, passage: Passage, target: Target): boolean {
  const { text, side, proposed } = target;
  if (proposed.trim() === "" || proposed === text) return false;
  if (side === "after") return doc.text.startsWith(proposed, passage.end);
  if (side === "before") return doc.text.endsWith(proposed, passage.start);
  for (let at = proposed.indexOf(text); at >= 0; at = proposed.indexOf(text, at + 1)) {
    if (passage.start >= at && doc.text.startsWith(proposed, passage.start - at)) return true;
  }
  return false;
}

function toPlacement(
  doc: DocumentIndex,
  target: Target,
  choice: Choice,
  atMost: Certainty,
): Placement {
  const { best, certainty, method, doubts } = choice;
  const at = best === null ? null : placeOf(doc, target, best);
  return {
    status: "located",
    certainty,
    method,
    doubts,
    passage: at?.passage ?? null,
    slice: at === null ? "" : doc.text.slice(at.passage.start, at.passage.end),
    replacement: best === null ? target.proposed : textFor(doc, target, best),
    ...(at === null ? NO_CONTEXT : contextOf(doc.text, at.passage)),
    section: at === null ? [] : doc.sectionAt(at.passage.start),
    anchor: at?.anchor ?? null,
    candidates: certainty === "ask" ? candidatesOf(doc, target, choice) : [],
    candidateCount: choice.count,
    atMost,
  };
}

function placeOf(
  doc: DocumentIndex,
  { side }: Target,
  found: Passage,
): { passage: Passage; anchor: Anchor | null } {
  if (side === null) return { passage: found, anchor: null };
  const point = side === "after" ? found.end : found.start;
  const slice = doc.text.slice(found.start, found.end);
  return {
    passage: { start: point, end: point },
    anchor: { side, passage: found, slice, ...contextOf(doc.text, found) },
  };
}

function textFor(doc: DocumentIndex, target: Target, found: Passage): string {
  const { text, side, proposed } = target;
  return side === null
    ? replacementFor(doc, found, text, proposed)
    : insertionFor(doc, found, side, text, proposed);
}

function candidatesOf(doc: DocumentIndex, target: Target, { best, places }: Choice): Candidate[] {
  const listed = places.slice(0, MOST_CANDIDATES);
  if (!listed.includes(best!)) listed.splice(-1, 1, best!);
  const candidates: Candidate[] = [];
  let size = 0;
  for (const place of listed) {
    const slice = doc.text.slice(place.start, place.end);
    const replacement = textFor(doc, target, place);
    size += slice.length + replacement.length;
    if (size > MOST_CANDIDATE_TEXT && candidates.length >= 2) break;
    const line = doc.lineAt(place.start);
    const section = doc.sectionAt(place.start);
    candidates.push({ ...place, slice, line, section, replacement });
  }
  return candidates;
}
