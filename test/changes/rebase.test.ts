import { describe, expect, test } from "vitest";
import { DocumentIndex } from "../../src/changes/document-index.ts";
import { locateEdit, placeAt } from "../../src/changes/locate.ts";
import type { ProposedEdit } from "../../src/changes/locate.ts";
import { applyPlacement, confirmPlacement, isPlaced } from "../../src/changes/placement.ts";
import type { Placement } from "../../src/changes/placement.ts";
import { rebaseAll } from "../../src/changes/rebase.ts";
import type { RebaseOutcome } from "../../src/changes/rebase.ts";

const BASE = [
  "# Gateway",
  "",
  "The gateway answers within five seconds. It retries twice.",
  "",
  "## Limits",
  "",
  "Each client may send a hundred requests a minute. Others are refused.",
  "",
  "- first item of the list",
  "- second item of the list",
  "",
  "The end of the document is near.",
  "",
].join("\n");

interface Pending {
  edit: ProposedEdit;
  placement: Placement;
}

/** A change at the `nth` place of `original`, as a person would choose it. */
function pending(text: string, original: string, proposed: string, nth = 0): Pending {
  let start = text.indexOf(original);
  for (let skipped = 0; skipped < nth; skipped++) start = text.indexOf(original, start + 1);
  expect(start).toBeGreaterThanOrEqual(0);
  const edit = { original, proposed };
  const passage = { start, end: start + original.length };
  return { edit, placement: placeAt(new DocumentIndex(text), edit, passage) };
}

function insertion(
  text: string,
  beside: Pick<ProposedEdit, "after" | "before">,
  proposed: string,
): Pending {
  const edit = { original: "", proposed, ...beside };
  return { edit, placement: locateEdit(new DocumentIndex(text), edit) };
}

function rebase(
  base: string,
  tip: string,
  { edit, placement }: { edit: ProposedEdit | null; placement: Placement },
): RebaseOutcome {
  const items = [{ id: "x", edit, placement }];
  return rebaseAll(new DocumentIndex(base), new DocumentIndex(tip), items).get("x")!;
}

/** The tip with the rebased change written. */
function written(tip: string, { placement }: RebaseOutcome): string {
  return applyPlacement(tip, placement);
}

describe("an untouched passage", () => {
  test("is fresh, its offsets moved silently", () => {
    const change = pending(BASE, "five seconds", "ten seconds");
    const tip = `A new preface.\n\n${BASE.replace("twice", "three times")}`;
    const outcome = rebase(BASE, tip, change);
    expect(outcome.kind).toBe("fresh");
    expect(outcome.placement).toEqual({
      ...change.placement,
      passage: { start: tip.indexOf("five seconds"), end: tip.indexOf("five seconds") + 12 },
      after: ". It retries three times.\n\n## Li",
    });
    expect(written(tip, outcome)).toBe(tip.replace("five", "ten"));
  });

  test("is fresh when text is put directly before and after it", () => {
    const change = pending(BASE, "a hundred requests", "ten requests");
    const tip = BASE.replace("a hundred requests", "up to a hundred requests (or so)");
    const outcome = rebase(BASE, tip, change);
    expect(outcome.kind).toBe("fresh");
    expect(written(tip, outcome)).toContain("send up to ten requests (or so) a minute");
  });

  test("is not fresh when what is put there makes another word of it", () => {
    for (const now of ["fives", "fifty-five-", "xfive"]) {
      const tip = BASE.replace("five", now);
      expect(rebase(BASE, tip, pending(BASE, "five", "ten")).placement.certainty).not.toBe(
        "certain",
      );
    }
    const text = "A sentence about the cat. Another one.\n";
    expect(rebase(text, text.replace("cat", "concatenate"), pending(text, "cat", "dog")).kind).toBe(
      "conflict",
    );
    expect(rebase(text, "Only concatenate is left.\n", pending(text, "cat", "dog")).kind).toBe(
      "stale",
    );
  });

  test("follows its own copy of a text that stands several times", () => {
    const text = "## A\n\nThe same words.\n\n## B\n\nThe same words.\n\n## C\n\nThe same words.\n";
    const change = pending(text, "The same words.", "X", 1);
    const tip = text.replace("## A\n\nThe same words.\n\n", "");
    expect(written(tip, rebase(text, tip, change))).toBe("## B\n\nX\n\n## C\n\nThe same words.\n");
    const gone = text.replace("## B\n\nThe same words.\n\n", "");
    expect(rebase(text, gone, change).kind).toBe("stale");
    const doubled = text.replace("## B\n\n", "## B\n\nThe same words.\n\n");
    expect(rebase(text, doubled, change).placement.slice).toBe("The same words.");
  });

  test("is asked about when text like it was put next to it and either could be it", () => {
    const text =
      "- opens with three backticks and a newline\n- all content is left out until the end\n";
    const bullet = pending(text, "-", "*", 1);
    const tip = text.replace(
      "- all content is left out until",
      "- is a subset of it\n- all content is ignored until",
    );
    expect(rebase(text, tip, bullet)).toMatchObject({
      kind: "moved",
      placement: { certainty: "ask" },
    });
  });

  test("is fresh when the whole file changes to CRLF or back, and is written in the new ending", () => {
    const crlf = BASE.replaceAll("\n", "\r\n");
    const change = pending(BASE, "- first item of the list\n- second", "- one\n- two\n- second");
    const there = rebase(BASE, crlf, change);
    expect(there.kind).toBe("fresh");
    expect(written(crlf, there)).toContain("\r\n- one\r\n- two\r\n- second item");
    const back = rebase(crlf, BASE, { ...change, placement: there.placement });
    expect(back.placement).toEqual({
      ...change.placement,
      certainty: "high",
      method: "normalised",
    });
  });

  test("is fresh when its paragraph is only wrapped differently", () => {
    const change = pending(BASE, "a hundred requests a minute", "ten requests a minute");
    const tip = BASE.replace("a hundred requests a minute", "a hundred\nrequests a minute");
    const outcome = rebase(BASE, tip, change);
    expect(outcome).toMatchObject({
      kind: "fresh",
      placement: { certainty: "high", method: "normalised" },
    });
    expect(written(tip, outcome)).toContain("send ten\nrequests a minute");
  });

  test("is to be confirmed when its indentation changed", () => {
    const tip = BASE.replace("- first item", "  - first item");
    const change = pending(BASE, "\n- first item of the list", "\n- one");
    expect(rebase(BASE, tip, change).kind).not.toBe("fresh");
  });
});

