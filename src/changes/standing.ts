/** Whether a passage still stands where the alignment of two versions leads. */
import type { Alignment, Borders } from "./alignment.ts";
import { agreeAround, strength } from "./context.ts";
import type { Agreement, SideAgreement } from "./context.ts";
import { withLineEnding } from "./document-index.ts";
import { normalise } from "./normalise.ts";
import type { Passage } from "./placement.ts";
import { MOSTLY_KEPT, REACH, SOLID_SIDE } from "./tracked.ts";
import type { Tracked } from "./tracked.ts";
import { inkLength, splitsCharacter, splitsWord } from "./words.ts";

/** A passage that stands at `at`. */
export interface Standing extends Agreement {
  at: Passage;
  /** Character by character; else line endings, wrapping or spelling of characters differ. */
  exact: boolean;
  /** Whether another place between the same borders fits one side better: text like it was added next to it. */
  hasRival: boolean;
}

/** How far is compared where a passage is to be told from others like it. */
const FAR_REACH = 400;
/** Passage and agreeing context together, when they stand nowhere else. */
const SOLID_UNIQUE = 32;
/** Share of the text on each side that must be left for the passage to be known by it. */
const KEPT_AROUND = 0.8;
/** By how much a side must agree better to count for another place. */
const MARGIN = 8;
/** Places looked at between the borders, and how far apart borders may be. */
const MOST_PLACES = 20;
const MOST_BETWEEN = 20_000;

/** The best place between the borders at which the passage stands; null when it does not. */
export function standingAt(
  { base, tip }: Alignment,
  { span, slice }: Tracked,
  borders: Borders,
): Standing | null {
  const isInner = ({ at }: { at: Passage }): number =>
    Number(at.start === borders.inner.start && at.end === borders.inner.end);
  const places = [
    ...exactPlaces(tip.text, slice, borders).map((at) => ({ at, exact: true })),
    ...likePlaces(tip.text, slice, borders).map((at) => ({ at, exact: false })),
  ]
    .filter(({ at }) => !splitsWord(tip.text, at.start) || splitsWord(base.text, span.start))
    .filter(({ at }) => !splitsWord(tip.text, at.end) || splitsWord(base.text, span.end))
    .map((place) => ({ ...place, ...agreeAround(base.text, span, tip.text, place.at, REACH) }))
    .toSorted(
      (a, b) =>
        Number(b.exact) - Number(a.exact) || isInner(b) - isInner(a) || strength(b) - strength(a),
    );
  const [best] = places;
  if (best === undefined) return null;
  const hasRival = places.some(
    (place) =>
      place.exact === best.exact &&
      place.at.start !== best.at.start &&
      (isBetter(place.left, best.left) || isBetter(place.right, best.right)),
  );
  return { ...best, hasRival };
}

function isBetter(side: SideAgreement, other: SideAgreement): boolean {
  return side.count >= other.count + MARGIN || (side.full && !other.full);
}

function exactPlaces(tip: string, slice: string, { inner, outer }: Borders): Passage[] {
  if (slice === "") return inner.start === inner.end ? [inner] : [];
  if (outer.end - outer.start > MOST_BETWEEN + slice.length) {
    return tip.slice(inner.start, inner.end) === slice ? [inner] : [];
  }
  const places: Passage[] = [];
  let start = tip.indexOf(slice, outer.start);
  while (start >= 0 && start + slice.length <= outer.end && places.length < MOST_PLACES) {
    const end = start + slice.length;
    if (!splitsCharacter(tip, start) && !splitsCharacter(tip, end)) places.push({ start, end });
    start = tip.indexOf(slice, start + 1);
  }
  return places;
}

/** The passage between its borders, when it only reads like the slice. */
function likePlaces(tip: string, slice: string, { inner, outer }: Borders): Passage[] {
  const places: Passage[] = [];
  for (const start of new Set([inner.start, outer.start])) {
    for (const end of new Set([inner.end, outer.end])) {
      const text = tip.slice(start, end);
      if (text !== slice && readsLike(text, slice))
        places.push(trimmedLike(tip, { start, end }, slice));
    }
  }
  return places;
}

