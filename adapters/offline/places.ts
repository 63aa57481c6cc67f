/**
 * Passages of the document for the offline editor: finding them, and widening them until they occur once.
 */
import { DocumentIndex } from "../../src/changes/document-index.ts";
import { findText } from "../../src/changes/find.ts";
import type { Passage } from "../../src/changes/placement.ts";
import { splitsCharacter, splitsWord } from "../../src/changes/words.ts";

/** Where `sought` stands, in order and apart from each other; whole words where there are any. */
export function findPlaces(document: DocumentIndex, sought: string): Passage[] {
  const { hits } = findText(document, sought);
  const whole = hits.filter((hit) => !hit.cutsStart && !hit.cutsEnd);
  const places: Passage[] = [];
  for (const { passage } of whole.length > 0 ? whole : hits) {
    if (passage.start >= (places.at(-1)?.end ?? 0)) places.push(passage);
  }
  return places;
}

/** The document's own spelling of a text that it has only in other capitals; null where it has not. */
export function otherCapitals(document: DocumentIndex, sought: string): string | null {
  const lower = document.text.toLowerCase();
  // Some letters change length with their case; then offsets would not fit.
  if (lower.length !== document.text.length) return null;
  const [place] = findPlaces(new DocumentIndex(lower), sought.toLowerCase());
  return place === undefined ? null : document.text.slice(place.start, place.end);
}

/** Whether the passage's text occurs once. */
export function isUnique(text: string, { start, end }: Passage): boolean {
  const slice = text.slice(start, end);
  const first = text.indexOf(slice);
  return slice !== "" && text.indexOf(slice, first + 1) < 0;
}

/** Words taken in on each side before the whole line is. */
const WORD_STEPS = [0, 1, 2, 4];

/** Longer passages are no help to whoever reads the change. */
const LONGEST_PASSAGE = 4000;

/**
 * The least passage around `place` that occurs once and cuts no word: with a few words, then its whole
 * lines, then lines around them. Null where a reasonable length is not enough.
 */
export function widen(text: string, place: Passage): Passage | null {
  for (const words of WORD_STEPS) {
    const wider = withWords(text, place, words);
    if (isUnique(text, wider)) return wider;
  }
  let wider = { start: lineStart(text, place.start), end: lineEnd(text, place.end) };
  const longest = LONGEST_PASSAGE + place.end - place.start;
  for (let lines = 1; wider.end - wider.start <= longest; lines *= 2) {
    if (isUnique(text, wider)) return wider;
    if (wider.start === 0 && wider.end === text.length) return null;
    for (let n = 0; n < lines; n += 1) {
      wider = {
        start: lineStart(text, Math.max(0, wider.start - 1)),
        end: lineEnd(text, wider.end + lineBreakAt(text, wider.end)),
      };
    }
  }
  return null;
}

/** The passage with so many words more on each side, within its lines. */
function withWords(text: string, place: Passage, words: number): Passage {
  let { start, end } = place;
  while (splitsWord(text, start)) start -= 1;
  while (splitsWord(text, end)) end += 1;
  const before = text.slice(lineStart(text, start), start);
  const after = text.slice(end, lineEnd(text, end));
  const left =
    new RegExp(`(?:\\S+(?:[^\\S\\n]+|$)){0,${words}}$`).exec(before.slice(-400))?.[0] ?? "";
  const right = new RegExp(`^(?:[^\\S\\n]*\\S+){0,${words}}`).exec(after.slice(0, 400))?.[0] ?? "";
  start -= left.length;
  end += right.length;
  while (splitsWord(text, start) || splitsCharacter(text, start)) start -= 1;
  while (splitsWord(text, end) || splitsCharacter(text, end)) end += 1;
  return { start, end };
}

const lineStart = (text: string, at: number): number =>
  at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;

/** Before the line break. */
function lineEnd(text: string, at: number): number {
  const feed = text.indexOf("\n", at);
  const end = feed < 0 ? text.length : feed;
  return end > at && text.charAt(end - 1) === "\r" ? end - 1 : end;
}

