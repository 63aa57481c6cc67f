import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitDocument } from "../../../../adapters/web/client/markdown/document-blocks.ts";
import { renderMarkdown } from "../../../../adapters/web/client/markdown/markdown.ts";
import type { Edit } from "../../../../adapters/web/client/redline/composite.ts";
import { changeEdits } from "../../../../adapters/web/client/redline/edits.ts";
import {
  layOutUnit,
  planUnits,
  type Segment,
} from "../../../../adapters/web/client/redline/layout.ts";
import { keepUnits } from "../../../../adapters/web/client/redline/unit-cache.ts";
import { cutRuns, sourceRuns } from "../../../../adapters/web/client/redline/source-runs.ts";
import { diffWords } from "../../../../src/rendering/word-diff.ts";
import { change } from "./records.ts";

function edit(body: string, from: string, to: string, number = 1): Edit {
  const start = body.indexOf(from);
  return { changeId: `c${number}`, number, start, end: start + from.length, replacement: to };
}

function show(body: string, ...edits: Edit[]): Segment[] {
  const document = splitDocument(body);
  return planUnits(document, edits).flatMap((unit) => [
    ...layOutUnit(unit, document.links, (source) => renderMarkdown(source, document.links)),
  ]);
}

/** The HTML of all text, redlines as ⟦removed⟧ and ⟪added⟫, other tags dropped. */
function words(segments: readonly Segment[]): string {
  return segments
    .map((segment) => {
      if (segment.kind !== "text") return `{${segment.kind}}`;
      return segment.html
        .replace(/<button[^>]*>(\d+)<\/button>/g, "^$1")
        .replace(/<del class="redline[^>]*>(.*?)<\/del>/gs, "⟦$1⟧")
        .replace(/<ins class="redline[^>]*>(.*?)<\/ins>/gs, "⟪$1⟫")
        .replace(/<[^>]*>/g, "")
        .replace(/\s+/g, " ")
        .trim();
    })
    .join(" ¶ ");
}

/** The HTML of all text. */
function text(segments: readonly Segment[]): string {
  return segments.map((segment) => (segment.kind === "text" ? segment.html : "")).join("");
}

/** Numbers of the changes that can be chosen between. */
function more(segments: readonly Segment[]): number[] {
  return segments.flatMap((segment) =>
    segment.kind === "more" ? segment.edits.map((one) => one.number) : [],
  );
}

describe("the difference of words", () => {
  const text = fc
    .array(fc.constantFrom("the", "cat", "sat", " ", "\n", ".", "é", "🐈", "*a*"), {
      maxLength: 30,
    })
    .map((pieces) => pieces.join(""));

  it("holds both texts, whatever they are", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const parts = diffWords(before, after);
        const side = (kind: "removed" | "added"): string =>
          parts
            .filter((part) => part.kind === "equal" || part.kind === kind)
            .map((part) => part.text)
            .join("");
        expect(side("removed")).toBe(before);
        expect(side("added")).toBe(after);
        expect(parts.every((part) => part.text !== "")).toBe(true);
      }),
    );
  });

  it("strikes words, not letters, and joins edits that only a blank keeps apart", () => {
    expect(diffWords("a retry budget of 20 % now", "a retry budget of 10 % now")).toEqual([
      { kind: "equal", text: "a retry budget of " },
      { kind: "removed", text: "20" },
      { kind: "added", text: "10" },
      { kind: "equal", text: " % now" },
    ]);
    expect(diffWords("we said one two in the end", "we said six ten in the end")).toMatchObject([
      { kind: "equal" },
      { kind: "removed", text: "one two" },
      { kind: "added", text: "six ten" },
      { kind: "equal" },
    ]);
  });

  it("shows texts with little in common as two", () => {
    expect(diffWords("Nothing like it at all", "Quite another sentence, it is")).toHaveLength(2);
    expect(diffWords("2 minutes |", "2 hours |")).toEqual([
      { kind: "equal", text: "2 " },
      { kind: "removed", text: "minutes" },
      { kind: "added", text: "hours" },
      { kind: "equal", text: " |" },
    ]);
  });
});

