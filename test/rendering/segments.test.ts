import { existsSync, readdirSync, readFileSync } from "node:fs";

import { Parser } from "commonmark";
import fc from "fast-check";
import type { Token } from "marked";
import { lexer } from "marked";
import { describe, expect, it } from "vitest";

import { neutraliseDiscord, neutraliseSlackMarkdown } from "../../src/rendering/neutralise.ts";
import type { Segment, SegmentBudget } from "../../src/rendering/segments.ts";
import {
  appendable,
  closeSegment,
  cutAll,
  cutNow,
  cutSegment,
  openSegment,
  previewSegment,
  renderSegment,
  segmentBody,
} from "../../src/rendering/segments.ts";
import { markdown } from "./markdown-generator.ts";

const discord: SegmentBudget = { limit: 2_000, measure: (text) => neutraliseDiscord(text).length };
const small: SegmentBudget = { limit: 1_000, measure: (text) => text.length };
const slack: SegmentBudget = {
  limit: 3_000,
  measure: (text) => Buffer.byteLength(neutraliseSlackMarkdown(text)),
};
const BUDGETS = { discord, small, slack };
const anyBudget = fc.constantFrom(...Object.values(BUDGETS));
const GROWING = { final: false };

function render(text: string, budget = small): string[] {
  return cutAll(text, budget).map((segment) => renderSegment(text, segment));
}

/** What every cutting of any text has to keep. */
function check(text: string, budget: SegmentBudget): Segment[] {
  const segments = cutAll(text, budget);
  let at = 0;
  for (const { from, to } of segments) {
    expect(from).toBe(at);
    expect(to).toBeGreaterThan(from);
    at = to;
    const shown = renderSegment(text, { from, to });
    expect(budget.measure(shown)).toBeLessThanOrEqual(budget.limit);
    expect(shown.trim()).not.toBe("");
    expect(shown.isWellFormed() || !text.isWellFormed()).toBe(true);
    const parts = [
      openSegment(text, from),
      segmentBody(text, from, to),
      closeSegment(text, from, to),
    ];
    expect(parts.join("")).toBe(shown);
    expect(endsOutsideCode(shown)).toBe(true);
  }
  expect(at).toBe(text.trim() === "" ? 0 : text.length);
  return segments;
}

/** Nothing is open in it that would take in what stands behind it. */
function endsOutsideCode(shown: string): boolean {
  const last = lexer(`${shown}\n\nBehind all.`).at(-1);
  return last?.type === "paragraph" && last.raw === "Behind all.";
}

/** All code in the text, line by line; what is cut off from its fence shows up as a difference. */
function codeLines(text: string): string[] {
  const lines: string[] = [];
  const walker = new Parser().parse(text).walker();
  for (let event = walker.next(); event !== null; event = walker.next()) {
    const { type, literal, _isFenced } = event.node as typeof event.node & { _isFenced?: boolean };
    if (type === "code_block" && _isFenced === true)
      lines.push(...(literal ?? "").split("\n").slice(0, -1));
  }
  return lines;
}

function tables(text: string): Extract<Token, { type: "table" }>[] {
  return lexer(text).filter((token) => token.type === "table") as Extract<
    Token,
    { type: "table" }
  >[];
}

