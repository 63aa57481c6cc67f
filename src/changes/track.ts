/** What became of one passage between two versions of the document. */
import type { Alignment, Borders } from "./alignment.ts";
import { appliedAt } from "./applied.ts";
import { agreeAfter, agreeAround, agreeBefore, isSolid, strength } from "./context.ts";
import { findText } from "./find.ts";
import type { Context } from "./find.ts";
import { mergeTexts } from "./merge.ts";
import type { Passage } from "./placement.ts";
import { isEvident, isOnlyOne, standingAt } from "./standing.ts";
import type { Standing } from "./standing.ts";
import { MOSTLY_KEPT, REACH, SOLID_SIDE } from "./tracked.ts";
import type { Tracked } from "./tracked.ts";
import { inkLength } from "./words.ts";

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

/** A passage as long as this is recognised elsewhere without context. */
const LONG_PASSAGE = 32;
/** Agreement with stored context, on each side, that a passage that is back must have. */
const SOLID_RETURN = 12;
/** By how much one place must agree better than the next. */
const MARGIN = 8;
/** Share of a passage that must be left for it to be in conflict rather than gone. */
const KEPT_FOR_CONFLICT = 0.3;

/** Pure, in bounded time. `tracked.slice` must be the base's text at `tracked.span`. */
export function track(alignment: Alignment, tracked: Tracked): Verdict {
  const borders = alignment.borders(tracked.span);
  const standing = standingAt(alignment, tracked, borders);
  if (standing?.exact === true && standing.left.full && standing.right.full) {
    return unchanged(tracked, standing);
  }
  const applied = appliedAt(alignment, tracked, borders, standing);
  if (applied !== null) return { kind: "applied", at: applied };
  if (standing === null) return trackChanged(alignment, tracked, borders);
  if (isEvident(alignment, tracked, standing)) {
    return unchanged(tracked, standing);
  }
  if (standing.hasRival || isOnlyOne(alignment, standing)) {
    return { kind: "moved", at: standing.at };
  }
  return trackMoved(alignment, tracked) ?? { kind: "stale" };
}

/** A change that changes nothing (any more) has been made. */
function unchanged({ slice, result }: Tracked, { at, exact }: Standing): Verdict {
  return slice === result ? { kind: "applied", at } : { kind: "fresh", at, exact };
}

function trackChanged(alignment: Alignment, tracked: Tracked, borders: Borders): Verdict {
  const { base, tip } = alignment;
  const { span, result } = tracked;
  const { inner, widened } = borders;
  if (isOverlong(tracked, borders)) return trackGone(alignment, tracked, borders);
  const current = tip.text.slice(inner.start, inner.end);
  const isMostlyKept = alignment.keptShare(span) >= MOSTLY_KEPT;
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
  const { base, tip } = alignment;
  const { span, result } = tracked;
  const { inner } = borders;
  const moved = trackMoved(alignment, tracked);
  if (moved !== null) return moved;
  const current = tip.text.slice(inner.start, inner.end);
  if (result === null || current.trim() === "" || isOverlong(tracked, borders)) {
    return { kind: "stale" };
  }
  const { left, right } = agreeAround(base.text, span, tip.text, inner, REACH);
  const inPlace = isSolid(left, SOLID_SIDE) && isSolid(right, SOLID_SIDE);
  const isLeft = alignment.keptShare(span) >= KEPT_FOR_CONFLICT;
  return isLeft || inPlace ? { kind: "conflict", at: inner } : { kind: "stale" };
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
  { before, after }: Context,
): Elsewhere | null {
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
  const sameContext = isSolid(best.left, SOLID_RETURN) && isSolid(best.right, SOLID_RETURN);
  return { at: best.at, exact: method === "exact", sameContext };
}
