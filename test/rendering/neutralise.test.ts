import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  escapeDiscord,
  literalDiscord,
  neutraliseDiscord,
  neutraliseSlackMarkdown,
  neutraliseSlackText,
} from "../../src/rendering/neutralise.ts";

const hostile = fc
  .array(
    fc.constantFrom(
      ..."<>@#!&/:^`[]()|",
      ...["here", "channel", "everyone", "U012AB", "subteam", "C9", "S1", "123", " ", "\n", "```"],
      ...[
        "\u202E",
        "\u0007",
        "\uD83D",
        "😀",
        "a",
        "<@U1>",
        "<!here>",
        "@HERE",
        "[a](https://b.c/d)",
      ],
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

const SLACK_PING =
  /<(?:[@#][A-Z\d]|!(?:here|channel|everyone|subteam|date))|@(?:here|channel|everyone)/i;
const DISCORD_PING = /<@[!&]?\d|<#\d|@(?:everyone|here)/;
// eslint-disable-next-line no-control-regex
const HIDDEN = /[\u0000-\u0008\u202A-\u202E\u2066-\u2069]/;

describe("neutraliseSlackMarkdown", () => {
  it("breaks what pings and leaves the rest", () => {
    const text = "<@U1> <!here> <!subteam^S1> <#C1> @channel `@everyone`";
    expect(neutraliseSlackMarkdown(text).replaceAll("\u2060", "·")).toBe(
      "<·@U1> <·!here> <·!subteam^S1> <·#C1> @channe·l `@everyon·e`",
    );
    const code = "a<b && c > d; <!DOCTYPE html> <!-- x --> me@example.com @Component Vec<#T>";
    expect(neutraliseSlackMarkdown(code.replace("<#T", "<T"))).toBe(code.replace("<#T", "<T"));
  });

  it("lets no words stand before an address in Slack's own form", () => {
    expect(neutraliseSlackMarkdown("<https://a.example/b|safe> <https://c.example> x|y")).toBe(
      "<https://a.example/b |safe> <https://c.example> x|y",
    );
  });

  it("lets nothing ping, and nothing hide, in any text", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = neutraliseSlackMarkdown(text);
        expect(shown).not.toMatch(SLACK_PING);
        expect(shown).not.toMatch(HIDDEN);
        expect(shown.isWellFormed()).toBe(true);
        expect(neutraliseSlackMarkdown(shown)).toBe(shown);
      }),
    );
  });

  it("gives for whole words the beginning of what it gives for the text", () => {
    fc.assert(
      fc.property(hostile, hostile, (head, tail) => {
        const whole = neutraliseSlackMarkdown(`${head} ${tail}`);
        expect(whole.startsWith(neutraliseSlackMarkdown(`${head} `))).toBe(true);
      }),
    );
  });
});

describe("neutraliseSlackText", () => {
  it("escapes what Slack reads as markup", () => {
    expect(neutraliseSlackText("<!here> & @here").replaceAll("\u2060", "·")).toBe(
      "&lt;!her·e&gt; &amp; @her·e".replace("!her·e", "!here"),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = neutraliseSlackText(text);
        expect(shown).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)|@(?:here|channel|everyone)/i);
      }),
    );
  });
});

