import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planAccept } from "../../../../adapters/web/client/conversation/accept-plan.ts";
import { neighbour } from "../../../../adapters/web/client/document/neighbour.ts";
import { contextAround } from "../../../../adapters/web/client/redline/context.ts";
import { change } from "./records.ts";

describe("accepting all", () => {
  const at = (number: number, start: number, end: number, fields = {}) =>
    change({ number, passage: { start, end }, ...fields });
  const plan = (...changes: ReturnType<typeof change>[]) => {
    const { ready, left } = planAccept(changes);
    return {
      ready: ready.map((one) => one.number),
      left: left.map((one) => one.change.number),
      why: left.map((one) => one.why).join(" "),
    };
  };

  it("takes what has a sure place, in the order of the document", () => {
    expect(plan(at(1, 50, 60), at(2, 10, 20), at(3, 20, 30))).toMatchObject({
      ready: [2, 3, 1],
      left: [],
    });
    expect(plan(at(2, 5, 5), at(1, 5, 5)).ready).toEqual([1, 2]);
  });

  it("leaves out, with the reason, what wants somebody's look first", () => {
    const cases: [Parameters<typeof change>[0], RegExp][] = [
      [{ drift: "stale" }, /no longer/],
      [{ drift: "conflict" }, /changed the same words/],
      [{ drift: "rebased" }, /merged/],
      [{ drift: "moved" }, /moved/],
      [{ certainty: "ask" }, /not certain/],
      [{ certainty: "none", passage: null }, /not found/],
    ];
    for (const [fields, why] of cases) {
      const { ready, left } = planAccept([change(fields)]);
      expect(ready).toEqual([]);
      expect(left[0]!.why).toMatch(why);
    }
  });

  it("leaves out all changes that edit the same text, and nothing that is decided", () => {
    const met = plan(at(1, 0, 10), at(2, 5, 15), at(3, 20, 30));
    expect(met).toMatchObject({ ready: [3], left: [1, 2] });
    expect(met.why).toContain("#2");
    expect(plan(at(1, 0, 10, { state: "accepted" }), at(2, 5, 15)).ready).toEqual([2]);
    // One that cannot be accepted anyway is in nobody's way.
    expect(plan(at(1, 0, 10, { certainty: "ask" }), at(2, 5, 15)).ready).toEqual([2]);
  });
});

describe("going from change to change", () => {
  const edits = [30, 10, 20].map((start, index) => ({
    changeId: `c${index}`,
    number: index,
    start,
    end: start + 1,
    replacement: "",
  }));

  it("follows the document, round its ends", () => {
    const walk = (from: string | null, step: 1 | -1) => neighbour(edits, from, step)?.changeId;
    expect(walk(null, 1)).toBe("c1");
    expect(walk(null, -1)).toBe("c0");
    expect(walk("c1", 1)).toBe("c2");
    expect(walk("c0", 1)).toBe("c1");
    expect(walk("c1", -1)).toBe("c0");
    expect(walk("gone", 1)).toBe("c1");
    expect(neighbour([], "c0", 1)).toBeNull();
  });
});

describe("what stands around a passage", () => {
  it("is cut at words, and ends with the paragraph", () => {
    const body = "Other.\n\nThe quick brown fox jumps over the lazy dog.\n\nNext.\n";
    const around = (text: string, reach: number) => {
      const start = body.indexOf(text);
      return contextAround(body, { start, end: start + text.length }, reach);
    };
    expect(around("fox", 100)).toEqual({
      before: "The quick brown ",
      after: " jumps over the lazy dog.",
    });
    expect(around("fox", 8)).toEqual({ before: "…brown ", after: " jumps …" });
    expect(around("Next", 50)).toEqual({ before: "", after: "." });
  });

  it("is text of the document, whatever is asked", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), fc.nat(30), (body, a, b, reach) => {
        const [start, end] = [a % (body.length + 1), b % (body.length + 1)].sort((x, y) => x - y);
        const { before, after } = contextAround(body, { start: start!, end: end! }, reach);
        expect(body.slice(0, start).endsWith(before.replace(/^…/, ""))).toBe(true);
        expect(body.slice(end).startsWith(after.replace(/…$/, ""))).toBe(true);
      }),
    );
  });
});
