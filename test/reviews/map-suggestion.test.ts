import { describe, expect, test } from "vitest";
import { mapAll, mapSuggestion } from "../../src/reviews/map-suggestion.ts";
import type { Commentable, Mapping } from "../../src/reviews/map-suggestion.ts";

/** Maps the edit that puts `to` in place of the first `from`. */
function map(head: string, from: string, to: string, hunks: Commentable = "whole file"): Mapping {
  const start = head.indexOf(from);
  if (start < 0) throw new Error(`not there: ${from}`);
  return mapSuggestion(head, { start, end: start + from.length, replacement: to }, hunks);
}

const suggestion = (startLine: number | null, line: number, lines: string[]): Mapping => ({
  kind: "suggestion",
  startLine,
  line,
  lines,
});

const fallback = (why: string, startLine: number | null, line: number) => ({
  kind: "fallback",
  why,
  startLine,
  line,
});

describe("mapSuggestion", () => {
  test("replaces whole lines, and no more than differ", () => {
    expect(map("a\nbb\nc\n", "b", "x")).toEqual(suggestion(null, 2, ["xb"]));
    expect(map("a\nb\nc\nd\n", "a\nb\nc\nd", "a\nX\nc\nY")).toEqual(
      suggestion(2, 4, ["X", "c", "Y"]),
    );
    expect(map("a\nb\nc\n", "b\nc", "B\nC\nD")).toEqual(suggestion(2, 3, ["B", "C", "D"]));
    expect(map("a\nb", "b", "c")).toEqual(suggestion(null, 2, ["c"]));
  });

  test("changes nothing when nothing changes", () => {
    expect(map("a\nb\n", "b", "b")).toEqual({ kind: "unchanged" });
  });

  test("tells a deletion from an empty line", () => {
    expect(map("a\nb\nc\n", "b\n", "")).toEqual(suggestion(null, 2, []));
    expect(map("a\nb\nc\n", "b", "")).toEqual(suggestion(null, 2, [""]));
    expect(map("a\nb\nc\n", "\nc", "")).toEqual(suggestion(null, 3, []));
  });

  test("takes a neighbour with an insertion, the one in a hunk", () => {
    expect(map("a\nb\n", "b", "x\nb")).toEqual(suggestion(null, 1, ["a", "x"]));
    expect(map("a\nb\n", "b", "x\nb", [{ start: 2, end: 2 }])).toEqual(
      suggestion(null, 2, ["x", "b"]),
    );
    expect(map("a\n", "a", "x\na")).toEqual(suggestion(null, 1, ["x", "a"]));
    expect(map("a\nb\n", "b\n", "b\nx\n")).toEqual(suggestion(null, 2, ["b", "x"]));
    expect(mapSuggestion("a\n", { start: 2, end: 2, replacement: "x\n" }, "whole file")).toEqual(
      suggestion(null, 1, ["a", "x"]),
    );
  });

  test("finds the place in a hunk among equal ones", () => {
    const head = "x\nx\nx\nx\nx\nend\n";
    expect(map(head, "x\n", "", [{ start: 4, end: 4 }])).toEqual(suggestion(null, 4, []));
    expect(map(head, "x\n", "x\nx\n", [{ start: 4, end: 4 }])).toEqual(
      suggestion(null, 4, ["x", "x"]),
    );
    const turned = "1\na\nb\na\nb\na\n2\n";
    expect(map(turned, "a\nb\n", "", [{ start: 5, end: 6 }])).toEqual(suggestion(5, 6, []));
    expect(map(turned, "1\n", "1\nb\na\n", [{ start: 6, end: 7 }])).toEqual(
      fallback("outside_diff", null, 1),
    );
    expect(map(turned, "1\n", "1\na\nb\n", [{ start: 7, end: 7 }])).toEqual(
      suggestion(null, 7, ["b", "a", "2"]),
    );
  });

  test("stays within one hunk", () => {
    const hunks = [
      { start: 1, end: 2 },
      { start: 3, end: 3 },
    ];
    expect(map("a\nb\nc\nd\n", "a\nb", "x\ny", hunks)).toEqual(suggestion(1, 2, ["x", "y"]));
    expect(map("a\nb\nc\nd\n", "b\nc", "x\ny", hunks)).toEqual(fallback("across_hunks", 2, 3));
    expect(map("a\nb\nc\nd\n", "c\nd", "x\ny", hunks)).toEqual(fallback("across_hunks", 3, 4));
    expect(map("a\nb\nc\nd\n", "d", "x", hunks)).toEqual(fallback("outside_diff", null, 4));
    expect(map("a\nb\n", "b", "x", [])).toEqual(fallback("outside_diff", null, 2));
  });

  test("leaves the final line break to a diff", () => {
    expect(map("a\nb", "b", "b\n")).toEqual(fallback("final_newline", null, 2));
    expect(map("a\nb\n", "b\n", "b")).toEqual(fallback("final_newline", null, 2));
    expect(map("a\nb\n", "b\n", "c")).toEqual(fallback("final_newline", null, 2));
    expect(map("a\nb", "b", "")).toEqual(fallback("final_newline", null, 2));
    expect(map("a\nb", "\nb", "")).toEqual(suggestion(null, 2, []));
    expect(map("a\nb", "b", "b\nc")).toEqual(suggestion(null, 2, ["b", "c"]));
  });

  test("leaves empty files to a diff", () => {
    expect(map("", "", "a\n")).toEqual(fallback("empty_file", null, 1));
    expect(map("a\nb\n", "a\nb\n", "")).toEqual(fallback("empty_file", 1, 2));
    expect(map("\n", "\n", "\n\n")).toEqual(suggestion(null, 1, ["", ""]));
  });

  test("keeps CRLF, and never mends line endings in passing", () => {
    expect(map("a\r\nb\r\n", "b", "c\r\nd")).toEqual(suggestion(null, 2, ["c", "d"]));
    expect(map("a\r\nb\r\n", "b", "c\nd")).toEqual(fallback("mixed_line_endings", null, 2));
    expect(map("a\nb\n", "b", "c\r\nd")).toEqual(fallback("mixed_line_endings", null, 2));
    expect(map("a\r\nb\nc\n", "c", "d")).toEqual(fallback("mixed_line_endings", null, 3));
    expect(map("a\nb\rb\nc\n", "c", "d")).toEqual(fallback("mixed_line_endings", null, 3));
    expect(map("a\nb\n", "b", "b\rc")).toEqual(fallback("mixed_line_endings", null, 2));
    expect(map("a\r\nb\r\n", "\r\n", "\n")).toEqual(fallback("mixed_line_endings", null, 1));
  });

  test("carries only what arrives as it was sent", () => {
    for (const odd of ["\0", "\u0007", "\u0085", "\uFEFF", "\uD800"]) {
      expect(map("a\nb\n", "b", `b${odd}`)).toEqual(fallback("characters", null, 2));
    }
    expect(map("\uFEFFa\nb\n", "a", "c")).toEqual(fallback("characters", null, 1));
    expect(map("\uFEFFa\nb\n", "b", "c")).toEqual(suggestion(null, 2, ["c"]));
    expect(map("\uFEFFa\nb\n", "b", "x\nb")).toEqual(suggestion(null, 2, ["x", "b"]));
    expect(map("a\nb\n", "b", "\t\u2028😀<!--")).toEqual(suggestion(null, 2, ["\t\u2028😀<!--"]));
  });

  test("leaves what is too long for a comment to a diff, its fences counted", () => {
    expect(map("a\n", "a", "x".repeat(55_000))).toMatchObject({ kind: "suggestion" });
    expect(map("a\n", "a", "x".repeat(65_536))).toEqual(fallback("too_long", null, 1));
    expect(map("a\n", "a", "`".repeat(30_000))).toEqual(fallback("too_long", null, 1));
  });

  test("maps each edit by itself", () => {
    const edits = [
      { start: 0, end: 1, replacement: "x" },
      { start: 2, end: 3, replacement: "y" },
    ];
    expect(mapAll("a\nb\n", edits, "whole file")).toEqual([
      suggestion(null, 1, ["x"]),
      suggestion(null, 2, ["y"]),
    ]);
    expect(mapAll("a\n", [], "whole file")).toEqual([]);
  });
});
