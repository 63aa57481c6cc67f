import { describe, expect, test } from "vitest";
import { DocumentIndex } from "../../src/changes/document-index.ts";
import { locateEdit, nearestLines, placeAt } from "../../src/changes/locate.ts";
import type { LocateOptions, ProposedEdit } from "../../src/changes/locate.ts";
import { applyPlacement } from "../../src/changes/placement.ts";
import type { Placement } from "../../src/changes/placement.ts";

function locate(
  text: string,
  original: string,
  proposed = "NEW",
  more: Partial<ProposedEdit> &
    LocateOptions & { beside?: Pick<ProposedEdit, "after" | "before"> } = {},
): Placement {
  const { beside, ...options } = more;
  return locateEdit(new DocumentIndex(text), { original, proposed, ...beside }, options);
}

/** Certainty and doubts in one word. */
function verdict({ certainty, doubts, method }: Placement): string {
  return [certainty, method, ...doubts].join(" ");
}

function edited(text: string, original: string, proposed: string): string {
  return applyPlacement(text, locate(text, original, proposed));
}

describe("an original that stands in the document", () => {
  test("once is certain, with all that is stored about it", () => {
    const text = `# A\n\n${"x ".repeat(30)}the old words${" y".repeat(30)}\n`;
    const start = text.indexOf("the old");
    expect(locate(text, "the old words", "new ones")).toEqual({
      status: "located",
      certainty: "certain",
      method: "exact",
      doubts: [],
      passage: { start, end: start + 13 },
      slice: "the old words",
      replacement: "new ones",
      before: "x ".repeat(16),
      after: " y".repeat(16),
      section: ["A"],
      anchor: null,
      candidates: [],
      candidateCount: 1,
      atMost: "certain",
    });
  });

  test("several times is asked, with numbered candidates in document order", () => {
    const text = "# A\nthe cat\n# B\nthe cat\n## C\nthe cat";
    const placement = locate(text, "the cat", "a dog");
    expect(verdict(placement)).toBe("ask exact several_places");
    expect(placement.candidates).toEqual([
      { start: 4, end: 11, slice: "the cat", line: 2, section: ["A"], replacement: "a dog" },
      { start: 16, end: 23, slice: "the cat", line: 4, section: ["B"], replacement: "a dog" },
      { start: 29, end: 36, slice: "the cat", line: 6, section: ["B", "C"], replacement: "a dog" },
    ]);
  });

  test("more often than can be shown keeps twenty and the number", () => {
    const placement = locate("a cat. ".repeat(50), "cat");
    expect(placement.candidates).toHaveLength(20);
    expect(placement.candidateCount).toBe(50);
  });

  test("several times is decided by the context, by a margin of eight characters", () => {
    const text = "In winter the cat sleeps. In summer the cat hunts.";
    const within = (context: { before: string; after: string }): string => {
      const placement = locate(text, "the cat", "NEW", { context });
      return `${placement.certainty} ${placement.passage!.start}`;
    };
    expect(within({ before: "", after: " hunts." })).toBe("ask 36");
    expect(within({ before: "In summer ", after: " hunts." })).toBe("high 36");
    expect(within({ before: "In winter ", after: " sleeps" })).toBe("high 10");
    expect(within({ before: "In autumn ", after: "" })).toBe("ask 10");
  });

  test("several times is decided by the passage that the thread is about", () => {
    const text = "the cat\n\nthe cat\n\nthe cat";
    const placement = locate(text, "the cat", "NEW", { within: { start: 9, end: 16 } });
    expect(placement.certainty).toBe("high");
    expect(placement.passage).toEqual({ start: 9, end: 16 });
    expect(verdict(locate(text, "the cat", "NEW", { within: { start: 7, end: 9 } }))).toBe(
      "ask exact several_places",
    );
  });

  test("several times is decided by the words that the model gives beside it", () => {
    const text = "## One\n\nThe limit is 5.\n\n## Chapter Two\n\nThe limit is 5.\n";
    const beside = (words: Pick<ProposedEdit, "after" | "before">): string => {
      const placement = locate(text, "The limit is 5.", "NEW", { beside: words });
      return `${placement.certainty} ${placement.passage!.start}`;
    };
    expect(beside({ after: "## Chapter Two" })).toBe("high 41");
    expect(beside({ before: "\n\n## Chapter Two" })).toBe("high 8");
    expect(beside({ after: "Two" })).toBe("ask 41");
    expect(beside({ after: "## Chapter Three" })).toBe("ask 8");
  });

  test("is never better than the caller allows", () => {
    expect(verdict(locate("one two", "two", "NEW", { atMost: "ask" }))).toBe("ask exact capped");
    expect(locate("one two", "two", "NEW", { atMost: "ask" }).atMost).toBe("ask");
  });
});

