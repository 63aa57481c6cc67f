/**
 * What really became of a passage between two versions. It shares nothing with the code under test:
 *
 * 1. Where the passage, if it has 24 characters, or the passage with the 24 characters before it, or with the
 *    24 after it, stands exactly once in the old version and exactly once in the new one, character by
 *    character, it stands there.
 * 2. Else git tells: both versions are written one token a line (words, and single other characters; white
 *    space left out) and compared by `git diff --minimal`, which aligns a longest common subsequence. The
 *    passage is untouched when all its tokens are aligned to tokens that follow one another in the new
 *    version, and gone otherwise.
 *
 * The first rule is needed because a longest common subsequence has ties: of "a b" become "a b x b" it may
 * keep either "b".
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Span {
  start: number;
  end: number;
}

interface Token extends Span {
  text: string;
}

const TOKEN = /[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;

export function tokensOf(text: string): Token[] {
  return [...text.matchAll(TOKEN)].map((match) => ({
    text: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }));
}

const CONTEXT = 24;

export class TokenOracle {
  readonly #texts: readonly [before: string, after: string];
  readonly #before: Token[];
  readonly #after: Token[];
  /** Index in `#after` of each token of `#before`, or -1. */
  readonly #target: Int32Array;

  constructor(before: string, after: string) {
    this.#texts = [before, after];
    this.#before = tokensOf(before);
    this.#after = tokensOf(after);
    this.#target = new Int32Array(this.#before.length).fill(-1);
    let from = 0;
    let to = 0;
    for (const hunk of [
      ...diffByGit(this.#before, this.#after),
      { at: this.#before.length, removed: 0, added: 0 },
    ]) {
      while (from < hunk.at) this.#target[from++] = to++;
      from += hunk.removed;
      to += hunk.added;
    }
  }

  /** Where the passage stands now; null when it is gone. */
  follow(span: Span): Span | null {
    const places = [
      this.#byContext(span, span.start, span.end),
      this.#byContext(span, Math.max(0, span.start - CONTEXT), span.end),
      this.#byContext(span, span.start, span.end + CONTEXT),
    ].filter((place) => place !== null);
    const [first] = places;
    if (first !== undefined && places.every(({ start }) => start === first.start)) return first;
    return this.#byTokens(span);
  }

  #byContext({ start, end }: Span, from: number, to: number): Span | null {
    const [before, after] = this.#texts;
    const window = before.slice(from, to);
    const at = after.indexOf(window);
    const isUnique =
      at >= 0 &&
      after.indexOf(window, at + 1) < 0 &&
      before.indexOf(window) === before.lastIndexOf(window);
    return isUnique && window.length >= CONTEXT
      ? { start: at + start - from, end: at + end - from }
      : null;
  }

  #byTokens({ start, end }: Span): Span | null {
    const first = this.#before.findIndex((token) => token.end > start);
    let last = first;
    while (last + 1 < this.#before.length && this.#before[last + 1]!.start < end) last++;
    if (first < 0) return null;
    const target = this.#target[first]!;
    for (let at = first; at <= last; at++) {
      if (target < 0 || this.#target[at] !== target + at - first) return null;
    }
    // White space at the passage's edges belongs to it as far as it is still the same.
    const [old, text] = this.#texts;
    let from = this.#after[target]!.start;
    let to = this.#after[target + last - first]!.end;
    for (let at = this.#before[first]!.start; at > start && old[at - 1] === text[from - 1]; at--)
      from--;
    for (let at = this.#before[last]!.end; at < end && old[at] === text[to]; at++) to++;
    return { start: from, end: to };
  }
}

/** Hunks in order: at token `at` of the old version, `removed` give way to `added`. */
function diffByGit(
  before: Token[],
  after: Token[],
): { at: number; removed: number; added: number }[] {
  const folder = mkdtempSync(join(tmpdir(), "oracle-"));
  try {
    for (const [name, tokens] of [
      ["a", before],
      ["b", after],
    ] as const) {
      writeFileSync(join(folder, name), tokens.map(({ text }) => `${text}\n`).join(""));
    }
    const { stdout, status, stderr } = spawnSync(
      "git",
      ["diff", "--no-index", "--minimal", "--no-color", "--no-ext-diff", "-U0", "a", "b"],
      { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28 },
    );
    if (status !== 0 && status !== 1) throw new Error(`git diff failed: ${stderr}`);
    return [...stdout.matchAll(/^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/gm)].map((match) => {
      const removed = Number(match[2] ?? 1);
      return {
        at: Number(match[1]) - (removed > 0 ? 1 : 0),
        removed,
        added: Number(match[3] ?? 1),
      };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
