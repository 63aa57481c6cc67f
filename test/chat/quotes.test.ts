import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { takeQuotes } from "../../src/chat/quotes.ts";

const MARK = /[ \t]*>(>>)?[ \t]?/y;
const taken = (text: string) => takeQuotes(text, MARK);

describe("quoted lines", () => {
  it.each([
    ["why?", null, "why?"],
    ["> one\nwhy?", "one", "why?"],
    ["look:\n> one\nwhy?", "one", "look:\nwhy?"],
    ["look:\n> one\n>two\nand\n\t> three", "one\ntwo\nthree", "look:\nand"],
    ["why?\n>>> one\n\n> two", "one\n\n> two", "why?"],
    ["> > nested", "> nested", ""],
    ["a > b", null, "a > b"],
    [">\nwhy?", null, "why?"],
    // Code is no quote, wherever it begins; what was never closed is no code.
    ["```\n> code\n```\n> one", "one", "```\n> code\n```"],
    [
      "see ```a\n> code\n``` and ```\n> more\n```",
      null,
      "see ```a\n> code\n``` and ```\n> more\n```",
    ],
    ["see ``` this\n> one", "one", "see ``` this"],
    // A quote's own fence is the quote's.
    ["> ```\n> code\n> ```\nwhy?", "```\ncode\n```", "why?"],
    ["> ```\nwhy?\n> one", "```\none", "why?"],
  ])("of %j are %j, and %j remains", (text, quote, rest) => {
    expect(taken(text)).toEqual({ quote, rest });
  });

  it("are found among whatever lines, and nothing of them is lost", () => {
    const line = fc.tuple(fc.boolean(), fc.stringMatching(/^[a-z]+$/));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const of = (isQuoted: boolean) =>
          lines.filter(([quoted]) => quoted === isQuoted).map(([, said]) => said);
        const text = lines.map(([quoted, said]) => (quoted ? `> ${said}` : said)).join("\n");
        expect(taken(text)).toEqual({
          quote: of(true).join("\n") || null,
          rest: of(false).join("\n"),
        });
      }),
    );
  });

  it("are all taken at once, in any text", () => {
    const part = fc.constantFrom(">", ">>>", "```", "`", "\n", " ", "a");
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const { rest } = taken(parts.join(""));
        expect(taken(rest)).toEqual({ quote: null, rest });
      }),
    );
  });
});
