import { describe, expect, test } from "vitest";
import { DocumentIndex, withLineEnding } from "../../src/changes/document-index.ts";

const RFC = [
  "\uFEFF# Title #",
  "",
  "Summary",
  "=======",
  "text",
  "## Design",
  "- item",
  "---",
  "```md",
  "# no heading",
  "~~~",
  "```",
  "### Details",
  "",
  "Lower",
  "-----",
  "end",
].join("\n");

describe("DocumentIndex", () => {
  const doc = new DocumentIndex(RFC);
  const sectionOf = (text: string): string[] => doc.sectionAt(RFC.lastIndexOf(text));

  test("knows the headings above a place", () => {
    expect(sectionOf("text")).toEqual(["Summary"]);
    expect(sectionOf("Title")).toEqual(["Title"]);
    expect(sectionOf("- item")).toEqual(["Summary", "Design"]);
    expect(sectionOf("# no")).toEqual(["Summary", "Design"]);
    expect(sectionOf("### Details")).toEqual(["Summary", "Design", "Details"]);
    expect(sectionOf("end")).toEqual(["Summary", "Lower"]);
    expect(new DocumentIndex("text").sectionAt(2)).toEqual([]);
  });

  test.each(["\n", "\r\n"])("takes front matter for no heading", (eol) => {
    const text = ["---", "title: A", "# a comment", "---", "# B", "", "here", ""].join(eol);
    expect(new DocumentIndex(text).sectionAt(text.indexOf("here"))).toEqual(["B"]);
    const rule = ["---", "", "title: A", "---", "here"].join(eol);
    expect(new DocumentIndex(rule).sectionAt(rule.indexOf("here"))).toEqual(["title: A"]);
  });

  test("knows fenced code, and a fence that is never closed", () => {
    const at = (text: string): number => RFC.indexOf(text);
    expect(doc.touchesFence(at("# no"), at("# no") + 2)).toBe(true);
    expect(doc.touchesFence(at("- item"), at("```md"))).toBe(false);
    expect(doc.touchesFence(at("- item"), at("```md") + 1)).toBe(true);
    expect(doc.touchesFence(at("### D"), at("### D") + 3)).toBe(false);
    expect(new DocumentIndex("a\n~~~\nb\n```\nc").touchesFence(12, 13)).toBe(true);
  });

  test("counts lines from 1; a line break belongs to its line", () => {
    const lines = new DocumentIndex("ab\r\n\ncd");
    expect([0, 2, 3, 4, 5, 7].map((offset) => lines.lineAt(offset))).toEqual([1, 1, 1, 2, 3, 3]);
    expect(lines.lines.map(({ text }) => text)).toEqual(["ab", "", "cd"]);
    expect(new DocumentIndex("").lineAt(0)).toBe(1);
  });

  test("finds the line ending to write at a place", () => {
    const mixed = new DocumentIndex("a\r\nb\nc");
    expect([0, 3, 5].map((offset) => mixed.lineEndingAt(offset))).toEqual(["\r\n", "\n", "\n"]);
    expect(mixed.hasMixedEndings).toBe(true);
    expect(new DocumentIndex("a\r\nb").hasMixedEndings).toBe(false);
    expect(new DocumentIndex("one line").lineEndingAt(3)).toBe("\n");
  });

  test("writes line breaks as told", () => {
    expect(withLineEnding("a\nb\r\nc", "\r\n")).toBe("a\r\nb\r\nc");
    expect(withLineEnding("a\nb\r\nc", "\n")).toBe("a\nb\nc");
  });
});