describe("a change that the tip has already", () => {
  test.each([
    ["replaced", "five seconds", "ten seconds"],
    ["deleted", " It retries twice.", ""],
    ["a whole line", "- second item of the list\n", ""],
    ["its original in its own proposal, in front", "twice", "more than twice"],
    ["its original in its own proposal, behind", "requests", "requests and answers"],
    ["its original in its own proposal, doubled", "item", "item item"],
    ["a part of the original", "Others are refused.", "Others are refused"],
  ])("is applied: %s", (_name, original, proposed) => {
    const change = pending(BASE, original, proposed);
    const tip = applyPlacement(BASE, change.placement);
    expect(rebase(BASE, tip, change).kind).toBe("applied");
    const further = `Preface.\n\n${tip}And more.\n`;
    const outcome = rebase(BASE, further, change);
    expect(outcome.kind).toBe("applied");
    const { start, end } = outcome.placement.passage!;
    expect(further.slice(start, end)).toBe(proposed);
    expect(rebase(further, further, { ...change, placement: outcome.placement })).toEqual(outcome);
  });

  test.each([
    [{ after: "- first item of the list\n" }, "- first item of the list\n"],
    [{ after: "- first item of the list" }, "\n- a new item"],
    [{ before: "- second item of the list" }, "- a new item\n"],
    [{ after: "## Limits" }, " and quotas"],
  ])("is applied: inserted %j", (beside, proposed) => {
    const change = insertion(BASE, beside, proposed);
    const tip = applyPlacement(BASE, change.placement);
    expect(rebase(BASE, tip, change).kind).toBe("applied");
  });

  test("is applied though somebody wrote on behind it", () => {
    const change = pending(BASE, "twice", "twice a day");
    const tip = BASE.replace("twice", "twice a day, at night");
    expect(rebase(BASE, tip, change).kind).toBe("applied");
  });

  test("is not applied by one that looks alike elsewhere, or that was there before", () => {
    const change = pending(BASE, "five seconds", "ten seconds");
    expect(rebase(BASE, `${BASE}It is ten seconds.\n`, change).kind).toBe("fresh");
    const text = "see foo bar here and foo bar there\n";
    const grown = pending(text, "foo", "foo bar");
    expect(rebase(text, `Preface.\n${text}`, grown).kind).toBe("fresh");
  });

  test("is not applied where the document read so all the time, though its neighbours changed", () => {
    const text = "A first sentence. Then see foo bar here. And a last one.\n";
    const grown = pending(text, "foo", "foo bar");
    expect(rebase(text, text.replace(" here", ", then"), grown).kind).toBe("fresh");
  });

  test("is no deletion while the passage stands, whatever fits around its end", () => {
    const text =
      "# Alternatives\n[rationale-and-alternatives]: #rationale-and-alternatives\n\nMisc\n" +
      "- Config was put under it, where it belongs and is looked for by all who use it\n";
    const gone = pending(text, "Misc", "");
    const tip = text.replace("Misc", "Misc alternatives");
    expect(rebase(text, tip, gone).kind).not.toBe("applied");
    const twice =
      "It does not apply recursively.\n\n A pre-release does not apply recursively.\n\nThe end of it all.\n";
    const indented = pending(twice, " A pre-release does not apply recursively.", "");
    const unindented = twice.replace(" A pre-", "A pre-");
    expect(rebase(twice, unindented, indented).kind).not.toBe("applied");
  });

  test("tells which of several equal lines was deleted by what is around them", () => {
    const text = "start\nsame\nsame\nend of it all\n";
    const second = pending(text, "same\n", "", 1);
    expect(rebase(text, "start\nsame\nend of it all\n", second).kind).toBe("applied");
  });
});

