import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findOverlaps } from "../../src/changes/overlap.ts";

function groups(...passages: [start: number, end: number][]): string[] {
  return findOverlaps(
    passages.map(([start, end], at) => ({ id: "abcdefgh"[at]!, passage: { start, end } })),
  ).map(({ ids, kind }) => `${kind}: ${ids.join("")}`);
}

describe("findOverlaps", () => {
  test("groups passages that intersect, also through others", () => {
    expect(groups([0, 5], [4, 9], [8, 12], [20, 30])).toEqual(["exclusive: abc"]);
    expect(groups([0, 30], [4, 9], [20, 22])).toEqual(["exclusive: abc"]);
    expect(groups([4, 9], [4, 9])).toEqual(["exclusive: ab"]);
  });

  test("leaves apart what only touches", () => {
    expect(groups([0, 5], [5, 9])).toEqual([]);
    expect(groups([5, 9], [5, 5], [9, 9])).toEqual([]);
  });

  test("counts an insertion strictly inside of a passage", () => {
    expect(groups([5, 9], [7, 7])).toEqual(["exclusive: ab"]);
    expect(groups([3, 6], [5, 9], [5, 5])).toEqual(["exclusive: acb"]);
  });

  test("names insertions at the same point, whose order matters", () => {
    expect(groups([7, 7], [3, 3], [7, 7])).toEqual(["same_insertion_point: ac"]);
    expect(groups([7, 7], [7, 7], [5, 9])).toEqual(["exclusive: cab", "same_insertion_point: ab"]);
  });

  test("finds exactly the pairs that comparing every two finds", () => {
    const passage = fc
      .tuple(fc.nat(30), fc.nat(6))
      .map(([start, length]) => ({ start, end: start + length }));
    fc.assert(
      fc.property(fc.array(passage, { maxLength: 12 }), (passages) => {
        const found = findOverlaps(passages.map((p, at) => ({ id: String(at), passage: p })));
        const exclusive = found.filter(({ kind }) => kind === "exclusive").map(({ ids }) => ids);
        for (const [i, a] of passages.entries()) {
          const meets = passages.some((b, j) => {
            if (i === j) return false;
            if (a.start === a.end && b.start === b.end) return false;
            return a.start < b.end && b.start < a.end;
          });
          expect(exclusive.some((ids) => ids.includes(String(i)))).toBe(meets);
        }
      }),
    );
  });
});
