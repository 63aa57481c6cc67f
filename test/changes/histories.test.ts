/**
 * Real documents and a real history, in small; `npm run bench` measures the same on the whole corpus. Rates
 * are bounds that must hold, not what is reached.
 */
import { describe, expect, test } from "vitest";
import { DocumentIndex } from "../../src/changes/document-index.ts";
import { contextOf } from "../../src/changes/find.ts";
import { locateEdit } from "../../src/changes/locate.ts";
import { NOISES, passagesOf } from "./copy-noise.ts";
import { fixtureDocuments, fixtureHistories } from "./histories.ts";
import { emptyTally, replay } from "./replay.ts";
import { TokenOracle } from "./token-oracle.ts";

describe.each([
  { stride: 1, steps: 3, mostLost: 0.005 },
  { stride: 6, steps: 1, mostLost: 0.01 },
])("changes carried along a history, $stride versions a step", ({ stride, steps, mostLost }) => {
  const tally = emptyTally();
  for (const { versions } of fixtureHistories()) {
    replay(versions, { perVersion: 60, steps, stride }, tally);
  }
  const all = (counts: Record<string, number>): number =>
    Object.values(counts).reduce((sum, count) => sum + count, 0);

  test("stay with passages that are untouched", () => {
    const { untouched } = tally;
    expect(all(untouched)).toBeGreaterThan(200);
    expect(untouched.wrongPlace).toBe(0);
    expect(untouched.applied).toBe(0);
    expect(untouched.lost / all(untouched)).toBeLessThanOrEqual(mostLost);
    expect(untouched.asked / all(untouched)).toBeLessThanOrEqual(0.05);
  });

  test("are not called fresh when their passage is gone", () => {
    expect(all(tally.gone)).toBeGreaterThan(20);
    expect(tally.gone.fresh / all(tally.gone)).toBeLessThanOrEqual(0.005);
    expect(tally.gone.applied).toBe(0);
  });

  test("are never made a second time", () => {
    expect(all(tally.made)).toBeGreaterThan(40);
    expect(tally.made.fresh).toBe(0);
    expect(tally.made.applied / all(tally.made)).toBeGreaterThan(0.9);
  });
});

test("the oracle follows what is known by construction", () => {
  const before = "one two three four five six seven eight nine ten";
  const oracle = new TokenOracle(before, "zero one two, three four 5 six eight seven nine ten");
  const follow = (words: string) =>
    oracle.follow({ start: before.indexOf(words), end: before.indexOf(words) + words.length });
  expect(follow("three four")).toEqual({ start: 14, end: 24 });
  expect(follow("nine")).toEqual({ start: 43, end: 47 });
  expect(follow("five")).toBeNull();
  expect(follow("four five six")).toBeNull();
  expect(follow("two three")).toBeNull();
});

describe("passages copied with noise", () => {
  test.each(Object.entries(NOISES))(
    "%s: never placed wrongly, nearly always placed",
    (_name, noise) => {
      let right = 0;
      let asked = 0;
      for (const { text } of fixtureDocuments()) {
        const doc = new DocumentIndex(text);
        for (const passage of passagesOf(text, 150, 3)) {
          const original = text.slice(passage.start, passage.end);
          const copied = noise(original);
          // Code in other lines is other code, and is asked about.
          if (copied === original || doc.touchesFence(passage.start, passage.end)) continue;
          const context = contextOf(text, passage);
          const placement = locateEdit(doc, { original: copied, proposed: "" }, { context });
          if (placement.certainty === "ask") {
            asked++;
            continue;
          }
          expect(placement.slice.trim()).toBe(original.trim());
          expect(placement.passage!.start).toBe(passage.start);
          right++;
        }
      }
      expect(asked / (right + asked || 1)).toBeLessThanOrEqual(0.05);
    },
  );
});
