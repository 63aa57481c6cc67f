/** Where rendered text stands in its source, in time that grows with their length alone. Pure. */

/**
 * How the two are brought together again where they part: that many of the next visible letters are looked
 * for up to so far ahead in the source. Near ones first, so that a repetition further on is not taken for
 * what is meant.
 */
const ATTEMPTS: readonly [letters: number, reach: number][] = [
  [3, 8],
  [6, 80],
  [4, 200],
  [12, 2000],
  [2, 40],
  [1, 40],
];

interface Letters {
  /** Without white space. */
  text: string;
  /** Where each letter stands. */
  at: number[];
}

/**
 * For each character of `visible` its offset in `source`, or -1 where it is not in it (white space never
 * is looked for). The visible text is nearly a subsequence of the source: what is missing is markup.
 */
export function followSource(visible: string, source: string): Int32Array {
  const shown = letters(visible);
  const written = letters(source);
  const map = new Int32Array(visible.length).fill(-1);
  let at = 0;
  for (let index = 0; index < shown.text.length; index++) {
    if (shown.text[index] !== written.text[at]) {
      // One that the source writes in another way, a quotation mark or an entity, has no place.
      if (near(shown.text, index + 1, written.text, at)) continue;
      const found = meetAgain(shown.text, index, written.text, at);
      if (found < 0) continue;
      at = found;
    }
    map[shown.at[index]!] = written.at[at]!;
    at += 1;
  }
  return map;
}

function letters(text: string): Letters {
  const at: number[] = [];
  let kept = "";
  for (const { 0: word, index } of text.matchAll(/\S+/g)) {
    for (let offset = 0; offset < word.length; offset++) at.push(index + offset);
    kept += word;
  }
  return { text: kept, at };
}

function near(shown: string, index: number, written: string, at: number): boolean {
  const [count, reach] = ATTEMPTS[0]!;
  const here = shown.slice(index - 1, index - 1 + count);
  if (written.slice(at, at + reach + count).includes(here)) return false;
  const next = shown.slice(index, index + count);
  return next.length === count && written.slice(at, at + reach + count).includes(next);
}

function meetAgain(shown: string, index: number, written: string, at: number): number {
  for (const [count, reach] of ATTEMPTS) {
    const wanted = shown.slice(index, index + count);
    if (wanted.length < count) continue;
    const found = written.slice(at, at + reach + count).indexOf(wanted);
    if (found >= 0) return at + found;
  }
  return -1;
}
