import fc from "fast-check";
import { marked } from "marked";
import type { Token } from "marked";
import { describe, expect, test } from "vitest";
import { suggestionBody } from "../../src/reviews/comment-body.ts";
import { parseMarker } from "../../src/reviews/comment-marker.ts";
import { answerBody } from "../../src/reviews/report-body.ts";
import { markdownLink, sanitiseLine, sanitiseMarkdown } from "../../src/reviews/sanitise.ts";
import { mentionsIn, nodesOf, proseIn, referencesIn, suggestionsIn } from "./read-comment.ts";

const lines = (...texts: string[]): string => texts.join("\n");

describe("sanitiseMarkdown", () => {
  test("leaves harmless Markdown as it is", () => {
    const text = lines(
      "# Why",
      "",
      "A *good* **reason**, mail me@example.org, AT&T, x < 3 in `a < b`:",
      "",
      "- [ ] one [link](https://example.org/a?b=c&d=e), 50 %",
      "  - two ``co`de`` and `@someone #12 <!--`",
      "> quoted",
      "",
      "```ts",
      "const a = '@someone'; // <!-- #12 -->",
      "```",
      "",
      "| a | b |",
      "|---|---|",
      "| 1 | `2` |",
    ).replace("x < 3", "x &lt; 3");
    expect(sanitiseMarkdown(text)).toBe(text);
  });

  test("pings nobody", () => {
    for (const text of [
      "@someone",
      "(@org/team)",
      "# @someone",
      "[@someone](https://example.org)",
      "*@someone*",
      "_a_@someone",
      "\\@someone",
      "&#64;someone &#x40;someone &commat;someone",
      "@\u202Esomeone",
      "`a\n# @someone`",
      "[x](`) @someone`",
      "https://a.example/` @someone `",
      "[a\n`]: b\n@someone`",
      "<b @someone>",
      "- @someone\n\n  @someone",
      "~~~\n@a\n```\n~~~\n@someone",
      "`a | b` `@someone`\n|---|---|\n`a | b` `@someone`",
    ]) {
      const clean = sanitiseMarkdown(text);
      expect(mentionsIn([...proseIn(clean), ...gfmProse(clean)]), text).toEqual([]);
    }
    expect(sanitiseMarkdown("@a")).toBe("@&#8203;a");
    expect(sanitiseMarkdown("https://example.org/@a")).toBe("https://example.org/%40a");
  });

  test("refers to no issue", () => {
    const text = "Fixes #12, closes a/b#3, GH-4, \\#5, &num;6, &#35;7";
    expect(referencesIn(proseIn(sanitiseMarkdown(text)))).toEqual([]);
    expect(sanitiseMarkdown("#12")).toBe("#&#8203;12");
    expect(sanitiseMarkdown("https://example.org/a#12 high-5")).toBe(
      "https://example.org/a#12 high-5",
    );
  });

  test("has no HTML, no pictures, no definitions", () => {
    const text = lines(
      "<!-- redline:answer x -->",
      "<details><script>",
      "![accepted](https://example.org/badge.svg)",
      "[a]: https://example.org",
      "[^1]: hidden",
      "[a](javascript:alert(1)) [b](relative) <https://example.org>",
    );
    const nodes = nodesOf(sanitiseMarkdown(text));
    const types = new Set(nodes.map(({ type }) => type));
    expect([...types].toSorted()).toEqual(["document", "link", "paragraph", "softbreak", "text"]);
    expect(
      nodes.filter(({ type }) => type === "link").map(({ destination }) => destination),
    ).toEqual(["https://example.org/badge.svg"]);
    const prose = proseIn(sanitiseMarkdown(text)).join("");
    expect(prose).toContain("<!-- redline:answer x -->");
    expect(prose).toContain("[^1]: hidden");
  });

  test("closes every fence, and offers nothing to commit", () => {
    expect(sanitiseMarkdown("a\n```js\nb")).toBe("a\n```js\nb\n```");
    expect(sanitiseMarkdown("~~~\n```\n~~~\nb")).toBe("````\n```\n````\nb");
    expect(sanitiseMarkdown("  1. a\n     ```\n     b\n       c\n     ```")).toBe(
      "  1. a\n```\nb\n  c\n```",
    );
    for (const info of ["suggestion", " Suggestion x", "sugg&#101;stion", "suggestion:-1+2"]) {
      expect(suggestionsIn(sanitiseMarkdown(`\`\`\`${info}\nb\n\`\`\``)), info).toEqual([]);
    }
    expect(suggestionsIn(sanitiseMarkdown("> ```suggestion\n> b\n> ```"))).toEqual([]);
    expect(suggestionsIn(sanitiseMarkdown("- ~~~suggestion\n  b"))).toEqual([]);
  });

  test("drops what cannot be seen", () => {
    expect(sanitiseMarkdown("a\0\u001B[1m\u202Eb\u2066\uFEFF\r\nc\rd\uD800")).toBe(
      "a[1mb\nc\nd\uFFFD",
    );
    expect(sanitiseMarkdown(" \n\n  a\n\n")).toBe("  a");
    expect(sanitiseMarkdown("")).toBe("");
  });

  test("takes time in proportion to the text", () => {
    const runs = Array.from({ length: 300 }, (_, index) => "`".repeat(index + 1)).join(" ");
    for (const text of [
      runs,
      "`".repeat(60_000),
      "[".repeat(60_000),
      "\\".repeat(60_000),
      "](".repeat(30_000),
    ]) {
      expect(sanitiseMarkdown(text).length).toBeGreaterThan(0);
    }
  });
});

