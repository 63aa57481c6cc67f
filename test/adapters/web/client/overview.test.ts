import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  count,
  duration,
  money,
  periodName,
  share,
} from "../../../../adapters/web/client/overview/figure-words.ts";
import { hourStep, ticks, type Unit } from "../../../../adapters/web/client/overview/scale.ts";

describe("an axis", () => {
  it.each([
    [0, "count", [0, 1]],
    [1, "count", [0, 1]],
    [7, "count", [0, 2, 4, 6, 8]],
    [120, "count", [0, 50, 100, 150]],
    [6_100, "duration", [0, 2_000, 4_000, 6_000, 8_000]],
    [66_000, "duration", [0, 30_000, 60_000, 90_000]],
    [1_240_000, "money", [0, 500_000, 1_000_000, 1_500_000]],
    [3, "money", [0, 100]],
  ] as const)("up to %d of %s has round steps", (most, unit, steps) => {
    expect(ticks(most, unit)).toEqual(steps);
  });

  it("holds every value, in at most five even steps from 0", () => {
    const units = fc.constantFrom<Unit>("count", "duration", "money");
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), units, (most, unit) => {
        const steps = ticks(most, unit);
        expect(steps[0]).toBe(0);
        expect(steps.at(-1)! * (1 + 1e-9)).toBeGreaterThanOrEqual(most);
        expect(steps.length).toBeGreaterThan(1);
        expect(steps.length).toBeLessThanOrEqual(6);
      }),
    );
  });

  it("names as many hours as have room", () => {
    expect(hourStep(24, 1_000, 40)).toBe(1);
    expect(hourStep(24, 250, 50)).toBe(6);
    expect(hourStep(168, 600, 50)).toBe(24);
    expect(hourStep(168, 250, 50)).toBe(48);
  });
});

it("figures are short, and say their unit", () => {
  expect([0, 999, 1_234, 12_345, 24_400_000].map(count)).toEqual([
    "0",
    "999",
    "1,234",
    "12.3K",
    "24.4M",
  ]);
  expect(
    [0, 400, 9_949, 12_400, 59_400, 59_600, 75_000, 3_900_000, 200_000_000].map(duration),
  ).toEqual([
    "0 s",
    "0.4 s",
    "9.9 s",
    "12 s",
    "59 s",
    "1 min",
    "1 min 15 s",
    "1 h 5 min",
    "2 days 7 h",
  ]);
  expect([0, 42, 4_200, 10_000, 1_234_567].map(money)).toEqual([
    "$0.00",
    "$0.000042",
    "$0.0042",
    "$0.01",
    "$1.23",
  ]);
  expect([share(1, 3), share(0, 0)]).toEqual(["33 %", "–"]);
  expect([24, 72, 168].map(periodName)).toEqual(["24 hours", "3 days", "7 days"]);
});
