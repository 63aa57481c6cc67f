import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseActionId, parseOptionValue } from "../../../../adapters/slack/action-id.ts";
import type { Block, Rendered } from "../../../../adapters/slack/blocks/block.ts";
import { renderContent } from "../../../../adapters/slack/blocks/content.ts";
import { formView, readForm } from "../../../../adapters/slack/forms.ts";
import { homeView } from "../../../../adapters/slack/home.ts";
import type { Card } from "../../../../src/chat/card.ts";
import type { ChatForm, Reply } from "../../../../src/chat/chat-event.ts";
import { UserError } from "../../../../src/errors.ts";
import {
  areBlocksTooLong,
  blockErrors,
  controlsOf,
  plainText,
} from "../../../fakes/slack/blocks.ts";
import type { Control } from "../../../fakes/slack/blocks.ts";
import type { Json } from "../../../fakes/slack/model.ts";
import { pingsOf } from "../../../fakes/slack/pings.ts";
import { CARD, MERGE, anyCard, anyMergeCard } from "./cards.ts";

const show = (card: Card): Rendered => renderContent({ kind: "card", card });
const jsonOf = (blocks: readonly Block[]): Json[] => JSON.parse(JSON.stringify(blocks)) as Json[];
const readable = ({ blocks }: Rendered): string =>
  plainText(jsonOf(blocks)).replaceAll("\u2060", "");
const controls = ({ blocks }: Rendered): Control[] => controlsOf(jsonOf(blocks));

function expectSound({ blocks, text }: Rendered): void {
  const json = jsonOf(blocks);
  expect(blockErrors(json, "message")).toEqual([]);
  expect(areBlocksTooLong(json)).toBe(false);
  expect(pingsOf({ text, blocks: json, linksNames: false })).toEqual([]);
  expect(text.length).toBeLessThanOrEqual(4_000);
  expect(text.trim()).not.toBe("");
  expect(JSON.stringify(blocks).isWellFormed()).toBe(true);
}

describe("a card", () => {
  it("shows the redline, both texts, the reason and the state", () => {
    const shown = readable(show(CARD));
    for (const part of [
      "#12",
      "Design › Motivation",
      "a queue",
      "an outbox",
      "A queue loses jobs.",
      "Waits",
    ]) {
      expect(shown).toContain(part);
    }
    expect(JSON.stringify(show(CARD).blocks)).toContain('"text":"a queue","style":{"strike":true}');
  });

  it("carries its reference in every button", () => {
    const buttons = controls(show(CARD));
    expect(buttons.map(({ label }) => label)).toEqual(["Accept", "Decline", "Edit", "Open"]);
    expect(buttons.map(({ actionId }) => parseActionId(actionId)?.action)).toEqual([
      "accept",
      "decline",
      "edit",
      "open",
    ]);
    const values = buttons.slice(0, 3).map(({ element }) => element["value"]);
    expect(values).toEqual(["ref-1", "ref-1", "ref-1"]);
  });

  it("has no buttons once it is decided, but still its address", () => {
    const commit = { sha: "0123456789abcdef", url: "https://git.example/c" };
    const decided = show({
      ...CARD,
      actions: [],
      tone: "good",
      status: "Accepted by Ada.",
      commit,
    });
    expect(controls(decided)).toEqual([]);
    const shown = readable(decided);
    expect(shown).toContain(CARD.url);
    expect(shown).toContain("Accepted by Ada.");
    expect(shown).toContain("0123456789");
  });

  it.each([1, 5])("offers %i places as buttons", (count) => {
    const choices = Array.from({ length: count }, (_, n) => ({
      label: `Line ${n}, § Motivation`,
      excerpt: `text ${n}`,
    }));
    const buttons = controls(show({ ...CARD, actions: ["place", "decline"], choices }));
    const places = buttons.filter(({ label }) => label.startsWith("Line"));
    expect(places.map(({ actionId }) => parseActionId(actionId))).toEqual(
      choices.map((_, choice) => ({ action: "place", choice })),
    );
  });

  it("offers more places in a menu", () => {
    const choices = Array.from({ length: 6 }, (_, n) => ({ label: `Line ${n}`, excerpt: "" }));
    const [menu] = controls(show({ ...CARD, actions: ["place"], choices }));
    const options = menu?.element["options"] as { value: string }[];
    expect(options.map(({ value }) => parseOptionValue(value))).toEqual(
      choices.map((_, choice) => ({ ref: "ref-1", choice })),
    );
  });

  it("shows long texts as a diff, and tells what is left out and where it is", () => {
    const original = "A line that stays.\nA line that goes.\n";
    const proposed = "A line that stays.\nA line that comes.\n";
    expect(readable(show({ ...CARD, original, proposed }))).toContain(
      "  A line that stays.\n- A line that goes.\n+ A line that comes.",
    );
    const long = show({ ...CARD, original, proposed: "A new line.\n".repeat(1_000) });
    expect(readable(long)).toMatch(/… [\d,]+ more characters: read all of it/u);
    expect(JSON.stringify(long.blocks)).toContain(CARD.url);
  });

  it("takes nothing that others wrote for formatting or a link", () => {
    const forged = "*Accepted* by _Ada_ ~not~ `x` <https://evil.example|here>";
    const shown = show({ ...CARD, reason: forged, status: forged, certainty: forged });
    const marked = JSON.stringify(jsonOf(shown.blocks).filter(({ type }) => type !== "rich_text"));
    expect(marked).toContain("Accepted");
    expect(marked).not.toMatch(/\*Accepted\*|_Ada_|~not~|`x`|<https:\/\/evil/u);
    expect(readable(shown)).toContain("Why: *Accepted* by _Ada_ ~not~ `x`");
  });

  it("is sound and harmless whatever it holds", () => {
    fc.assert(
      fc.property(anyCard, (card) => expectSound(show(card))),
      { numRuns: 150 },
    );
  });
});

