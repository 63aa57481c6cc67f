/** Replays pending changes over a document's real history and compares what rebasing says with the oracle. */
import { DocumentIndex } from "../../src/changes/document-index.ts";
import { placeAt } from "../../src/changes/locate.ts";
import type { ProposedEdit } from "../../src/changes/locate.ts";
import { applyPlacement } from "../../src/changes/placement.ts";
import type { Passage, Placement } from "../../src/changes/placement.ts";
import { rebaseAll } from "../../src/changes/rebase.ts";
import type { RebaseKind, RebaseOutcome } from "../../src/changes/rebase.ts";
import { TokenOracle, tokensOf } from "./token-oracle.ts";

/** A change as it was made on one version, at a place that is known because it was picked by offset. */
export interface Pending {
  id: string;
  kind: PendingKind;
  edit: ProposedEdit;
  /** The passage to replace; for an insertion the one to hang on. */
  span: Passage;
  placement: Placement;
}

export type PendingKind = "word" | "phrase" | "sentence" | "line" | "insertion";

/** What rebasing said about passages that are untouched in truth, and about those that are gone. */
export interface Tally {
  untouched: Record<"fresh" | "asked" | "lost" | "applied" | "wrongPlace", number>;
  gone: Record<RebaseKind, number>;
  /** Said of a version in which somebody has made the very change: everything but `applied` is wrong. */
  made: Record<"applied" | "fresh" | "asked" | "lost", number>;
}

export function emptyTally(): Tally {
  return {
    untouched: { fresh: 0, asked: 0, lost: 0, applied: 0, wrongPlace: 0 },
    gone: { fresh: 0, applied: 0, rebased: 0, conflict: 0, moved: 0, stale: 0 },
    made: { applied: 0, fresh: 0, asked: 0, lost: 0 },
  };
}

/** Called for everything that is wrong, to be looked at. */
export type Complain = (what: string, pending: Pending, outcome: RebaseOutcome) => void;

