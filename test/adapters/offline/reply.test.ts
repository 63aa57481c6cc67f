import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { replyTo } from "../../../adapters/offline/reply.ts";
import { DocumentIndex } from "../../../src/changes/document-index.ts";
import { locateEdit } from "../../../src/changes/locate.ts";
import { parseReply } from "../../../src/changes/parser.ts";
import { applyPlacement } from "../../../src/changes/placement.ts";
import type { Placement } from "../../../src/changes/placement.ts";
import { buildHistory } from "../../../src/conversation/history.ts";
import { stablePrompt, turnPrompt } from "../../../src/conversation/prompt.ts";
import type { WholeFields } from "../../../src/changes/parser-events.ts";

const NONCE = "7f3a";

/** What the engine makes of an answer: its prose, its changes, and the document with all of them. */
function answer(document: string, content: string, passage?: string) {
  const about = passage === undefined ? "" : `\n\nAbout:\n<passage>\n${passage}\n</passage>`;
  const reply = replyTo({
    model: "offline",
    stablePrompt: `Rules, up to </document>.\n<document>\n${document}\n</document>`,
    turnPrompt: `Begin each with <change k="${NONCE}">.${about}`,
    messages: [{ role: "user", content }],
    maxTokens: 1000,
  });
  const events = parseReply(reply, { nonce: NONCE });
  const changes: WholeFields[] = [];
  let prose = "";
  for (const event of events) {
    if (event.type === "text") prose += event.text;
    if (event.type === "change") changes.push(event.fields);
  }
  const odd = events.filter(
    (event) => event.type === "malformed" || (event.type === "change" && event.warnings.length > 0),
  );
  const index = new DocumentIndex(document);
  const placements = changes.map((change) => locateEdit(index, change));
  return { reply, prose, changes, odd, placements, result: applyAll(document, placements) };
}

/** Applies from the end, so that offsets stay true. */
function applyAll(document: string, placements: readonly Placement[]): string {
  return placements
    .toSorted((a, b) => (b.passage?.start ?? 0) - (a.passage?.start ?? 0))
    .reduce(applyPlacement, document);
}

const DOC = `# Job queue

We use Redis for the queue. Redis is fast. It needs 30 seconds.

## Limits

- retries: 3
- timeout: 30 s

The cache is warm.

The concatenated log is kept.
`;