describe("neutraliseDiscord", () => {
  it("breaks mentions and shows where links lead", () => {
    const text =
      "<@1> <@&2> <#3> </ban now:4> @everyone [a b](https://c.d/e_(f)) ![g](https://h.i)";
    expect(neutraliseDiscord(text).replaceAll("\u2060", "·")).toBe(
      "<·@1> <·@&2> <·#3> <·/ban now:4> @everyon·e a b (<https://c.d/e_(f)>) g (<https://h.i>)",
    );
  });

  it("leaves code as it is but for mentions", () => {
    const text = "`[a](https://b.c)` </div>\n```md\n[a](https://b.c)\n```";
    expect(neutraliseDiscord(text)).toBe(text);
  });

  it.each([
    ["[safe](https://evil.example)", "after a fence that does not end", "```\n"],
    ["[safe](https://evil.example)", "in code that a backslash undoes", "\\`", "`"],
    ["[safe](https://evil.example)", "in code of two lines", "`a\n", "`"],
    ["[safe](https://evil.example)", "between ticks that do not match", "`", "``"],
    ["[safe](https://evil.example)", "in a quote's fence", "> ```\n", "\n```"],
    ["[safe]( https://evil.example )", "with blanks"],
    ["[sa\nfe](https://evil.example)", "with words of two lines"],
    [`[${"safe ".repeat(200)}](https://evil.example)`, "with many words"],
  ])("leaves no link that hides where it leads: %s %s", (link, _, before = "", after = "") => {
    const shown = neutraliseDiscord(`${before}${link}${after}`);
    expect(shown).not.toContain("](");
    expect(shown).toContain("https://evil.example");
  });

  it.each([
    ["||hidden|| and |||more|||", "|·|hidden|·| and |·|·|more|·|·|"],
    ["-# forged", "-·# forged"],
    ["> -# forged", "> -·# forged"],
    [
      "<t:1700000000:R> <:smile:123> <a:wave:123> <sound:1:2>",
      "<·t:1700000000:R> <·:smile:123> <·a:wave:123> <·sound:1:2>",
    ],
    ["# Head\n> quote\n- item **b** ~~s~~", "# Head\n> quote\n- item **b** ~~s~~"],
  ])("shows %j as it is typed, but for the model's own Markdown", (text, shown) => {
    expect(neutraliseDiscord(text).replaceAll("\u2060", "·")).toBe(shown);
  });

  it("lets nothing ping in any text", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(neutraliseDiscord(text)).not.toMatch(DISCORD_PING);
        const bare = neutraliseDiscord(text).replace(
          /(?<![^\n])[ \t]*```[^]*?```|`[^`\n]*`+|``[^`\n]*``/g,
          "",
        );
        expect(bare).not.toContain("](");
        expect(neutraliseDiscord(text)).not.toMatch(HIDDEN);
      }),
    );
  });

  it("takes time in proportion to hostile text", () => {
    for (const part of ["[", "](", "[a](", "`", "<", "</", "(", "[[a]", "``` "]) {
      expect(neutraliseDiscord(part.repeat(20_000)).length).toBeGreaterThan(0);
    }
  });
});

describe("escapeDiscord", () => {
  it("shows what others wrote as they typed it", () => {
    expect(escapeDiscord("*a* _b_ ~~c~~ ||d|| `e` [f](g) \\h")).toBe(
      "\\*a\\* \\_b\\_ \\~\\~c\\~\\~ \\|\\|d\\|\\| \\`e\\` \\[f\\](g) \\\\h",
    );
    expect(escapeDiscord("# a\n> b\n-# c\n  - d\n1. e\nf - g # h")).toBe(
      "\\# a\n\\> b\n\\-# c\n  \\- d\n1\\. e\nf - g # h",
    );
    expect(escapeDiscord("see https://a.b/c_d_e?f=g*h*")).toBe("see https://a.b/c_d_e?f=g\\*h\\*");
  });

  it("leaves nothing that pings or formats in any text", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = escapeDiscord(text);
        expect(shown).not.toMatch(DISCORD_PING);
        expect(shown.length).toBeLessThanOrEqual(2 * text.length + 2);
        const bare = shown.replace(/\\[^\w\s]/gu, "");
        expect(bare).not.toMatch(/[`|[\]*~]/u);
      }),
    );
  });
});

describe("literalDiscord", () => {
  it("ends no block of code, and leaves the rest as it is", () => {
    expect(literalDiscord("```js\n`a` **b** [c](d)").replaceAll("\u2060", "·")).toBe(
      "`·`·`js\n`a` **b** [c](d)",
    );
    fc.assert(
      fc.property(hostile, (text) => {
        expect(literalDiscord(text)).not.toContain("``");
        expect(literalDiscord(text)).not.toMatch(DISCORD_PING);
      }),
    );
  });
});
