/**
 * Keeping pending changes in place while the document moves: for a new tip, what became of each passage and
 * whether its change can still be written. Pure.
 */
import { Alignment } from "./alignment.ts";
import type { DocumentIndex } from "./document-index.ts";
import { withLineEnding } from "./document-index.ts";
import { contextOf, findText } from "./find.ts";
import { locateEdit } from "./locate.ts";
import type { ProposedEdit } from "./locate.ts";
import { mergeTexts } from "./merge.ts";
import { isPlaced, leastCertain } from "./placement.ts";
import type { Candidate, Doubt, Passage, Placement, PlacementStatus } from "./placement.ts";
import { findElsewhere, track } from "./track.ts";
import type { Verdict } from "./track.ts";
import type { Tracked } from "./tracked.ts";

/**
 * `fresh`: untouched, offsets moved silently (its certainty is as it was: a change whose place was asked for
 * is still asked for). `applied`: the tip reads as proposed. `rebased`: merged with somebody's change of the
 * same passage, one click to confirm. `conflict`: both changed the same words. `moved`: found elsewhere, ask.
 * `stale`: gone; it is looked for again on every tip.
 */
export type RebaseKind = "fresh" | "applied" | "rebased" | "conflict" | "moved" | "stale";

/** What a person needs to see about a conflict. */
export interface ConflictTexts {
  /** The passage that the change was made for. */
  base: string;
  proposed: string;
  /** What stands there now. */
  current: string;
}

export interface RebaseOutcome {
  kind: RebaseKind;
  /** To be stored with the tip's blob sha, whatever the kind. */
  placement: Placement;
  /** Set for `conflict` alone. */
  texts: ConflictTexts | null;
}

export interface RebaseItem {
  id: string;
  /** Null for a passage that is only followed (a thread's anchor): then nothing is ever applied or merged. */
  edit: ProposedEdit | null;
  /** About `base`. */
  placement: Placement;
}

/** Rebases everything that hangs on one version onto another. The two are compared once. */
export function rebaseAll(
  base: DocumentIndex,
  tip: DocumentIndex,
  items: readonly RebaseItem[],
): Map<string, RebaseOutcome> {
  const alignment = new Alignment(base, tip);
  return new Map(items.map((item) => [item.id, rebaseOne(alignment, item)]));
}

function rebaseOne(alignment: Alignment, { edit, placement }: RebaseItem): RebaseOutcome {
  if (placement.status === "stale") return revive(alignment, placement);
  if (placement.status === "conflict") return retryConflict(alignment, placement);
  const isUncertain = placement.status === "located" && !isPlaced(placement);
  if (isUncertain && edit !== null) return relocate(alignment, edit, placement);
  const tracked = trackedOf(placement, edit !== null);
  if (tracked === null) return stale(placement);
  const { start, end } = tracked.span;
  if (alignment.base.text.slice(start, end) !== tracked.slice) return revive(alignment, placement);
  return toOutcome(alignment, placement, tracked, track(alignment, tracked));
}

/** What to follow: for an insertion its anchor, so that text around the bare point does not matter. */
function trackedOf(placement: Placement, isEdit: boolean): Tracked | null {
  const { anchor, passage, slice, replacement } = placement;
  const span = anchor === null ? passage : anchor.passage;
  if (span === null) return null;
  return {
    span,
    slice: anchor === null ? slice : anchor.slice,
    result: isEdit ? resultOf(placement.anchor, anchor?.slice ?? slice, replacement) : null,
  };
}

function resultOf(anchor: Placement["anchor"], slice: string, replacement: string): string {
  if (anchor === null) return replacement;
  return anchor.side === "after" ? slice + replacement : replacement + slice;
}

function toOutcome(
  alignment: Alignment,
  placement: Placement,
  tracked: Tracked,
  verdict: Verdict,
): RebaseOutcome {
  switch (verdict.kind) {
    case "fresh":
      return outcomeAt(refreshed(alignment, placement, tracked, verdict.at, verdict.exact));
    case "applied":
      return applied(alignment, placement, verdict.at);
    case "rebased": {
      const merged = mergedAt(alignment, placement, verdict.at, verdict.result);
      return tracked.result === null
        ? { kind: "rebased", placement: merged, texts: null }
        : outcomeAt(asked(merged, "rebased", alignment));
    }
    case "moved": {
      const moved = refreshed(alignment, placement, tracked, verdict.at, false);
      return outcomeAt(asked(moved, "moved", alignment));
    }
    case "conflict":
      return conflict(alignment, placement, tracked, verdict.at);
    case "stale":
      return stale(placement);
  }
}

