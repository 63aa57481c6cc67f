import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { PaceInput } from "../../src/reviews/look-pace.ts";
import { nextLookMs } from "../../src/reviews/look-pace.ts";

const DEFAULT_POLL_MS = 15_000;
const next = (more: Partial<PaceInput> = {}): number =>
  nextLookMs({ state: "open", hears: false, open: 1, pollMs: DEFAULT_POLL_MS, ...more });

describe("the next look", () => {
  it("comes soon enough where nothing but asking tells of what happened", () => {
    expect(next()).toBe(DEFAULT_POLL_MS);
    expect(next({ open: 15 })).toBeLessThanOrEqual(30_000);
    expect(next({ state: null })).toBe(DEFAULT_POLL_MS);
  });

  it("comes later where webhooks come in, where it has ended, and where there are many", () => {
    expect(next({ hears: true })).toBeGreaterThan(next());
    expect(next({ state: "merged" })).toBeGreaterThan(next());
    expect(next({ state: "closed" })).toBe(next({ state: "merged" }));
    expect(next({ open: 100 })).toBeGreaterThan(next());
  });

  it("leaves the hourly budget of 5,000 enough for people", () => {
    for (const open of [1, 15, 16, 100, 500]) {
      expect((open * 3_600_000) / next({ open })).toBeLessThanOrEqual(4_000);
    }
  });

  it("is never before the pace that was asked for, and never given up", () => {
    const input = fc.record({
      state: fc.constantFrom("open" as const, "merged" as const, "closed" as const, null),
      hears: fc.boolean(),
      open: fc.nat(100_000),
      pollMs: fc.integer({ min: 1, max: 3_600 }).map((seconds) => seconds * 1_000),
    });
    fc.assert(
      fc.property(input, (given) => {
        const ms = nextLookMs(given);
        expect(ms).toBeGreaterThanOrEqual(given.pollMs);
        expect(ms).toBeLessThanOrEqual(Math.max(600_000, given.pollMs));
      }),
    );
  });
});
