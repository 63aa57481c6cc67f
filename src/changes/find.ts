/** Finding the places where a text stands: character by character, then normalised. */
import type { DocumentIndex } from "./document-index.ts";
import { agreeAfter, agreeBefore } from "./context.ts";
import { coverEdges } from "./layout.ts";
import { normalise } from "./normalise.ts";
import { CONTEXT_LENGTH } from "./placement.ts";
import type { LocateMethod, Passage } from "./placement.ts";
import { splitsCharacter, splitsWord } from "./words.ts";

/** One place where a text stands. */
export interface Hit {
  passage: Passage;
  /** Whether a border cuts a word of the document in two. */
  cutsStart: boolean;
  cutsEnd: boolean;
  /** False when indentation or line structure differ where they matter. */
  sameLayout: boolean;
}

/** All places found by the strictest method that finds any; in document order. */
export interface Found {
  method: Exclude<LocateMethod, "approximate">;
  hits: Hit[];
}

/** Text around a passage, to tell several places apart. */
export interface Context {
  before: string;
  after: string;
}

/** Places beyond these are neither looked at nor counted. */
const MOST_PLACES = 1000;

export function findText(doc: DocumentIndex, text: string): Found {
  const exact = findExactly(doc, text);
  if (exact.length > 0) return { method: "exact", hits: exact };
  const normalised = findNormalised(doc, text);
  if (normalised.length > 0) return { method: "normalised", hits: normalised };
  return { method: "none", hits: [] };
}

function findExactly(doc: DocumentIndex, text: string): Hit[] {
  const passages = occurrences(doc.text, text).map((start) => ({
    start,
    end: start + text.length,
  }));
  const whole = passages.filter(
    ({ start, end }) => !splitsCharacter(doc.text, start) && !splitsCharacter(doc.text, end),
  );
  // Half a CRLF is the same line break: where there is one, only normalising finds all places.
  const isHalved = text.trim() !== "" && text.includes("\n") && whole.length < passages.length;
  return isHalved ? [] : whole.map((passage) => toHit(doc, passage, true));
}

function findNormalised(doc: DocumentIndex, text: string): Hit[] {
  const core = normalise(text).text.trim();
  if (core === "") return [];
  const { text: haystack, starts, ends } = doc.normalised;
  const hits: Hit[] = [];
  for (const at of occurrences(haystack, core)) {
    const last = at + core.length - 1;
    // Half an entity or half an ellipsis is no match.
    if (starts[at] === starts[at - 1] || starts[last] === starts[last + 1]) continue;
    const covered = coverEdges(doc, { start: starts[at]!, end: ends[last]! }, text);
    hits.push(toHit(doc, covered.passage, covered.sameLayout));
  }
  return hits;
}

function occurrences(text: string, sought: string): number[] {
  const found: number[] = [];
  if (sought === "") return found;
  let at = text.indexOf(sought);
  while (at >= 0 && found.length < MOST_PLACES) {
    found.push(at);
    at = text.indexOf(sought, at + 1);
  }
  return found;
}

function toHit(doc: DocumentIndex, passage: Passage, sameLayout: boolean): Hit {
  return {
    passage,
    cutsStart: splitsWord(doc.text, passage.start),
    cutsEnd: splitsWord(doc.text, passage.end),
    sameLayout,
  };
}

/** How many characters around the passage agree with the context, white space aside; at most 64. */
export function contextScore(text: string, passage: Passage, context: Context): number {
  const { before, after } = context;
  const left = agreeBefore(before, before.length, text, passage.start, CONTEXT_LENGTH);
  const right = agreeAfter(after, 0, text, passage.end, CONTEXT_LENGTH);
  return left.count + right.count;
}

/** The context of a passage as it is stored. Never begins or ends inside a surrogate pair. */
export function contextOf(text: string, { start, end }: Passage): Context {
  let from = Math.max(0, start - CONTEXT_LENGTH);
  while (from < start && splitsCharacter(text, from)) from++;
  let to = Math.min(text.length, end + CONTEXT_LENGTH);
  while (to > end && splitsCharacter(text, to)) to--;
  return { before: text.slice(from, start), after: text.slice(end, to) };
}