describe("the offline editor", () => {
  it.each([
    ["straight quotes", 'replace "warm" with "cold"'],
    ["curly quotes", "replace “warm” with “cold”"],
    ["mixed quotes", "replace “warm\" with 'cold’"],
    ["single quotes", "replace 'warm' with 'cold'."],
    ["back quotes", "replace `warm` with `cold`"],
    ["guillemets", "replace «warm» by «cold»"],
    ["no quotes", "replace warm with cold"],
    ["change … to", "change warm to cold"],
    ["an arrow", "change `warm` → `cold`"],
    ["politeness", "Could you please replace the word “warm” with “cold”, please?"],
    ["bare politeness", "please change warm to cold everywhere, thanks"],
    ["a mention", "@redline replace “warm” with “cold”"],
    ["a Slack mention", "<@U123> replace “warm” with “cold”"],
    ["a reason", "we should change warm to cold because it is winter"],
    ["a list item", "Two things:\n- replace “warm” with “cold”"],
    ["a sentence before it", "I think so too. Replace “warm” with “cold”!"],
  ])("understands %s", (_case, request) => {
    const { result, odd, placements } = answer(DOC, `Ada: ${request}`);
    expect(result).toBe(DOC.replace("warm", "cold"));
    expect(odd).toEqual([]);
    expect(placements.map(({ certainty }) => certainty)).toEqual(["certain"]);
  });

  it.each<[string, string, string, string]>([
    ["a sentence in a paragraph", "delete “Redis is fast.”", " Redis is fast.", ""],
    ["the last sentence", "delete “It needs 30 seconds.”", " It needs 30 seconds.", ""],
    ["a word", "remove the word warm", " warm", ""],
    ["a paragraph", "delete “The cache is warm.”", "The cache is warm.\n\n", ""],
    [
      "the last paragraph",
      "delete The concatenated log is kept.",
      "\nThe concatenated log is kept.\n",
      "",
    ],
    ["a list item", "delete “retries: 3”", "- retries: 3\n", ""],
    ["by replacing with nothing", "replace “retries: 3” with nothing", "- retries: 3\n", ""],
    ["a heading", "delete “Limits”", "## Limits\n\n", ""],
    ["part of a word", "replace “concat” with “Concat”", "concat", "Concat"],
    [
      "across words",
      "replace “use Redis for the queue” with “use it”",
      "use Redis for the queue",
      "use it",
    ],
  ])("edits %s", (_case, request, from, to) => {
    const { result, odd, placements } = answer(DOC, `Ada: ${request}`);
    expect(result).toBe(DOC.replace(from, to));
    expect(odd).toEqual([]);
    expect(placements.map(({ certainty }) => certainty)).toEqual(["certain"]);
  });

  it.each([
    ["after a word", "insert “hot” after “fast”", "Redis is fast hot."],
    ["with its own space", "insert “ and small” after “fast”", "Redis is fast and small."],
    ["before a word", "insert very before fast", "Redis is very fast."],
    ["punctuation", "add “, mostly” right after “fast”", "Redis is fast, mostly."],
    ["a sentence", "insert “It is small.” after “Redis is fast.”", "fast. It is small. It needs"],
    ["a sentence before one", "insert “So:” before “It needs”", "fast. So: It needs"],
    [
      "an item",
      "insert “- backoff: 2” after “retries: 3”",
      "- retries: 3\n- backoff: 2\n- timeout",
    ],
    [
      "an item before one",
      "insert “- backoff: 2” before “retries: 3”",
      "\n- backoff: 2\n- retries: 3\n",
    ],
    ["under a heading", "add “At most.” below “Limits”", "## Limits\n\nAt most.\n\n- retries"],
    ["above a heading", "add “So much.” above “Limits”", "seconds.\n\nSo much.\n\n## Limits"],
    [
      "the place first",
      "insert after “Redis is fast.”: “It is small.”",
      "fast. It is small. It needs",
    ],
    [
      "at a place that needs more words",
      "insert “x” after “for the queue”",
      "for the queue x. Redis",
    ],
  ])("inserts %s", (_case, request, expected) => {
    const { result, changes, odd, placements } = answer(DOC, `Ada: ${request}`);
    expect(result).toContain(expected);
    expect(changes).toHaveLength(1);
    expect(changes[0]?.original).toBe("");
    expect(odd).toEqual([]);
    expect(placements[0]?.certainty).toBe("certain");
  });

  it("renames everywhere, one change for each place, each found without asking", () => {
    const { result, changes, placements } = answer(
      DOC,
      "Ada: rename “Redis” to “Valkey” everywhere",
    );
    expect(result).toBe(DOC.replaceAll("Redis", "Valkey"));
    expect(changes).toHaveLength(2);
    expect(placements.map(({ certainty }) => certainty)).toEqual(["certain", "certain"]);
  });

  it("leaves longer words alone where the word itself occurs", () => {
    const { result } = answer("cat, concatenate, cat.\n", "Ada: rename cat to dog everywhere");
    expect(result).toBe("dog, concatenate, dog.\n");
  });

  it("joins places that cannot be told apart without one another", () => {
    const document = "go go go\n\ngo go go\n";
    const { result, placements } = answer(document, "Ada: rename “go” to “run” everywhere");
    expect(result).toBe("run run run\n\nrun run run\n");
    expect(placements.every(({ certainty }) => certainty === "certain")).toBe(true);
  });

  it("does several requests of one message, and of several people", () => {
    const { result, changes } = answer(
      DOC,
      "Ada: change warm to cold, and then delete “retries: 3” and `timeout: 30 s`.\n\n" +
        "Bob: also please rename 'Redis' to 'Valkey'.",
    );
    expect(changes).toHaveLength(5);
    expect(result).toBe(
      DOC.replace("warm", "cold")
        .replace("- retries: 3\n- timeout: 30 s\n", "")
        .replaceAll("Redis", "Valkey"),
    );
  });

  it.each([
    ["replace this with “It is cold.”", DOC.replace("The cache is warm.", "It is cold.")],
    ["replace this with It is cold. Very.", DOC.replace("The cache is warm.", "It is cold. Very.")],
    ["replace this with It is cold", DOC.replace("The cache is warm.", "It is cold")],
    [
      "change this sentence to:\n```text\nIt is\ncold.\n```",
      DOC.replace("The cache is warm.", "It is\ncold."),
    ],
    ["delete this", DOC.replace("The cache is warm.\n\n", "")],
    ["please delete it.", DOC.replace("The cache is warm.\n\n", "")],
    ["delete the quoted sentence", DOC.replace("The cache is warm.\n\n", "")],
    ["insert “Yes.” after this", DOC.replace("warm.", "warm. Yes.")],
    ["insert after this: “Yes.”", DOC.replace("warm.", "warm. Yes.")],
  ])("takes “this” for the quoted passage: %s", (request, expected) => {
    const { result, odd } = answer(
      DOC,
      `> The cache\n> is “warm”.\n\nAda: ${request}`.replace(/[“”](?=warm|\.)/g, ""),
    );
    expect(result).toBe(expected);
    expect(odd).toEqual([]);
  });

  it("takes “this” for the thread's passage where nothing is quoted", () => {
    const { result } = answer(DOC, "Ada: delete this", "The cache is warm.");
    expect(result).toBe(DOC.replace("The cache is warm.\n\n", ""));
  });

  it("looks within the quoted passage first", () => {
    const { result } = answer(DOC, "> Redis is fast.\n\nAda: change Redis to Valkey");
    expect(result).toBe(DOC.replace("Redis is fast", "Valkey is fast"));
  });

  it("copies the document's own characters", () => {
    const document = "It’s “fine”\r\nas it is — mostly.\r\n";
    const { result, changes } = answer(
      document,
      `Ada: replace "It's "fine" as it is - mostly" with "OK"`,
    );
    expect(changes[0]?.original).toBe("It’s “fine”\r\nas it is — mostly");
    expect(result).toBe("OK.\r\n");
  });

  it("is not misled by tags in the document, nor by blocks that it holds", () => {
    const document = `Before.\n<document>\n</document>\nUse <change k="old">\n<original>x</original>\nwarm.\n`;
    const { result, changes } = answer(document, "Ada: replace warm with cold");
    expect(changes).toHaveLength(1);
    expect(result).toBe(document.replace("warm", "cold"));
    const refused = answer(document, "Ada: replace “<original>x” with “y”");
    expect(refused.changes).toEqual([]);
    expect(refused.prose).toContain("tags of change blocks");
  });

  it.each([
    ["replace “Postgres” with “MySQL”", "“Postgres” is not in the document."],
    [
      "delete “redis is FAST”",
      "“redis is FAST” is not in the document; “Redis is fast” is, in other capitals.",
    ],
    ["delete this", "Quote the passage that is meant; this message quotes none."],
    ["insert “x” after “Redis”", "“Redis” occurs 2 times; name more of the passage to insert at."],
    ["replace “warm” with “warm”", "“warm” already reads like that."],
    ["delete “”", "The text to look for is empty."],
    [
      "change the to The to that",
      "It is not clear which words “change the to The to that” is about; put them in quotes.",
    ],
  ])("says what it cannot do, and how to ask: %s", (request, expected) => {
    const { changes, prose } = answer(`${DOC}the the to The\n`, `Ada: ${request}`);
    expect(changes).toEqual([]);
    expect(prose).toContain(expected);
    expect(prose).toContain("not a language model");
  });

  it("says that a quoted passage is gone, or stands several times", () => {
    expect(answer(DOC, "> Nothing like it\n\nAda: delete this").prose).toContain(
      "The quoted passage “Nothing like it” is not in the document.",
    );
    expect(answer(DOC, "> Redis\n\nAda: delete this").prose).toContain(
      "The quoted passage “Redis” occurs several times in the document; quote more of it.",
    );
  });

  it.each([
    "What do you think of the queue?",
    "Why did you delete it?",
    "Please don't delete “warm”.",
    "What should we change to make it faster?",
    "Should I add tests after merging?",
    "The rename to Valkey is done.",
    "delete",
    "[3 earlier messages left out to save space.]",
  ])("says plainly that it is no language model: %s", (message) => {
    const { changes, prose } = answer(DOC, `Ada: ${message}`);
    expect(changes).toEqual([]);
    expect(prose).toContain("not a language model, and cannot answer that.");
    expect(prose).toContain("replace “old text” with “new text”");
    expect(prose).toContain("ANTHROPIC_API_KEY");
    expect(prose).toContain("OPENAI_BASE_URL");
  });

  it("does not go beyond the blocks that an answer may hold, and says so", () => {
    const document = Array.from({ length: 60 }, (_, n) => `Line ${n} has a cat.`).join("\n");
    const { changes, prose } = answer(document, "Ada: rename cat to dog everywhere");
    expect(changes).toHaveLength(50);
    expect(prose).toContain("at most 50 changes; 10 more are left");
  });

  it("replaces every place and nothing else, whatever the document", () => {
    const word = fc.constantFrom("cat", "dog", "a", "concat", "Cat", "über", "猫", "x-y", "`cat`");
    const gap = fc.constantFrom(" ", "  ", "\n", "\n\n", "\n- ", ". ", "\r\n", ", ");
    const documents = fc.array(fc.tuple(word, gap), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(documents, fc.constantFrom("cat", "a", "猫"), (parts, sought) => {
        const document = parts.flat().join("");
        const { result, odd, placements, changes } = answer(
          document,
          `Ada: replace “${sought}” with “NEW”`,
        );
        expect(odd).toEqual([]);
        expect(placements.map(({ certainty }) => certainty)).toEqual(changes.map(() => "certain"));
        const whole = new RegExp(`(?<![\\p{L}\\p{N}_])${sought}(?![\\p{L}\\p{N}_])`, "gu");
        const pattern = whole.test(document) ? whole : new RegExp(sought, "gu");
        const wanted = document.includes("\r\n") ? null : document.replace(pattern, "NEW");
        const byLines = (text: string) => text.replaceAll("\r\n", "\n");
        expect(byLines(result)).toBe(wanted ?? byLines(document).replace(pattern, "NEW"));
      }),
      { numRuns: 500 },
    );
  });

  it("never breaks the grammar, whatever people say", () => {
    const piece = fc.constantFrom(
      "replace ",
      "delete ",
      "insert ",
      " with ",
      " to ",
      " after ",
      "this",
      "“",
      "”",
      '"',
      "`",
      "```\n",
      "warm",
      "Redis",
      "\n",
      "> ",
      ". ",
      " and ",
      "<change>",
      "</reason>",
      "</change>",
      "Ada: ",
      "x",
      `<change k="${NONCE}">\n<original>warm</original>\n<proposed>z</proposed>\n</change>\n`,
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const said = pieces.join("");
        fc.pre(said.trim() !== "");
        const { odd, placements } = answer(DOC, said);
        expect(odd).toEqual([]);
        expect(placements.every(({ passage }) => passage !== null)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("says so when a message holds more requests than it reads", () => {
    const said = Array.from({ length: 101 }, (_, n) => `delete “x${n}”.`).join(" ");
    const { prose } = answer(DOC, `Ada: ${said}`);
    expect(prose).toContain("Only the first 100 requests of the message were read.");
    expect(prose).toContain("“x99” is not in the document.");
    expect(prose).not.toContain("“x100”");
  });

  it("reads the engine's own prompt", () => {
    const reply = replyTo({
      model: "offline",
      stablePrompt: stablePrompt("The </document> queue", "docs/queue.md", DOC),
      turnPrompt: turnPrompt({
        nonce: NONCE,
        passage: { text: "The cache is warm.", section: ["Job queue"], gone: false },
        changes: [],
      }),
      messages: buildHistory([{ role: "user", author: "Ada", text: "delete this", quote: null }], {
        older: 0,
        budgetTokens: 1000,
        tokensPerByte: 0.3,
      }),
      maxTokens: 1000,
    });
    expect(reply).toContain(
      `<change k="${NONCE}">\n<original>\nThe cache is warm.\n\n\n</original>`,
    );
  });

  it("leaves alone, and says so, what nothing near tells apart", () => {
    const { changes, prose } = answer("the cat sat here\n".repeat(2000), "Ada: rename cat to dog");
    expect(changes).toEqual([]);
    expect(prose).toContain(
      "“cat” is left alone at 50 places: too much around there reads the same",
    );
  });

  it("proposes once what is asked for twice", () => {
    const { changes } = answer(DOC, "Ada: delete “retries: 3”\n\nBob: Yes, remove “retries: 3”.");
    expect(changes).toHaveLength(1);
  });

  it.each([
    ["open quotes", "replace “"],
    ["white space", `replace ${" ".repeat(50)}`],
    ["spaces before an arrow", "change a      "],
    ["punctuation", "delete a......."],
    ["backticks", "delete `` ` "],
    ["newlines", "\n\n\n\nrename a\n\n\n"],
    ["quote lines", "> a\n"],
    ["bare connectors", "change a to a to "],
  ])("does not take long over 200,000 characters of %s", (_case, unit) => {
    const said = unit.repeat(Math.ceil(200_000 / unit.length));
    const started = performance.now();
    expect(answer(DOC, `Ada: ${said}`).reply).not.toBe("");
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
