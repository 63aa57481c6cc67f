/** Aligning two sequences in bounded time. */
import { diffArrays } from "diff";

/** `length` items from `a` on equal `length` items from `b` on. */
export interface Run {
  a: number;
  b: number;
  length: number;
}

/** Which items lead the way: those of a minimal alignment (for words), or those that are unique (for lines). */
type Strategy = "minimal" | "unique";

/**
 * Edits that one minimal alignment may need before it is given up: its time grows with their square. Beyond,
 * unique items lead the way, which takes n log n.
 */
const MOST_EDITS = 300;

/** What minimal alignments may still cost, in edits squared; shared by those that are bounded together. */
export interface Budget {
  steps: number;
}

/** About 100 ms of minimal alignments at the most. */
export function newBudget(): Budget {
  return { steps: 250_000 };
}

/** Aligned runs in order, never crossing. Takes bounded time, and never fails: at worst nothing is aligned. */
export function align(
  a: readonly string[],
  b: readonly string[],
  strategy: Strategy,
  budget: Budget = newBudget(),
): Run[] {
  const ids = new Map<string, number>();
  const idOf = (item: string): number => {
    const known = ids.get(item);
    if (known !== undefined) return known;
    ids.set(item, ids.size);
    return ids.size - 1;
  };
  const aligner = new Aligner(a.map(idOf), b.map(idOf), budget);
  aligner.between(0, a.length, 0, b.length, strategy);
  return joined(aligner.runs);
}

class Aligner {
  readonly runs: Run[] = [];
  readonly #a: readonly number[];
  readonly #b: readonly number[];
  readonly #budget: Budget;

  constructor(a: readonly number[], b: readonly number[], budget: Budget) {
    this.#a = a;
    this.#b = b;
    this.#budget = budget;
  }

  between(aFrom: number, aTo: number, bFrom: number, bTo: number, strategy: Strategy): void {
    const a = this.#a;
    const b = this.#b;
    let prefix = 0;
    const most = Math.min(aTo - aFrom, bTo - bFrom);
    while (prefix < most && a[aFrom + prefix] === b[bFrom + prefix]) prefix++;
    let suffix = 0;
    while (suffix < most - prefix && a[aTo - 1 - suffix] === b[bTo - 1 - suffix]) suffix++;
    if (prefix > 0) this.runs.push({ a: aFrom, b: bFrom, length: prefix });
    this.#inner(aFrom + prefix, aTo - suffix, bFrom + prefix, bTo - suffix, strategy);
    if (suffix > 0) this.runs.push({ a: aTo - suffix, b: bTo - suffix, length: suffix });
  }

  #inner(aFrom: number, aTo: number, bFrom: number, bTo: number, strategy: Strategy): void {
    if (aFrom === aTo || bFrom === bTo) return;
    const a = this.#a.slice(aFrom, aTo);
    const b = this.#b.slice(bFrom, bTo);
    if (strategy === "minimal" && this.#minimal(a, b, aFrom, bFrom)) return;
    const anchors = uniqueAnchors(a, b);
    if (anchors.length === 0) {
      if (strategy === "unique") this.#minimal(a, b, aFrom, bFrom);
      return;
    }
    let i = aFrom;
    let j = bFrom;
    for (const [x, y] of anchors) {
      this.between(i, aFrom + x, j, bFrom + y, strategy);
      this.runs.push({ a: aFrom + x, b: bFrom + y, length: 1 });
      i = aFrom + x + 1;
      j = bFrom + y + 1;
    }
    this.between(i, aTo, j, bTo, strategy);
  }

  /** Myers' alignment; false when it would take more edits than are left. */
  #minimal(a: number[], b: number[], aFrom: number, bFrom: number): boolean {
    const limit = Math.min(MOST_EDITS, Math.floor(Math.sqrt(this.#budget.steps)));
    if (limit < 1) return false;
    const changes = diffArrays(a, b, { maxEditLength: limit });
    if (changes === undefined) {
      this.#budget.steps -= limit * limit;
      return false;
    }
    let i = aFrom;
    let j = bFrom;
    let edits = 0;
    for (const { added, removed, count } of changes) {
      if (added || removed) edits += count;
      else this.runs.push({ a: i, b: j, length: count });
      if (!added) i += count;
      if (!removed) j += count;
    }
    this.#budget.steps -= edits * edits;
    return true;
  }
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
