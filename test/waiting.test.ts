import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { joinSignals } from "../src/waiting.ts";

describe("a joined signal", () => {
  it("aborts with the first of the others, for its reason", () => {
    const [one, other] = [new AbortController(), new AbortController()];
    using joined = joinSignals(one.signal, other.signal);
    expect(joined.signal.aborted).toBe(false);
    other.abort("enough");
    one.abort("too late");
    expect(joined.signal.reason).toBe("enough");
  });

  it("is aborted at once where one of them is", () => {
    using joined = joinSignals(new AbortController().signal, AbortSignal.abort("over"));
    expect(joined.signal.reason).toBe("over");
  });

  it("passes over those that are not there", () => {
    const one = new AbortController();
    using joined = joinSignals(null, one.signal, undefined);
    one.abort("enough");
    expect(joined.signal.reason).toBe("enough");
  });

  it("is forgotten by those that live on", () => {
    const long = new AbortController();
    for (let times = 0; times < 3; times += 1) {
      using joined = joinSignals(long.signal, new AbortController().signal);
      expect(joined.signal.aborted).toBe(false);
      expect(getEventListeners(long.signal, "abort")).toHaveLength(1);
    }
    expect(getEventListeners(long.signal, "abort")).toEqual([]);
  });
});
