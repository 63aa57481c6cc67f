/** Aligning two sequences in bounded time. */
import { diffArrays } from "diff";

/** `length` items from `a` on equal `length` items from `b` on. */
export interface Run {
  a: number;
  b: number;
  length: number;
}

/**
 * Edits that the minimal alignment may need before it is given up: its time grows with their square. Beyond,
 * items that are unique on both sides lead the way, which takes n log n.
 */
const MOST_EDITS = 300;

/** Gives up on the minimal alignment sooner between two unique items: there may be many such gaps. */
const MOST_EDITS_IN_A_GAP = 60;

/** Aligned runs in order, never crossing, found minimal-first (for tokens) or unique-first (for lines). */
export function align(
  a: readonly string[],
  b: readonly string[],
  first: "minimal" | "unique",
): Run[] {
  const ids = new Map<string, number>();
  const idOf = (item: string): number => {
    const known = ids.get(item);
    if (known !== undefined) return known;
    ids.set(item, ids.size);
    return ids.size - 1;
  };
  const runs: Run[] = [];
  alignBetween(a.map(idOf), b.map(idOf), 0, 0, first, runs);
  return joined(runs);
}

type Strategy = "minimal" | "unique" | "gap";

function alignBetween(
  a: number[],
  b: number[],
  aFrom: number,
  bFrom: number,
  strategy: Strategy,
  runs: Run[],
): void {
  let prefix = 0;
  while (prefix < a.length && prefix < b.length && a[prefix] === b[prefix]) prefix++;
  let suffix = 0;
  const most = Math.min(a.length, b.length) - prefix;
  while (suffix < most && a[a.length - 1 - suffix] === b[b.length - 1 - suffix]) suffix++;
  if (prefix > 0) runs.push({ a: aFrom, b: bFrom, length: prefix });
  const innerA = a.slice(prefix, a.length - suffix);
  const innerB = b.slice(prefix, b.length - suffix);
  if (innerA.length > 0 && innerB.length > 0) {
    alignInner(innerA, innerB, aFrom + prefix, bFrom + prefix, strategy, runs);
  }
  if (suffix > 0) {
    runs.push({ a: aFrom + a.length - suffix, b: bFrom + b.length - suffix, length: suffix });
  }
}

function alignInner(
  a: number[],
  b: number[],
  aFrom: number,
  bFrom: number,
  strategy: Strategy,
  runs: Run[],
): void {
  if (strategy !== "unique") {
    const limit = strategy === "gap" ? MOST_EDITS_IN_A_GAP : MOST_EDITS;
    if (minimal(a, b, aFrom, bFrom, limit, runs) || strategy === "gap") return;
  }
  const anchors = uniqueAnchors(a, b);
  if (anchors.length === 0) {
    if (strategy === "unique") minimal(a, b, aFrom, bFrom, MOST_EDITS, runs);
    return;
  }
  let i = 0;
  let j = 0;
  for (const [anchorA, anchorB] of [...anchors, [a.length, b.length] as const]) {
    const next = strategy === "unique" ? "unique" : "gap";
    const gapA = a.slice(i, anchorA);
    const gapB = b.slice(j, anchorB);
    alignBetween(gapA, gapB, aFrom + i, bFrom + j, next, runs);
    if (anchorA < a.length) runs.push({ a: aFrom + anchorA, b: bFrom + anchorB, length: 1 });
    i = anchorA + 1;
    j = anchorB + 1;
  }
}

/** Myers' alignment; false when it would take more edits than the limit. */
function minimal(
  a: number[],
  b: number[],
  aFrom: number,
  bFrom: number,
  limit: number,
  runs: Run[],
): boolean {
  const changes = diffArrays(a, b, { maxEditLength: limit });
  if (changes === undefined) return false;
  let i = aFrom;
  let j = bFrom;
  for (const { added, removed, count } of changes) {
    if (!added && !removed) runs.push({ a: i, b: j, length: count });
    if (!added) i += count;
    if (!removed) j += count;
  }
  return true;
}

/** The longest chain, in order on both sides, of items that occur exactly once on each (patience). */
function uniqueAnchors(a: number[], b: number[]): [number, number][] {
  const inA = uniquePositions(a);
  const inB = uniquePositions(b);
  const pairs: [number, number][] = [];
  for (const [item, i] of inA) {
    const j = inB.get(item);
    if (i >= 0 && j !== undefined && j >= 0) pairs.push([i, j]);
  }
  return longestChain(pairs);
}

/** Position of each item, -1 for one that occurs more than once; in order of first occurrence. */
function uniquePositions(items: number[]): Map<number, number> {
  const positions = new Map<number, number>();
  for (const [at, item] of items.entries()) positions.set(item, positions.has(item) ? -1 : at);
  return positions;
}

/** Of pairs sorted by their first number, the longest subsequence that also rises in the second. */
function longestChain(pairs: [number, number][]): [number, number][] {
  const tails: number[] = [];
  const previous: number[] = [];
  for (const [index, [, j]] of pairs.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[tails[middle]!]![1] < j) low = middle + 1;
      else high = middle;
    }
    previous.push(low > 0 ? tails[low - 1]! : -1);
    tails[low] = index;
  }
  const chain: [number, number][] = [];
  for (let at = tails.at(-1) ?? -1; at >= 0; at = previous[at]!) chain.push(pairs[at]!);
  return chain.toReversed();
}

function joined(runs: Run[]): Run[] {
  const result: Run[] = [];
  for (const run of runs) {
    const last = result.at(-1);
    if (last !== undefined && last.a + last.length === run.a && last.b + last.length === run.b) {
      last.length += run.length;
    } else {
      result.push({ ...run });
    }
  }
  return result;
}
