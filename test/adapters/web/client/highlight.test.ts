import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  hasCode,
  highlightHtml,
  type CodeToken,
  type Highlight,
} from "../../../../adapters/web/client/markdown/highlighted.ts";
import { parseHtml, textOf } from "../../../../adapters/web/client/markdown/html-tree.ts";

/** Words in small letters are keywords, digits numbers. */
const words: Highlight = (language, code) => {
  if (language !== "x") return Promise.resolve(null);
  const tokens = [...code.matchAll(/[a-z]+|\d+|[^a-z\d]+/g)].map(([text]): CodeToken => ({
    text,
    kind: /[a-z]/.test(text) ? "kwd" : /\d/.test(text) ? "num" : null,
  }));
  return Promise.resolve(tokens);
};
const block = (code: string, language = "x"): string =>
  `<pre><code data-code="${language}">${code}</code></pre>`;

describe("colours of code", () => {
  it("are put on the words of a known language", async () => {
    expect(await highlightHtml(block("let 1 &lt; 2\n"), words)).toBe(
      block(
        '<span class="hl-kwd">let</span> <span class="hl-num">1</span> &lt; <span class="hl-num">2</span>\n',
      ),
    );
    expect(await highlightHtml(block("let", "y"), words)).toBeNull();
    expect(await highlightHtml("<p>let</p>", words)).toBeNull();
    expect(hasCode(block("x"))).toBe(true);
    expect(hasCode("<pre><code>x</code></pre>")).toBe(false);
  });

  it("read a redline's two texts each by itself, and leave its marks and number alone", async () => {
    const flag = '<button type="button">1</button>';
    const html = await highlightHtml(block(`a<del>b</del><ins>1</ins>${flag} c`), words);
    // Before "ab c", afterwards "a1 c": in both the parts have their own colours.
    expect(html).toBe(
      block(
        '<span class="hl-kwd">a</span><del><span class="hl-kwd">b</span></del>' +
          `<ins><span class="hl-num">1</span></ins>${flag} <span class="hl-kwd">c</span>`,
      ),
    );
  });

  it("cost no character, whatever the code and the redlines", async () => {
    const piece = fc.constantFrom("let ", "1", "&lt;", "&amp;", "\n", " x", "é", "<b>y</b>");
    const side = fc.constantFrom("", "ins", "del");
    const code = fc
      .array(fc.tuple(side, fc.array(piece, { maxLength: 4 })), { maxLength: 8 })
      .map((runs) =>
        runs
          .map(([tag, all]) => (tag ? `<${tag}>${all.join("")}</${tag}>` : all.join("")))
          .join(""),
      );
    await fc.assert(
      fc.asyncProperty(code, async (inner) => {
        const html = (await highlightHtml(block(inner), words)) ?? block(inner);
        expect(textOf(parseHtml(html)!)).toBe(textOf(parseHtml(block(inner))!));
        expect(html.replace(/<span class="hl-\w+">|<\/span>/g, "")).toBe(block(inner));
      }),
    );
  });
});