/** The same but for spelling: line endings, wrapping, quotes. Indentation counts. */
function readsLike(text: string, slice: string): boolean {
  if (Math.abs(text.length - slice.length) > 64 + slice.length / 4) return false;
  const unified = withLineEnding(slice, "\n");
  if (withLineEnding(text, "\n") === unified) return true;
  if (leadOf(text) !== leadOf(unified) || slice.trim() === "") return false;
  const alike = normalise(text).text.trim() === normalise(slice).text.trim();
  return alike && indents(text) === indents(unified);
}

/** Indentation of the first line, where it belongs to the text. */
function leadOf(text: string): string {
  return /^(?:\s*\n)?([ \t]*)/.exec(text)![1]!;
}

function indents(text: string): string {
  const lines = text.trim().split(/\r?\n/);
  return lines.some((line, at) => at > 0 && /^(?: {2}|\t|\s*[-*+>|#]|\s*\d+[.)])/.test(line))
    ? lines.map((line) => /^[ \t]*/.exec(line)![0]).join("|")
    : "";
}

/** Without white space at the edges that the slice has not. */
function trimmedLike(tip: string, { start, end }: Passage, slice: string): Passage {
  let from = start;
  let to = end;
  if (slice.trimStart() === slice) while (from < to && tip[from]!.trim() === "") from++;
  if (slice.trimEnd() === slice) while (to > from && tip[to - 1]!.trim() === "") to--;
  return { start: from, end: to };
}

/**
 * Whether what stands there is that passage, and no other that an alignment of rewritten text matched by
 * accident: all around it is unchanged, or it can be told from everything else by what is.
 */
export function isEvident(
  alignment: Alignment,
  { span, slice }: Tracked,
  { at, left, right, hasRival }: Standing,
): boolean {
  if (left.full && right.full) return true;
  if (hasRival) return false;
  if (left.covered && right.covered) return true;
  const { base, tip } = alignment;
  const far = agreeAround(base.text, span, tip.text, at, FAR_REACH);
  if (far.left.ends || far.right.ends) return true;
  const before = base.text.slice(far.left.from, far.right.from);
  const now = tip.text.slice(far.left.reach, far.right.reach);
  if (!isUnique(base.text, before) || !isUnique(tip.text, now)) return false;
  if (inkLength(now) >= SOLID_UNIQUE) return true;
  if (inkLength(slice) < SOLID_SIDE) return false;
  const { start, end } = span;
  // The words beside it are as they were, in a line that mostly is: only its neighbours were rewritten.
  const isBedded = far.left.reach < at.start && far.right.reach > at.end;
  const line = lineAround(base.text, span);
  if (isBedded && alignment.keptShare(line) >= MOSTLY_KEPT) return true;
  // Nothing next to it is as it was, but only because something was put in between.
  return (
    alignment.keptShare({ start: Math.max(0, start - REACH), end: start }) >= KEPT_AROUND &&
    alignment.keptShare({ start: end, end: Math.min(base.text.length, end + REACH) }) >= KEPT_AROUND
  );
}

/** The whole lines that a passage lies in. */
function lineAround(text: string, { start, end }: Passage): Passage {
  const next = text.indexOf("\n", end);
  return {
    start: text.lastIndexOf("\n", start - 1) + 1,
    end: next < 0 ? text.length : next,
  };
}

/** Whether the passage, with what agrees around it, stands only once: enough to ask about, not to believe. */
export function isOnlyOne({ tip }: Alignment, { left, right }: Standing): boolean {
  return isUnique(tip.text, tip.text.slice(left.reach, right.reach));
}

function isUnique(text: string, part: string): boolean {
  return text.indexOf(part) === text.lastIndexOf(part);
}
