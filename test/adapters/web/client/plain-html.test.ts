import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  parseHtml,
  isElement,
  type HtmlNode,
} from "../../../../adapters/web/client/markdown/html-tree.ts";
import { plainHtml } from "../../../../adapters/web/client/markdown/plain-html.ts";

const TAGS = new Set(["p", "b", "a", "code"]);
const ATTRIBUTES = new Set(["href", "class"]);
const plain = (html: string): string => plainHtml(html, TAGS, ATTRIBUTES);

describe("HTML before a browser parses it", () => {
  it.each([
    ["<p>a <b>b</b></p>", "<p>a <b>b</b></p>"],
    ['<P STYLE="x" HREF=y>a</P>', '<p href="y">a</p>'],
    ["<p/style=x>a", "<p>a"],
    [`<a href='a"b' style = "x">a</a>`, '<a href="a&quot;b">a</a>'],
    ['<a title=">" href="x">a</a>', '<a href="x">a</a>'],
    ["a <style>p { color: red }</style\n> b", "a  b"],
    ["a <style>p { color: red }", "a "],
    ["a <!-- <p style=x> --> b <!doctype html> <?xml <p> c", "a  b   c"],
    ["a <!-- never closed <p style=x>", "a "],
    ["<div style=x>a</div>", "a"],
    ['a <p style="x', 'a &lt;p style="x'],
    ["1 < 2 <3 <é", "1 &lt; 2 &lt;3 &lt;é"],
    ["<b<p style=x>", "&lt;b<p>"],
  ])("%s", (html, expected) => {
    expect(plain(html)).toBe(expected);
  });

  it("has nothing but what is let through, whatever was written", () => {
    const pieces = [
      "<",
      ">",
      "/",
      "=",
      '"',
      "'",
      " ",
      "p",
      "b",
      "style",
      "href",
      "a",
      "!--",
      "--",
      "x",
    ];
    const written = fc
      .array(fc.constantFrom(...pieces), { maxLength: 40 })
      .map((all) => all.join(""));
    fc.assert(
      fc.property(written, (html) => {
        const out = plain(html);
        for (const [tag] of out.matchAll(/<[^>"]*(?:"[^"]*"[^>"]*)*>?/g)) {
          expect(tag).toMatch(
            /^<(?:\/(?:p|b|a|code)|(?:p|b|a|code)(?: (?:href|class)="[^"]*")*)>$/,
          );
        }
        expect(plain(out)).toBe(out);
      }),
    );
  });

  it("is kept as it is where it is plain", () => {
    const text = '<p class="x">a &amp; <a href="#b">b</a></p>\n';
    expect(plain(text)).toBe(text);
    const names = (nodes: readonly HtmlNode[]): string[] =>
      nodes.flatMap((node) => (isElement(node) ? [node.tag, ...names(node.children)] : []));
    expect(names(parseHtml(plain(text)) ?? [])).toEqual(["p", "a"]);
  });
});
