import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalise } from "../../src/changes/normalise.ts";

/** What the units `[from, to)` of the normalised text came from. */
function source(text: string, part: string): string {
  const { text: normalised, starts, ends } = normalise(text);
  const at = normalised.indexOf(part);
  return text.slice(starts[at], ends[at + part.length - 1]);
}

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(" ", "\n", "\r\n", "\u00A0", "\u200B", "\uFEFF", "\u00AD", "\u3000"),
      fc.constantFrom("&lt;", "&amp;", "&#8217;", "&#x2014;", "&nope;", "&", "&#0;"),
      fc.constantFrom(
        "\u201C",
        "\u2026",
        "\u2013",
        "e\u0301",
        "\u304B\u3099",
        "\u1112\u1161\u11AB",
      ),
      fc.string({ unit: "binary", maxLength: 4 }),
      fc.string({ maxLength: 8 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

describe("normalise", () => {
  test.each([
    ["curly quotes", "\u201Cit\u2019s\u201D", '"it\'s"'],
    ["dashes", "a\u2013b\u2014c\u2212d", "a-b-c-d"],
    ["an ellipsis", "so\u2026", "so..."],
    ["white space of any kind", "a \t\r\n \u00A0b\u3000c", "a b c"],
    ["zero-width characters", "\uFEFFa\u200Bb\u00ADc", "abc"],
    ["named entities", "&lt;b&gt; &amp; &quot;&nbsp;x", '<b> & " x'],
    ["numbered entities", "&#39;&#x201C;", "'\""],
    ["entities, once", "&amp;lt;", "&lt;"],
    ["no entity", "&copy &#0; &#xD800; &#99999999;", "&copy &#0; &#xD800; &#99999999;"],
    ["composition", "cafe\u0301 \u304B\u3099 \u1112\u1161\u11AB", "caf\u00E9 \u304C \uD55C"],
    ["what has no other spelling", "Ωmega 日本語 👩‍👩‍👧 ｶﾞ", "Ωmega 日本語 👩‍👩‍👧 ｶﾞ"],
  ])("gives one spelling to %s", (_name, raw, expected) => {
    expect(normalise(raw).text).toBe(expected);
  });

  test.each([
    ["a &lt;b&gt; c", "<b>", "&lt;b&gt;"],
    ["say \u201Cx\u201D now", '"x"', "\u201Cx\u201D"],
    ["one\r\n   two", "one two", "one\r\n   two"],
    ["wait\u2026 go", "... go", "\u2026 go"],
    ["cafe\u0301s", "\u00E9s", "e\u0301s"],
    ["a\u200Bb", "ab", "a\u200Bb"],
  ])("knows where in %j each unit came from", (raw, part, expected) => {
    expect(source(raw, part)).toBe(expected);
  });

  test("maps every unit to a stretch of the source, in order, never into a character", () => {
    fc.assert(
      fc.property(text, (raw) => {
        const { text: normalised, starts, ends } = normalise(raw);
        expect(starts).toHaveLength(normalised.length);
        for (let at = 0; at < normalised.length; at++) {
          expect(starts[at]).toBeLessThan(ends[at]!);
          if (at > 0) expect(starts[at]).toBeGreaterThanOrEqual(starts[at - 1]!);
          if (at > 0 && starts[at] !== starts[at - 1]) {
            expect(starts[at]).toBeGreaterThanOrEqual(ends[at - 1]!);
          }
          const before = raw.codePointAt(starts[at]! - 1) ?? 0;
          expect(before > 0xffff).toBe(false);
        }
      }),
    );
  });

  test("changes nothing the second time, entities apart", () => {
    fc.assert(
      fc.property(text, (raw) => {
        const once = normalise(raw.replaceAll("&", "")).text;
        expect(normalise(once).text).toBe(once);
      }),
    );
  });
});
