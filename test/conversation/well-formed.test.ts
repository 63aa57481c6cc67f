import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { WellFormedText } from "../../src/conversation/well-formed.ts";

/** What comes out of the deltas, one by one and at the end. */
function pass(deltas: readonly string[]): string[] {
  const stream = new WellFormedText();
  return [...deltas.map((delta) => stream.write(delta)), stream.end()];
}

function cutAt(text: string, points: readonly number[]): string[] {
  const sorted = [0, ...points.map((point) => point % (text.length + 1)), text.length];
  sorted.sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => text.slice(sorted[index], end));
}

describe("a stream of text", () => {
  it("puts a pair together that was split over two deltas", () => {
    expect(pass(["a\uD83D", "\uDE00b"])).toEqual(["a", "\u{1F600}b", ""]);
    expect(pass(["\uD83D", "", "\uDE00"])).toEqual(["", "", "\u{1F600}", ""]);
  });

  it("makes halves that are no pair and NUL replacement characters", () => {
    expect(pass(["\uDE00 \uD83D", " \0"])).toEqual(["\uFFFD ", "\uFFFD \uFFFD", ""]);
    expect(pass(["\uD83D", "\uD83D", "\uDE00"])).toEqual(["", "\uFFFD", "\u{1F600}", ""]);
    expect(pass(["cut \uD83D"])).toEqual(["cut ", "\uFFFD"]);
  });

  it("says nothing more after its end", () => {
    const stream = new WellFormedText();
    stream.write("\uD83D");
    expect([stream.end(), stream.end()]).toEqual(["\uFFFD", ""]);
  });

  it("comes out the same however it is cut, and whole and storable in every piece", () => {
    const unit = fc.constantFrom("a", "\uD83D", "\uDE00", "\u{1F600}", "\0", "é", "漢", "\n");
    const text = fc.string({ unit, maxLength: 40 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(100), { maxLength: 20 }), (whole, points) => {
        const pieces = pass(cutAt(whole, points));
        expect(pieces.join("")).toBe(whole.toWellFormed().replaceAll("\0", "\uFFFD"));
        expect(pieces.every((piece) => piece.isWellFormed() && !piece.includes("\0"))).toBe(true);
        expect(pieces.join("")).toHaveLength(whole.length);
      }),
      { numRuns: 2_000 },
    );
  });
});
