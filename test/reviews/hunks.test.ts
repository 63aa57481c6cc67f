import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { diffHunks, isInOneHunk, parseHunks, touchesHunk } from "../../src/reviews/hunks.ts";
import { fixtureHistories } from "../changes/histories.ts";

const folder = mkdtempSync(join(tmpdir(), "redline-hunks-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What Git's own diff shows, as a host's `patch` has it. */
function gitPatch(base: string, head: string, ...options: string[]): string {
  writeFileSync(join(folder, "base"), base);
  writeFileSync(join(folder, "head"), head);
  const args = ["diff", "--no-index", ...options, "base", "head"];
  try {
    return execFileSync("git", args, { cwd: folder, encoding: "utf8" });
  } catch (error) {
    // Its exit code says whether there is a difference.
    return (error as { stdout: string }).stdout;
  }
}

describe("parseHunks", () => {
  test("reads the lines of the head's file", () => {
    const patch = [
      "@@ -1,4 +1,5 @@ fn main() {",
      " a",
      "+b\u2028@@ -9 +9 @@",
      "+@@ -7,1 +7,1 @@",
      "\\ No newline at end of file",
      "@@ -20 +21 @@",
      "-c",
      "+d",
      "@@ -30,2 +30,0 @@",
      "-e",
      "-f",
    ].join("\n");
    expect(parseHunks(patch)).toEqual([
      { start: 1, end: 5 },
      { start: 21, end: 21 },
    ]);
    expect(parseHunks("@@ -0,0 +1,2 @@\n+a\n+b")).toEqual([{ start: 1, end: 2 }]);
    expect(parseHunks("@@ -1,2 +0,0 @@\n-a\n-b")).toEqual([]);
    expect(parseHunks("")).toEqual([]);
  });
});

describe("diffHunks", () => {
  const numbered = (count: number): string[] =>
    Array.from({ length: count }, (_, n) => `${n + 1}\n`);

  test("has the whole of an added file", () => {
    expect(diffHunks(null, "a\nb")).toEqual([{ start: 1, end: 2 }]);
    expect(diffHunks(null, "a\n\n")).toEqual([{ start: 1, end: 2 }]);
    expect(diffHunks(null, "")).toEqual([]);
  });

  test("has three lines around what is new, and joins what touches", () => {
    const base = numbered(40);
    const head = base.with(9, "x\n").with(16, "y\n").with(24, "z\n").with(39, "40");
    expect(diffHunks(base.join(""), head.join(""))).toEqual([
      { start: 7, end: 20 },
      { start: 22, end: 28 },
      { start: 37, end: 40 },
    ]);
    expect(parseHunks(gitPatch(base.join(""), head.join("")))).toEqual(
      diffHunks(base.join(""), head.join("")),
    );
  });

  test("claims nothing where there is no difference, and nothing of binary files", () => {
    expect(diffHunks("a\nb\n", "a\nb\n")).toEqual([]);
    expect(diffHunks("a\nb\n", "a\n")).toEqual([]);
    expect(diffHunks("a\n", "b\0\n")).toEqual([]);
    expect(diffHunks("a\0\n", "b\n")).toEqual([]);
  });

  /** Every claimed hunk lies in one that Git shows, whichever of its algorithms is used. */
  const assertSound = (base: string, head: string): [claimed: number, shown: number] => {
    const claimed = diffHunks(base, head);
    const size = (all: readonly { start: number; end: number }[]): number =>
      all.reduce((sum, { start, end }) => sum + end - start + 1, 0);
    let shown = 0;
    for (const algorithm of ["default", "minimal", "histogram"]) {
      const real = parseHunks(gitPatch(base, head, `--diff-algorithm=${algorithm}`));
      const outside = claimed.filter(({ start, end }) => !isInOneHunk(real, start, end));
      expect(outside).toEqual([]);
      if (algorithm === "default") shown = size(real);
    }
    return [size(claimed), shown];
  };

  test("claims what Git shows, over a real history", () => {
    let claimed = 0;
    let shown = 0;
    for (const { versions } of fixtureHistories()) {
      for (const [index, head] of versions.entries()) {
        for (const base of [versions[index - 1], versions[index - 5]]) {
          if (base === undefined || base === head) continue;
          const [some, all] = assertSound(base, head);
          claimed += some;
          shown += all;
        }
      }
    }
    expect(shown).toBeGreaterThan(200);
    expect(claimed / shown).toBeGreaterThan(0.9);
  });

  test("claims only what Git shows, over repeated lines", () => {
    const text = fc
      .array(fc.constantFrom("a", "a", "b", "", "", "c", "d", "{", "}", "e\r", "\u2028"), {
        maxLength: 40,
      })
      .chain((lines) => fc.constantFrom(lines.join("\n"), `${lines.join("\n")}\n`));
    fc.assert(
      fc.property(text, text, (base, head) => {
        if (base !== head) assertSound(base, head);
      }),
      { numRuns: 150, seed: 6 },
    );
  });
});

test("hunks are found by line", () => {
  const hunks = [
    { start: 3, end: 5 },
    { start: 6, end: 6 },
    { start: 9, end: 12 },
  ];
  expect(isInOneHunk(hunks, 3, 5)).toBe(true);
  expect(isInOneHunk(hunks, 5, 6)).toBe(false);
  expect(isInOneHunk(hunks, 2, 3)).toBe(false);
  expect(isInOneHunk(hunks, 12, 12)).toBe(true);
  expect(isInOneHunk(hunks, 13, 13)).toBe(false);
  expect(touchesHunk(hunks, 1, 2)).toBe(false);
  expect(touchesHunk(hunks, 1, 3)).toBe(true);
  expect(touchesHunk(hunks, 7, 8)).toBe(false);
  expect(touchesHunk(hunks, 12, 20)).toBe(true);
});