describe("a passage that somebody changed", () => {
  test("is merged when the words differ, and confirmed with one click", () => {
    const change = pending(
      BASE,
      "Each client may send a hundred requests a minute.",
      "Each client may send a hundred requests an hour.",
    );
    const tip = BASE.replace("Each client", "Every client");
    const outcome = rebase(BASE, tip, change);
    expect(outcome).toMatchObject({
      kind: "rebased",
      placement: { status: "rebased", certainty: "ask", doubts: ["rebased"] },
    });
    expect(written(tip, outcome)).toContain("Every client may send a hundred requests an hour.");
    const confirmed = confirmPlacement(outcome.placement);
    expect(isPlaced(confirmed)).toBe(true);
    expect(rebase(tip, `${tip}More.`, { ...change, placement: confirmed }).kind).toBe("fresh");
  });

  test("stays to be confirmed on the tips after", () => {
    const change = pending(
      BASE,
      "Each client may send a hundred requests a minute.",
      "Each client may send a hundred requests an hour.",
    );
    const tip = BASE.replace("Each client", "Every client");
    const { placement } = rebase(BASE, tip, change);
    const next = rebase(tip, `New.\n\n${tip}`, { ...change, placement });
    expect(next.kind).toBe("rebased");
    expect(next.placement.passage!.start).toBe(placement.passage!.start + 6);
  });

  test("is a conflict when both changed the same words, with the three texts", () => {
    const change = pending(BASE, "five seconds", "ten seconds");
    const tip = BASE.replace("five seconds", "two seconds");
    expect(rebase(BASE, tip, change)).toMatchObject({
      kind: "conflict",
      placement: { status: "conflict", certainty: "none", slice: "five seconds" },
      texts: { base: "five seconds", proposed: "ten seconds", current: "two seconds" },
    });
  });

  test("stops being a conflict when the old text is back, or the proposed one is written", () => {
    const change = pending(BASE, "five seconds", "ten seconds");
    const tip = BASE.replace("five seconds", "two seconds");
    const { placement } = rebase(BASE, tip, change);
    const next = (text: string): RebaseOutcome => rebase(tip, text, { ...change, placement });
    expect(next(`${tip}More.`).kind).toBe("conflict");
    expect(next(`${tip}More.`).texts?.current).toBe("two seconds");
    expect(next(BASE)).toMatchObject({
      kind: "fresh",
      placement: { slice: "five seconds", certainty: "high" },
    });
    expect(next(BASE.replace("five", "ten")).kind).toBe("applied");
    expect(next(BASE.replace("The gateway answers within five seconds. ", "")).kind).toBe("stale");
  });

  test("of an insertion is the passage that it hangs on: its middle may change, its border not", () => {
    const text = "The first sentence is here. The second one follows.\n";
    const change = insertion(text, { after: "The first sentence is here." }, " Added.");
    const middle = text.replace("first sentence", "first long sentence");
    const outcome = rebase(text, middle, change);
    expect(outcome.kind).toBe("rebased");
    expect(written(middle, outcome)).toBe(
      "The first long sentence is here. Added. The second one follows.\n",
    );
    expect(rebase(text, text.replace("is here.", "was there!"), change).kind).toBe("conflict");
  });
});

