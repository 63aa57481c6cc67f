/** Finding a passage that was misquoted. Everything found here wants a person's look. */
import search from "approx-string-match";
import type { DocumentIndex } from "./document-index.ts";
import { normalise } from "./normalise.ts";
import type { Passage } from "./placement.ts";
import { align } from "./sequences.ts";
import { likeliestWindows } from "./trigrams.ts";
import { splitsWord } from "./words.ts";

/** Shorter texts resemble too much by accident. Normalised characters. */
const SHORTEST = 12;
const ERROR_SHARE = 0.25;
const MOST_ERRORS = 64;
/** The search's time grows with text times pattern: longer ones are found by their two ends. */
const LONGEST_WHOLE = 256;
const END_LENGTH = 128;
/** Windows of the document that are worth a search. */
const MOST_WINDOWS = 4;
/** How far a border may move to the end of the word that it cuts. */
const LONGEST_SNAP = 24;

interface Match {
  start: number;
  end: number;
  errors: number;
}

/**
 * Passages that read like `original` with at most a quarter of its characters wrong, and at most 64, fewest
 * errors first. The document is first narrowed to the windows that share most trigrams with it, which bounds
 * the time whatever the two texts are.
 */
export function findApproximately(doc: DocumentIndex, original: string): Passage[] {
  const pattern = normalise(original).text.trim();
  if (pattern.length < SHORTEST) return [];
  const { text, starts, ends } = doc.normalised;
  if (text.length === 0) return [];
  const limit = Math.min(MOST_ERRORS, Math.floor(pattern.length * ERROR_SHARE));
  const matches: Match[] = [];
  for (const start of likeliestWindows(text, pattern, pattern.length, MOST_WINDOWS)) {
    const from = Math.max(0, start - limit - 8);
    const window = text.slice(from, start + pattern.length + limit + 8);
    const match =
      pattern.length <= LONGEST_WHOLE
        ? bestMatch(window, pattern, limit)
        : matchByEnds(window, pattern, limit);
    if (match === null) continue;
    matches.push({ ...match, start: match.start + from, end: match.end + from });
  }
  return withoutOverlap(matches).map(({ start, end }) =>
    snapToWords(doc.text, { start: starts[start]!, end: ends[end - 1]! }),
  );
}

/** Of the matches with the fewest errors, the one whose length is nearest to the pattern's. */
function bestMatch(text: string, pattern: string, limit: number): Match | null {
  let best: Match | null = null;
  const off = (match: Match): number => Math.abs(match.end - match.start - pattern.length);
  for (const match of search(text, pattern, limit)) {
    if (match.end > match.start && (best === null || off(match) < off(best))) best = match;
  }
  return best;
}

/** Finds both ends, then counts the errors between them word by word. */
function matchByEnds(text: string, pattern: string, limit: number): Match | null {
  const endLimit = Math.min(limit, Math.floor(END_LENGTH * ERROR_SHARE));
  const reach = END_LENGTH + 2 * limit + 16;
  const head = bestMatch(text.slice(0, reach), pattern.slice(0, END_LENGTH), endLimit);
  const tailFrom = Math.max(0, text.length - reach);
  const tail = bestMatch(text.slice(tailFrom), pattern.slice(-END_LENGTH), endLimit);
  if (head === null || tail === null || tail.end + tailFrom <= head.start) return null;
  const match = { start: head.start, end: tail.end + tailFrom };
  const errors = countErrors(pattern, text.slice(match.start, match.end));
  return errors <= limit ? { ...match, errors } : null;
}

/** Upper bound of the edit distance: what differs, word by word. */
function countErrors(a: string, b: string): number {
  const left = a.split(/(?<= )/);
  const right = b.split(/(?<= )/);
  const lengthOf = (items: string[]): number => items.reduce((sum, item) => sum + item.length, 0);
  let errors = 0;
  let i = 0;
  let j = 0;
  for (const run of [
    ...align(left, right, "minimal"),
    { a: left.length, b: right.length, length: 0 },
  ]) {
    errors += Math.max(lengthOf(left.slice(i, run.a)), lengthOf(right.slice(j, run.b)));
    i = run.a + run.length;
    j = run.b + run.length;
  }
  return errors;
}

function withoutOverlap(matches: Match[]): Match[] {
  const kept: Match[] = [];
  for (const match of matches.toSorted((a, b) => a.errors - b.errors || a.start - b.start)) {
    if (kept.every(({ start, end }) => match.end <= start || match.start >= end)) kept.push(match);
  }
  return kept;
}

function snapToWords(text: string, { start, end }: Passage): Passage {
  let from = start;
  while (start - from < LONGEST_SNAP && splitsWord(text, from)) from--;
  let to = end;
  while (to - end < LONGEST_SNAP && splitsWord(text, to)) to++;
  return {
    start: splitsWord(text, from) ? start : from,
    end: splitsWord(text, to) ? end : to,
  };
}
