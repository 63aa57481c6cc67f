/**
 * How far the surroundings of two places agree, white space aside: re-wrapping and CRLF conversion are no
 * difference. Counts are in UTF-16 units that are no white space.
 */
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

/** Bounds a comparison across very long runs of white space. */
const MOST_STEPS = 2048;

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
  return side(count, limit, i < 0, j < 0, i + 1, j + 1);
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
  return side(count, limit, i >= a.length, j >= b.length, i, j);
}

function side(
  count: number,
  limit: number,
  aOver: boolean,
  bOver: boolean,
  from: number,
  reach: number,
): SideAgreement {
  const reached = count >= limit;
  const ends = aOver && bOver;
  return { count, ends, full: reached || ends, covered: reached || aOver, from, reach };
}