describe("borders of words", () => {
  test.each([
    ["cat", "concatenate it", "ask exact inside_word"],
    ["cat", "concatenate the cat", "high exact"],
    ["cat", "cats and a cat2", "ask exact several_places inside_word"],
    ["e", "cafe\u0301", "ask exact inside_word"],
    ["日本", "これは日本語です", "certain exact"],
    ["cat", "the `cat`, here", "certain exact"],
    ["support for feature", "with support for features", "ask exact inside_word"],
  ])("%j in %j is %j", (original, text, expected) => {
    expect(verdict(locate(text, original))).toBe(expected);
  });

  test("may cut a word that the edit leaves as it is", () => {
    expect(
      locate("all unsupported features", "supported feature", "supported new feature").certainty,
    ).toBe("certain");
    expect(
      locate("all unsupported features", "supported feature", "supporting feature").certainty,
    ).toBe("ask");
    expect(
      locate("all unsupported features", "supported feature", "supported flag").certainty,
    ).toBe("ask");
  });
});

describe("an original in other characters", () => {
  test.each([
    ["curly quotes", 'he said "so it is" then', "he said \u201Cso it is\u201D then"],
    ["line breaks", "one two three", "one\ntwo three"],
    ["CRLF", "one\ntwo", "one\r\ntwo"],
    ["entities in the original", "a &lt; b &amp;&amp; c", "a < b && c"],
    ["entities in the document", "a < b", "a &lt; b"],
    ["no-break spaces", "section 5 says", "section\u00A05 says"],
    ["another normal form", "the caf\u00E9", "the cafe\u0301"],
    ["trailing spaces", "one  \ntwo", "one\ntwo"],
    ["an ellipsis", "and so on...", "and so on\u2026"],
  ])("is found in spite of %s", (_name, original, present) => {
    const placement = locate(`before ${present} after`, original);
    expect(verdict(placement)).toBe("high normalised");
    expect(placement.slice).toBe(present);
  });

  test("keeps the document's own characters where the edit changes nothing", () => {
    expect(
      edited("he said \u201Cfoo\u201D\u00A0to us", 'he said "foo" to', 'he said "bar" to'),
    ).toBe("he said \u201Cbar\u201D\u00A0to us");
    expect(edited("one\r\ntwo three\r\nfour\r\n", "one two\nthree\n", "one two\n3\n")).toBe(
      "one\r\ntwo 3\r\nfour\r\n",
    );
    expect(edited("x &amp; y\n", "x & y", "x & z")).toBe("x &amp; z\n");
  });

  test("takes the proposed characters where they are what is changed", () => {
    expect(edited('say "x" \u2013 y', 'say "x" - y', "say \u201Cx\u201D - y")).toBe(
      "say \u201Cx\u201D \u2013 y",
    );
  });

  test("is not half of an entity or of an ellipsis", () => {
    expect(locate("so\u2026 what", "so.", "NEW").passage).toBeNull();
    expect(locate("so&hellip; what", ".. what", "NEW").passage).toBeNull();
  });

  test("is asked about when little agrees", () => {
    expect(verdict(locate("a \u201C", 'a "'))).toBe("ask normalised short");
  });
});