describe("cutAll", () => {
  it("shows all of any text within the budget, each message whole by itself", () => {
    fc.assert(
      fc.property(markdown, anyBudget, (text, budget) => {
        check(text, budget);
      }),
      { numRuns: 100 },
    );
  });

  it("loses and doubles no line of code", () => {
    fc.assert(
      fc.property(markdown, anyBudget, (text, budget) => {
        expect(render(text, budget).flatMap(codeLines)).toEqual(codeLines(text));
      }),
      { numRuns: 100 },
    );
  });

  it("measures in proportion to the text", () => {
    const paragraph =
      "Some words, and `code`, and **more** of it.\n\n- item\n- item\n\n```ts\nlet x;\n```\n\n";
    for (const text of [
      paragraph.repeat(2_700),
      "word ".repeat(40_000),
      "```\n" + "code\n".repeat(40_000),
    ]) {
      let measured = 0;
      const budget = (limit: number): SegmentBudget => ({
        limit,
        measure: (part) => {
          measured += part.length;
          return part.length;
        },
      });
      for (const limit of [2_000, 9_000]) {
        measured = 0;
        cutAll(text, budget(limit));
        expect(measured).toBeLessThan(8 * text.length);
      }
    }
  });

  it.each(
    Object.entries({
      "a single line": "words and more of them, ".repeat(2_100),
      "a single word": "x".repeat(50_000),
      backticks: "`".repeat(10_000),
      "backticks in words": "`` a ``` b ` ".repeat(1_000),
      tildes: `${"~".repeat(10_000)}\n`.repeat(2),
      asterisks: "*".repeat(10_000) + " **a".repeat(3_000),
      brackets: "[".repeat(10_000) + "](".repeat(3_000),
      "line breaks": `a${"\n".repeat(10_000)}b`,
      "line breaks in code": `\`\`\`\na${"\n".repeat(10_000)}b`,
      blanks: `a${" ".repeat(10_000)}b`,
      emoji: "😀".repeat(5_000),
      flags: "🇩🇪".repeat(5_000),
      families: "👩‍👩‍👧‍👦".repeat(2_000),
      "one grapheme": `e${"\u0301".repeat(10_000)}`,
      CJK: "日本語の文章です".repeat(1_000),
      quotes: "> ".repeat(5_000),
      "quoted fences": "> - > 1. ```ts\n".repeat(500),
      items: "- ".repeat(5_000),
      "deep items": Array.from({ length: 200 }, (_, depth) => `${" ".repeat(2 * depth)}- x`).join(
        "\n",
      ),
      "a wide row": `| a | b |\n|---|---|\n| ${"cell ".repeat(1_000)}| x |\n| 1 | 2 |`,
      "a wide table": `${"| a ".repeat(200)}|\n${"|---".repeat(200)}|\n${`${"| b ".repeat(200)}|\n`.repeat(9)}`,
      "a fence with a long info": `\`\`\`${"x".repeat(5_000)}\ncode\n\`\`\`\n\n${"a ".repeat(2_000)}`,
      "half a fence": `\`\`\`${"x ".repeat(60)}\`\n${"a ".repeat(2_000)}`,
      "fences never closed": "```ts\nlet x;\n````\n~~~\n".repeat(300),
      "lone surrogates": "\uD83D".repeat(4_000),
      "carriage returns": "a\r\r\nb\r".repeat(2_000),
      tabs: "\t- a\n".repeat(2_000),
    }),
  )("keeps to the budget in %s", (_name, text) => {
    for (const budget of Object.values(BUDGETS)) {
      const segments = cutAll(text, budget);
      expect(segments.map(({ from }) => from)).toEqual([
        0,
        ...segments.slice(0, -1).map(({ to }) => to),
      ]);
      expect(segments.at(-1)!.to).toBe(text.length);
      for (const segment of segments) {
        const shown = renderSegment(text, segment);
        expect(budget.measure(shown)).toBeLessThanOrEqual(budget.limit);
        expect(endsOutsideCode(shown)).toBe(true);
      }
    }
  });

  it("tears no emoji apart", () => {
    for (const one of ["😀", "🇩🇪", "👩‍👩‍👧‍👦"]) {
      expect(render(one.repeat(3_000)).every((shown) => shown.length % one.length === 0)).toBe(
        true,
      );
    }
  });

  it("gives nothing for blank text", () => {
    expect(cutAll(" \n\n", small)).toEqual([]);
  });
});

/** A few documents stand here; more of them may stand beside the checkout. */
const FOLDERS = ["../fixtures/documents/", "../../../shared/corpus/documents/"];

describe("real documents", () => {
  const documents = FOLDERS.map((folder) => new URL(folder, import.meta.url))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => new URL(name, folder)));

  it.each(documents)("are shown whole: %s", (url) => {
    const text = readFileSync(url, "utf8").slice(0, 60_000);
    for (const budget of [discord, slack]) {
      check(text, budget);
      expect(render(text, budget).flatMap(codeLines)).toEqual(codeLines(text));
    }
  });
});

