import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DocumentIndex } from "../../src/changes/document-index.ts";
import { locateEdit, placeAt } from "../../src/changes/locate.ts";
import { normalise } from "../../src/changes/normalise.ts";
import { applyPlacement, isPlaced } from "../../src/changes/placement.ts";
import type { Passage, Placement } from "../../src/changes/placement.ts";
import { rebaseAll } from "../../src/changes/rebase.ts";
import type { RebaseOutcome } from "../../src/changes/rebase.ts";

/** Few words, so that texts repeat; every script, line break and width of character. */
const WORDS = [
  "the",
  "gateway",
  "limit",
  "a",
  "retries",
  "caf\u00E9",
  "\u{1F600}",
  "日本語",
  "x = 1",
  "`code`",
];
const GAPS = [" ", " ", " ", ", ", ". ", "\n", "\r\n", "\n\n", "\n- ", "\n    ", "  "];

const word = fc.constantFrom(...WORDS);
const document = (most: number): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(word, fc.constantFrom(...GAPS)), { minLength: 4, maxLength: most })
    .map((pairs) => pairs.flat().join(""));

/** Offsets at which a passage may begin or end. */
function stops(text: string): number[] {
  const offsets = [...text].reduce((all, c) => [...all, all.at(-1)! + c.length], [0]);
  return offsets.filter((at) => text[at - 1] !== "\r" || text[at] !== "\n");
}

/** A document, a passage in it of at least one character, and what is proposed for it. */
const edited = document(60).chain((text) => {
  const offsets = stops(text);
  return fc.record({
    text: fc.constant(text),
    span: fc
      .tuple(fc.nat(offsets.length - 2), fc.integer({ min: 1, max: 40 }))
      .map(([from, length]) => ({
        start: offsets[from]!,
        end: offsets[Math.min(from + length, offsets.length - 1)]!,
      })),
    proposed: fc.oneof(fc.constant(""), document(6), word),
  });
});

function expectSound(text: string, placement: Placement): void {
  const passages = [placement.passage, placement.anchor?.passage ?? null, ...placement.candidates];
  for (const passage of passages.filter((one) => one !== null)) {
    const { start, end } = passage;
    expect(0 <= start && start <= end && end <= text.length).toBe(true);
    expect(stops(text)).toContain(start);
    expect(stops(text)).toContain(end);
  }
  for (const part of [placement.before, placement.after, placement.slice]) {
    expect(part.isWellFormed()).toBe(true);
  }
  if (placement.passage !== null && placement.status !== "conflict") {
    expect(text.slice(placement.passage.start, placement.passage.end)).toBe(placement.slice);
  }
}