describe("white space that matters", () => {
  test("another indentation is asked about", () => {
    expect(verdict(locate("if a:\n  x = 1\n", "    x = 1"))).toBe("ask normalised layout");
    expect(verdict(locate("- a\n  - b\n", "- a\n- b"))).toBe("ask normalised layout");
    expect(verdict(locate("```\na {\n\tb\n}\n```", "a {\n  b\n}"))).toBe("ask normalised layout");
    expect(verdict(locate("| a |\n| b |\n", "| a | | b |"))).toBe("ask normalised layout");
    expect(verdict(locate("- a very\n  long item\n", "- a very long item"))).toBe(
      "high normalised",
    );
  });

  test("the very same indentation is certain, and a list item is found without its own", () => {
    expect(locate("if a:\n    x = 1\n", "    x = 1").certainty).toBe("certain");
    expect(edited("- a\n    - b\n", "- b", "- c")).toBe("- a\n    - c\n");
  });

  test("deleting a line leaves no blank one behind, whatever its line ending", () => {
    expect(edited("one\ntwo\nthree\n", "two\n", "")).toBe("one\nthree\n");
    expect(edited("one\r\ntwo\r\nthree\r\n", "two\n", "")).toBe("one\r\nthree\r\n");
    expect(edited("one\r\ntwo\r\nthree\r\n", "\ntwo", "")).toBe("one\r\nthree\r\n");
    expect(edited("one\ntwo  \n\nthree\n", "two\n\n", "")).toBe("one\nthree\n");
  });

  test("a line break that the last line lacks is not added", () => {
    expect(edited("one\ntwo", "two\n", "three\n")).toBe("one\nthree");
  });

  test("new lines get the ending of the document, in a mixed one that of the lines around", () => {
    expect(edited("a\r\nb\r\n", "b", "b\nc")).toBe("a\r\nb\r\nc\r\n");
    expect(edited("a\nb\n", "b", "b\r\nc")).toBe("a\nb\nc\n");
    expect(edited("a\r\nb\nc\n", "a\r\nb\nc", "a\r\nx\nb\nc")).toBe("a\r\nx\r\nb\nc\n");
  });

  test("an original of white space alone is asked about", () => {
    expect(verdict(locate("a\n\n\nb", "\n\n\n", "\n\n"))).toBe("ask exact blank");
  });

  test("a passage never begins or ends inside CRLF or a surrogate pair", () => {
    expect(locate("a\r\nbc", "\nb", "x").passage).toEqual({ start: 1, end: 4 });
    expect(locate("x \u{1F600} y", "\uDE00 y", "x").passage).toBeNull();
  });
});

describe("insertions", () => {
  test("go directly after or before their passage and add no line break", () => {
    const text = "one\ntwo\nthree\n";
    const after = locate(text, "", "NEW", { beside: { after: "two\n" } });
    expect(applyPlacement(text, after)).toBe("one\ntwo\nNEWthree\n");
    expect(after).toMatchObject({
      certainty: "certain",
      passage: { start: 8, end: 8 },
      slice: "",
      anchor: { side: "after", passage: { start: 4, end: 8 }, slice: "two\n" },
    });
    const before = locate(text, "", "NEW", { beside: { before: "two" } });
    expect(applyPlacement(text, before)).toBe("one\nNEWtwo\nthree\n");
  });

  test("use both passages to tell places apart, and either if one is not there", () => {
    const text = "## A\n\nend of it\n\n## B\n\nend of it\n\n## Chapter C\n";
    const both = locate(text, "", "NEW", {
      beside: { after: "end of it", before: "## Chapter C" },
    });
    expect(both.certainty).toBe("high");
    expect(both.passage!.start).toBe(text.lastIndexOf("end of it") + 9);
    const one = locate(text, "", "NEW", {
      beside: { after: "nowhere to be found", before: "## B" },
    });
    expect(one.passage!.start).toBe(text.indexOf("## B"));
  });

  test("get the line ending of the document, and the break that its last line lacks", () => {
    const insert = (text: string, after: string): string =>
      applyPlacement(text, locate(text, "", "new\n", { beside: { after } }));
    expect(insert("one\r\ntwo\r\n", "one\n")).toBe("one\r\nnew\r\ntwo\r\n");
    expect(insert("one\ntwo", "two\n")).toBe("one\ntwo\nnew");
  });

  test("offer the passages to hang on as candidates", () => {
    const text = "a cat\na cat\n";
    const placement = locate(text, "", " sat", { beside: { after: "cat" } });
    expect(placement.candidates.map(({ start, end }) => [start, end])).toEqual([
      [2, 5],
      [8, 11],
    ]);
    const chosen = placeAt(
      new DocumentIndex(text),
      { original: "", proposed: " sat", after: "cat" },
      placement.candidates[1]!,
    );
    expect(applyPlacement(text, chosen)).toBe("a cat\na cat sat\n");
  });

  test("without a passage to hang on have no place", () => {
    expect(verdict(locate("text", ""))).toBe("none none");
    expect(verdict(locate("text", "", "NEW", { beside: { after: "  " } }))).toBe("none none");
  });
});

