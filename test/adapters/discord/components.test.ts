import { randomUUID } from "node:crypto";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Component, Rendered } from "../../../adapters/discord/components/component.ts";
import { renderContent } from "../../../adapters/discord/components/content.ts";
import { readKey } from "../../../adapters/discord/components/key-ids.ts";
import { parseCustomId } from "../../../adapters/discord/custom-id.ts";
import { modalOf } from "../../../adapters/discord/forms.ts";
import type { Card, CardList } from "../../../src/chat/card.ts";
import type { ChatForm } from "../../../src/chat/chat-event.ts";
import { UserError } from "../../../src/errors.ts";
import { cutAll, renderSegment } from "../../../src/rendering/segments.ts";
import { neutraliseDiscord } from "../../../src/rendering/neutralise.ts";
import { componentErrors, allOf, modalErrors, plainText } from "../../fakes/discord/components.ts";
import type { Json } from "../../fakes/discord/model.ts";
import { CARD as SHORT, MERGE, anyCard, anyMergeCard } from "../slack/blocks/cards.ts";

const CARD: Card = { ...SHORT, ref: "6f1c2f0e-6a43-4c0b-9a55-6f4a5d2a9b10" };
const PING = /<@[!&]?\d|<#\d|@(?:everyone|here)|<t:\d/u;

const show = (card: Card): Rendered => renderContent({ kind: "card", card });
const list = (given: Partial<CardList>): Rendered =>
  renderContent({
    kind: "list",
    list: {
      ref: CARD.ref,
      total: 40,
      page: 1,
      pages: 3,
      cards: [CARD],
      url: CARD.url,
      replaces: null,
      ...given,
    },
  });
const jsonOf = (components: readonly Component[] = []): Json[] =>
  JSON.parse(JSON.stringify(components)) as Json[];
const shownText = ({ components }: Rendered): string =>
  plainText(jsonOf(components)).replaceAll("\u2060", "");
const read = (rendered: Rendered): string => shownText(rendered).replace(/\\([^\w\s])/gu, "$1");
const labels = (rendered: Rendered): unknown[] =>
  allOf(jsonOf(rendered.components)).flatMap(({ label }) => label ?? []);
const controls = (rendered: Rendered): Json[] =>
  allOf(jsonOf(rendered.components)).filter((one) => "custom_id" in one);
const pressed = (rendered: Rendered): ReturnType<typeof parseCustomId>[] =>
  controls(rendered).map((one) => parseCustomId(String(one["custom_id"])));

function textsOf(components: readonly Component[]): string[] {
  return components.flatMap(({ content, components: inner }) => [
    ...(typeof content === "string" ? [content] : []),
    ...(Array.isArray(inner) ? textsOf(inner as Component[]) : []),
  ]);
}

/** What Discord would refuse, or read as something else. */
function expectSound(rendered: Rendered): void {
  const json = jsonOf(rendered.components);
  const names = rendered.files.map(({ name }) => name);
  expect(componentErrors(json, true, names)).toEqual([]);
  const texts = textsOf(rendered.components ?? []);
  expect(texts.join("").length).toBeLessThanOrEqual(4_000);
  for (const text of texts) {
    expect(text.trim()).not.toBe("");
    expect(text).not.toMatch(PING);
    expect(text.isWellFormed()).toBe(true);
    // A block of code ends where it is to end.
    expect(text.split("```").length % 2).toBe(1);
  }
  for (const { custom_id: id } of controls(rendered)) {
    expect(String(id).length).toBeLessThanOrEqual(100);
    expect(parseCustomId(String(id))).not.toBeNull();
  }
}