describe("a cut", () => {
  const filler = "Words that fill the message. ".repeat(29);

  it("stands before a heading, rather than in the paragraph behind it", () => {
    const text = `${filler}\n\n## Next\n\n${filler}`;
    expect(render(text)).toEqual([filler.trim(), `## Next\n\n${filler.trim()}`]);
  });

  it("stands at the end of a sentence in a long paragraph", () => {
    for (const shown of render(filler.repeat(4))) expect(shown).toMatch(/^Words[^]*message\.$/);
  });

  it("reopens code with its fence and language", () => {
    const code = Array.from({ length: 200 }, (_, index) => `line(${index});`);
    const shown = render(`~~~~ts title=x\n${code.join("\n")}\n~~~~`);
    expect(shown.length).toBeGreaterThan(2);
    for (const one of shown) expect(one).toMatch(/^~~~~ts.*\nline[^]*;\n~~~~$/);
    expect(shown.flatMap(codeLines)).toEqual(code);
  });

  it("repeats the head of a table", () => {
    const rows = Array.from({ length: 100 }, (_, index) => `| ${index} | some words |`);
    const shown = render(`Intro\n\n| No | Words |\n|---:|---|\n${rows.join("\n")}`);
    const all = shown.flatMap(tables);
    expect(all).toHaveLength(shown.length);
    expect(all.every(({ header }) => header.map(({ text }) => text).join() === "No,Words")).toBe(
      true,
    );
    expect(all.flatMap((table) => table.rows.map(([first]) => first!.text))).toEqual(
      rows.map((_, index) => String(index)),
    );
  });

  it("goes on in the same cell of a row that is too long", () => {
    const text = `| a | b | c |\n|---|---|---|\n| 1 | ${"words ".repeat(400)}| end |`;
    const all = render(text).flatMap(tables);
    expect(all.length).toBeGreaterThan(2);
    expect(all.at(-1)!.rows[0]!.map((cell) => cell.text)).toEqual([
      "",
      expect.stringMatching(/^words/),
      "end",
    ]);
  });

  it("goes on with the number of a list, and with its nested items", () => {
    const items = Array.from({ length: 40 }, (_, index) => [
      `${index + 10}. Item ${index + 10} with some words`,
      "    - Nested item with other words",
      "      - Deeper item",
    ]);
    const shown = render(`Intro:\n\n${items.flat().join("\n")}`);
    expect(shown.length).toBeGreaterThan(2);
    for (const one of shown) {
      const tokens = lexer(one).filter(({ type }) => type !== "space" && type !== "paragraph");
      expect(tokens.map(({ type }) => type)).toEqual(["list"]);
      const { start } = tokens[0] as { start?: number };
      expect(start).toBe(Number(/^(\d+)\. /m.exec(one)![1]));
    }
  });

  it("shows the items around a nested one again, without their text", () => {
    const text = `1. One\n2. Two\n   - a\n   - b\n     ${filler}\n   - c\n3. Three`;
    const from = text.indexOf("   - c");
    expect(renderSegment(text, { from, to: text.length })).toBe("2. …\n   - c\n3. Three");
    const inside = text.indexOf("fill the");
    expect(renderSegment(text, { from: inside, to: inside + 16 })).toBe(
      "2. …\n   - … fill the message",
    );
  });

  it("repeats quotes, and code in lists in quotes", () => {
    const text = `> - Item\n>   \`\`\`ts\n>   one\n>   two\n>   \`\`\`\n> Long quoted words`;
    const from = text.indexOf(">   two");
    expect(renderSegment(text, { from: 0, to: from })).toBe(`${text.slice(0, from)}>   \`\`\``);
    const rest = renderSegment(text, { from, to: text.length });
    expect(rest).toBe(`> - …\n>   \`\`\`ts\n${text.slice(from)}`);
    const at = text.indexOf("quoted");
    expect(renderSegment(text, { from: at, to: text.length })).toBe("> quoted words");
  });

  it("closes and reopens what is open in a line", () => {
    const text = "Some **bold and `code words` and more** text";
    const at = text.indexOf("words");
    expect(renderSegment(text, { from: 0, to: at })).toBe("Some **bold and `code`**");
    expect(renderSegment(text, { from: at, to: text.length })).toBe("**`words` and more** text");
  });

  it("does not end code by the middle of a line of it", () => {
    for (const rest of ["```", "  ```"]) {
      const text = `\`\`\`\nlet x = ${rest}\nlet y;\n\`\`\``;
      const from = text.indexOf(rest, 4);
      const shown = lexer(renderSegment(text, { from, to: text.length }));
      expect(shown.map(({ raw }) => raw)).toEqual([`\`\`\`\n\u2060${rest}\nlet y;\n\`\`\``]);
    }
  });

  it("makes no block of the middle of a line", () => {
    for (const rest of ["# one", "- one", "1. one", "> one", "``` one"]) {
      const text = `Words ${rest}`;
      const shown = renderSegment(text, { from: 6, to: text.length });
      expect(shown.startsWith(`\u2060${rest}`)).toBe(true);
      expect(lexer(shown).map(({ type }) => type)).toEqual(["paragraph"]);
    }
  });
});