/**
 * What to take away so that a deletion leaves no double space, no empty line of its own, and no bullet
 * without a text.
 */
export function deletionAround(text: string, { start, end }: Passage): Passage {
  const from = lineStart(text, start);
  const to = lineEnd(text, end);
  const before = text.slice(from, start);
  const after = text.slice(end, to);
  if (/^\s*(?:(?:[-*+]|\d{1,9}[.)]|#{1,6}|>)\s*)?$/.test(before) && after.trim() === "") {
    return withLineBreaks(text, { start: from, end: to });
  }
  if (/^[^\S\n]/.test(after) && (before === "" || /\s$/.test(before)))
    return { start, end: end + 1 };
  if (/[^\S\n]$/.test(before) && /^(?:[.,;:!?)]|$)/.test(after)) return { start: start - 1, end };
  return { start, end };
}

/** Whole lines with their line break, and one of the two empty lines around a paragraph. */
function withLineBreaks(text: string, { start, end }: Passage): Passage {
  const below = lineBreakAt(text, end);
  const blankBelow = lineBreakAt(text, end + below);
  const blankAbove =
    start === 0 || /(?:^|\n)\r?\n$/.test(text.slice(Math.max(0, start - 3), start));
  if (below > 0 && blankBelow > 0 && blankAbove) return { start, end: end + below + blankBelow };
  if (end + below === text.length && blankAbove && start > 0) {
    return { start: start - (text.endsWith("\r\n", start) ? 2 : 1), end: end + below };
  }
  return { start, end: end + below };
}

/** Length of the line break at `at`; 0 where there is none. */
function lineBreakAt(text: string, at: number): number {
  if (text.startsWith("\r\n", at)) return 2;
  return text.charAt(at) === "\n" ? 1 : 0;
}

/** Where an insertion hangs and what it is. */
export interface Insertion {
  anchor: Passage;
  text: string;
}

/**
 * An insertion beside `anchor`, with the white space that parts it from there: a space in a sentence, line
 * breaks beside a heading, between items, or for a block of its own. White space of the person's own is
 * enough.
 */
export function spacedInsertion(
  text: string,
  anchor: Passage,
  inserted: string,
  side: "after" | "before",
): Insertion {
  const nearest = side === "after" ? inserted.charAt(0) : inserted.slice(-1);
  if (nearest.trim() === "") return { anchor, text: inserted };
  const gap = lineGap(text, anchor, inserted, side);
  if (side === "after") {
    return { anchor, text: (gap ?? wordGap(inserted.charAt(0))) + inserted };
  }
  if (gap === null) {
    return { anchor, text: inserted + wordGap(text.charAt(anchor.start)) };
  }
  // The mark of an item or a heading stays with its text.
  return { anchor: { ...anchor, start: lineStart(text, anchor.start) }, text: inserted + gap };
}

const BLOCK = /^(?:#{1,6} |[-*+] |\d{1,9}[.)] |```|~~~|> |\|)/;
const ITEM = /^\s*(?:[-*+] |\d{1,9}[.)] |\|)/;
const MARK = /^\s*(?:(?:[-*+]|\d{1,9}[.)]|#{1,6}) +)?$/;

/** Line breaks between an insertion and an anchor that reaches to that border of its line; else null. */
function lineGap(
  text: string,
  { start, end }: Passage,
  inserted: string,
  side: "after" | "before",
): string | null {
  const from = lineStart(text, start);
  const to = lineEnd(text, end);
  const rest =
    side === "after" ? text.slice(end, to).trim() === "" : MARK.test(text.slice(from, start));
  if (!rest) return null;
  const line = text.slice(from, to);
  if (ITEM.test(line) && ITEM.test(inserted)) return "\n";
  return /^#{1,6} /.test(line) || BLOCK.test(inserted) || inserted.includes("\n") ? "\n\n" : null;
}

const wordGap = (next: string): string => (/^[\s.,;:!?)\]”’]?$/.test(next) ? "" : " ");