describe("redlines in rendered Markdown", () => {
  it("stand in paragraphs, emphasis, code, lists and tables", () => {
    const cases: [string, string, string, string][] = [
      [
        "Hello big **world** here.",
        "big **world**",
        "small **moon**",
        "Hello ⟦big⟧⟪small⟫ ⟦world⟧⟪moon⟫^1 here.",
      ],
      ["Use `foo` here.", "`foo`", "`bar`", "Use ⟦foo⟧⟪bar⟫^1 here."],
      ["- one\n- two\n- three\n", "- two\n", "", "one ⟦two⟧^1 three"],
      ["- one\n- two\n", "- two\n", "- two\n- new *x*\n", "one two ⟪new ⟫⟪x⟫^1"],
      ["One.\n\nTwo.\n", "One.", "One.\n\nNew.", "One. ⟪New.⟫^1 ¶ Two."],
      ["One.\n\nTwo.\n\nThree.\n", "Two.\n\n", "", "One. ¶ ⟦Two.⟧^1 Three."],
      ["|a|b|\n|-|-|\n|1|2|\n", "|1|2|", "|1|3|\n|4|5|", "a b 1 ⟦2⟧⟪3⟫ ⟪4⟫ ⟪5⟫^1"],
      ["```js\nfoo(1);\n```\n", "foo(1)", "foo(2)", "foo(⟦1⟧⟪2⟫^1);"],
      [
        "x\r\n\r\nThe quick\r\nfox.\r\n",
        "quick\r\nfox",
        "slow\r\nfox",
        "x ¶ The ⟦quick⟧⟪slow⟫^1 fox.",
      ],
    ];
    for (const [body, from, to, expected] of cases) {
      expect(words(show(body, edit(body, from, to)))).toBe(expected);
    }
  });

  it("are told apart when several meet in one block", () => {
    const body = "The cat sat on the mat.";
    const shown = show(body, edit(body, "cat", "dog", 1), edit(body, "mat", "rug", 2));
    expect(words(shown)).toBe("The ⟦cat⟧⟪dog⟫^1 sat on the ⟦mat⟧⟪rug⟫^2.");
  });

  it("give way to the source where rendered text cannot show them", () => {
    for (const [body, from, to] of [
      ["See [x](http://a.example) now.", "http://a.example", "http://b.example"],
      ["## Title\n", "## Title", "### Title"],
      ["```js\nx\n```\n", "```js", "```ts"],
    ] as const) {
      const shown = show(body, edit(body, from, to));
      expect(shown.map((segment) => segment.kind)).toEqual(["text", "source"]);
    }
  });

  it("show whole blocks that come or go where marks cannot be inside", () => {
    const body = "Some text.\n\nMore.\n";
    const shown = show(body, edit(body, "Some text.", "Some text.\n\n```\ncode\n```"));
    expect(shown.map((segment) => segment.kind)).toEqual(["text", "blocks", "text"]);
    expect(shown[1]).toMatchObject({ before: "", after: expect.stringContaining("code") });
  });

  it("draw one of those that overlap, and name the others once", () => {
    const body = "The cat sat on the mat.";
    const edits = [
      edit(body, "cat sat", "dog ran", 1),
      edit(body, "sat on", "lay on", 2),
      edit(body, "mat", "rug", 3),
      edit(body, "cat sat on", "owl slept on", 4),
    ];
    const newest = show(body, ...edits);
    expect(words(newest)).toBe("The ⟦cat sat⟧⟪owl slept⟫^4 on the ⟦mat⟧⟪rug⟫^3. ¶ {more}");
    expect(newest.at(-1)).toMatchObject({ hidden: 2 });
    expect(more(newest)).toEqual([4, 2, 1]);
    const document = splitDocument(body);
    const [unit] = planUnits(document, edits, { chosen: ["c1", "c2"] });
    const chosen = layOutUnit(unit!, {}, renderMarkdown);
    expect(words(chosen)).toBe("The ⟦cat sat⟧⟪dog ran⟫^1 on the ⟦mat⟧⟪rug⟫^3. ¶ {more}");
    expect(more(chosen)).toEqual([4, 2, 1]);
  });

  it("come forward where what was drawn instead is left out", () => {
    const body = "The cat sat on the mat.";
    const edits = [edit(body, "cat sat", "dog ran", 1), edit(body, "sat on", "lay on", 2)];
    const [unit] = planUnits(splitDocument(body), edits);
    const rest = layOutUnit({ ...unit!, edits: [] }, {}, renderMarkdown);
    expect(words(rest)).toBe("The ⟦cat sat⟧⟪dog ran⟫^1 on the mat.");
  });

  it("draw all that insert at one point, and what only touches", () => {
    const body = "The cat sat.";
    const at = (start: number, to: string, number: number): Edit => ({
      ...edit(body, "", to, number),
      start,
      end: start,
    });
    const shown = show(body, at(8, "fat ", 1), at(8, "old ", 2), edit(body, "sat", "ran", 3));
    expect(words(shown)).toBe("The cat ⟪fat⟫^1 ⟪old⟫^2 ⟦sat⟧⟪ran⟫^3.");
  });

  it("show a block once, however many changes only the source can show", () => {
    const links = Array.from({ length: 5 }, (_, n) => `[word${n}](http://a${n}.example)`);
    const body = `${"A long beginning. ".repeat(100)}${links.join(" and ")}.`;
    const shown = show(
      body,
      ...links.map((_, n) => edit(body, `http://a${n}`, `http://b${n}`, n + 1)),
    );
    expect(shown.map((segment) => segment.kind)).toEqual(["text", "source"]);
    const strip = shown[1]!;
    if (strip.kind !== "source") throw new Error("no source");
    const text = strip.runs.map((run) => run.text).join("");
    expect(text.length).toBeLessThan(700);
    expect(strip.edits).toHaveLength(5);
    expect(text).toContain("a4b4");
  });

  it("keep old and new words apart, in tables, emphasis and code as well", () => {
    for (const [body, from, to] of [
      ["Wait 10 s.", "10", "15"],
      ["|a|\n|-|\n|10|\n", "10", "15"],
      ["Wait **10** s.", "**10**", "**15**"],
      ["```js\nwait(10);\n```\n", "10", "15"],
    ] as const) {
      expect(text(show(body, edit(body, from, to))), body).toMatch(
        /<ins class="redline redline-added redline-apart"[^>]*>15/,
      );
    }
    expect(text(show("A cat.", edit("A cat.", "cat", "cat sat")))).not.toContain("redline-apart");
  });

  it("cannot be forged by a document that holds the marks' characters", () => {
    const marks = "\uE000gone\uE001\uE002come\uE003";
    for (const body of [`A ${marks} cat.`, "A &#xE000;gone&#xE001; cat."]) {
      expect(words(show(body))).not.toMatch(/[⟦⟪]/);
      const shown = show(body, edit(body, "cat", "dog"));
      expect(words(shown)).not.toMatch(/[⟦⟪]/);
      expect(shown.at(-1)!.kind).not.toBe("text");
    }
    const body = "A cat.";
    expect(words(show(body, edit(body, "cat", marks)))).not.toMatch(/[⟦⟪]/);
  });

  it("lose no text of the document, whatever is edited", () => {
    const pieces = [
      "# A\n\n",
      "The cat sat. ",
      "*one* ",
      "- a\n",
      "- b\n",
      "\n",
      "`x` ",
      "> q\n",
      "|a|b|\n|-|-|\n|1|2|\n",
    ];
    const body = fc.array(fc.constantFrom(...pieces), { minLength: 1 }).map((all) => all.join(""));
    const replacement = fc
      .array(fc.constantFrom(...pieces), { maxLength: 3 })
      .map((all) => all.join(""));
    fc.assert(
      fc.property(body, replacement, fc.nat(), fc.nat(), (text, to, a, b) => {
        const [start, end] = [a % (text.length + 1), b % (text.length + 1)].sort((x, y) => x - y);
        const one: Edit = { changeId: "c", number: 1, start: start!, end: end!, replacement: to };
        const plain = words(show(text)).replace(/[\s¶]/g, "");
        const shown = show(text, one);
        const apart = shown.filter((segment) => segment.kind !== "text").length;
        const before = words(shown)
          .replace(/⟪.*?⟫/gs, "")
          .replace(/\^1|[\s¶⟦⟧]/g, "");
        // Shown inside the text, or once beside it.
        expect(apart <= 1).toBe(true);
        expect(apart === 1 || before === plain).toBe(true);
      }),
    );
  });
});