describe("a passage that is gone", () => {
  const change = pending(BASE, "- second item of the list", "- another item");
  const gone = BASE.replace("- second item of the list\n", "");

  test("is stale, and keeps what it needs to be known again", () => {
    const outcome = rebase(BASE, gone, change);
    expect(outcome.kind).toBe("stale");
    expect(outcome.placement).toEqual({
      ...change.placement,
      status: "stale",
      certainty: "none",
      passage: null,
      candidateCount: 0,
    });
  });

  test("is fresh again when the text is back, whether from the last tip or from the first version", () => {
    const { placement } = rebase(BASE, gone, change);
    const back = `New.\n\n${BASE}`;
    const stillGone = rebase(gone, `${gone}More.`, { ...change, placement });
    expect(stillGone.kind).toBe("stale");
    const outcome = rebase(`${gone}More.`, back, { ...change, placement: stillGone.placement });
    expect(outcome).toMatchObject({
      kind: "fresh",
      placement: { certainty: "high", status: "located" },
    });
    expect(written(back, outcome)).toBe(
      back.replace("- second item of the list", "- another item"),
    );
    expect(rebase(BASE, back, change).kind).toBe("fresh");
  });

  test("is asked about when it is back among other words", () => {
    const { placement } = rebase(BASE, gone, change);
    const tip = `${gone}\n## Lists\n\n- first item of the list\n- second item of the list\n- third\n`;
    expect(rebase(gone, tip, { ...change, placement })).toMatchObject({
      kind: "moved",
      placement: { status: "moved", certainty: "ask", slice: "- second item of the list" },
    });
  });

  test("does not come back as a copy that was there all the time", () => {
    const text = `${BASE}\n## Again\n\n- second item of the list\n`;
    const without = `${gone}\n## Again\n\n- second item of the list\n`;
    const { kind, placement } = rebase(
      text,
      without,
      pending(text, "- second item of the list", "x"),
    );
    expect(kind).toBe("stale");
    expect(rebase(without, `${without}More.`, { ...change, placement }).kind).toBe("stale");
  });

  test("is moved when it stands with its context in one other place, and is asked about", () => {
    const limits = BASE.slice(BASE.indexOf("## Limits"), BASE.indexOf("The end of"));
    const front = BASE.slice(0, BASE.indexOf("## Limits"));
    const end = "The end of the document is near.\n";
    const filler = Array.from({ length: 12 }, (_, at) => `More text ${at} that stays.`).join("\n");
    const base = `${front}${limits}${filler}\n\n${end}`;
    const tip = `${front}${filler}\n\n${end}\n${limits}`;
    const outcome = rebase(base, tip, pending(base, "- second item of the list", "- another item"));
    expect(outcome).toMatchObject({
      kind: "moved",
      placement: { status: "moved", certainty: "ask", doubts: ["moved"], candidateCount: 1 },
    });
    expect(written(tip, outcome)).toContain("- first item of the list\n- another item\n");
    expect(rebase(tip, tip, { ...change, placement: outcome.placement })).toEqual(outcome);
  });

  test("is stale when two new copies stand", () => {
    const word = pending(BASE, "five seconds", "ten seconds");
    const tip = "Now five seconds here.\n\nThen five seconds there.\n";
    expect(rebase(BASE, tip, word).kind).toBe("stale");
  });

  test("is stale after a rewrite of the whole file, and of an emptied one", () => {
    for (const tip of ["", "\n", "Entirely other words, about nothing of the above.\n"]) {
      expect(rebase(BASE, tip, change).kind).toBe("stale");
      expect(rebase(BASE, tip, insertion(BASE, { after: "## Limits\n" }, "x")).kind).toBe("stale");
    }
  });

  test("is stale when the placement is about another version", () => {
    expect(rebase(`${BASE} `.slice(5), BASE, change).kind).toBe("stale");
  });
});

