import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { assertModelRequest, quotedName } from "../../src/models/requests.ts";
import { inWords, retryAfterMs } from "../../src/models/retry-after.ts";
import { pauseBeforeRetry } from "../../src/models/retries.ts";
import { isBrokenConnection, isUnreadable } from "../../src/models/watched-fetch.ts";
import { modelRequest } from "../contract/model-provider.ts";

const policy = { tries: 3, longestPauseMs: 30_000 };

describe("pauseBeforeRetry", () => {
  it("never waits longer than allowed, never beyond the tries, never for what is no use", () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined }),
        fc.integer({ min: 1, max: 5 }),
        (retry, retryAfter, attempt) => {
          const failure = { sentence: "", retry, retryAfterMs: retryAfter };
          const pause = pauseBeforeRetry(failure, attempt, policy);
          const never = !retry || attempt >= 3 || (retryAfter ?? 0) > 30_000;
          const backoff = attempt === 1 ? [750, 1250] : [1500, 2500];
          const [least, most] = retryAfter === undefined ? backoff : [retryAfter, retryAfter];
          expect(pause === null).toBe(never);
          expect(pause ?? least).toBeGreaterThanOrEqual(least!);
          expect(pause ?? most).toBeLessThanOrEqual(most!);
        },
      ),
    );
  });
});

describe("retryAfterMs", () => {
  const now = Date.parse("2026-11-20T10:00:00Z");
  it.each([
    [{ "retry-after": "7" }, 7000],
    [{ "retry-after": "1.5" }, 1500],
    [{ "retry-after": "Fri, 20 Nov 2026 10:00:30 GMT" }, 30_000],
    [{ "retry-after": "Fri, 20 Nov 2026 09:00:00 GMT" }, 0],
    [{ "retry-after-ms": "250", "retry-after": "1" }, 250],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "-1" }, undefined],
    [{}, undefined],
  ])("reads %j", (headers, expected) => {
    const ms = retryAfterMs(new Headers(headers), now);
    expect(ms).toBe(expected);
  });
});

describe("inWords", () => {
  it.each([
    [undefined, "in a minute"],
    [0, "in 1 second"],
    [1001, "in 2 seconds"],
    [99_000, "in 99 seconds"],
    [270_000, "in 5 minutes"],
    [3 * 3_600_000, "in 3 hours"],
  ])("says %s ms as %s", (ms, expected) => {
    expect(inWords(ms)).toBe(expected);
  });
});

describe("quotedName", () => {
  it("keeps a name to one short line, and code points whole", () => {
    expect(quotedName("gpt\n x")).toBe("“gpt x”");
    expect(quotedName("🚀".repeat(81))).toBe(`“${"🚀".repeat(80)}…”`);
    expect(quotedName("🚀".repeat(80))).toBe(`“${"🚀".repeat(80)}”`);
  });
});

describe("assertModelRequest", () => {
  it("takes a good request, and no limit of tokens that is none", () => {
    const request = modelRequest("m");
    expect(() => assertModelRequest(request)).not.toThrow();
    for (const maxTokens of [0, 1.5, Number.NaN]) {
      expect(() => assertModelRequest({ ...request, maxTokens })).toThrow(TypeError);
    }
  });
});

describe("what an error is", () => {
  it("is looked for in its causes", () => {
    const socket = Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" });
    const reset = Object.assign(new Error("reset"), { code: "ECONNRESET" });
    const wrapped = new Error("SDK", { cause: new TypeError("terminated", { cause: socket }) });
    expect([wrapped, reset].map(isBrokenConnection)).toEqual([true, true]);
    expect(isBrokenConnection(new Error("else"))).toBe(false);
    expect(isUnreadable(new Error("SDK", { cause: new SyntaxError("bad JSON") }))).toBe(true);
    expect(isUnreadable(wrapped)).toBe(false);
  });
});