/** Small deterministic generator (mulberry32): the same figures on every run. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}

const SENTENCE = /[^\s.!?#|>*-][^.!?\n]{15,}[.!?]/g;

/** Changes at random places of the text: words, phrases, sentences, whole lines, insertions. */
export function pendingChanges(text: string, count: number, seed: number): Pending[] {
  const random = seeded(seed);
  const tokens = tokensOf(text);
  const sentences = [...text.matchAll(SENTENCE)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
  const lines = [...text.matchAll(/[^\n]+/g)]
    .map((match) => ({ start: match.index, end: match.index + match[0].length }))
    .filter(({ start, end }) => text.slice(start, end).trim().length > 3);
  const index = new DocumentIndex(text);
  const kinds: PendingKind[] = ["word", "phrase", "sentence", "line", "insertion"];
  return Array.from({ length: count }, (_, at): Pending => {
    const kind = kinds[at % kinds.length]!;
    const first = random(tokens.length - 6);
    const ofTokens = (length: number): Passage => ({
      start: tokens[first]!.start,
      end: tokens[first + length - 1]!.end,
    });
    const pick = (from: Passage[]): Passage =>
      from.length > 0 ? from[random(from.length)]! : ofTokens(4);
    const span =
      kind === "word"
        ? ofTokens(1)
        : kind === "phrase"
          ? ofTokens(2 + random(4))
          : kind === "line"
            ? pick(lines)
            : pick(sentences);
    const edit = editOf(kind, text.slice(span.start, span.end), random);
    return { id: `${seed}-${at}`, kind, edit, span, placement: placeAt(index, edit, span) };
  });
}

function editOf(kind: PendingKind, slice: string, random: (below: number) => number): ProposedEdit {
  if (kind === "insertion") {
    return {
      original: "",
      proposed: [" It was added.", "\n\nA new one.\n"][random(2)]!,
      after: slice,
    };
  }
  const words = slice.split(" ");
  // "zyx" and the like stand nowhere: what reads so was made by the test.
  const proposals = [
    `zyx ${slice}`,
    `${slice} and more`,
    `${slice} ${slice}`,
    slice.replace(/[\p{L}\p{N}]+|^[^\p{L}\p{N}]+$/u, "Replaced"),
    [...words.slice(0, -1), "changed"].join(" "),
    "Entirely different words.",
    "",
  ];
  return { original: slice, proposed: proposals[random(proposals.length)]! };
}

const KINDS_ASKED = new Set<RebaseKind>(["moved", "rebased"]);

/**
 * Changes made on every version are carried over up to `steps` versions, one at a time; as long as rebasing
 * has them where the oracle has them, each step is judged. A step goes `stride` versions ahead.
 */
export function replay(
  versions: readonly string[],
  { perVersion, steps, stride }: { perVersion: number; steps: number; stride: number },
  tally: Tally,
  complain: Complain = () => {},
): void {
  const oracles = versions
    .slice(stride)
    .map((version, at) => new TokenOracle(versions[at]!, version));
  const indexes = versions.map((version) => new DocumentIndex(version));
  for (let made = 0; made + stride < versions.length; made++) {
    let live = pendingChanges(versions[made]!, perVersion, made + 1);
    for (let step = 0; step < steps; step++) {
      const at = made + step * stride;
      if (at + stride >= versions.length) break;
      if (versions[at] === versions[at + stride]) continue;
      judgeMade(indexes[at]!, versions[at + stride]!, oracles[at]!, live, tally, complain);
      live = judgeStep(indexes[at]!, indexes[at + stride]!, oracles[at]!, live, tally, complain);
    }
  }
}

/** @returns those that still stand in truth and for rebasing, at their new places. */
function judgeStep(
  base: DocumentIndex,
  tip: DocumentIndex,
  oracle: TokenOracle,
  live: Pending[],
  tally: Tally,
  complain: Complain,
): Pending[] {
  const outcomes = rebaseAll(base, tip, live);
  return live.flatMap((pending) => {
    const outcome = outcomes.get(pending.id)!;
    const { kind, placement } = outcome;
    const truth = oracle.follow(pending.span);
    if (truth === null) {
      tally.gone[kind]++;
      if (kind === "fresh" || kind === "applied") complain(`gone called ${kind}`, pending, outcome);
      return [];
    }
    if (kind === "applied" && standsMade(base.text, tip.text, pending)) {
      tally.made.applied++;
    } else if (KINDS_ASKED.has(kind)) {
      tally.untouched.asked++;
      complain("untouched asked", pending, outcome);
    } else if (kind === "applied") {
      tally.untouched.applied++;
      complain("untouched called applied", pending, outcome);
    } else if (kind !== "fresh") {
      tally.untouched.lost++;
      complain(`untouched called ${kind}`, pending, outcome);
    } else if (
      ink(applyPlacement(tip.text, placement)) !== ink(written(tip.text, pending, truth))
    ) {
      tally.untouched.wrongPlace++;
      complain(`wrong place, truth ${truth.start}-${truth.end}`, pending, outcome);
    } else {
      tally.untouched.fresh++;
      return [{ ...pending, span: truth, placement }];
    }
    return [];
  });
}

/**
 * Whether the author made the very change: the proposal stands in the 40 characters around the passage. (The
 * oracle cannot tell which of two equal lines was deleted.)
 */
function standsMade(base: string, tip: string, { span, edit }: Pending): boolean {
  const before = base.slice(Math.max(0, span.start - 40), span.start);
  return tip.includes(before + edit.proposed + base.slice(span.end, span.end + 40));
}

/** White space aside: whether a trailing space belongs to a passage is not a question of place. */
function ink(text: string): string {
  return text.replace(/\s+/g, "");
}

/** The new version with the change made at its true place. */
function written(tip: string, { edit }: Pending, { start, end }: Passage): string {
  const from = edit.after === undefined ? start : end;
  return tip.slice(0, from) + edit.proposed + tip.slice(end);
}

/** Somebody else makes each change in the new version: rebasing must see it and never make it again. */
function judgeMade(
  base: DocumentIndex,
  next: string,
  oracle: TokenOracle,
  live: Pending[],
  tally: Tally,
  complain: Complain,
): void {
  for (const pending of live.filter((_, at) => at % 7 === 0)) {
    const truth = oracle.follow(pending.span);
    if (truth === null) continue;
    const tip = new DocumentIndex(written(next, pending, truth));
    const outcome = rebaseAll(base, tip, [pending]).get(pending.id)!;
    if (outcome.kind === "applied") tally.made.applied++;
    else if (outcome.kind === "fresh") tally.made.fresh++;
    else if (KINDS_ASKED.has(outcome.kind)) tally.made.asked++;
    else tally.made.lost++;
    if (outcome.kind !== "applied") complain(`made, called ${outcome.kind}`, pending, outcome);
  }
}
