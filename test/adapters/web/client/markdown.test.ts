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
  it("has no form controls", () => {
    const html = renderMarkdown("- [x] done\n");
    expect(html).toContain("☑ done");
    expect(html).not.toContain("<input");
  });
});

describe("Markdown that is nested too deeply to be parsed", () => {
  it("is shown as it is written, and costs nothing else its form", () => {
    const body = `# A\n\n${">".repeat(5000)} deep\n\n*B*\n`;
    const { blocks, links } = splitDocument(body);
    expect(blocks.map((one) => body.slice(one.start, one.end)).join("")).toBe(body);
    const html = blocks.map((block) => renderMarkdown(block.raw, links)).join("");
    expect(html).toContain("<h1>A</h1>");
    expect(html).toContain("&gt; deep");
    expect(html).toContain("<em>B</em>");
  });
});

describe("footnotes", () => {
  it("stand where they are defined; text and note lead to each other", () => {
    const html = renderMarkdown(
      "Text[^a b][^one].\n\n[^one]: A *note*\n  goes on.\n\n    And on.\n",
    );
    expect(html).toMatch(/Text\[\^a b\]<sup><a href="#note:one"[^>]*>one<\/a><\/sup>\./);
    expect(html).toMatch(
      /<p><sup>one<\/sup> A <em>note<\/em>\s+goes on\.<\/p>\s*<p>And on\. <a href="#note-reference:one"/,
    );
  });

  it("are the same when the document is rendered block by block", () => {
    const { blocks, links } = splitDocument(
      "One[^n], two[^missing].\n\n- a\n\n[^n]: Note.\n\nEnd.\n",
    );
    const html = blocks.map((block) => renderMarkdown(block.raw, links)).join("");
    expect(html).toContain('href="#note:n"');
    expect(html).toContain("two[^missing].");
    expect(html).toContain("<p>End.</p>");
  });

  it("take no time to find, whatever the text looks like", () => {
    for (const piece of ["\n   ", "\n \n", "[^a", "[^a]:", "[^a]: \n    "]) {
      const text = `[^x]: y${piece.repeat(3000)}`;
      const start = performance.now();
      renderMarkdown(text);
      expect(performance.now() - start).toBeLessThan(3000);
    }
  });

  it("cannot write HTML by their labels", () => {
    const html = renderMarkdown('x[^<b>"]\n\n[^<b>"]: y');
    expect(html).toContain("&lt;b&gt;&quot;");
    expect(html.replace(/<\/?(p|sup|a)[^>]*>/g, "")).not.toMatch(/[<]/);
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

  it("closes the links that it opens", () => {
    expect(find("big world")).toBe("**big** [world](http://w.example)");
    expect(find("world, code")).toBe("[world](http://w.example), `code`");
    expect(find("Hello big wor")).toBe("Hello **big** [wor");
    const named = "See [the plan][p] now.";
    const range = sourceRange("See the plan now.", named, 0, 12)!;
    expect(named.slice(range.start, range.end)).toBe("See [the plan][p]");
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