describe("a document in units", () => {
  const body = "# A\n\nThe cat sat.\n\nThe dog sat.\n\nThe end.\n";

  it("covers it in order, with each edit in the paragraph that it is about", () => {
    const units = planUnits(splitDocument(body), [
      edit(body, "dog", "cow"),
      edit(body, "cat", "bat", 2),
    ]);
    expect(units.map((unit) => unit.source.trim())).toEqual([
      "# A",
      "The cat sat.",
      "The dog sat.",
      "The end.",
    ]);
    expect(units.map((unit) => unit.edits.map((one) => one.number))).toEqual([[], [2], [1], []]);
  });

  it("keeps the units that stay the same, so that a change costs its own paragraph", () => {
    const document = splitDocument(body);
    const before = planUnits(document, [edit(body, "dog", "cow")]);
    const more = keepUnits(
      before,
      planUnits(document, [edit(body, "dog", "cow"), edit(body, "cat", "bat", 2)]),
    );
    expect(more.map((unit, index) => unit === before[index])).toEqual([true, false, true, true]);
    const other = keepUnits(before, planUnits(document, [edit(body, "dog", "owl")]));
    expect(other.map((unit, index) => unit === before[index])).toEqual([true, true, false, true]);
    const moved = splitDocument(`Before.\n\n${body}`);
    expect(keepUnits(before, planUnits(moved, [])).some((unit) => before.includes(unit))).toBe(
      false,
    );
  });

  it("colours the changes that share a paragraph differently", () => {
    const shown = show(body, edit(body, "cat", "bat"), edit(body, "sat", "ran", 2));
    const html = text(shown);
    expect(html).toMatch(
      /<ins class="redline redline-added redline-apart tone-1" data-change="c1">bat/,
    );
    expect(html).toMatch(
      /<ins class="redline redline-added redline-apart tone-2" data-change="c2">ran/,
    );
    const alone = show(body, edit(body, "cat", "bat"));
    expect(alone.map((segment) => JSON.stringify(segment)).join("")).not.toContain("tone-");
  });
});

