import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignToSource, sourceRange } from "../../../../adapters/web/client/document/align.ts";
import { headings } from "../../../../adapters/web/client/document/headings.ts";
import { splitDocument } from "../../../../adapters/web/client/markdown/document-blocks.ts";
import { GrowingMarkdown } from "../../../../adapters/web/client/markdown/growing-markdown.ts";
import {
  parseHtml,
  textOf,
  writeHtml,
} from "../../../../adapters/web/client/markdown/html-tree.ts";
import { renderMarkdown } from "../../../../adapters/web/client/markdown/markdown.ts";

const PIECES = [
  "# A\n",
  "## B c\n",
  "text ",
  "*em* ",
  "\n",
  "\n\n",
  "- item\n",
  "  - sub\n",
  "```\n",
  "> q\n",
  "1. x\n",
  "|a|\n|-|\n|b|\n",
  "[l]: http://x\n",
  "[^1]: note\n",
  "<div>\n",
  "\t",
];
const markdown = fc.array(fc.constantFrom(...PIECES), { maxLength: 25 }).map((all) => all.join(""));

describe("a document's blocks", () => {
  it("cover it without gaps, with any line endings", () => {
    fc.assert(
      fc.property(markdown, fc.constantFrom("\n", "\r\n", "\r"), fc.boolean(), (text, eol, bom) => {
        const body = (bom ? "\uFEFF" : "") + text.replaceAll("\n", eol);
        const { blocks } = splitDocument(body);
        expect(blocks.map((one) => body.slice(one.start, one.end)).join("")).toBe(
          blocks.length === 0 ? "" : body,
        );
        for (const one of blocks) {
          const source = body.slice(one.start, one.end).replace(/^\uFEFF/, "");
          expect(source.replace(/\r\n?/g, "\n").trimEnd()).toBe(one.raw.trimEnd());
        }
        expect(new Set(blocks.map((one) => one.key)).size).toBe(blocks.length);
      }),
    );
  });

  it("keep their keys while another block changes", () => {
    const before = splitDocument("One.\n\nTwo.\n\nThree.\n").blocks.map((one) => one.key);
    const after = splitDocument("One.\n\nTwo, changed.\n\nThree.\n").blocks.map((one) => one.key);
    expect(before.filter((key) => after.includes(key))).toHaveLength(before.length - 1);
  });

  it("name headings as links on the web do, and count changes below each", () => {
    const body =
      "# The *plan*\n\nText.\n\n## Goals & non-goals\n\n## Goals & non-goals\n\n#### Deep\n";
    const { blocks } = splitDocument(body);
    const start = body.indexOf("Text");
    const edits = [{ changeId: "c", number: 1, start, end: start + 4, replacement: "x" }];
    expect(
      headings(blocks, edits).map(({ slug, depth, pending }) => [slug, depth, pending]),
    ).toEqual([
      ["the-plan", 1, 1],
      ["goals--non-goals", 2, 0],
      ["goals--non-goals-1", 2, 0],
    ]);
  });
});

describe("Markdown", () => {
  it("has footnotes where they stand, and no form controls", () => {
    const html = renderMarkdown("Text[^1].\n\n- [x] done\n\n[^1]: A *note*\n");
    expect(html).toContain("Text<sup>[1]</sup>.");
    expect(html).toContain("<p><sup>1</sup> A <em>note</em></p>");
    expect(html).toContain("☑ done");
    expect(html).not.toContain("<input");
  });

  it("escapes a footnote's label", () => {
    expect(renderMarkdown('x[^<b>"]')).not.toContain("<b>");
  });
});

describe("an answer that grows", () => {
  it("has the blocks of its whole text at its end, whatever the steps", () => {
    fc.assert(
      fc.property(markdown, fc.array(fc.integer({ min: 1, max: 12 })), (text, steps) => {
        const growing = new GrowingMarkdown();
        let at = 0;
        for (const step of steps) growing.blocks(text.slice(0, (at += step)));
        expect(growing.blocks(text).join("")).toBe(new GrowingMarkdown().blocks(text).join(""));
      }),
    );
  });

  it("draws only its last blocks again", () => {
    const growing = new GrowingMarkdown();
    const first = growing.blocks("One.\n\nTwo.\n\nThree.\n\nFo");
    const second = growing.blocks("One.\n\nTwo.\n\nThree.\n\nFour.");
    expect(second.slice(0, -1)).toEqual(first.slice(0, -1));
    expect(second.at(-1)).toBe("Four.");
  });

  it("begins anew when an earlier attempt's text is replaced", () => {
    const growing = new GrowingMarkdown();
    growing.blocks("One.\n\nTwo.\n\nThree.\n\nFour.");
    expect(growing.blocks("Other.").join("")).toBe("Other.");
  });
});

describe("the tree of rendered HTML", () => {
  it("is written as it was read", () => {
    const html = '<p title="a > b">x<br>y &lt;z</p><ul><li>1</li></ul>';
    expect(writeHtml(parseHtml(html)!)).toBe(html);
    expect(textOf(parseHtml(html)!)).toBe("xy <z1");
  });

  it("is none where tags do not match", () => {
    expect(parseHtml("<p><b>x</p></b>")).toBeNull();
    expect(parseHtml("<p>x")).toBeNull();
  });
});

describe("selected text", () => {
  const source = "Hello **big** [world](http://w.example), `code` it.";
  const visible = "Hello big world, code it.";
  const find = (text: string): string => {
    const from = visible.indexOf(text);
    const range = sourceRange(visible, source, from, from + text.length)!;
    return source.slice(range.start, range.end);
  };

  it("is found in the source, with the emphasis around it", () => {
    expect(find("Hello")).toBe("Hello");
    expect(find("big")).toBe("**big**");
    expect(find("Hello big")).toBe("Hello **big**");
    expect(find("world")).toBe("world");
    expect(find("big world, code it.")).toBe("**big** [world](http://w.example), `code` it.");
    expect(find(" it")).toBe("it");
  });

  it("of white space alone is nothing", () => {
    expect(sourceRange("a  b", "a  b", 1, 3)).toBeNull();
  });

  it("maps every character, in order", () => {
    const map = alignToSource(visible, source)!;
    expect(map).toHaveLength(visible.length + 1);
    expect(map.toSorted((a, b) => a - b)).toEqual(map);
  });
});
