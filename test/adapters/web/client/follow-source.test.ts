import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHtml, textOf } from "../../../../adapters/web/client/markdown/html-tree.ts";
import { renderMarkdown } from "../../../../adapters/web/client/markdown/markdown.ts";
import { followSource } from "../../../../adapters/web/client/redline/follow-source.ts";

/** What of the rendered text stands at the source's own `words`. */
function shownAt(source: string, words: string): string {
  const visible = textOf(parseHtml(renderMarkdown(source))!);
  const map = followSource(visible, source);
  const start = source.indexOf(words);
  const isInside = (at: number): boolean => at >= start && at < start + words.length;
  return visible.slice(map.findIndex(isInside), map.findLastIndex(isInside) + 1);
}

describe("rendered text in its source", () => {
  const items = Array.from(
    { length: 1000 },
    (_, n) =>
      `- item **number ${n}** with \`code${n}\` and [a link](http://example.org/${n}) here\n`,
  ).join("");

  it.each([
    [items, "number 10** with `code10`", "number 10 with code10"],
    [items, "code997", "code997"],
    [
      "|setting|default|\n|:------------------|------------:|\n|attempts|10|\n",
      "|attempts|10|",
      "attempts\n10",
    ],
    ["|a|b|\n|-|-|\n|1|2|\n|1|3|\n", "|1|3|", "1\n3"],
    ["Tom &amp; Jerry &lt;ran&gt; home", "&lt;ran&gt; home", "ran> home"],
    ["- [x] done\n- [ ] open it", "open it", "open it"],
    ["the **the** the *the* end", "*the* end", "the end"],
    ["![a](http://x.example/a.png) and [b][1]\n\n[1]: http://y.example\n", "and [b]", "and b"],
    ["> quoted\n> twice\n\nquoted once", "quoted once", "quoted once"],
  ])("%#", (source, words, expected) => {
    expect(shownAt(source, words)).toBe(expected);
  });

  it("is in order, and letter for letter", () => {
    const pieces = [
      "the ",
      "cat",
      "**",
      "_",
      "`",
      "\n",
      "- ",
      "[",
      "](x)",
      "&amp;",
      "&",
      "é",
      "🐈",
    ];
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((all) => all.join(""));
    fc.assert(
      fc.property(text, text, (visible, source) => {
        const map = followSource(visible, source);
        let last = -1;
        map.forEach((at, index) => {
          if (at < 0) return;
          expect(source[at]).toBe(visible[index]);
          expect(at).toBeGreaterThan(last);
          last = at;
        });
      }),
    );
    const plain = text.map((all) => all.replace(/[*_`[\]]/g, ""));
    fc.assert(
      fc.property(plain, (same) => {
        expect(
          [...followSource(same, same)].every((at, n) => at === n || /\s/.test(same[n]!)),
        ).toBe(true);
      }),
    );
  });
});
