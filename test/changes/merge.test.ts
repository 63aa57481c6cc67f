import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeTexts } from "../../src/changes/merge.ts";

describe("mergeTexts", () => {
  test.each([
    [
      "both changed other words",
      "the red fox ran",
      "the green fox ran",
      "the red fox walked",
      "the green fox walked",
    ],
    ["both made the same change", "the red fox", "the green fox", "the green fox", "the green fox"],
    [
      "a word was added next to it",
      "the red fox",
      "the green fox",
      "the red big fox",
      "the green big fox",
    ],
    [
      "quotes are curly there",
      'say "foo" to him',
      'say "bar" to him',
      "say \u201Cfoo\u201D to him",
      "say \u201Cbar\u201D to him",
    ],
    [
      "it is wrapped differently there",
      "one two three four",
      "one two 3 four",
      "one\ntwo three\nfour",
      "one\ntwo 3\nfour",
    ],
    [
      "entities are decoded there",
      "if a &lt; b then",
      "if a &lt; c then",
      "if a < b then",
      "if a < c then",
    ],
    [
      "the normal form differs",
      "caf\u00E9 is open",
      "caf\u00E9 was open",
      "cafe\u0301 is open",
      "cafe\u0301 was open",
    ],
    ["the last line has no break there", "a b\n", "a c\n", "a b", "a c"],
    [
      "the quotes are what is changed",
      '"x" y',
      "\u201Cx\u201D y",
      "\u201Cx\u201D z",
      "\u201Cx\u201D z",
    ],
    ["words are deleted", "one two three four", "one three four", "one two three 4", "one three 4"],
  ])("carries the change over when %s", (_name, base, ours, theirs, expected) => {
    expect(mergeTexts(base, ours, theirs, "\n")).toBe(expected);
  });

  test.each([
    ["the same word", "the red fox", "the green fox", "the blue fox"],
    ["a neighbouring word", "red-fox", "green-fox", "red_fox-"],
    ["a deleted passage", "the red fox", "the green fox", ""],
  ])("is a conflict when both changed %s", (_name, base, ours, theirs) => {
    expect(mergeTexts(base, ours, theirs, "\n")).toBeNull();
  });

  test("writes new lines in the given ending and keeps the others", () => {
    expect(mergeTexts("a\nb", "a\nx\nb", "a\r\nb", "\r\n")).toBe("a\r\nx\r\nb");
    expect(mergeTexts("a\r\nb\nc", "a\r\nx\nb\nc", "a\r\nb\nc", "\n")).toBe("a\r\nx\nb\nc");
  });

  const words = fc
    .array(fc.constantFrom("a", "b", "c", " ", "\n", ".", "\u201C", "&lt;", "日", "👩"), {
      maxLength: 40,
    })
    .map((parts) => parts.join(""));

  test("gives one side's text where only that side changed anything", () => {
    fc.assert(
      fc.property(words, words, (base, other) => {
        expect(mergeTexts(base, other, base, "\n")).toBe(other);
        expect(mergeTexts(base, base, other, "\n")).toBe(other);
        expect(mergeTexts(base, other, other, "\n")).toBe(other);
      }),
    );
  });
});
