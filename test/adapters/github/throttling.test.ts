import type Bottleneck from "bottleneck";
import { afterEach, expect, it, vi } from "vitest";

import { Throttle } from "../../../adapters/github/throttling.ts";

const HOUR = 3_600_000;
const real = Date.now;
afterEach(() => void vi.restoreAllMocks());

it("does not wait for as long as the clock was set back", { timeout: 30_000 }, async () => {
  const throttling = new Throttle({ minTimes: { write: 1, notification: 1, retry: 1 } });
  const { throttle, takeSlot } = throttling.optionsFor("acme");
  const groups = [throttle.write, throttle.notifications] as Bottleneck.Group[];
  for (const aheadMs of [HOUR, 0]) {
    vi.spyOn(Date, "now").mockImplementation(() => real() + aheadMs);
    await takeSlot({ method: "POST" });
    for (const group of groups) {
      expect(await group.key("acme").schedule(async () => "sent")).toBe("sent");
    }
  }
});
