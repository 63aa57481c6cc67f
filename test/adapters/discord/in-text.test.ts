import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { decodeText, readText, referencesIn } from "../../../adapters/discord/envelopes-text.ts";

const NAMES = {
  users: new Map([["111111", "Ada"]]),
  roles: new Map([["222222", "editors"]]),
  channels: new Map([["333333", "general"]]),
};
const OWN = { id: "999999", roles: ["888888"] };

describe("Discord's text", () => {
  it.each([
    ["<@111111> and <@!111111> and <@444444>", "@Ada and @Ada and <@444444>"],
    ["<@&222222> in <#333333>", "@editors in #general"],
    ["a \\*star\\* and my\\_rfc", "a *star* and my_rfc"],
    ["`a\\*b <@111111>` \\` <@111111>`", "`a\\*b <@111111>` ` @Ada`"],
    ["```\n<@111111> \\*\n```\\*", "```\n<@111111> \\*\n```*"],
    ["<:yes:123456> <a:dance:123456>", ":yes: :dance:"],
    ["<t:1700000000> <t:1700000000:R>", "2023-11-14 22:13 UTC 2023-11-14 22:13 UTC"],
    ["</rfc link:123456>", "/rfc link"],
    ["<https://example.com/a_b>", "https://example.com/a_b"],
    ["a < b > c \\ d <@> <#x>", "a < b > c \\ d <@> <#x>"],
  ])("%j says %j", (raw, says) => {
    expect(decodeText(raw, NAMES)).toBe(says);
  });

  it("gives back what was escaped, whatever it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const sent = text.replaceAll(/[!-/:-@[-`{-~]/g, "\\$&");
        expect(decodeText(sent, NAMES)).toBe(text);
      }),
    );
  });

  it.each([
    ["<@999999> status", { addressed: true, body: "status", quote: null, addressesOther: false }],
    ["<@!999999>: status", { addressed: true, body: "status" }],
    ["<@&888888> status", { addressed: true, body: "status" }],
    ["status <@999999>", { addressed: true, body: "status <@999999>" }],
    ["> one\n> two\n<@999999> why?", { addressed: true, quote: "one\ntwo", body: "why?" }],
    ["<@999999>\n> one\nwhy?", { addressed: true, quote: "one", body: "why?" }],
    [">>> all\nof it", { quote: "all\nof it", body: "" }],
    ["look:\n> one\nwhy?", { quote: "one", body: "look:\nwhy?" }],
    ["why?\n>>> one\n\ntwo", { quote: "one\n\ntwo", body: "why?" }],
    ["so\n```\n> code\n```", { quote: null, body: "so\n```\n> code\n```" }],
    [">\nwhy?", { quote: null, body: "why?" }],
    ["<@111111> look", { addressed: false, addressesOther: true }],
    ["<@&222222> look", { addressed: false, addressesOther: true }],
    ["@everyone look", { addressesOther: true }],
    ["`<@999999>` is its mention", { addressed: false }],
  ])("%j is read as %j", (raw, read) => {
    expect(readText(raw, OWN)).toMatchObject(read);
  });

  it("names what it refers to, each once", () => {
    const raw = "<@111111> <@!111111> <@&222222> <#333333> `<@444444>` \\<@555555>";
    expect(referencesIn(raw)).toEqual({
      users: ["111111"],
      roles: ["222222"],
      channels: ["333333"],
    });
  });

  it("reads anything", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        readText(text, OWN);
        decodeText(text, NAMES);
      }),
    );
  });
});
