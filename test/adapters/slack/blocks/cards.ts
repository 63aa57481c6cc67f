import fc from "fast-check";

import type { Card, CardAction } from "../../../../src/chat/card.ts";

export const CARD: Card = {
  ref: "ref-1",
  number: 12,
  section: ["Design", "Motivation"],
  redline: [
    { kind: "same", text: "We use " },
    { kind: "deleted", text: "a queue" },
    { kind: "inserted", text: "an outbox" },
    { kind: "same", text: " for jobs." },
  ],
  original: "a queue",
  proposed: "an outbox",
  reason: "A queue loses jobs.",
  author: null,
  tone: "open",
  status: "Waits for a decision.",
  certainty: null,
  actions: ["accept", "decline", "edit"],
  choices: [],
  url: "https://redline.example/changes/12",
  commit: null,
  present: null,
  replaces: null,
};

/** Texts that would ping, break out of markup, or be too long, and long runs of them. */
const hostile = fc
  .oneof(
    fc.constantFrom(
      "<@U123>",
      "<!channel>",
      "@here",
      "<!subteam^S1>",
      "*",
      "`",
      "```",
      "~",
      "&",
      "\n",
    ),
    fc.constantFrom(
      "<https://evil.example|safe>",
      "\u202E",
      "\u0000",
      "\uD800",
      "| x |",
      ":smile:",
    ),
    fc.string({ unit: "binary", maxLength: 20 }),
  )
  .chain((part) => fc.integer({ min: 0, max: 3_000 }).map((times) => part.repeat(times)));
const small = hostile.map((text) => text.slice(0, 400));

const ACTIONS: CardAction[] = ["accept", "decline", "edit", "confirm", "place"];

export const anyCard: fc.Arbitrary<Card> = fc.record({
  ref: fc.uuid(),
  number: fc.nat(),
  section: fc.array(small, { maxLength: 4 }),
  redline: fc.array(
    fc.record({ kind: fc.constantFrom("same", "deleted", "inserted"), text: hostile }),
    { maxLength: 5 },
  ),
  original: hostile,
  proposed: hostile,
  reason: hostile,
  author: fc.option(small),
  tone: fc.constantFrom("open", "asks", "working", "good", "closed", "problem"),
  status: small,
  certainty: fc.option(small),
  actions: fc.subarray(ACTIONS),
  choices: fc.array(fc.record({ label: small, excerpt: small }), { maxLength: 120 }),
  url: fc.oneof(fc.webUrl(), fc.constant("not an address"), small),
  commit: fc.option(
    fc.record({ sha: fc.constant("0123456789abcdef"), url: fc.option(fc.webUrl()) }),
  ),
  present: fc.option(hostile),
  replaces: fc.option(fc.webUrl()),
});