describe("a text that grows", () => {
  it("is cut where it was cut before, and nothing appended is ever wrong", () => {
    fc.assert(
      fc.property(
        markdown,
        anyBudget,
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 5 }),
        (text, budget, steps) => {
          const whole = text.repeat(1 + Math.floor(1_500 / text.length));
          for (const { from, to } of cutAll(whole, budget).slice(0, 3)) {
            const isLast = to === whole.length;
            const shown = renderSegment(whole, { from, to });
            let sent = from;
            for (let length = from, step = 0; length < whole.length; step++) {
              length = Math.min(whole.length, length + steps[step % steps.length]!);
              if (length > to + 400) break;
              const arrived = whole.slice(0, length);
              const cut = cutSegment(arrived, from, budget);
              if (cut !== null) expect(cut).toBe(to);
              const next = appendable(arrived, from, budget, GROWING);
              expect(next).toBeGreaterThanOrEqual(sent);
              expect(next).toBeLessThanOrEqual(to);
              sent = next;
              if (sent > from) {
                const written = openSegment(arrived, from) + segmentBody(arrived, from, sent);
                expect(shown.slice(0, written.length)).toBe(written);
                const safe = neutraliseSlackMarkdown(written);
                expect(neutraliseSlackMarkdown(shown).startsWith(safe)).toBe(true);
              }
              const now = cutNow(arrived, from, sent);
              expect(now).toBeGreaterThanOrEqual(sent);
              expect(now).toBeLessThanOrEqual(arrived.length);
              if (cut === null) expect(endsOutsideCode(previewSegment(arrived, from))).toBe(true);
            }
            expect(cutSegment(whole, from, budget)).toBe(isLast ? null : to);
            expect(shown).toBe(renderSegment(whole.slice(0, to), { from, to }));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("never exceeds the budget before it is cut", () => {
    for (const word of [
      "**a ***b ~~c ````d ",
      "```````\nlet x;\n",
      "| a | b |\n|---|---|\n| c | d",
      "😀 ",
    ]) {
      const text = "x".repeat(700) + `\n\n${word.repeat(60)}`;
      for (let length = 800; length < text.length; length++) {
        const arrived = text.slice(0, length);
        if (cutSegment(arrived, 0, small) !== null) break;
        const shown = renderSegment(arrived, { from: 0, to: length });
        expect(shown.length).toBeLessThanOrEqual(small.limit);
      }
    }
  });

  it("never takes back what may be appended", () => {
    const link = "Some words, [a link](https://a.b/c) 2 *it*, ";
    for (const part of ["```\nlet x = 1;\n```", link, `${link}\n\n## Head\n\n- item\n`]) {
      const text = part.repeat(Math.ceil(2_000 / part.length));
      for (let length = 1, last = 0; length < text.length; length++) {
        const next = appendable(text.slice(0, length), 0, small, GROWING);
        expect(next).toBeGreaterThanOrEqual(last);
        last = next;
      }
    }
  });

  it("holds back what more text may change", () => {
    for (const [text, end] of [
      ["One two", "One"],
      ["One two\n\n``", "One two"],
      ["One two\n\n```ts", "One two"],
      ["One two\n\n```ts\nlet x\n``", "One two\n\n```ts\nlet x"],
      ["One two\n\n| a | b |\n|--", "One two"],
      ["One [two](https://a.b", "One"],
      ["One two\n\n1. <@U", "One two"],
    ] as const) {
      expect(text.slice(0, appendable(text, 0, small, GROWING)).trimEnd()).toBe(end);
    }
    expect(appendable("One two", 0, small, { final: true })).toBe(7);
  });

  it("looks whole in a preview", () => {
    expect(previewSegment("Say:\n\n```ts\nlet x", 0)).toBe("Say:\n\n```ts\nlet x\n```");
    expect(previewSegment("Some **bold wor", 0)).toBe("Some **bold wor**");
    expect(previewSegment("Some [link](https://exam", 0)).toBe("Some");
    expect(previewSegment("Words\n\n| a | b |\n|--", 0)).toBe("Words");
    expect(previewSegment("| a | b |\n|---|---|\n| one | tw", 0)).toBe(
      "| a | b |\n|---|---|\n| one | tw |",
    );
    expect(previewSegment("", 0)).toBe("");
  });

  it("can be cut at once behind the last line", () => {
    const text = "First line.\n\n- item one\n- item tw";
    expect(cutNow(text, 0)).toBe(text.indexOf("- item tw"));
    expect(cutNow(text, 0, text.length - 2)).toBe(text.length - 2);
    expect(cutNow("Only some wor", 0)).toBe("Only some ".length);
    expect(cutNow("", 0)).toBe(0);
  });
});
