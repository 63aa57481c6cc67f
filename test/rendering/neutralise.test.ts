import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
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

  it("lets nothing ping in any text", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(neutraliseDiscord(text)).not.toMatch(DISCORD_PING);
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
