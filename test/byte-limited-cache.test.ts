import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteLimitedCache } from "../src/byte-limited-cache.ts";

describe("the cache", () => {
  it("forgets what was used longest ago", () => {
    const cache = new ByteLimitedCache<string>(10);
    cache.set("a", "A", 4);
    cache.set("b", "B", 4);
    cache.get("a");
    cache.set("c", "C", 4);
    expect(["a", "b", "c"].map((key) => cache.get(key))).toEqual(["A", undefined, "C"]);
    cache.set("large", "L", 11);
    expect(["a", "c", "large"].map((key) => cache.get(key))).toEqual(Array(3).fill(undefined));
  });

  it("keeps exactly what a plain list of the last uses would", () => {
    const operation = fc.record({
      key: fc.constantFrom("a", "b", "c", "d"),
      bytes: fc.option(fc.nat(6), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const cache = new ByteLimitedCache<number>(10);
        let model: { key: string; bytes: number; value: number }[] = [];
        const answers = operations.map(({ key, bytes }, value) => {
          const known = model.find((entry) => entry.key === key);
          const others = model.filter((entry) => entry !== known);
          if (bytes === undefined) {
            model = known ? [...others, known] : others;
            return [cache.get(key), known?.value];
          }
          cache.set(key, value, bytes);
          model = [...others, { key, bytes, value }];
          while (model.reduce((sum, entry) => sum + entry.bytes, 0) > 10) model.shift();
          return [];
        });
        for (const [actual, expected] of answers) expect(actual).toBe(expected);
      }),
    );
  });
});