/** A placement that stays uncertain is reported again as what it was. */
function outcomeAt(placement: Placement): RebaseOutcome {
  const { status } = placement;
  return { kind: status === "located" ? "fresh" : status, placement, texts: null };
}

/** The placement at its new passage, with the replacement in the spelling that the passage has now. */
function refreshed(
  { base, tip }: Alignment,
  placement: Placement,
  tracked: Tracked,
  at: Passage,
  exact: boolean,
): Placement {
  const ending = tip.lineEndingAt(at.start);
  const now = tip.text.slice(at.start, at.end);
  let { replacement } = placement;
  if (placement.anchor !== null) {
    replacement = withLineEnding(replacement, ending);
  } else if (!exact && now !== tracked.slice) {
    replacement =
      mergeTexts(tracked.slice, replacement, now, ending) ?? withLineEnding(replacement, ending);
  } else if (ending !== base.lineEndingAt(tracked.span.start)) {
    replacement = withLineEnding(replacement, ending);
  }
  const placed = placedAt(tip, placement, at, replacement);
  if (exact || now === tracked.slice || placed.certainty !== "certain") return placed;
  return { ...placed, certainty: "high", method: "normalised" };
}

/** The placement with its passage, or its anchor, at `at`. */
function placedAt(
  tip: DocumentIndex,
  placement: Placement,
  at: Passage,
  replacement: string,
): Placement {
  const { anchor } = placement;
  const point = anchor?.side === "before" ? at.start : at.end;
  const passage = anchor === null ? at : { start: point, end: point };
  const slice = tip.text.slice(at.start, at.end);
  const placed = {
    ...placement,
    passage,
    slice: anchor === null ? slice : "",
    replacement,
    ...contextOf(tip.text, passage),
    section: tip.sectionAt(passage.start),
    anchor: anchor === null ? null : { ...anchor, passage: at, slice, ...contextOf(tip.text, at) },
  };
  return placed.certainty === "ask"
    ? { ...placed, candidates: [candidateAt(tip, placed, at)] }
    : placed;
}

function candidateAt(tip: DocumentIndex, placement: Placement, at: Passage): Candidate {
  return {
    ...at,
    slice: tip.text.slice(at.start, at.end),
    line: tip.lineAt(at.start),
    section: tip.sectionAt(at.start),
    replacement: placement.replacement,
  };
}

function mergedAt(
  { tip }: Alignment,
  placement: Placement,
  at: Passage,
  result: string,
): Placement {
  const { anchor } = placement;
  const now = tip.text.slice(at.start, at.end);
  if (anchor?.side === "after" && result.startsWith(now)) {
    return placedAt(tip, placement, at, result.slice(now.length));
  }
  if (anchor?.side === "before" && result.endsWith(now)) {
    return placedAt(tip, placement, at, result.slice(0, result.length - now.length));
  }
  return placedAt(tip, { ...placement, anchor: null }, at, result);
}

/** The same placement, to be confirmed by a person. */
function asked(
  placement: Placement,
  status: PlacementStatus & Doubt,
  { tip }: Alignment,
): Placement {
  const at = placement.anchor?.passage ?? placement.passage!;
  return {
    ...placement,
    status,
    certainty: "ask",
    doubts: [status],
    candidates: [candidateAt(tip, placement, at)],
    candidateCount: 1,
  };
}

function applied({ tip }: Alignment, placement: Placement, at: Passage): RebaseOutcome {
  const text = tip.text.slice(at.start, at.end);
  const there = placedAt(tip, { ...placement, anchor: null, certainty: "certain" }, at, text);
  return {
    kind: "applied",
    placement: { ...there, status: "located", doubts: [], candidates: [], candidateCount: 1 },
    texts: null,
  };
}

/** Keeps both texts of the change; its passage follows what stands in its place. */
function conflict(
  { tip }: Alignment,
  placement: Placement,
  { slice, result }: Tracked,
  at: Passage,
): RebaseOutcome {
  const { anchor } = placement;
  const point = anchor?.side === "before" ? at.start : at.end;
  return {
    kind: "conflict",
    placement: {
      ...placement,
      status: "conflict",
      certainty: "none",
      doubts: [],
      passage: anchor === null ? at : { start: point, end: point },
      section: tip.sectionAt(at.start),
      anchor: anchor === null ? null : { ...anchor, passage: at },
      candidates: [],
      candidateCount: 0,
    },
    texts: { base: slice, proposed: result ?? slice, current: tip.text.slice(at.start, at.end) },
  };
}