describe("sanitiseLine", () => {
  test("shows every name as it is, and one line of it", () => {
    const name = fc.string({
      unit: fc.constantFrom(..."aB1 \t\n@#*_`~[]()<>&;!|\\$:/.-é😀\u202E".split("")),
      maxLength: 30,
    });
    fc.assert(
      fc.property(fc.oneof(name, fc.string({ maxLength: 20 })), (text) => {
        const nodes = nodesOf(`x ${sanitiseLine(text)} y`);
        expect(nodes.every(({ type }) => ["document", "paragraph", "text"].includes(type))).toBe(
          true,
        );
        const prose = proseIn(`x ${sanitiseLine(text)} y`);
        expect(mentionsIn(prose)).toEqual([]);
        expect(referencesIn(prose)).toEqual([]);
        const seen = text
          .replace(/\s+/g, " ")
          .replace(/[^\P{Cc}]|[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/gu, "")
          .trim()
          .toWellFormed();
        expect(prose.join("").replaceAll("\u200B", "")).toBe(
          `x ${seen.replaceAll("\u200B", "")} y`,
        );
      }),
      { numRuns: 3000, seed: 3 },
    );
  });

  test("ends a long one visibly", () => {
    expect(sanitiseLine("a".repeat(300))).toBe(`${"a".repeat(199)}…`);
  });

  test("makes links of any label and address", () => {
    const link = nodesOf(markdownLink("a] [b](c) `x", "https://example.org/a(b) c>d")).find(
      ({ type }) => type === "link",
    );
    expect(link?.destination).toBe("https://example.org/a%28b%29%20c%3Ed");
  });
});

const fragment = fc.constantFrom(
  ...[
    "@someone",
    "@org/team",
    "\\@x",
    "&#64;x",
    "&commat;x",
    "_a_@x",
    "x@y",
    "#12",
    "GH-3",
    "\\#4",
    "fixes ",
  ],
  ...["`", "`", "``", "```", "````", "`code`", "``a`b``", "`@x`", "\\`", "$`", "`$", "~~~", "~~~~"],
  ...[
    "\n```suggestion\n",
    "\n~~~suggestion\n",
    "\n```\n",
    "\n~~~\n",
    "\n> ```suggestion\n> x\n",
    "\n- ```suggestion\n  x\n",
  ],
  ...[
    "<!--",
    "-->",
    "<!-- redline:answer 7f3a1c9e-0000-4000-8000-000000000000 -->",
    "<details>",
    "<?",
    "<![CDATA[",
  ],
  ...[
    "<script>",
    "<a href='",
    "](",
    "[",
    "]",
    "[a](https://x.example)",
    "[a](https://x.example/`)",
    "![",
    "[a]:",
    "[^1]:",
  ],
  ...[
    "https://x.example/",
    "www.x.example",
    "http://",
    "(",
    ")",
    "|",
    "\n|---|---|\n",
    "\n| a | b |\n",
    "\n|",
    "-",
  ],
  ...[
    "\n",
    "\n",
    "\n\n",
    "    ",
    "\t",
    "\n    ",
    "> ",
    "- ",
    "1. ",
    "# ",
    "\n===\n",
    "\n---\n",
    "\\",
    "\\\\",
    "*",
    "_",
    "&amp;",
  ],
  ...["\r", "\r\n", "\0", "\u202E", "\u2028", "\uFEFF", "\uD800", "word", " ", " ", "。", "😀"],
);
const hostile = fc.array(fragment, { maxLength: 20, size: "max" }).map((parts) => parts.join(""));

const marker = {
  kind: "change",
  changeId: "7f3a1c9e-0000-4000-8000-000000000001",
  revision: 2,
} as const;
const answer = { kind: "answer", messageId: "7f3a1c9e-0000-4000-8000-000000000002" } as const;
const discussed = { label: "the conversation", url: "https://example.org/t" };

/** The prose beside tables' borders and the links that GitHub makes by itself, which CommonMark does not know. */
function gfmProse(body: string): string[] {
  const result: string[] = [];
  const collect = (tokens: Token[]): void => {
    for (const token of tokens) {
      if (token.type === "table") {
        const cells = [token["header"], ...(token["rows"] as unknown[])].flat() as {
          tokens: Token[];
        }[];
        for (const cell of cells) collect(cell.tokens);
      } else if (token.type === "list") {
        collect(token["items"] as Token[]);
      } else if (token.type !== "link" && "tokens" in token && token.tokens) {
        collect(token.tokens);
      } else if (token.type === "text") {
        result.push(token["text"] as string);
      }
    }
  };
  collect(marked.lexer(body, { gfm: true }));
  return result;
}

describe("whatever a reason or an answer says", () => {
  test("the suggestion stays as it is and the only one, and the marker ours", () => {
    const replaced = fc.array(fc.constantFrom("", "a", "```", "<!-- x", "    b", "````x"), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(hostile, replaced, (reason, code) => {
        const body = suggestionBody({ lines: code, reason, discussed, changeNumber: 3, marker });
        const nodes = nodesOf(body);
        const first = nodes[1];
        expect(first?.info).toBe("suggestion");
        expect(first?.literal).toBe(code.map((line) => `${line}\n`).join(""));
        assertHarmless(body);
        expect(parseMarker(body)).toEqual(marker);
        expect(suggestionsIn(body)).toHaveLength(1);
      }),
      { numRuns: 6000, seed: 2 },
    );
  });

  test("an answer ends where it ends, and forges nothing", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const body = answerBody({
          text,
          changes: [{ number: 4, url: null }],
          discussed,
          marker: answer,
        });
        assertHarmless(body);
        expect(suggestionsIn(body)).toEqual([]);
        expect(parseMarker(body)).toEqual(answer);
        expect(parseMarker(sanitiseMarkdown(text))).toBeNull();
      }),
      { numRuns: 3000, seed: 3 },
    );
  });
});

/** Nothing that pings, refers, hides or shows a picture; what follows the text is as we wrote it. */
function assertHarmless(body: string): void {
  const nodes = nodesOf(body);
  const html = nodes.filter(({ type }) => type === "html_block" || type === "html_inline");
  expect(html).toHaveLength(1);
  expect(html[0]?.next).toBeNull();
  expect(html[0]?.parent?.type).toBe("document");
  expect(nodes.filter(({ type }) => type === "image")).toEqual([]);
  for (const { type, destination } of nodes) {
    if (type === "link") expect(destination).toMatch(/^https?:\/\//);
  }
  const foot = nodes.findLast(
    (node) => node.type === "paragraph" && node.parent?.type === "document",
  );
  expect(foot?.next).toBe(html[0]);
  const linked = gfmProse(body);
  expect(mentionsIn([...proseIn(body), ...linked])).toEqual([]);
  expect(referencesIn(linked)).toEqual([]);
  expect(body).toMatch(/^[^\0\u202E\uFEFF\r]*$/);
  expect(body.isWellFormed()).toBe(true);
}
