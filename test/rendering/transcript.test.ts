import fc from "fast-check";
import type { Token } from "marked";
import { lexer } from "marked";
import { describe, expect, it } from "vitest";

import type {
  ReadableChange,
  ReadableDecision,
  ReadableMessage,
  ReadableThread,
} from "../../src/record/readable.ts";
import type { Transcript } from "../../src/rendering/transcript.ts";
import { transcriptToMarkdown } from "../../src/rendering/transcript.ts";

const AT = "2026-01-02T03:04:05.678Z";
const THREAD: ReadableThread["thread"] = {
  id: "t1",
  kind: "discussion",
  branchName: "main",
  title: null,
  passage: null,
};
const message = (more: Partial<ReadableMessage>): ReadableMessage => ({
  id: "m1",
  role: "user",
  author: "Ada",
  modelId: null,
  text: "Hello.",
  quote: null,
  status: "complete",
  createdAt: AT,
  editedAt: null,
  deletedAt: null,
  ...more,
});
const changeWith = (more: Partial<ReadableChange> = {}): ReadableChange => ({
  id: "c1",
  number: 12,
  kind: "ai",
  state: "pending",
  sourceMessageId: null,
  author: null,
  original: "old words",
  proposed: "new words",
  reason: "Because.",
  insertAfter: null,
  insertBefore: null,
  commitSha: null,
  createdAt: AT,
  ...more,
});
const decision = (more: Partial<ReadableDecision>): ReadableDecision => ({
  changeId: "c1",
  author: "Grace",
  verdict: "accept",
  reason: null,
  outcome: "committed",
  createdAt: AT,
  ...more,
});
const transcriptOf = (...threads: Partial<ReadableThread>[]): Transcript => ({
  rfc: {
    slug: "rfc",
    title: "Webhook retries",
    repository: "file:///repository",
    path: "docs/rfc.md",
  },
  threads: threads.map((thread) => ({
    thread: THREAD,
    messages: [],
    changes: [],
    decisions: [],
    concerns: [],
    merges: [],
    ...thread,
  })),
  head: { seq: 0, hash: "" },
  withheld: 0,
});
const linesOf = (...threads: Parameters<typeof transcriptOf>): string[] =>
  transcriptToMarkdown(transcriptOf(...threads)).split("\n");
const headingsOf = (tokens: readonly Token[]): string[] =>
  tokens.flatMap((token) => (token.type === "heading" ? [token.raw.trim()] : []));