function stale(placement: Placement): RebaseOutcome {
  const { anchor } = placement;
  return {
    kind: "stale",
    placement: {
      ...placement,
      status: "stale",
      certainty: "none",
      doubts: [],
      passage: null,
      anchor: anchor === null ? null : { ...anchor, passage: null },
      candidates: [],
      candidateCount: 0,
    },
    texts: null,
  };
}

/** A passage that was gone is believed back with all its context; with some of it, a person is asked. */
function revive(alignment: Alignment, placement: Placement): RebaseOutcome {
  const { slice, before, after } = placement.anchor ?? placement;
  const found = slice === "" ? null : findElsewhere(alignment, slice, { before, after });
  if (found === null) return stale(placement);
  const back = placedAt(
    alignment.tip,
    { ...placement, status: "located", certainty: "high", doubts: [], candidateCount: 1 },
    found.at,
    placement.replacement,
  );
  const tracked = { span: found.at, slice, result: null };
  const there = found.exact ? back : refreshed(alignment, back, tracked, found.at, false);
  return outcomeAt(found.sameContext ? there : asked(there, "moved", alignment));
}

function retryConflict(alignment: Alignment, placement: Placement): RebaseOutcome {
  const { base, tip } = alignment;
  const { anchor, passage, replacement } = placement;
  const region = anchor === null ? passage : anchor.passage;
  if (region === null) return stale(placement);
  const slice = anchor?.slice ?? placement.slice;
  const result = resultOf(anchor, slice, replacement);
  const tracked = { span: region, slice, result };
  if (base.text === tip.text) return conflict(alignment, placement, tracked, region);
  const { outer, inner } = alignment.borders(region);
  const back = findText(tip, slice).hits.filter(
    (hit) =>
      hit.passage.start >= outer.start &&
      hit.passage.end <= outer.end &&
      !hit.cutsStart &&
      !hit.cutsEnd &&
      !alignment.wasInBase(hit.passage),
  );
  if (slice !== "" && back.length === 1) {
    const sure: Placement = {
      ...placement,
      status: "located",
      certainty: "high",
      candidateCount: 1,
    };
    return outcomeAt(refreshed(alignment, sure, tracked, back[0]!.passage, false));
  }
  const current = tip.text.slice(inner.start, inner.end);
  if (current.trim() === "") return revive(alignment, placement);
  const merged = mergeTexts(slice, result, current, tip.lineEndingAt(inner.start));
  if (merged === current) return applied(alignment, placement, inner);
  if (merged === null) return conflict(alignment, placement, tracked, inner);
  const there = mergedAt(alignment, { ...placement, status: "located" }, inner, merged);
  return outcomeAt(asked(there, "rebased", alignment));
}

/**
 * Asks the tip again where an edit belongs whose place was not certain. What was asked stays asked: that one
 * of two places is gone does not tell which one was meant.
 */
function relocate(alignment: Alignment, edit: ProposedEdit, placement: Placement): RebaseOutcome {
  const { base, tip } = alignment;
  const { certainty, passage } = placement;
  if (base.text === tip.text) {
    return { kind: passage === null ? "stale" : "fresh", placement, texts: null };
  }
  for (const { start, end, slice, replacement } of placement.candidates) {
    const result = resultOf(placement.anchor, slice, replacement);
    const verdict = track(alignment, { span: { start, end }, slice, result });
    if (verdict.kind === "applied") return applied(alignment, placement, verdict.at);
  }
  const atMost = certainty === "ask" ? "ask" : placement.atMost;
  const next = locateEdit(tip, edit, { atMost });
  const kept = {
    ...next,
    doubts: [...new Set([...next.doubts, ...placement.doubts])],
    atMost: next.passage === null ? leastCertain(atMost, placement.atMost) : placement.atMost,
  };
  if (next.passage === null)
    return { kind: "stale", placement: { ...kept, doubts: [] }, texts: null };
  if (certainty !== "ask") return { kind: "fresh", placement: next, texts: null };
  const own = placement.atMost === "ask" ? kept.doubts : kept.doubts.filter((d) => d !== "capped");
  return { kind: "fresh", placement: { ...kept, doubts: own }, texts: null };
}
