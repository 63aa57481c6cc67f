import { afterEach, expect, it, vi } from "vitest";
import { SystemClock } from "../src/system-clock.ts";

const real = Date.now;
afterEach(() => void vi.restoreAllMocks());

const setTo = (aheadMs: number): void =>
  void vi.spyOn(Date, "now").mockImplementation(() => real() + aheadMs);

it("tells once that the clock was set back, and not of other steps", () => {
  const clock = new SystemClock();
  const told = [0, 3_600_000, 0, 0, -100, -60_000, 0].map((aheadMs) => {
    setTo(aheadMs);
    return clock.wasSetBack();
  });
  expect(told).toEqual([false, false, true, false, false, true, false]);
});