describe("redlines in the source", () => {
  it("are exact, with the offsets of what stands in the document", () => {
    const body = "The cat sat.\nThe end.";
    const runs = sourceRuns(body, [edit(body, "cat", "dog"), edit(body, "end", "start", 2)]);
    expect(runs.map(({ kind, text, start }) => [kind, text, start])).toEqual([
      ["equal", "The ", 0],
      ["removed", "cat", 4],
      ["added", "dog", 7],
      ["equal", " sat.\nThe ", 7],
      ["removed", "end", 17],
      ["added", "start", 20],
      ["equal", ".", 20],
    ]);
    expect(runs[2]!.flags.map((flag) => flag.number)).toEqual([1]);
  });

  it("draw one of those that overlap; the others hang on it", () => {
    const body = "The cat sat.";
    const edits = [edit(body, "cat sat", "dog ran"), edit(body, "sat", "lay", 2)];
    const numbers = (chosen: string[], kind: "flags" | "hidden") =>
      sourceRuns(body, edits, chosen).flatMap((run) => run[kind].map((one) => one.number));
    expect([numbers([], "flags"), numbers([], "hidden")]).toEqual([[2], [1]]);
    expect([numbers(["c1"], "flags"), numbers(["c1"], "hidden")]).toEqual([[1], [2]]);
  });

  it("can be cut anywhere without losing a word or a number", () => {
    const body = "The cat sat on the mat. The end.";
    const runs = sourceRuns(body, [
      edit(body, "cat sat on", "dog ran at"),
      edit(body, "end", "x", 2),
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(body.length)), (offsets) => {
        const cut = cutRuns(runs, offsets);
        const own = cut.filter((run) => run.kind !== "added");
        expect(own.map((run) => run.text).join("")).toBe(body);
        expect(own.every((run) => body.startsWith(run.text, run.start))).toBe(true);
        for (const offset of offsets.filter((one) => one < body.length)) {
          expect(own.some((run) => run.start === offset)).toBe(true);
        }
        expect(cut.flatMap((run) => run.flags.map((one) => one.number))).toEqual([1, 2]);
      }),
    );
  });
});

describe("changes in the document", () => {
  const body = "old text";
  const shown = (fields: Parameters<typeof change>[0]): number[] =>
    changeEdits([change(fields)], body).map((one) => one.number);

  it("are those with a sure place that still reads the same", () => {
    expect(shown({})).toEqual([1]);
    expect(shown({ state: "accepting" })).toEqual([1]);
    expect(shown({ drift: "rebased", certainty: "ask" })).toEqual([1]);
    expect(shown({ certainty: "ask" })).toEqual([]);
    expect(shown({ state: "accepted" })).toEqual([]);
    expect(shown({ drift: "conflict" })).toEqual([]);
    expect(shown({ passage: null })).toEqual([]);
    expect(shown({ slice: "odd" })).toEqual([]);
  });
});
