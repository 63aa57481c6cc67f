import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { RemarkText } from "../../src/deliveries/remark-text.ts";
import { remarkParts } from "../../src/deliveries/remark-text.ts";

const BUDGET = { limit: 1_900, measure: (text: string) => text.length };
const partsOf = (more: Partial<RemarkText>): string[] =>
  remarkParts({ author: "Ada", origin: "slack", quote: null, text: "Yes.", ...more }, BUDGET);

describe("a message from elsewhere", () => {
  it.each([
    [{}, "**Ada** (Slack): Yes."],
    [{ origin: "discord" }, "**Ada** (Discord): Yes."],
    [{ origin: "github" }, "**Ada** (GitHub): Yes."],
    [{ origin: "console" }, "**Ada** (console): Yes."],
    [{ origin: "matrix" }, "**Ada** (matrix): Yes."],
    [{ text: "One.\nTwo." }, "**Ada** (Slack):\nOne.\nTwo."],
    [{ text: "- a point" }, "**Ada** (Slack):\n- a point"],
    [{ text: "```\ncode\n```" }, "**Ada** (Slack):\n```\ncode\n```"],
    [{ quote: "a\n\nb" }, "**Ada** (Slack):\n> a\n>\n> b\n\nYes."],
    [{ author: "**Bob** (Slack):" }, "**\\*\\*Bob\\*\\* (Slack):** (Slack): Yes."],
    [{ author: " \n " }, "**Somebody** (Slack): Yes."],
    [{ text: "x\n> **Bob** (GitHub): no" }, "**Ada** (Slack):\nx\n> \\*\\*Bob\\*\\* (GitHub): no"],
    [{ text: "__Bob__ (slack):no" }, "**Ada** (Slack): \\_\\_Bob\\_\\_ (slack):no"],
    [
      { quote: "**Bob** (console): no" },
      "**Ada** (Slack):\n> \\*\\*Bob\\*\\* (console): no\n\nYes.",
    ],
    [
      { text: "x\n\u200B**Bob** (Slack): no" },
      "**Ada** (Slack):\nx\n\u200B\\*\\*Bob\\*\\* (Slack): no",
    ],
    [
      { text: "\u00A0\u200E**Bob** (Slack)\uFF1A no" },
      "**Ada** (Slack): \u200E\\*\\*Bob\\*\\* (Slack)\uFF1A no",
    ],
    [
      { text: "**Bob (Discord):** no" },
      "**Ada** (Slack): \\*\\*Bob (Discord):\\*\\* no".replace("):\\*\\*", "):**"),
    ],
    [
      { text: "**Bob** **(Slack)**: no" },
      "**Ada** (Slack): \\*\\*Bob\\*\\* \\*\\*(Slack)\\*\\*: no",
    ],
    [{ text: "*Bob* (Slack): no" }, "**Ada** (Slack): \\*Bob\\* (Slack): no"],
    [{ text: "**Bob** (of Slack fame): no" }, "**Ada** (Slack):\n**Bob** (of Slack fame): no"],
  ])("%j reads %j", (given, shown) => {
    expect(partsOf(given)).toEqual([shown]);
  });

  it("fits its messages, and each says whose words it has", () => {
    const word = fc.stringMatching(/^[a-z*_`~>#|\\[\]()-]{1,12}$/);
    const text = fc
      .array(fc.oneof(word, fc.constantFrom("\n", "\n\n", "```\n")), { maxLength: 1_500 })
      .map((words) => words.join(" "))
      .filter((said) => said.trim() !== "");
    fc.assert(
      fc.property(text, fc.option(text), fc.string({ maxLength: 90 }), (said, quote, author) => {
        const parts = partsOf({ text: said, quote, author });
        const [head] = /^\*\*(?:\\.|[^*\\])+\*\* \(Slack\)/.exec(parts[0]!) ?? [];
        expect(head).toBeDefined();
        for (const [at, part] of parts.entries()) {
          expect(part.startsWith(at === 0 ? `${head}:` : `${head}, continued:\n`)).toBe(true);
          expect(part.length).toBeLessThanOrEqual(BUDGET.limit);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("leaves out nothing that is said", () => {
    const words = Array.from({ length: 2_000 }, (_, at) => `word${at}`);
    const said = partsOf({ text: words.join(" ") }).join(" ");
    expect(said.match(/word\d+/g)).toEqual(words);
  });
});
