import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isQuestion, participationIn } from "../../src/chat/participation.ts";
import { overLimit } from "../../src/chat/turn-limits.ts";

describe("a question", () => {
  it.each([
    "How often?",
    "How often? I wonder.",
    "それはなぜですか？",
    "`a` or `b`?",
    "> said before\nWhy?",
    "See https://a.example/x?y=1, why?",
    "```\ncode\n```\nwhy?",
  ])("is %j", (text) => {
    expect(isQuestion(text)).toBe(true);
  });

  it.each([
    "I like it.",
    "> Why?\nBecause.",
    "See https://a.example/x?y=1.",
    "Use `a ? b : c`.",
    "Use ``a ? ` b``.",
    "```\nwhy?\n```",
    "```\nwhy?",
    "~~~\nwhy?\n~~~\nBecause.",
    "She asked “why?” and left.",
    'She asked "why?" and left.',
  ])("is not %j", (text) => {
    expect(isQuestion(text)).toBe(false);
  });

  it("is looked for in any text, however it is made", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void isQuestion(text)));
    for (const piece of ["`", "` ", "``` ", "```\n", '"', "> ?\n", "a://"]) {
      isQuestion(piece.repeat(64_000 / piece.length));
    }
  });
});

it("answers by mode, and in private always", () => {
  const message = { text: "Why?", addressed: false, addressesOther: false, isPrivate: false };
  expect(participationIn("mention", message)).toBe("keep");
  expect(participationIn("follow", message)).toBe("answer");
  expect(participationIn("follow", { ...message, addressesOther: true })).toBe("keep");
  expect(participationIn("quiet", message)).toBe("keep");
  expect(participationIn("quiet", { ...message, addressed: true })).toBe("hint");
  const own = { ...message, addressed: true, isPrivate: true };
  expect(participationIn("quiet", own)).toBe("answer");
});

describe("the limits on questions", () => {
  const limit = { person: 2, workspace: 3, windowMs: 60_000 };
  const now = new Date(1_000_000);
  const ago = (...seconds: number[]) => seconds.map((s) => new Date(now.getTime() - s * 1_000));

  it("let as many pass as they say", () => {
    expect(overLimit({ person: ago(1), workspace: ago(1, 2) }, limit, now, "workspace")).toBeNull();
    expect(overLimit({ person: ago(1, 61), workspace: [] }, limit, now, "workspace")).toBeNull();
  });

  it("say who asked too much, and when it goes on", () => {
    const person = overLimit(
      { person: ago(1, 30), workspace: ago(1, 30) },
      limit,
      now,
      "workspace",
    );
    expect(person).toEqual({
      told: expect.stringMatching(/^You have .* in a minute/),
      until: new Date(now.getTime() + 30_000),
    });
    const long = { ...limit, windowMs: 300_000 };
    const workspace = overLimit(
      { person: ago(1), workspace: ago(1, 2, 30) },
      long,
      now,
      "workspace",
    );
    expect(workspace!.told).toMatch(/^Your workspace has .* in 5 minutes/);
  });
});
