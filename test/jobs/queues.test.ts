import { randomUUID } from "node:crypto";
import { UnrecoverableError } from "bullmq";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commitPayload, NewerPayload, parsePayload, retryDelayMs } from "../../jobs/queues.ts";

describe("retryDelayMs", () => {
  test("doubles from half a second to thirty", () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((made) => retryDelayMs(made, 1));
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  });

  test("is a whole number between half and all of it, whatever the chance", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (made, random) => {
          const delay = retryDelayMs(made, random);
          const most = retryDelayMs(made, 1);
          expect(Number.isInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(most / 2);
          expect(delay).toBeLessThanOrEqual(most);
        },
      ),
    );
  });
});

describe("parsePayload", () => {
  test("returns what it understands", () => {
    const data = { v: 1, changeId: randomUUID() };
    expect(parsePayload(commitPayload, data)).toEqual(data);
  });

  test.each([
    ["a version that there never was", { v: 0, changeId: randomUUID() }],
    ["no id", { v: 1 }],
    ["an id that is none", { v: 1, changeId: "\0" }],
    ["nothing", null],
  ])("refuses %s for good", (_, data) => {
    expect(() => parsePayload(commitPayload, data)).toThrow(UnrecoverableError);
  });

  test("knows a payload of a newer release, whatever else is in it", () => {
    for (const v of [2, 3]) {
      expect(() => parsePayload(commitPayload, { v, changes: [] })).toThrow(NewerPayload);
    }
  });

  test("overlooks a field that came with a newer release", () => {
    const data = { v: 1, changeId: randomUUID() };
    expect(parsePayload(commitPayload, { ...data, urgent: true })).toEqual(data);
  });
});