describe("a place that was not certain", () => {
  const text = "# A\nthe cat sat\n# B\nthe cat ran\n";
  const edit = { original: "the cat", proposed: "a dog" };
  const asked = { edit, placement: locateEdit(new DocumentIndex(text), edit) };

  test("is located again, and stays asked though only one place is left", () => {
    const tip = `New.\n${text}`;
    const outcome = rebase(text, tip, asked);
    expect(outcome).toMatchObject({
      kind: "fresh",
      placement: { certainty: "ask", candidateCount: 2 },
    });
    expect(outcome.placement.candidates.map(({ line }) => line)).toEqual([3, 5]);
    const one = rebase(text, "# A\nthe cat sat\n# B\nran\n", asked);
    expect(one).toMatchObject({
      kind: "fresh",
      placement: { certainty: "ask", atMost: "certain" },
    });
    expect(one.placement.doubts).toEqual(["several_places"]);
  });

  test("is applied when one of the places reads as proposed", () => {
    expect(rebase(text, text.replace("the cat ran", "a dog ran"), asked).kind).toBe("applied");
  });

  test("is stale while it is nowhere, and asked again afterwards", () => {
    const none = "# A\n# B\n";
    const outcome = rebase(text, none, asked);
    expect(outcome).toMatchObject({
      kind: "stale",
      placement: { passage: null, certainty: "none" },
    });
    const again = rebase(none, "# A\nthe cat sat\n# B\n", { edit, placement: outcome.placement });
    expect(again).toMatchObject({ kind: "fresh", placement: { certainty: "ask" } });
  });

  test("that was found nowhere is found when the text appears", () => {
    const nowhere = locateEdit(new DocumentIndex("# A\n"), edit);
    expect(rebase("# A\n", "# A\n\nMore.\n", { edit, placement: nowhere }).kind).toBe("stale");
    const outcome = rebase("# A\n", "# A\nthe cat\n", { edit, placement: nowhere });
    expect(outcome).toMatchObject({ kind: "fresh", placement: { certainty: "certain" } });
  });

  test("keeps the best certainty that its block may have", () => {
    const capped = { original: "the cat sat", proposed: "x" };
    const placement = locateEdit(new DocumentIndex(text), capped, { atMost: "ask" });
    const outcome = rebase(text, `New.\n${text}`, { edit: capped, placement });
    expect(outcome.placement).toMatchObject({
      certainty: "ask",
      doubts: ["capped"],
      atMost: "ask",
    });
  });
});

describe("a passage without an edit", () => {
  const anchor = {
    ...pending(BASE, "Each client may send a hundred requests a minute.", ""),
    edit: null,
  };

  test("is followed, and never applied", () => {
    const tip = `New.\n\n${BASE}`;
    expect(rebase(BASE, tip, anchor)).toMatchObject({
      kind: "fresh",
      placement: { passage: { start: tip.indexOf("Each") } },
    });
  });

  test("becomes what it was changed to, while half of it is left", () => {
    const tip = BASE.replace("a hundred requests", "ten questions");
    expect(rebase(BASE, tip, anchor)).toMatchObject({
      kind: "rebased",
      placement: {
        slice: "Each client may send ten questions a minute.",
        certainty: "certain",
        status: "located",
      },
    });
    expect(rebase(BASE, BASE.replace(/Each client.*/, "Gone."), anchor).kind).toBe("stale");
  });
});

test("everything on one version is rebased together", () => {
  const changes = ["five", "twice", "hundred"].map((word) => ({
    id: word,
    ...pending(BASE, word, "X"),
  }));
  const tip = BASE.replace("hundred", "thousand");
  const outcomes = rebaseAll(new DocumentIndex(BASE), new DocumentIndex(tip), changes);
  expect([...outcomes].map(([id, { kind }]) => `${id} ${kind}`)).toEqual([
    "five fresh",
    "twice fresh",
    "hundred conflict",
  ]);
});

describe("a passage whose neighbours were rewritten", () => {
  test("stays where it is, in a line that is mostly as it was", () => {
    const before = "# T\n\nThe timeout is 30 seconds by default.\n\nSecond paragraph here stays.\n";
    const after = before
      .replace("30 seconds", "45 seconds")
      .replace("Second paragraph here stays.", "Wholly other words.");
    const edit = { original: "by default", proposed: "always" };
    const [base, tip] = [new DocumentIndex(before), new DocumentIndex(after)];
    const item = { id: "x", edit, placement: locateEdit(base, edit) };
    const outcome = rebaseAll(base, tip, [item]).get("x")!;
    expect(outcome.kind).toBe("fresh");
    expect(applyPlacement(after, outcome.placement)).toContain("45 seconds always.");
  });
});
