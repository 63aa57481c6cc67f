/** Counting shared trigrams: a cheap measure of likeness that survives small errors. */

const BUCKETS = 1 << 16;

/** Hash of the three units from `at` on. */
function trigramAt(text: string, at: number): number {
  const hash =
    text.charCodeAt(at) * 961 + text.charCodeAt(at + 1) * 31 + text.charCodeAt(at + 2) * 7919;
  return hash & (BUCKETS - 1);
}

/** 1 for each trigram that the text has; collisions only ever overstate likeness. */
export function trigramsOf(text: string): Uint8Array {
  const present = new Uint8Array(BUCKETS);
  for (let at = 0; at + 3 <= text.length; at++) present[trigramAt(text, at)] = 1;
  return present;
}

/** How many trigrams of `text` are present. */
export function countTrigrams(text: string, present: Uint8Array): number {
  let count = 0;
  for (let at = 0; at + 3 <= text.length; at++) count += present[trigramAt(text, at)]!;
  return count;
}

/**
 * Starts of the windows of `length` units of `text` that share most trigrams with `pattern`, best first; no
 * two overlap by more than half. A trigram weighs less the more often the text has it, or rules and padding
 * of tables would win. Takes time proportional to the text, whatever the pattern.
 */
export function likeliestWindows(
  text: string,
  pattern: string,
  length: number,
  most: number,
): number[] {
  const scores = windowScores(text, trigramsOf(pattern), length);
  const windows: number[] = [];
  while (windows.length < most) {
    let best = 0;
    for (let start = 1; start < scores.length; start++) {
      if (scores[start]! > scores[best]!) best = start;
    }
    if (scores[best]! <= 0) break;
    windows.push(best);
    scores.fill(0, Math.max(0, best - (length >> 1)), best + (length >> 1) + 1);
  }
  return windows;
}

function windowScores(text: string, present: Uint8Array, length: number): Int32Array {
  const frequency = new Int32Array(BUCKETS);
  for (let at = 0; at + 3 <= text.length; at++) frequency[trigramAt(text, at)]!++;
  const weights = new Int32Array(Math.max(0, text.length - 2));
  for (let at = 0; at < weights.length; at++) {
    const trigram = trigramAt(text, at);
    if (present[trigram] === 1) weights[at] = Math.ceil(256 / frequency[trigram]!);
  }
  const scores = new Int32Array(Math.max(1, text.length - length + 1));
  let score = 0;
  for (let at = 0; at < Math.min(length - 2, weights.length); at++) score += weights[at]!;
  scores[0] = score;
  for (let start = 1; start < scores.length; start++) {
    score += weights[start + length - 3]! - weights[start - 1]!;
    scores[start] = score;
  }
  return scores;
}
