/** What became of one passage between two versions of the document. */
import type { Alignment, Borders } from "./alignment.ts";
import { agreeAfter, agreeBefore } from "./context.ts";
import type { SideAgreement } from "./context.ts";
import { withLineEnding } from "./document-index.ts";
import { findText } from "./find.ts";
import { mergeTexts } from "./merge.ts";
import { normalise } from "./normalise.ts";
import type { Passage } from "./placement.ts";
import { inkLength, splitsWord } from "./words.ts";

/** A passage of the base and the edit that hangs on it. */
export interface Tracked {
  span: Passage;
  /** The base's text there; for an insertion the anchor's. */
  slice: string;
  /** What the edit makes of it; null for a passage that is only followed. */
  result: string | null;
}

export type Verdict =
  /** Stands at `at`; `exact` unless line endings, wrapping or spelling of characters changed in it. */
  | { kind: "fresh"; at: Passage; exact: boolean }
  /** `at` reads as proposed. */
  | { kind: "applied"; at: Passage }
  /** `at` is to be replaced by `result`, both edits merged; without an edit, what the passage became. */
  | { kind: "rebased"; at: Passage; result: string }
  | { kind: "conflict"; at: Passage }
  | { kind: "moved"; at: Passage }
  | { kind: "stale" };

/** Characters of context compared on each side, white space aside. */
const REACH = 48;
/** The same where a passage is to be told from others like it. */
const FAR_REACH = 400;
/** Agreement on a side that is no accident. */
const SOLID_SIDE = 8;
const SOLID_GAP = 12;
/** Passage and agreeing context together, when they stand nowhere else. */
const SOLID_UNIQUE = 24;
/** A proposed text as long as this is recognised though one side of it was edited too. */
const LONG_RESULT = 24;
/** A passage as long as this is recognised elsewhere without context. */
const LONG_PASSAGE = 32;
const MARGIN = 8;
/** Share of the passage that must be left for a merge, and for a conflict, to make sense. */
const KEPT_FOR_MERGE = 0.5;
const KEPT_FOR_CONFLICT = 0.3;
/** Share of the text on each side that must be left for the passage to be known by it. */
const KEPT_AROUND = 0.8;
const MOST_PROPOSED_PLACES = 50;

interface Match {
  at: Passage;
  exact: boolean;
  left: SideAgreement;
  right: SideAgreement;
}

/** Pure, in bounded time. `tracked.slice` must be the base's text at `tracked.span`. */
export function track(alignment: Alignment, tracked: Tracked): Verdict {
  const borders = alignment.borders(tracked.span);
  const standing = standingAt(alignment, tracked, borders);
  if (standing?.exact === true && standing.left.full && standing.right.full) {
    return tracked.result === tracked.slice
      ? { kind: "applied", at: standing.at }
      : { kind: "fresh", at: standing.at, exact: true };
  }
  const applied = appliedAt(alignment, tracked, borders, standing);
  if (applied !== null) return { kind: "applied", at: applied };
  if (standing !== null && isEvident(alignment, tracked, standing)) {
    return { kind: "fresh", at: standing.at, exact: standing.exact };
  }
  if (standing === null) return trackChanged(alignment, tracked, borders);
  if (isUnique(alignment.tip.text, known(alignment.tip.text, standing))) {
    return { kind: "moved", at: standing.at };
  }
  return trackMoved(alignment, tracked) ?? { kind: "stale" };
}

/** The passage as it stands between its borders, if it does. */
function standingAt(
  alignment: Alignment,
  { span, slice }: Tracked,
  { inner, outer }: Borders,
): Match | null {
  const tip = alignment.tip.text;
  let best: Match | null = null;
  for (const start of new Set([inner.start, outer.start])) {
    for (const end of new Set([inner.end, outer.end])) {
      const text = tip.slice(start, end);
      const exact = text === slice;
      if (!exact && !readsLike(text, slice)) continue;
      const at = exact ? { start, end } : trimmedLike(tip, { start, end }, slice);
      const match = { at, exact, ...agreement(alignment, span, at) };
      if (best === null || (exact && !best.exact) || strength(match) > strength(best)) best = match;
    }
  }
  return best;
}

