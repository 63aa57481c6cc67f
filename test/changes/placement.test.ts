import { describe, expect, test } from "vitest";
import { DocumentIndex } from "../../src/changes/document-index.ts";
import { locateEdit } from "../../src/changes/locate.ts";
import {
  applyPlacement,
  confirmPlacement,
  isPlaced,
  leastCertain,
} from "../../src/changes/placement.ts";

const TEXT = "one two three, one";
const locate = (original: string) =>
  locateEdit(new DocumentIndex(TEXT), { original, proposed: "2" });

describe("applyPlacement", () => {
  test("writes the passage and nothing else", () => {
    expect(applyPlacement(TEXT, locate("two"))).toBe("one 2 three, one");
  });

  test.each(["one too three, one", "one tw", ""])("refuses another version: %j", (text) => {
    expect(() => applyPlacement(text, locate("two"))).toThrow(/another version/);
  });

  test("refuses a change without a place", () => {
    expect(() => applyPlacement(TEXT, locate("four"))).toThrow(/no place/);
  });
});

test("only a certain or high place is one to write to without asking", () => {
  expect(isPlaced(locate("two"))).toBe(true);
  expect(isPlaced(locate("one"))).toBe(false);
  expect(isPlaced(locate("four"))).toBe(false);
});

test("a person confirms an uncertain place, not a missing one", () => {
  const confirmed = confirmPlacement(locate("one"));
  expect(confirmed).toMatchObject({ certainty: "certain", doubts: [], candidates: [] });
  expect(applyPlacement(TEXT, confirmed)).toBe("2 two three, one");
  expect(() => confirmPlacement(locate("four"))).toThrow(RangeError);
});

test("a placement is the same after it was stored as JSON", () => {
  const placement = locate("one");
  expect(JSON.parse(JSON.stringify(placement))).toEqual(placement);
});

test("the lesser of two certainties", () => {
  expect(leastCertain("high", "ask")).toBe("ask");
  expect(leastCertain("none", "certain")).toBe("none");
});
