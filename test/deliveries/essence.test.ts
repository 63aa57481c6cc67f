import { describe, expect, it } from "vitest";

import type { Card } from "../../src/chat/card.ts";
import { essenceOf } from "../../src/deliveries/essence.ts";
import { CARD } from "../adapters/slack/blocks/cards.ts";

const essence = (more: Partial<Card> = {}): string =>
  essenceOf({ kind: "card", card: { ...CARD, ...more } });
const decided = { tone: "good", actions: [] } as const;

describe("the essence of a card", () => {
  it.each<[string, Partial<Card>]>([
    ["its section", { section: ["Elsewhere"] }],
    ["its address", { url: "https://redline.example/other" }],
    ["its author's name", { author: "Mel" }],
    ["what it replaces", { replaces: "https://chat.example/1" }],
    ["what surrounds it", { redline: CARD.redline.filter(({ kind }) => kind !== "same") }],
  ])("is not %s", (_what, more) => {
    expect(essence(more)).toBe(essence());
  });

  it.each<[string, Partial<Card>]>([
    ["what can be done", { actions: ["decline"] }],
    ["the places that its buttons mean", { ref: `${CARD.ref}~abc` }],
    ["what it says of itself", { tone: "problem", status: "Stale." }],
    ["what the document reads", { present: "a stack" }],
    ["the edit", { redline: [{ kind: "inserted", text: "a log" }] }],
    ["that it is decided", decided],
  ])("is %s", (_what, more) => {
    expect(essence(more)).not.toBe(essence());
  });

  it("is not who decided it", () => {
    expect(essence({ ...decided, status: "Accepted by Max." })).toBe(
      essence({ ...decided, status: "Accepted by Maxine." }),
    );
  });
});
