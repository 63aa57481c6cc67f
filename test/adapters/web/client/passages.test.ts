import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  passageWords,
  threadTitle,
} from "../../../../adapters/web/client/conversation/thread-title.ts";
import {
  passagePlace,
  threadLetters,
  threadPlaces,
} from "../../../../adapters/web/client/document/thread-places.ts";
import { splitDocument } from "../../../../adapters/web/client/markdown/document-blocks.ts";
import { renderMarkdown } from "../../../../adapters/web/client/markdown/markdown.ts";
import type { Edit } from "../../../../adapters/web/client/redline/composite.ts";
import {
  layOutUnit,
  planUnits,
  type ThreadPlace,
} from "../../../../adapters/web/client/redline/layout.ts";
import type { ThreadJson } from "../../../../adapters/web/views/thread-view.ts";
import { rfc, thread } from "./records.ts";

function place(body: string, words: string, threadId = "a"): ThreadPlace {
  const start = body.indexOf(words);
  return { threadId, letter: threadId.toUpperCase(), title: "", start, end: start + words.length };
}

/** The words with each thread's passage in brackets: ⟨a:the cat⟩. Proposed words are left out. */
function marked(body: string, threads: ThreadPlace[], edits: Edit[] = []): string {
  const document = splitDocument(body);
  return planUnits(document, edits, { threads })
    .flatMap((unit) => layOutUnit(unit, document.links, renderMarkdown))
    .map((segment) => {
      if (segment.kind === "text") return segment.html;
      return segment.kind === "blocks" ? segment.before : "";
    })
    .join("")
    .replace(/<button[^>]*>\d+<\/button>/g, "")
    .replace(/<ins class="redline .*?<\/ins>/gs, "")
    .replace(/<span class="passage[^"]*" data-thread="([^"]*)">(.*?)<\/span>/gs, "⟨$1:$2⟩")
    .replace(/<[^>]*>/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

describe("what threads are about, in the rendered text", () => {
  it.each([
    ["The cat sat.", "cat sat", "The ⟨a:cat sat⟩."],
    ["The **big** cat.", "**big** cat", "The ⟨a:big⟩⟨a: cat⟩."],
    ["Use `foo()` here.", "`foo()` here", "Use ⟨a:foo()⟩⟨a: here⟩."],
    ["# The plan\n\nText.", "The plan", "⟨a:The plan⟩ Text."],
    ["- one\n- two\n- three", "- two\n- three", "one ⟨a:two⟩ ⟨a:three⟩"],
    ["|a|b|\n|-|-|\n|1|2|\n", "|1|2|", "a b ⟨a:1⟩ ⟨a:2⟩"],
    ["One.\n\nTwo.\n\nThree.", "One.\n\nTwo.", "⟨a:One.⟩ ⟨a:Two.⟩ Three."],
    ["```js\nfoo(1);\nbar(2);\n```\n", "bar(2);", "foo(1); ⟨a:bar(2);⟩"],
    ["a &amp; b < c", "b < c", "a &amp; ⟨a:b &lt; c⟩"],
    ["the cat, the cat, the cat", "cat, the cat", "the ⟨a:cat, the cat⟩, the cat"],
  ])("%s", (body, words, expected) => {
    expect(marked(body, [place(body, words)])).toBe(expected);
  });

  it("are told apart where several are on one place", () => {
    const body = "The cat sat on the mat.";
    const two = [place(body, "The cat sat"), place(body, "sat on the mat", "b")];
    expect(marked(body, two)).toBe("⟨a:The cat ⟩⟨a b:sat⟩⟨b: on the mat⟩.");
  });

  it("stand beside redlines, on the document's own words", () => {
    const body = "The cat sat on the mat.";
    const start = body.indexOf("sat");
    const edits = [{ changeId: "c", number: 1, start, end: start + 3, replacement: "lay" }];
    expect(marked(body, [place(body, "cat sat on")], edits)).toBe(
      "The ⟨a:cat ⟩⟨a:sat⟩⟨a: on⟩ the mat.",
    );
  });

  it("cost no character, whatever is marked", () => {
    const pieces = [
      "# A\n\n",
      "The cat. ",
      "*one* ",
      "- a\n",
      "\n",
      "`x` ",
      "> q\n",
      "&lt;",
      "|a|\n|-|\n|b|\n",
    ];
    const text = fc.array(fc.constantFrom(...pieces), { minLength: 1 }).map((all) => all.join(""));
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(), (body, a, b) => {
        const [start = 0, end = 0] = [a % body.length, b % body.length].sort((x, y) => x - y);
        const here = { ...place(body, ""), start, end };
        const bare = (shown: string): string => shown.replace(/⟨a:|⟩|\s/g, "");
        expect(bare(marked(body, [here]))).toBe(bare(marked(body, [])));
      }),
    );
  });
});

const BODY = "The **cat** sat.\n";
const DOCUMENT = { body: BODY, head_sha: "head", blob_sha: "blob" };

function anchored(slice: string, fields: Partial<ThreadJson> = {}): ThreadJson {
  const start = BODY.indexOf(slice);
  return thread({
    thread_kind: "range",
    anchor: {
      status: "located",
      certainty: "certain",
      doubts: [],
      passage: start < 0 ? null : { start, end: start + slice.length },
      slice,
      section: [],
      candidates: [],
      candidate_count: 1,
    },
    ...fields,
  });
}

describe("a thread's passage", () => {
  const known = rfc({ document: DOCUMENT });

  it("is in the document, gone from it, or not known to be either", () => {
    expect(passagePlace(anchored("cat"), known)).toEqual({ start: 6, end: 9 });
    expect(passagePlace(anchored("dog"), known)).toBe("gone");
    expect(passagePlace(anchored("cat", { anchor_stale_since: "2026-03-02" }), known)).toBe("gone");
    expect(passagePlace(anchored("cat"), rfc({ document: { ...DOCUMENT, body: "x" } }))).toBe(
      "gone",
    );
    expect(passagePlace(anchored("cat"), rfc())).toBe("unknown");
    expect(passagePlace(anchored("cat", { branch_name: "other" }), known)).toBe("unknown");
    expect(passagePlace(thread(), known)).toBeNull();
  });

  it("is named by its words, not by its markup", () => {
    expect(passageWords(anchored("The **cat** sat."))).toBe("The cat sat.");
    expect(passageWords(anchored("- one\n- two"))).toBe("one two");
    expect(passageWords(anchored("long word ".repeat(30)))).toMatch(/^long word .{50,80}…$/);
    expect(passageWords(anchored("| attempts | 10 |"))).toBe("attempts · 10");
    expect(passageWords(thread())).toBe("");
    expect(threadTitle(anchored("The **cat**"))).toBe("On “The cat”");
  });

  it("keeps its thread's letter while others come and close", () => {
    const at = (n: number): string => `2026-03-02T09:${10 + n}:00.000Z`;
    const many = Array.from({ length: 28 }, (_, n) =>
      anchored("cat", { id: `t${String(n).padStart(2, "0")}`, created_at: at(n) }),
    );
    const letters = threadLetters([...many.toReversed(), thread({ id: "whole" })]);
    expect([letters.get("t00"), letters.get("t25"), letters.get("t26")]).toEqual(["A", "Z", "AA"]);
    expect(letters.has("whole")).toBe(false);
    const [first, second] = many;
    const threads = [second!, { ...first!, state: "closed" as const }, thread({ id: "whole" })];
    expect(threadPlaces({ ...known, threads }).map(({ letter, start }) => [letter, start])).toEqual(
      [["B", 6]],
    );
  });
});
