/** Suggestions as GitHub applies them: exactly the text that was meant, or none. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { suggestionBody } from "../../src/reviews/comment-body.ts";
import type { Hunk } from "../../src/reviews/hunks.ts";
import type { TextEdit } from "../../src/reviews/line-edit.ts";
import { mapAll, mapSuggestion } from "../../src/reviews/map-suggestion.ts";
import type { Commentable, Mapping } from "../../src/reviews/map-suggestion.ts";
import { corpusDocuments, corpusMissing, fixtureDocuments } from "../changes/histories.ts";
import type { NamedText } from "../changes/histories.ts";
import { seeded } from "../changes/replay.ts";
import { applySuggestion, suggestionsIn } from "./read-comment.ts";

const line = fc.constantFrom(
  ...["", "", " ", "\t", "alpha", "beta", "  gamma", "    code", "# Title", "- item", "> quote"],
  ...[
    "```",
    "```",
    "  ```",
    "````",
    "``````````",
    "```js",
    "```suggestion",
    "~~~",
    "a ``` b",
    "`x`",
  ],
  ...["| a | b |", "|---|---|", "<!-- x", "-->", "<details>", "日本語の文。", "é😀x", "a\u2028b"],
  ...["trailing  ", "back\\", "[a]: https://example.org", "&lt;", "@someone", "---"],
);
const lines = fc.array(line, { maxLength: 24, size: "max" });
const ending = fc.nat(19).map((n) => ["mixed", "\r"][n] ?? (n % 3 === 0 ? "\r\n" : "\n"));
const odd = fc.nat(79).map((n) => ["\0", "\uFEFF", "\u001B", "\uD800"][n] ?? "");

function join(texts: readonly string[], lineBreak: string): string {
  const at = (index: number): string =>
    lineBreak === "mixed" ? (index % 3 === 1 ? "\r\n" : "\n") : lineBreak;
  return texts.map((text, index) => (index === 0 ? text : at(index) + text)).join("");
}

/** A document and an edit of it: whole lines, or from anywhere to anywhere. */
const edited = fc
  .record({
    lines,
    ending,
    isEnded: fc.boolean(),
    from: fc.nat(),
    length: fc.nat(30),
    isWhole: fc.boolean(),
    replacement: lines.map((all) => all.slice(0, 4)),
    isForeign: fc.nat(29).map((n) => n === 0),
    odd,
  })
  .map((draw) => {
    const own = draw.ending === "mixed" || draw.ending === "\r" ? "\n" : draw.ending;
    const head = join(draw.lines, draw.ending) + (draw.isEnded ? own : "");
    let start = draw.from % (head.length + 1);
    let end = Math.min(head.length, start + draw.length);
    if (draw.isWhole) {
      start = head.lastIndexOf("\n", start - 1) + 1;
      end = head.indexOf("\n", end) + 1 || head.length;
    }
    const foreign = own === "\n" ? "\r\n" : "\n";
    const replacement =
      join(draw.replacement, draw.isForeign ? foreign : own) +
      (draw.isWhole && draw.replacement.length > 0 ? own : "") +
      draw.odd;
    return { head, edit: { start, end, replacement } };
  });

const hunks: fc.Arbitrary<Commentable> = fc.oneof(
  fc.constant("whole file" as const),
  fc.array(fc.tuple(fc.nat(3), fc.nat(5)), { maxLength: 4 }).map((spans) => {
    let last = 0;
    return spans.map(([gap, size]): Hunk => {
      const start = last + 1 + gap;
      last = start + size;
      return { start, end: last };
    });
  }),
);

const marker = {
  kind: "change",
  changeId: "7f3a1c9e-0000-4000-8000-000000000000",
  revision: 1,
} as const;

function bodyOf(replaced: readonly string[], reason = "Because."): string {
  const discussed = { label: "the conversation", url: "https://example.org/t/1" };
  return suggestionBody({ lines: replaced, reason, discussed, changeNumber: 1, marker });
}

const written = (head: string, { start, end, replacement }: TextEdit): string =>
  head.slice(0, start) + replacement + head.slice(end);

function assertExact(head: string, edit: TextEdit, mapping: Mapping, allowed: Commentable): void {
  const meant = written(head, edit);
  if (mapping.kind === "unchanged") expect(meant).toBe(head);
  if (mapping.kind !== "suggestion") return;
  const body = bodyOf(mapping.lines);
  if (suggestionsIn(body).length !== 1) throw new Error(`not one suggestion: ${body}`);
  const got = applySuggestion(head, mapping, body);
  if (got !== meant)
    expect({ head, edit, mapping, got }).toEqual({ head, edit, mapping, got: meant });
  if (allowed === "whole file") return;
  const first = mapping.startLine ?? mapping.line;
  const around = allowed.filter((hunk) => hunk.start <= first && mapping.line <= hunk.end);
  expect(around).toHaveLength(1);
}