describe("a card in conflict", () => {
  const shown = (present: string | null) =>
    renderContent({ kind: "card", card: { ...CARD, tone: "problem", present } });

  it("says what the document reads now", () => {
    expect(readable(shown("a stack"))).toContain("The document says now: a stack");
    expect(shown("a stack").text).toContain("The document says now: a stack");
    expect(readable(shown(""))).toContain("The document says now: (nothing)");
    expect(readable(shown(null))).not.toContain("The document says now");
  });

  it("says how much of a long text is left out", () => {
    expect(readable(shown("x".repeat(3_000)))).toMatch(/2,?000 more/);
  });
});

describe("a list", () => {
  const list = (cards: readonly Card[], page = 1) =>
    renderContent({
      kind: "list",
      list: { ref: "list-1", total: 40, page, pages: 3, cards, url: CARD.url, replaces: null },
    });

  it("has a row and buttons for each change, and turns its pages", () => {
    const shown = list([CARD, { ...CARD, ref: "ref-2", number: 13, actions: [] }]);
    expect(readable(shown)).toContain("40 proposed changes");
    expect(readable(shown)).toContain("page 2 of 3");
    const buttons = controls(shown).map(({ actionId, element }) => [actionId, element["value"]]);
    expect(buttons).toEqual([
      ["redline:accept", "ref-1"],
      ["redline:decline", "ref-1"],
      ["redline:open", undefined],
      ["redline:page:0", "list-1"],
      ["redline:page:2", "list-1"],
    ]);
  });

  it("is sound and harmless whatever it holds, and tells of rows that do not fit", () => {
    fc.assert(
      fc.property(fc.array(anyCard, { maxLength: 30 }), (cards) => {
        const shown = list(cards);
        expectSound(shown);
        const rows = shown.blocks.filter(({ type }) => type === "section").length - 1;
        if (rows < cards.length) {
          expect(readable(shown)).toContain(`${cards.length - rows} more of this page`);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("a note", () => {
  it("is small print where it is one plain sentence, and Markdown where it is not", () => {
    const kinds = ["Ada accepted change 12.", "Ada accepted **change 12**."].map(
      (markdown) => renderContent({ kind: "note", markdown }).blocks[0]?.type,
    );
    expect(kinds).toEqual(["context", "markdown"]);
  });

  it.each(["note", "text"] as const)("and a %s are sound whatever they hold", (kind) => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      anyCard.map(({ proposed }) => proposed),
    );
    fc.assert(fc.property(text, (markdown) => expectSound(renderContent({ kind, markdown }))));
  });
});

describe("a form", () => {
  const reply: Reply = {
    channel: "C1",
    thread: "1.2",
    trigger: "t",
    responseUrl: "https://r.example",
  };
  const form: ChatForm = {
    kind: "edit",
    ref: "ref-1",
    title: "Edit the proposed text of this change",
    submit: "Propose",
    fields: [
      {
        kind: "text",
        name: "proposed",
        label: "Text",
        value: "x",
        multiline: true,
        required: true,
        maxLength: 9_000,
      },
      {
        kind: "choice",
        name: "rfc",
        label: "RFC",
        options: Array.from({ length: 120 }, (_, n) => ({ value: `v${n}`, label: `RFC ${n}` })),
      },
    ],
  };

  it("comes back with where it was opened", () => {
    const view = formView(form, reply);
    expect(blockErrors(jsonOf(view["blocks"] as Block[]), "modal")).toEqual([]);
    expect(JSON.stringify(view)).toContain("20 more are not listed");
    const read = readForm({
      callbackId: view["callback_id"] as string,
      privateMetadata: view["private_metadata"] as string,
    });
    expect(read).toEqual({ form: "edit", ref: "ref-1", reply: { ...reply, trigger: null } });
    expect(readForm({ callbackId: "other", privateMetadata: "" })).toBeNull();
  });

  it("refuses a text that it could not hold whole", () => {
    const [field] = form.fields;
    if (field?.kind !== "text") throw new Error("the first field is one for text");
    const long = { ...form, fields: [{ ...field, value: "x".repeat(3_001) }] };
    expect(() => formView(long, reply)).toThrow(UserError);
  });
});

describe("the home", () => {
  it("is sound and harmless whatever it holds", () => {
    const at = new Date("2026-01-01T12:00:00Z");
    fc.assert(
      fc.property(fc.array(anyCard, { maxLength: 40 }), (cards) => {
        const rfcs = cards.map((card) => ({
          slug: "s",
          title: card.status,
          url: card.url,
          placeUrl: card.url,
          pending: 1,
          stale: 1,
          accepted: 1,
          declined: 0,
        }));
        const waiting = cards.map(({ number, section, reason, url, status }) => ({
          number,
          rfcTitle: status,
          section,
          reason,
          since: at,
          url,
        }));
        const news = cards.map(({ status, url }) => ({ at, text: status, url }));
        const view = homeView({ rfcs, waiting, watched: rfcs, news, since: at, url: CARD.url });
        const blocks = jsonOf(view["blocks"] as Block[]);
        expect(blockErrors(blocks, "home")).toEqual([]);
        expect(pingsOf({ text: "", blocks, linksNames: false })).toEqual([]);
        if (cards.length > 20) expect(plainText(blocks)).toContain(`${cards.length - 20} more`);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a proposal to merge", () => {
  const showMerge = (merge: typeof MERGE): Rendered => renderContent({ kind: "merge", merge });

  it("shows who said what, what holds it, and a button for each word", () => {
    const shown = readable(showMerge(MERGE));
    for (const part of [
      "Merge of Retries",
      "Cy: ✕ objects\nAda: ✓ agrees\nBob: … is asked",
      "#2: Who pays? (Cy)",
      "#3: raised elsewhere",
      "Changes #12",
      "held by concern #2",
    ]) {
      expect(shown).toContain(part);
    }
    const buttons = controls(showMerge(MERGE));
    expect(buttons.map(({ label }) => label)).toEqual(["Agree", "Object", "Open"]);
    expect(controls(showMerge({ ...MERGE, actions: [] }))).toEqual([]);
    expect(showMerge(MERGE).text).toContain("Open concerns: #2, #3");
  });

  it("is sound whatever it says", () => {
    fc.assert(fc.property(anyMergeCard, (merge) => expectSound(showMerge(merge))));
  });
});
