import fc from "fast-check";
import { expect, it } from "vitest";
import { editDistance } from "../../src/commands/nearest.ts";

it.each([
  ["link", "link", 0],
  ["lnik", "link", 1],
  ["acept", "accept", 1],
  ["status", "statue", 1],
  ["", "stop", 4],
  ["unlink", "link", 2],
])("%j is so far from %j: %i", (one, other, distance) => {
  expect(editDistance(one, other)).toBe(distance);
});

it("is the same both ways, and no more than the longer word has", () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (one, other) => {
      const distance = editDistance(one, other);
      expect(editDistance(other, one)).toBe(distance);
      expect(distance).toBeLessThanOrEqual(Math.max(one.length, other.length));
      expect(distance === 0).toBe(one === other);
    }),
  );
});
