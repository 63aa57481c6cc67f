import fc from "fast-check";

import type { Card, CardAction, MergeCard } from "../../../../src/chat/card.ts";

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

const ACTIONS: CardAction[] = ["accept", "decline", "edit", "confirm", "place", "concern"];

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
  // What is to be confirmed is not accepted yet.
  actions: fc
    .subarray(ACTIONS)
    .filter((actions) => !(actions.includes("accept") && actions.includes("confirm"))),
  choices: fc.array(fc.record({ label: small, excerpt: small }), { maxLength: 120 }),
  url: fc.oneof(fc.webUrl(), fc.constant("not an address"), small),
  commit: fc.option(
    fc.record({ sha: fc.constant("0123456789abcdef"), url: fc.option(fc.webUrl()) }),
  ),
  present: fc.option(hostile),
  replaces: fc.option(fc.webUrl()),
});

export const MERGE: MergeCard = {
  ref: CARD.ref,
  rfcTitle: "Retries",
  author: "Ada",
  tone: "problem",
  status: "Open until 2026-03-01 12:00 UTC; held by concern #2.",
  words: [
    { name: "Ada", word: "agree" },
    { name: "Bob", word: null },
    { name: "Cy", word: "object" },
  ],
  concerns: [
    { number: 2, text: "Who pays?", author: "Cy" },
    { number: 3, text: null, author: null },
  ],
  pendingChanges: [12],
  actions: ["agree", "object"],
  url: "https://redline.example/rfcs/retries",
  pull: { number: 7, url: "https://github.example/acme/rfcs/pull/7" },
  replaces: null,
};

export const anyMergeCard: fc.Arbitrary<MergeCard> = fc.record({
  ref: fc.uuid({ version: 4 }),
  rfcTitle: hostile,
  author: small,
  tone: fc.constantFrom("open", "asks", "problem", "good", "closed"),
  status: small,
  words: fc.array(fc.record({ name: small, word: fc.constantFrom("agree", "object", null) }), {
    maxLength: 40,
  }),
  concerns: fc.array(
    fc.record({ number: fc.nat(), text: fc.option(hostile), author: fc.option(small) }),
    { maxLength: 40 },
  ),
  pendingChanges: fc.array(fc.nat(), { maxLength: 200 }),
  actions: fc.constantFrom(["agree", "object"], []),
  url: fc.oneof(fc.webUrl(), fc.constant("not an address"), small),
  pull: fc.option(fc.record({ number: fc.nat(), url: fc.option(fc.webUrl()) })),
  replaces: fc.option(fc.webUrl()),
});