describe("a transcript for readers", () => {
  it("tells what was said, proposed and decided, in order", () => {
    const text = transcriptToMarkdown(
      transcriptOf({
        messages: [
          message({ text: "Is one minute\nenough?", quote: "after one minute" }),
          message({
            id: "m2",
            role: "assistant",
            author: null,
            modelId: "model-1",
            text: "Two.",
            status: "cut",
          }),
          message({ id: "m3", role: "system", author: null, text: "Grace accepted change #12." }),
        ],
        changes: [
          changeWith({ sourceMessageId: "m2", state: "accepted", commitSha: "abc123" }),
          changeWith({ number: 13, kind: "manual", author: "Ada", id: "other", reason: "" }),
        ],
        decisions: [
          decision({ outcome: "returned" }),
          decision({}),
          decision({ changeId: "nothing here" }),
        ],
      }),
    );
    expect(text).toBe(`# Transcript: Webhook retries

\`rfc\`, docs/rfc.md in file:///repository

## Thread 1

On branch \`main\`, about the whole document.

**Ada**, 2026-01-02T03:04:05.678Z

On this passage:

> > after one minute

> Is one minute
> enough?

**Redline (model-1)**, 2026-01-02T03:04:05.678Z, cut

> Two.

### Change #12: accepted as commit abc123

> Because.

\`\`\`diff
- old words
+ new words
\`\`\`

- Grace accepted it, 2026-01-02T03:04:05.678Z, which was not committed

- Grace accepted it, 2026-01-02T03:04:05.678Z

**System**, 2026-01-02T03:04:05.678Z

> Grace accepted change #12.

### Change #13: pending, by Ada

\`\`\`diff
- old words
+ new words
\`\`\`
`);
  });

  it("marks what was edited or deleted where it was written", () => {
    const text = transcriptToMarkdown(
      transcriptOf({
        messages: [
          message({ text: "Better.", editedAt: AT }),
          message({ id: "m2", author: "Grace", text: "", editedAt: AT, deletedAt: AT }),
          message({ id: "m3", author: "Alan", text: "Last." }),
        ],
      }),
    );
    const at = AT;
    expect(text).toContain(
      `**Ada**, ${at}, edited\n\n> Better.\n\n**Grace**, ${at}, deleted\n\n**Alan**, ${at}\n\n> Last.\n`,
    );
  });

  it("tells threads apart, and what they are about", () => {
    const range = { ...THREAD, kind: "range", title: "A\npassage", passage: "old words" } as const;
    const lines = linesOf({}, { thread: range, changes: [changeWith()] });
    // A thread in which nothing was said is left out.
    expect(lines).not.toContain("## Thread 1");
    expect(lines).toContain("## Thread 2: A passage");
    expect(lines).toContain("On branch `main`, about a passage.");
    expect(lines).toContain("> old words");
  });

  it("shows insertions by what they hang on, deletions, and a decline's reason", () => {
    const lines = linesOf({
      changes: [
        changeWith({ original: "", insertAfter: "after me", proposed: "one\ntwo" }),
        changeWith({ id: "other", number: 13, proposed: "", state: "withdrawn" }),
      ],
      decisions: [decision({ verdict: "decline", outcome: "declined", reason: "Too\nshort" })],
    });
    expect(lines.join("\n")).toContain("```diff\n  after me\n+ one\n+ two\n```");
    expect(lines.join("\n")).toContain("```diff\n- old words\n```");
    expect(lines).toContain("### Change #13: withdrawn");
    expect(lines).toContain("- Grace declined it, 2026-01-02T03:04:05.678Z: Too short");
  });

  it("shows a change whose message is not there", () => {
    expect(linesOf({ changes: [changeWith({ sourceMessageId: "gone" })] })).toContain(
      "### Change #12: pending",
    );
  });

  it("tells concerns, merge proposals, and where the record ends", () => {
    const text = transcriptToMarkdown({
      ...transcriptOf({
        concerns: [
          {
            id: "k1",
            number: 1,
            author: "Ada",
            text: "Too slow.",
            passage: "after one minute",
            createdAt: AT,
            state: "resolved",
            settledBy: "Grace",
            settledWhy: "It is\nfaster now",
            settledAt: AT,
          },
        ],
        merges: [
          {
            id: "p1",
            proposedBy: "Grace",
            waitDays: 1,
            createdAt: AT,
            words: [{ author: "Ada", word: "agree", saidAt: AT }],
            state: "agreed",
            settledAt: AT,
          },
        ],
      }),
      head: { seq: 7, hash: "abc" },
      withheld: 2,
    });
    expect(text).toContain(`### Concern 1: resolved, by Ada, ${AT}

On this passage:

> > after one minute

> Too slow.

- resolved by Grace, ${AT}: It is faster now

### Merge proposal: agreed, by Grace, ${AT}

It waited 1 day for people's word.

- Ada: agree, ${AT}

- agreed, ${AT}

The record of this has 7 entries and ends with the hash \`abc\`. 2 of them are left out here,`);
  });

  it("has no heading, list or fence but its own, whatever people and documents wrote", () => {
    const piece = fc.constantFrom(
      ...["# forged", "## Thread 9", "===", "---", "```", "~~~~", "````", "- item", "> quote"],
      ...["\n", "\r", "\r\n", "\u2028", "    ", "\t", "**bold**", "<h1>forged</h1>", "word"],
    );
    const hostile = fc.array(piece, { maxLength: 8 }).map((list) => list.join(""));
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (text, quote, name, edit) => {
        const change = changeWith({
          sourceMessageId: "m1",
          original: edit,
          proposed: text,
          insertAfter: quote,
          reason: text,
        });
        const markdown = transcriptToMarkdown(
          transcriptOf({
            messages: [message({ text, quote, author: `Ada ${name}` })],
            changes: [change],
            decisions: [decision({ reason: edit, author: name })],
          }),
        );
        const tokens = lexer(markdown);
        expect(headingsOf(tokens)).toEqual([
          "# Transcript: Webhook retries",
          "## Thread 1",
          "### Change #12: pending",
        ]);
        expect(tokens.filter(({ type }) => type === "code")).toHaveLength(1);
        expect(tokens.some(({ type }) => type === "html" || type === "hr")).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });
});
