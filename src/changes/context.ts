/**
 * How far the surroundings of two places agree, white space aside: re-wrapping and CRLF conversion are no
 * difference. Counts are in UTF-16 units that are no white space.
 */
import type { Passage } from "./placement.ts";
import { isBlank } from "./words.ts";

/** Agreement on one side. */
export interface SideAgreement {
  count: number;
  /** Everything agrees up to where both texts end. */
  ends: boolean;
  /** Everything that there is to compare agrees: up to the limit, or both texts end together. */
  full: boolean;
  /** Everything that the first text has agrees; the second may go on. */
  covered: boolean;
  /** Offsets in the two texts up to which they agree. */
  from: number;
  reach: number;
}

/** Agreement before and after a passage. */
export interface Agreement {
  left: SideAgreement;
  right: SideAgreement;
}

/** Bounds a comparison across very long runs of white space. */
const MOST_STEPS = 2048;

/** Compares what is around `span` in `a` with what is around `at` in `b`. */
export function agreeAround(
  a: string,
  span: Passage,
  b: string,
  at: Passage,
  limit: number,
): Agreement {
  return {
    left: agreeBefore(a, span.start, b, at.start, limit),
    right: agreeAfter(a, span.end, b, at.end, limit),
  };
}

/** Both sides together. */
export function strength({ left, right }: Agreement): number {
  return left.count + right.count;
}

/** Whether so much agrees that it is no accident, or all that there is. */
export function isSolid(side: SideAgreement, least: number): boolean {
  return side.count >= least || side.covered;
}

/** Compares what stands before `aEnd` in `a` with what stands before `bEnd` in `b`, going backwards. */
export function agreeBefore(
  a: string,
  aEnd: number,
  b: string,
  bEnd: number,
  limit: number,
): SideAgreement {
  let i = aEnd - 1;
  let j = bEnd - 1;
  let count = 0;
  for (let steps = 0; count < limit && steps < MOST_STEPS; steps++) {
    while (i >= 0 && isBlank(a.charCodeAt(i)) && steps++ < MOST_STEPS) i--;
    while (j >= 0 && isBlank(b.charCodeAt(j)) && steps++ < MOST_STEPS) j--;
    if (i < 0 || j < 0 || a.charCodeAt(i) !== b.charCodeAt(j)) break;
    count++;
    i--;
    j--;
  }
  return sideOf(count, limit, [i < 0, j < 0], [i + 1, j + 1]);
}

/** Compares what stands from `aStart` in `a` with what stands from `bStart` in `b`, going forwards. */
export function agreeAfter(
  a: string,
  aStart: number,
  b: string,
  bStart: number,
  limit: number,
): SideAgreement {
  let i = aStart;
  let j = bStart;
  let count = 0;
  for (let steps = 0; count < limit && steps < MOST_STEPS; steps++) {
    while (i < a.length && isBlank(a.charCodeAt(i)) && steps++ < MOST_STEPS) i++;
    while (j < b.length && isBlank(b.charCodeAt(j)) && steps++ < MOST_STEPS) j++;
    if (i >= a.length || j >= b.length || a.charCodeAt(i) !== b.charCodeAt(j)) break;
    count++;
    i++;
    j++;
  }
  return sideOf(count, limit, [i >= a.length, j >= b.length], [i, j]);
}

function sideOf(
  count: number,
  limit: number,
  [aOver, bOver]: [boolean, boolean],
  [from, reach]: [number, number],
): SideAgreement {
  const reached = count >= limit;
  const ends = aOver && bOver;
  return { count, ends, full: reached || ends, covered: reached || aOver, from, reach };
}