describe("locating", () => {
  test("finds the only place exactly, and never is sure of text that reads otherwise", () => {
    fc.assert(
      fc.property(edited, ({ text, span, proposed }) => {
        const original = text.slice(span.start, span.end);
        const placement = locateEdit(new DocumentIndex(text), { original, proposed });
        expectSound(text, placement);
        if (placement.certainty === "certain") {
          expect(text.indexOf(original)).toBe(text.lastIndexOf(original));
          expect(placement.passage).toEqual(span);
        }
        if (isPlaced(placement)) expect(placement.slice).toBe(original);
        else expect(placement.doubts).not.toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("of another document's text is sure only where it reads the same", () => {
    fc.assert(
      fc.property(document(40), document(5), word, (text, original, proposed) => {
        const placement = locateEdit(new DocumentIndex(text), { original, proposed });
        expectSound(text, placement);
        if (isPlaced(placement)) {
          expect(normalise(placement.slice).text.trim()).toBe(normalise(original).text.trim());
        }
      }),
      { numRuns: 500 },
    );
  });

  test("stays within its bounds for any insertion and any text", () => {
    const any = fc.string({ unit: "grapheme", maxLength: 60 });
    fc.assert(
      fc.property(any, any, any, fc.boolean(), (text, passage, proposed, isAfter) => {
        const beside = isAfter ? { after: passage } : { before: passage };
        const placement = locateEdit(new DocumentIndex(text), {
          original: "",
          proposed,
          ...beside,
        });
        if (placement.passage !== null) {
          expect(applyPlacement(text, placement).length).toBe(
            text.length + placement.replacement.length,
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Nothing else reads so: what stands in a document then was put there by the test. */
const MARK = "Zyx";

function rebaseOne(
  base: string,
  tip: string,
  original: string,
  placement: Placement,
): RebaseOutcome {
  const item = { id: "x", edit: { original, proposed: placement.replacement }, placement };
  return rebaseAll(new DocumentIndex(base), new DocumentIndex(tip), [item]).get("x")!;
}

function chosen(
  text: string,
  span: Passage,
  proposed: string,
): { original: string; placement: Placement } {
  const original = text.slice(span.start, span.end);
  return { original, placement: placeAt(new DocumentIndex(text), { original, proposed }, span) };
}

/** Words that no document here has, so that they align with nothing. */
const strange = fc
  .array(fc.constantFrom("mno", "pqr", "stu"), { maxLength: 5 })
  .map((words) => words.join(" "));

/** One stretch of a text replaced; `at` and `until` are shares of its length. */
const cut = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(30),
  put: strange,
});

/** Replaces a stretch that does not touch `[from, to)`; new text is set off, so that no word grows. */
function editedOutside(
  text: string,
  { start, end }: Passage,
  { at, length, put }: { at: number; length: number; put: string },
): { tip: string; moved: number } {
  const offsets = stops(text).filter((offset) => offset <= start || offset >= end);
  const from = offsets[Math.floor(at * (offsets.length - 1))]!;
  const limit = from <= start ? start : text.length;
  const until = offsets.findLast((offset) => offset <= Math.min(limit, from + length))!;
  const inserted = ` ${put} `;
  const tip = text.slice(0, from) + inserted + text.slice(Math.max(from, until));
  return { tip, moved: from <= start ? inserted.length - (Math.max(from, until) - from) : 0 };
}

/** Whole words that stand once, so that there is one right answer. */
const distinct = fc
  .uniqueArray(fc.string({ unit: fc.constantFrom(..."abcdefghij"), minLength: 3, maxLength: 8 }), {
    minLength: 8,
    maxLength: 60,
  })
  .chain((words) =>
    fc.record({
      words: fc.constant(words),
      gaps: fc.array(fc.constantFrom(" ", " ", " ", "\n", "\n\n", ". "), {
        minLength: words.length,
        maxLength: words.length,
      }),
      first: fc.nat(words.length - 1),
      length: fc.integer({ min: 1, max: 8 }),
    }),
  )
  .map(({ words, gaps, first, length }) => {
    const starts: number[] = [];
    let text = "";
    for (const [at, one] of words.entries()) {
      starts.push(text.length);
      text += one + gaps[at]!;
    }
    const last = Math.min(first + length, words.length) - 1;
    return { text, span: { start: starts[first]!, end: starts[last]! + words[last]!.length } };
  });

describe("rebasing", () => {
  test("calls a passage fresh after any one edit outside of it, at its new place", () => {
    fc.assert(
      fc.property(distinct, cut, ({ text, span }, edit) => {
        const { original, placement } = chosen(text, span, MARK);
        const { tip, moved } = editedOutside(text, span, edit);
        const outcome = rebaseOne(text, tip, original, placement);
        expect(outcome.kind).toBe("fresh");
        expect(outcome.placement.slice).toBe(original);
        expect(outcome.placement.passage).toEqual({
          start: span.start + moved,
          end: span.end + moved,
        });
      }),
      { numRuns: 1000 },
    );
  });

  test("after several edits outside of it is fresh at its place, or asks", () => {
    fc.assert(
      fc.property(
        distinct,
        fc.array(cut, { minLength: 2, maxLength: 5 }),
        ({ text, span }, edits) => {
          const { original, placement } = chosen(text, span, MARK);
          let tip = text;
          let at = span;
          for (const edit of edits) {
            const next = editedOutside(tip, at, edit);
            tip = next.tip;
            at = { start: at.start + next.moved, end: at.end + next.moved };
          }
          const outcome = rebaseOne(text, tip, original, placement);
          expect(["fresh", "moved"]).toContain(outcome.kind);
          expect(outcome.placement.passage).toEqual(at);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("knows that a change was applied, whatever it is", () => {
    const proposal = fc.oneof(
      fc.constant((slice: string) => `${MARK} ${slice}`),
      fc.constant((slice: string) => `${slice} ${MARK}`),
      fc.constant((slice: string) => `${slice} ${slice}`),
      fc.constant((slice: string) => slice.split(" ").slice(0, -1).join(" ")),
      fc.constant(() => ""),
      fc.constant(() => MARK),
    );
    fc.assert(
      fc.property(distinct, proposal, cut, fc.boolean(), ({ text, span }, propose, edit, also) => {
        const { original, placement } = chosen(
          text,
          span,
          propose(text.slice(span.start, span.end)),
        );
        const made = applyPlacement(text, placement);
        const there = { start: span.start, end: span.start + placement.replacement.length };
        // Far enough from the change, or nobody could tell it from another.
        const around = {
          start: Math.max(0, there.start - 60),
          end: Math.min(made.length, there.end + 60),
        };
        const tip = also ? editedOutside(made, around, edit).tip : made;
        expect(rebaseOne(text, tip, original, placement).kind).toBe("applied");
      }),
      { numRuns: 1000 },
    );
  });

  test("of any text to any other text is sound, and the same when asked again", () => {
    fc.assert(
      fc.property(
        edited,
        fc.oneof(document(60), fc.array(cut, { maxLength: 4 })),
        ({ text, span, proposed }, to) => {
          const { original, placement } = chosen(text, span, proposed);
          fc.pre(original !== placement.replacement);
          const tip =
            typeof to === "string"
              ? to
              : to.reduce((now, edit) => editedOutside(now, { start: 0, end: 0 }, edit).tip, text);
          const first = rebaseOne(text, tip, original, placement);
          expectSound(tip, first.placement);
          if (isPlaced(first.placement) && first.kind === "fresh") {
            expect(normalise(first.placement.slice).text.trim()).toBe(
              normalise(original).text.trim(),
            );
          }
          const again = rebaseOne(tip, tip, original, first.placement);
          expect(again).toEqual(first);
          expect(JSON.parse(JSON.stringify(first))).toEqual(first);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
