import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cardExcerpt,
  isMarkup,
} from "../../../../../adapters/web/client/conversation/card-excerpt.ts";

const TABLE = ["| a | b |", "| --- | --- |", ...[1, 2, 3, 4, 5, 6].map((n) => `| x${n} | y${n} |`)];
const CODE = ["```rust", ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `line ${n}`), "```"];
const BODY = `# Plan\n\nSome words before.\n\n${TABLE.join("\n")}\n\n${CODE.join("\n")}\n\n- one\n- two\n  ~~~\n  in a list\n  ~~~\n\nThe end.\n`;

const editOf = (original: string, replacement: string) => {
  const start = BODY.indexOf(original);
  return { changeId: "c", number: 1, start, end: start + original.length, replacement };
};
const show = (original: string, replacement = "new") =>
  cardExcerpt(BODY, editOf(original, replacement));
const sourceOf = (original: string, replacement?: string): string[] => {
  const shown = show(original, replacement);
  return shown.kind === "rendered" ? shown.source.trimEnd().split("\n") : [];
};

describe("what a card shows around a change", () => {
  it("is prose of its own paragraph", () => {
    expect(show("words")).toEqual({
      kind: "text",
      context: { before: "Some ", after: " before." },
    });
    expect(show("The end")).toMatchObject({ context: { before: "", after: "." } });
  });

  it("is the head of a table and the rows beside", () => {
    expect(sourceOf("x4")).toEqual([...TABLE.slice(0, 2), ...TABLE.slice(4, 7)]);
    expect(show("x4")).toMatchObject({ partOf: "table" });
    expect(sourceOf("x1")).toEqual(TABLE.slice(0, 4));
    expect(sourceOf("| a | b |")).toEqual(TABLE.slice(0, 2));
  });

  it("is a fence with the lines beside", () => {
    expect(sourceOf("line 5")).toEqual(["```rust", ...CODE.slice(3, 8), "```"]);
    expect(show("line 5")).toMatchObject({ partOf: "code" });
    expect(sourceOf("line 8\n", "")).toEqual(["```rust", ...CODE.slice(6)]);
  });

  it("is the whole of what holds code among other things", () => {
    expect(sourceOf("in a list")[0]).toBe("- one");
    expect(sourceOf("Some words before.\n", "```\nnow code\n```\n")).toEqual([
      "Some words before.",
    ]);
  });

  it("is rendered for markup alone", () => {
    expect(isMarkup("a | b")).toBe(false);
    expect(isMarkup("> ```js")).toBe(true);
    expect(isMarkup("- | a |")).toBe(true);
  });

  it("always has the change's own words at its place", () => {
    fc.assert(
      fc.property(fc.nat(BODY.length), fc.nat(60), fc.string(), (start, length, replacement) => {
        const end = Math.min(BODY.length, start + length);
        const shown = cardExcerpt(BODY, { changeId: "c", number: 1, start, end, replacement });
        if (shown.kind === "text") return;
        const { source, edit } = shown;
        expect(source.slice(edit.start, edit.end)).toBe(BODY.slice(start, end));
      }),
      { numRuns: 500 },
    );
  });
});