describe("a card", () => {
  it("shows the redline, both texts, the reason and the state", () => {
    const shown = read(show(CARD));
    for (const part of [
      "#12",
      "Design › Motivation",
      "> We use ~~a queue~~ **an outbox** for jobs.",
      "**Original:** a queue",
      "**Proposed:** an outbox",
      "**Why:** A queue loses jobs.",
      "○ Waits for a decision.",
    ]) {
      expect(shown).toContain(part);
    }
    expect(labels(show(CARD))).toEqual(["Accept", "Decline", "Edit", "Open"]);
  });

  it("carries its reference in every button, and its showing in its numbers", () => {
    expect(pressed(show(CARD))).toEqual(
      ["accept", "decline", "edit"].map((action) => ({ action, choice: null, ref: CARD.ref })),
    );
    fc.assert(
      fc.property(fc.uuid({ version: 4 }), fc.boolean(), (ref, isDecided) => {
        const offered = isDecided ? {} : { ref: `${ref}~digest` };
        const card = { ...CARD, ref, ...offered, ...(isDecided && { actions: [] }) };
        for (const shown of [show(card), list({ ref })]) {
          expectSound(shown);
          // Where the numbers might be others', there are none.
          expect([ref, null]).toContain(readKey({ components: shown.components }));
        }
      }),
    );
    for (let times = 0; times < 200; times += 1) {
      const ref = randomUUID();
      expect(readKey({ components: list({ ref }).components })).toBe(ref);
    }
    expect(readKey({ components: show(CARD).components })).toBe(CARD.ref);
    expect(readKey({ components: show({ ...CARD, ref: "ref-1" }).components })).toBeNull();
  });

  it("has no buttons once it is decided, but still its address", () => {
    const commit = { sha: "0123456789abcdef", url: "https://git.example/c" };
    const decided = show({
      ...CARD,
      actions: [],
      tone: "good",
      status: "Accepted by Ada.",
      commit,
      replaces: "https://discord.com/channels/1/2/3",
    });
    expect(labels(decided)).toEqual([]);
    for (const part of ["✓ Accepted by Ada.", "0123456789", CARD.url, "an older message"]) {
      expect(read(decided)).toContain(part);
    }
  });

  it.each([
    ["code", "`a queue`", "`an outbox`"],
    ["a table", "| a | queue |", "| an | outbox |"],
    ["a list", "- a queue\n- a job", "- an outbox\n- a job"],
    ["marks", "**a queue**", "_an outbox_"],
    ["a fence", "```\na queue\n```", "```\nan outbox\n```"],
  ])("shows %s as a diff", (_, original, proposed) => {
    const card = { ...CARD, original, proposed };
    const redline: Card["redline"] = [
      { kind: "deleted", text: original },
      { kind: "inserted", text: proposed },
    ];
    const shown = shownText(show({ ...card, redline }));
    expect(shown).toContain("```diff\n");
    for (const line of original.split("\n")) expect(shown).toContain(line);
    expectSound(show({ ...card, redline }));
  });

  it("attaches the whole of a long change", () => {
    const original = "A line that stays.\nA line that goes.\n";
    const long = show({
      ...CARD,
      original,
      proposed: `${"A new line.\n".repeat(9_000)}The end.\n`,
    });
    expect(long.files.map(({ name }) => name)).toEqual(["change-12.diff"]);
    const whole = String(long.files[0]!.data);
    expect(whole).toContain("-A line that goes.");
    expect(whole).toContain("+The end.");
    expect(whole.match(/^\+A new line\.$/gmu)).toHaveLength(9_000);
    expect(shownText(long)).toMatch(/… [\d,]+ more characters; all of it is attached/u);
    expectSound(long);
  });

  it("offers places in a menu", () => {
    const choices = Array.from({ length: 30 }, (_, n) => ({ label: `Line ${n}`, excerpt: "" }));
    const shown = show({ ...CARD, actions: ["place"], choices });
    const [menu] = controls(shown);
    expect(pressed(shown)).toEqual([{ action: "place", choice: null, ref: CARD.ref }]);
    expect(menu!["options"]).toHaveLength(25);
    expect(menu!["placeholder"]).toContain("5 more");
  });

  it("takes nothing that others wrote for formatting, a link or a line of its own", () => {
    const forged = "x\n# Accepted\n-# by *Ada* ~~not~~ ||hidden|| `c` [safe](https://evil.example)";
    const card = { ...CARD, reason: forged, status: forged, certainty: forged, author: forged };
    for (const text of textsOf(show({ ...card, section: [forged] }).components ?? [])) {
      expect(text).not.toMatch(
        /^(?:# |-# by)|[^\\]\*Ada|[^\\]~~not|[^\\]\|\||[^\\]`c|[^\\]\]\(https:/mu,
      );
    }
    expect(read(show(card))).toContain("**Why:** x # Accepted -# by *Ada* ~~not~~ ||hidden|| `c`");
  });

  it("is sound and harmless whatever it holds", () => {
    fc.assert(
      fc.property(anyCard, (card) => expectSound(show(card))),
      { numRuns: 150 },
    );
  });

  it("is sound for 100 KB of anything, and soon", () => {
    for (const part of [
      "word ",
      "a\n",
      "`",
      "<@1>",
      "*\n",
      "|",
      "😀",
      "@everyone ",
      "\\",
      "[a](b)",
    ]) {
      const text = part.repeat(Math.ceil(100_000 / part.length));
      const redline: Card["redline"] = [{ kind: "inserted", text }];
      const all = { original: text, proposed: `x${text}y`, reason: text, status: text, redline };
      expectSound(show({ ...CARD, ...all, certainty: text, author: text, present: text }));
    }
  });
});

describe("a list", () => {
  it("has a row and buttons for each change, and turns its pages", () => {
    const cards = [1, 2, 3, 4, 5].map((number) => ({ ...CARD, number, ref: `ref-${number}` }));
    const shown = list({ cards });
    expect(read(shown)).toContain("40 proposed changes  ·  page 2 of 3");
    expect(labels(shown)).toEqual([
      ...cards.flatMap(() => ["Accept", "Decline"]),
      "← Previous",
      "Next →",
    ]);
    const turns = pressed(shown).slice(-2);
    expect(turns.map((turn) => turn?.choice)).toEqual([0, 2]);
    expectSound(shown);
  });

  it("has room for five changes that ask for their places", () => {
    const choices = [{ label: "Line 1", excerpt: "x" }];
    const cards = [1, 2, 3, 4, 5].map((number) => ({
      ...CARD,
      number,
      ref: `ref-${number}`,
      actions: ["place", "decline"] as const,
      choices,
    }));
    const shown = list({ cards });
    expect(read(shown)).toContain("#5");
    expect(read(shown)).not.toContain("more of this page");
    expectSound(shown);
  });

  it("is sound and harmless whatever it holds", () => {
    const cards = fc.uniqueArray(anyCard, { maxLength: 8, selector: ({ ref }) => ref });
    fc.assert(
      fc.property(cards, fc.nat(3), (given, page) => {
        expectSound(list({ cards: given, page, pages: 4 }));
      }),
      { numRuns: 60 },
    );
  });
});

describe("a text", () => {
  const contentOf = (markdown: string): string =>
    renderContent({ kind: "text", markdown }).content ?? "";
  const budget = { limit: 1_900, measure: (part: string) => neutraliseDiscord(part).length };

  it("is cut so that every message fits, a single word of 4,000 letters too", () => {
    const parts = [
      ...["word ", "\n", "- item\n", "| a | b |\n", "[a](b)", "`[a](b)` ", "```\n", "@everyone "],
      ...["||", "-#", "](", "<@1>", "**b** ", "x".repeat(4_000), "> q\n", "\\", "!", "😀"],
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 900 }), (chosen) => {
        const text = chosen.join("").slice(0, 12_000);
        for (const segment of cutAll(text, budget)) {
          expect(neutraliseDiscord(renderSegment(text, segment)).length).toBeLessThanOrEqual(2_000);
        }
      }),
      { numRuns: 150 },
    );
    expect(cutAll("x".repeat(4_000), budget).length).toBeGreaterThan(2);
  });

  it("is never blank, and never too long", () => {
    expect(contentOf(" \n")).toBe("…");
    expect(contentOf("a".repeat(5_000)).length).toBeLessThanOrEqual(2_000);
    expect(contentOf("a".repeat(5_000))).toContain("in the console");
  });

  it("is small print where it is a note of one plain sentence", () => {
    const note = (markdown: string) => renderContent({ kind: "note", markdown }).content;
    expect(note("It was linked.")).toBe("-# It was linked.");
    expect(note("It was **linked**.")).toBe("It was **linked**.");
    expect(note("1. is no list")).toBe("-# 1\\. is no list");
  });
});