describe("what the document says already", () => {
  test("is asked about, so that it is not said twice", () => {
    expect(verdict(locate("see foo bar here", "foo", "foo bar"))).toBe("ask exact already_there");
    expect(verdict(locate("a\nb\nc\n", "", "b\n", { beside: { after: "a\n" } }))).toBe(
      "ask exact already_there",
    );
    expect(locate("a\n\nb", "", "\n", { beside: { after: "a\n" } }).certainty).toBe("certain");
  });
});

describe("a misquoted original", () => {
  const text =
    "# Limits\n\nThe gateway must answer every request within five seconds, or give up.\n\nOther text follows here.\n";

  test("is found with errors, asked about, and never cut inside a word", () => {
    const placement = locate(
      text,
      "The gatway should answer every request in five seconds",
      "It must be quick",
    );
    expect(verdict(placement)).toBe("ask approximate approximate");
    expect(placement.slice).toBe("The gateway must answer every request within five seconds");
    expect(placement.candidates).toHaveLength(1);
  });

  test("takes whole words in, where the quotation ends differently", () => {
    const placement = locate(text, "eway must answer every reqest within five secs", "x");
    expect(placement.slice).toBe("gateway must answer every request within five seconds");
  });

  test("carries a change over where it can", () => {
    const placement = locate(
      text,
      "must answer evry request within five seconds",
      "must answer evry request within ten seconds",
    );
    expect(placement.replacement).toBe("must answer every request within ten seconds");
  });

  test("of great length is found by its ends", () => {
    const long = Array.from({ length: 300 }, (_, at) => `word${at} of the text`).join(", ");
    const doc = `before it. ${long}. after it.`;
    const placement = locate(
      doc,
      long.replace("word150 of", "word of").replace("word7 of", "Word7 off"),
    );
    expect(placement.method).toBe("approximate");
    expect(placement.slice).toBe(long);
  });

  test("is not found when it is too short or too different", () => {
    expect(verdict(locate(text, "gatway"))).toBe("none none");
    expect(verdict(locate(text, "Nothing at all like what this document says"))).toBe("none none");
    expect(verdict(locate("", "some words that are not there"))).toBe("none none");
  });

  test("is given back with the nearest lines", () => {
    const lines = nearestLines(new DocumentIndex(text), "gateway answers requests within seconds");
    expect(lines[0]).toEqual({
      line: 3,
      text: "The gateway must answer every request within five seconds, or give up.",
    });
    expect(nearestLines(new DocumentIndex(text), "zzz qqq xxx")).toEqual([]);
    expect(nearestLines(new DocumentIndex(text), "")).toEqual([]);
  });
});

describe("placeAt", () => {
  const doc = new DocumentIndex("one two three \u{1F600}\r\n");

  test("takes the passage that a person chose as certain", () => {
    const placement = placeAt(doc, { original: "tow", proposed: "2" }, { start: 4, end: 7 });
    expect(placement).toMatchObject({ certainty: "certain", slice: "two", replacement: "2" });
  });

  test("hangs an insertion at a bare point on the text before it, else after it", () => {
    const insertion = { original: "", proposed: "X" };
    const at = (start: number): Placement => placeAt(doc, insertion, { start, end: start });
    expect(at(7).anchor).toMatchObject({ side: "after", slice: "one two" });
    expect(at(0).anchor).toMatchObject({ side: "before" });
    expect(applyPlacement(doc.text, at(7))).toBe("one twoX three \u{1F600}\r\n");
    expect(
      applyPlacement("", placeAt(new DocumentIndex(""), insertion, { start: 0, end: 0 })),
    ).toBe("X");
  });

  test.each([
    [-1, 2],
    [3, 2],
    [0, 99],
    [15, 16],
    [0, 17],
    [Number.NaN, 3],
  ])("refuses %d to %d", (start, end) => {
    expect(() => placeAt(doc, { original: "a", proposed: "b" }, { start, end })).toThrow(
      RangeError,
    );
  });
});
