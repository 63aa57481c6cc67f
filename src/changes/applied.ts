/** Whether somebody has already made a pending change. */
import type { Alignment, Borders } from "./alignment.ts";
import { agreeAround, isSolid, strength } from "./context.ts";
import type { Agreement } from "./context.ts";
import { withLineEnding } from "./document-index.ts";
import type { Passage } from "./placement.ts";
import type { Standing } from "./standing.ts";
import { MOSTLY_KEPT, REACH, SOLID_SIDE } from "./tracked.ts";
import type { Tracked } from "./tracked.ts";
import { inkLength, splitsWord } from "./words.ts";

/** Agreement on each side that is no accident where there is no proposed text between them. */
const SOLID_GAP = 12;
/** A proposed text as long as this is recognised though one side of it was edited too. */
const LONG_RESULT = 16;
/** How much less may agree around the proposed text than around the passage that it holds. */
const TOLERANCE = 8;
const MOST_PLACES = 50;

/**
 * Where the tip reads as proposed, told by what stood around the passage. Asked before a standing passage is
 * believed: an original that is part of its own proposal still stands after it was applied.
 */
export function appliedAt(
  alignment: Alignment,
  tracked: Tracked,
  borders: Borders,
  standing: Standing | null,
): Passage | null {
  const { span, result } = tracked;
  if (result === null) return null;
  const { base, tip } = alignment;
  // What is mostly there was not deleted, even if what follows it would also fit what came before it.
  const isDeletion = result.trim() === "";
  if (isDeletion && standing === null && alignment.keptShare(span) >= MOSTLY_KEPT) return null;
  let best: Passage | null = null;
  let bestStrength = -1;
  for (const at of placesOf(alignment, result, borders)) {
    const agreement = agreeAround(base.text, span, tip.text, at, REACH);
    if (strength(agreement) <= bestStrength) continue;
    const isConvincing = isDeletion
      ? convincesGone(alignment, tracked, agreement, standing)
      : convincesMade(alignment, tracked, at, agreement, standing);
    if (!isConvincing || cutsWord(alignment, tracked, at)) continue;
    best = at;
    bestStrength = strength(agreement);
  }
  return best;
}

function convincesGone(
  { base }: Alignment,
  tracked: Tracked,
  agreement: Agreement,
  standing: Standing | null,
): boolean {
  // What still stands may be an equal neighbour: only then can the passage be gone beside it.
  const stands = standing !== null && !hasTwin(base.text, tracked);
  if (stands || (standing !== null && strength(agreement) <= strength(standing))) return false;
  return isSolid(agreement.left, SOLID_GAP) && isSolid(agreement.right, SOLID_GAP);
}

/** Whether the same text stands next to the passage, white space aside. */
function hasTwin(text: string, { span, slice }: Tracked): boolean {
  const twin = slice.trim();
  const reach = slice.length + 64;
  const before = text.slice(Math.max(0, span.start - reach), span.start);
  const after = text.slice(span.end, span.end + reach);
  return before.trimEnd().endsWith(twin) || after.trimStart().startsWith(twin);
}

function convincesMade(
  alignment: Alignment,
  { slice, result }: Tracked,
  at: Passage,
  agreement: Agreement,
  standing: Standing | null,
): boolean {
  const { left, right } = agreement;
  const proposed = result!;
  const isGrown = proposed.includes(slice);
  // The base may have read like a grown passage all the time.
  if (isGrown && alignment.wasInBase(at)) return false;
  if (standing !== null) {
    const tolerance = isGrown && covers(at, standing.at) ? TOLERANCE : 0;
    if (strength(agreement) + tolerance < strength(standing)) return false;
    if (tolerance > 0) return true;
  }
  if (isSolid(left, SOLID_SIDE) && isSolid(right, SOLID_SIDE)) return true;
  const isTelling = isGrown || inkLength(proposed) >= LONG_RESULT;
  return isTelling && Math.max(left.count, right.count) >= SOLID_SIDE;
}

function covers(whole: Passage, part: Passage): boolean {
  return whole.start <= part.start && part.end <= whole.end;
}

/** Whether a longer word only begins or ends like the proposal. */
function cutsWord({ base, tip }: Alignment, { span, result }: Tracked, at: Passage): boolean {
  const proposed = result!;
  const before = base.text.slice(Math.max(0, span.start - 2), span.start);
  const after = base.text.slice(span.end, span.end + 2);
  return (
    (splitsWord(tip.text, at.start) && !splitsWord(before + proposed, before.length)) ||
    (splitsWord(tip.text, at.end) && !splitsWord(proposed + after, proposed.length))
  );
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
  while (at >= 0 && at <= outer.end && places.length < MOST_PLACES) {
    places.push({ start: at, end: at + sought.length });
    at = tip.text.indexOf(sought, at + 1);
  }
  return places;
}