describe("a form", () => {
  const form = (more: Partial<ChatForm>): ChatForm => ({
    kind: "edit",
    ref: CARD.ref,
    title: "Edit the proposed text of change #12, which has a long title",
    submit: "Save",
    fields: [
      {
        kind: "text",
        name: "proposed",
        label: "What it is to say there, in as many words as it takes",
        value: "an outbox",
        multiline: true,
        required: true,
        maxLength: 100_000,
      },
    ],
    ...more,
  });

  it("is within Discord's bounds", () => {
    const { title, components, custom_id: id } = modalOf(form({}));
    expect(String(title).length).toBeLessThanOrEqual(45);
    expect(modalErrors(components as Json[])).toEqual([]);
    expect((components as { label: string }[])[0]!.label.length).toBeLessThanOrEqual(45);
    expect(parseCustomId(String(id))).toEqual({ action: "form.edit", choice: null, ref: CARD.ref });
  });

  it("offers choices in a menu, and tells of those that have no room", () => {
    const options = Array.from({ length: 30 }, (_, n) => ({
      value: `rfc-${n}`,
      label: `RFC ${n}`,
    }));
    const fields = [{ kind: "choice", name: "rfc", label: "RFC", options }] as const;
    const { components } = modalOf(form({ fields }));
    expect(modalErrors(components as Json[])).toEqual([]);
    expect(JSON.stringify(components)).toContain("5 more are not listed");
    expect(() => modalOf(form({ fields: [{ ...fields[0], options: [] }] }))).toThrow(UserError);
  });

  it("refuses a text that would be cut", () => {
    const [field] = form({}).fields;
    const fields = [{ ...field, value: "x".repeat(4_001) }] as ChatForm["fields"];
    expect(() => modalOf(form({ fields }))).toThrow(/4,000/u);
  });
});

describe("a proposal to merge", () => {
  const showMerge = (merge: typeof MERGE): Rendered => renderContent({ kind: "merge", merge });

  it("shows who said what, what holds it, and a button for each word", () => {
    const shown = read(showMerge({ ...MERGE, ref: CARD.ref }));
    for (const part of [
      "### Merge of Retries",
      "Cy: ✕ objects\nAda: ✓ agrees\nBob: … is asked",
      "#2: Who pays? (Cy)",
      "#3: raised elsewhere",
      "Changes #12",
      "! Open until 2026-03-01 12:00 UTC; held by concern #2.",
    ]) {
      expect(shown).toContain(part);
    }
    expect(pressed(showMerge(MERGE))).toEqual(
      ["agree", "object"].map((action) => ({ action, choice: null, ref: MERGE.ref })),
    );
    expect(labels(showMerge({ ...MERGE, actions: [] }))).toEqual([]);
  });

  it("is sound and known again whatever it says", () => {
    fc.assert(
      fc.property(anyMergeCard, (merge) => {
        const shown = showMerge(merge);
        expectSound(shown);
        expect([merge.ref, null]).toContain(readKey({ components: shown.components }));
      }),
    );
  });
});