/** The same but for spelling: line endings, wrapping, quotes. Indentation of further lines counts. */
function readsLike(text: string, slice: string): boolean {
  if (Math.abs(text.length - slice.length) > 64 + slice.length / 4) return false;
  const unified = withLineEnding(slice, "\n");
  if (withLineEnding(text, "\n") === unified) return true;
  if (leadOf(text) !== leadOf(unified)) return false;
  if (slice.trim() === "" || normalise(text).text.trim() !== normalise(slice).text.trim())
    return false;
  return indents(text) === indents(unified);
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

function agreement(
  { base, tip }: Alignment,
  span: Passage,
  at: Passage,
  reach = REACH,
): { left: SideAgreement; right: SideAgreement } {
  return {
    left: agreeBefore(base.text, span.start, tip.text, at.start, reach),
    right: agreeAfter(base.text, span.end, tip.text, at.end, reach),
  };
}

function strength({ left, right }: Pick<Match, "left" | "right">): number {
  return left.count + right.count;
}

/**
 * Whether what stands there is that passage, and no other that an alignment of rewritten text matched by
 * accident: all around it is unchanged, or it can be told from everything else by what is.
 */
function isEvident(alignment: Alignment, { span, slice }: Tracked, standing: Match): boolean {
  const { base, tip } = alignment;
  const { left, right } = standing;
  if (left.covered && right.covered) return true;
  const far = agreement(alignment, span, standing.at, FAR_REACH);
  if (far.left.ends || far.right.ends) return true;
  const before = base.text.slice(far.left.from, far.right.from);
  const now = tip.text.slice(far.left.reach, far.right.reach);
  if (!isUnique(base.text, before) || !isUnique(tip.text, now)) return false;
  if (inkLength(now) >= SOLID_UNIQUE) return true;
  // Nothing next to it is as it was, but only because something was put in between.
  const { start, end } = span;
  return (
    inkLength(slice) >= SOLID_SIDE &&
    alignment.keptShare({ start: Math.max(0, start - REACH), end: start }) >= KEPT_AROUND &&
    alignment.keptShare({ start: end, end: Math.min(base.text.length, end + REACH) }) >= KEPT_AROUND
  );
}

/** The passage with what agrees around it. */
function known(tip: string, { left, right }: Match): string {
  return tip.slice(left.reach, right.reach);
}

function isUnique(text: string, part: string): boolean {
  return text.indexOf(part) === text.lastIndexOf(part);
}

/**
 * Where the tip reads as proposed, told by what stood around the passage. Looked for before a standing
 * passage is believed: an original that is part of its own proposal still stands after it was applied.
 */
function appliedAt(
  alignment: Alignment,
  tracked: Tracked,
  borders: Borders,
  standing: Match | null,
): Passage | null {
  const { span, slice, result } = tracked;
  if (result === null) return null;
  const { base, tip } = alignment;
  const charBefore = base.text.slice(Math.max(0, span.start - 2), span.start);
  const charAfter = base.text.slice(span.end, span.end + 2);
  const blank = result.trim() === "";
  // What is mostly there was not deleted, even if what follows it would also fit what came before it.
  if (blank && standing === null && alignment.keptShare(span) >= KEPT_FOR_MERGE) return null;
  let best: Passage | null = null;
  let bestStrength = standing === null ? -1 : strength(standing) - (blank ? 0 : 1);
  for (const at of placesOf(alignment, result, borders)) {
    const { left, right } = agreement(alignment, span, at);
    const total = left.count + right.count;
    if (total <= bestStrength) continue;
    const least = blank ? SOLID_GAP : SOLID_SIDE;
    const solid = isSolid(left, least) && isSolid(right, least);
    // Around the passage itself no context is needed; a long text, or one that adds to it, is known by a side.
    const grown = !blank && result.includes(slice);
    const around = grown && standing !== null && covers(at, standing.at);
    const long = grown || (!blank && inkLength(result) >= LONG_RESULT);
    if (!solid && !around && !(long && Math.max(left.count, right.count) >= SOLID_SIDE)) continue;
    if (grown && alignment.wasInBase(at)) continue;
    if (splitsWord(tip.text, at.start) && !fuses(charBefore, result)) continue;
    if (splitsWord(tip.text, at.end) && !fuses(result, charAfter)) continue;
    best = at;
    bestStrength = total;
  }
  return best;
}

function covers(whole: Passage, part: Passage): boolean {
  return whole.start <= part.start && part.end <= whole.end;
}

/** Whether the two make one word where they meet. */
function fuses(left: string, right: string): boolean {
  return splitsWord(left + right, left.length);
}

function isSolid(side: SideAgreement, least: number): boolean {
  return side.count >= least || side.covered;
}

/** Where the proposed text stands in or next to what the passage became; for a deletion, the borders. */
function placesOf({ tip }: Alignment, result: string, { inner, outer }: Borders): Passage[] {
  if (result.trim() === "") {
    const ends = new Set([inner.start, outer.start, inner.end, outer.end]);
    return [...ends]
      .filter((start) => tip.text.startsWith(result, start))
      .map((start) => ({ start, end: start + result.length }));
  }
  const sought = withLineEnding(result, tip.lineEndingAt(inner.start));
  const places: Passage[] = [];
  let at = tip.text.indexOf(sought, Math.max(0, outer.start - sought.length));
  while (at >= 0 && at <= outer.end && places.length < MOST_PROPOSED_PLACES) {
    places.push({ start: at, end: at + sought.length });
    at = tip.text.indexOf(sought, at + 1);
  }
  return places;
}

function trackChanged(alignment: Alignment, tracked: Tracked, borders: Borders): Verdict {
  const { base, tip } = alignment;
  const { span, result } = tracked;
  const { inner, widened } = borders;
  const current = tip.text.slice(inner.start, inner.end);
  const isMostlyKept = alignment.keptShare(span) >= KEPT_FOR_MERGE;
  if (isOverlong(tracked, borders)) return trackGone(alignment, tracked, borders);
  if (result === null) {
    return isMostlyKept
      ? { kind: "rebased", at: inner, result: current }
      : trackGone(alignment, tracked, borders);
  }
  const ours =
    base.text.slice(widened.start, span.start) + result + base.text.slice(span.end, widened.end);
  const before = base.text.slice(widened.start, widened.end);
  const merged = mergeTexts(before, ours, current, tip.lineEndingAt(inner.start));
  if (merged === current) return { kind: "applied", at: inner };
  if (merged !== null && isMostlyKept) return { kind: "rebased", at: inner, result: merged };
  return trackGone(alignment, tracked, borders);
}

/** Rewritten far around: whatever stands there, it is not this passage edited. */
function isOverlong({ slice }: Tracked, { inner, widened }: Borders): boolean {
  const longest = Math.max(inner.end - inner.start, widened.end - widened.start);
  return longest > 4 * slice.length + 400;
}

function trackGone(alignment: Alignment, tracked: Tracked, borders: Borders): Verdict {
  const { tip } = alignment;
  const { span, result } = tracked;
  const { inner } = borders;
  const moved = trackMoved(alignment, tracked);
  if (moved !== null) return moved;
  const current = tip.text.slice(inner.start, inner.end);
  if (result === null || current.trim() === "" || isOverlong(tracked, borders)) {
    return { kind: "stale" };
  }
  const kept = alignment.keptShare(span);
  const { left, right } = agreement(alignment, span, inner);
  const inPlace = isSolid(left, SOLID_SIDE) && isSolid(right, SOLID_SIDE);
  return kept >= KEPT_FOR_CONFLICT || inPlace ? { kind: "conflict", at: inner } : { kind: "stale" };
}

function trackMoved(alignment: Alignment, { span, slice }: Tracked): Verdict | null {
  const text = alignment.base.text;
  const elsewhere = findElsewhere(alignment, slice, {
    before: text.slice(Math.max(0, span.start - 2 * REACH), span.start),
    after: text.slice(span.end, span.end + 2 * REACH),
  });
  return elsewhere === null ? null : { kind: "moved", at: elsewhere.at };
}

/** A place where a text stands that the base did not have, and whether all its context came along. */
export interface Elsewhere {
  at: Passage;
  exact: boolean;
  sameContext: boolean;
}

/**
 * The one new place where the text stands with its context. Copies that were in the base already are others,
 * not this one gone elsewhere. Null when there is none, or several that the context does not tell apart.
 */
export function findElsewhere(
  alignment: Alignment,
  slice: string,
  context: { before: string; after: string },
): Elsewhere | null {
  const { before, after } = context;
  const tip = alignment.tip.text;
  const { method, hits } = findText(alignment.tip, slice);
  const isLong = inkLength(slice) >= LONG_PASSAGE;
  const places = hits
    .filter((hit) => !hit.cutsStart && !hit.cutsEnd && hit.sameLayout)
    .map(({ passage }) => ({
      at: passage,
      left: agreeBefore(before, before.length, tip, passage.start, REACH),
      right: agreeAfter(after, 0, tip, passage.end, REACH),
    }))
    .filter((place) => isLong || strength(place) >= SOLID_SIDE)
    .filter(({ at }) => !alignment.wasInBase(at))
    .toSorted((a, b) => strength(b) - strength(a));
  const [best, second] = places;
  if (best === undefined) return null;
  if (second !== undefined && strength(best) - strength(second) < MARGIN) return null;
  const sameContext = isSolid(best.left, SOLID_GAP) && isSolid(best.right, SOLID_GAP);
  return { at: best.at, exact: method === "exact", sameContext };
}