/** Lines that a suggestion must at least replace within the hunks; Infinity where there is none. */
function fewestLines(head: string, meant: string, allowed: readonly Hunk[]): number {
  const [old, fresh] = [head.split("\n").slice(0, -1), meant.split("\n").slice(0, -1)];
  const same = (a: string[], b: string[]): boolean => a.join("\n") === b.join("\n");
  let fewest = Infinity;
  for (const hunk of allowed) {
    for (let from = hunk.start; from <= hunk.end; from++) {
      for (let to = from; to <= Math.min(hunk.end, old.length); to++) {
        const rest = old.length - to;
        if (from - 1 + rest > fresh.length) continue;
        const isKept =
          same(old.slice(0, from - 1), fresh.slice(0, from - 1)) &&
          same(old.slice(to), fresh.slice(fresh.length - rest));
        if (isKept) fewest = Math.min(fewest, to - from + 1);
      }
    }
  }
  return fewest;
}

describe("a suggestion", () => {
  test("gives exactly the text that was meant", () => {
    const kinds = new Map<string, number>();
    fc.assert(
      fc.property(edited, hunks, ({ head, edit }, allowed) => {
        const mapping = mapSuggestion(head, edit, allowed);
        assertExact(head, edit, mapping, allowed);
        const kind = mapping.kind === "fallback" ? mapping.why : mapping.kind;
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }),
      { numRuns: 80_000, seed: 4 },
    );
    // Every kind came up, most of them suggestions.
    expect(kinds.get("suggestion")).toBeGreaterThan(20_000);
    expect([...kinds.keys()].toSorted()).toEqual(
      [
        ...["across_hunks", "characters", "empty_file", "final_newline", "mixed_line_endings"],
        ...["outside_diff", "suggestion", "unchanged"],
      ].toSorted(),
    );
  });

  test("replaces the fewest lines, and is found wherever there is one", () => {
    const plain = fc.constantFrom("a", "a", "b", "");
    const drawn = fc.record({
      head: fc.array(plain, { minLength: 1, maxLength: 8 }),
      from: fc.nat(8),
      size: fc.nat(3),
      added: fc.array(plain, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(drawn, hunks, ({ head: all, from, size, added }, allowed) => {
        const textOf = (texts: readonly string[]): string =>
          texts.map((text) => `${text}\n`).join("");
        const head = textOf(all);
        const start = textOf(all.slice(0, from)).length;
        const end = textOf(all.slice(0, from + size)).length;
        const edit = { start, end, replacement: textOf(added) };
        const meant = written(head, edit);
        if (meant === head || meant === "") return;
        const ranges = allowed === "whole file" ? [{ start: 1, end: all.length }] : allowed;
        const mapping = mapSuggestion(head, edit, allowed);
        const fewest = fewestLines(head, meant, ranges);
        if (mapping.kind !== "suggestion") {
          expect(fewest).toBe(Infinity);
          return;
        }
        expect(mapping.line - (mapping.startLine ?? mapping.line) + 1).toBe(fewest);
      }),
      { numRuns: 10_000, seed: 5 },
    );
  });
});

describe("over real documents", () => {
  const assertAll = ({ text }: NamedText): void => {
    const random = seeded(text.length);
    for (const source of [text, text.replaceAll(/\r?\n/g, "\r\n"), text.trimEnd()]) {
      const edits = Array.from({ length: 120 }, () => randomEdit(source, random));
      const mapped = mapAll(source, edits, "whole file");
      for (const [index, mapping] of mapped.entries()) {
        assertExact(source, edits[index]!, mapping, "whole file");
      }
      const suggested = mapped.filter(({ kind }) => kind === "suggestion");
      expect(suggested.length).toBeGreaterThan(90);
    }
  };

  test.each(fixtureDocuments())("$name", assertAll);
  test.skipIf(corpusMissing !== null).each(corpusMissing === null ? corpusDocuments() : [])(
    "corpus: $name",
    assertAll,
  );
});

/** Replaces, deletes, doubles or moves a stretch of up to 400 characters; at line borders every other time. */
function randomEdit(text: string, random: (below: number) => number): TextEdit {
  const border = (offset: number): number => text.indexOf("\n", offset) + 1 || text.length;
  let start = random(text.length - 500);
  let end = start + random(400);
  if (random(2) === 0) [start, end] = [border(start), border(end)];
  while (/[\uDC00-\uDFFF\n]/.test(text.charAt(start))) start++;
  while (/[\uDC00-\uDFFF\n]/.test(text.charAt(end))) end++;
  end = Math.max(start, end);
  const elsewhere = random(text.length - 500);
  const other = text
    .slice(elsewhere, elsewhere + random(300))
    .replace(/^[\uDC00-\uDFFF\n]|[\uD800-\uDBFF\r]$/g, "");
  const slice = text.slice(start, end);
  const lineBreak = text.includes("\r\n") ? "\r\n" : "\n";
  const replacement = ["", slice + slice, other, `${lineBreak}${other}${lineBreak}`, "`````"][
    random(5)
  ]!;
  return { start, end, replacement };
}
