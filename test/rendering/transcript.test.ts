import fc from "fast-check";
import type { Token } from "marked";
import { lexer } from "marked";
import { describe, expect, it } from "vitest";

import type { DecisionRecord } from "../../src/changes/change.ts";
import type { Message, Thread } from "../../src/conversation/thread.ts";
import { transcriptToJson, transcriptToMarkdown } from "../../src/rendering/transcript.ts";
import type { Transcript } from "../../src/transcript.ts";
import { changeWith } from "../support/change.ts";

const AT = new Date("2026-01-02T03:04:05.678Z");
const THREAD: Thread = {
  id: "t1",
  rfcSlug: "rfc",
  branchName: "main",
  kind: "discussion",
  state: "open",
  title: null,
  modelId: null,
  anchor: null,
  anchorStaleSince: null,
  createdAt: AT,
};
const message = (more: Partial<Message>): Message => ({
  id: "m1",
  threadId: "t1",
  seq: 1,
  role: "user",
  author: "Ada",
  modelId: null,
  text: "Hello.",
  quote: null,
  turnId: null,
  status: "complete",
  createdAt: AT,
  editedAt: null,
  deletedAt: null,
  ...more,
});
const decision = (more: Partial<DecisionRecord>): DecisionRecord => ({
  id: "d1",
  changeId: changeWith().id,
  author: "Grace",
  verdict: "accept",
  reason: null,
  outcome: "committed",
  createdAt: AT,
  ...more,
});
const transcriptOf = (...threads: Partial<Transcript["threads"][number]>[]): Transcript => ({
  rfc: {
    slug: "rfc",
    title: "Webhook retries",
    repository: "file:///repository",
    path: "docs/rfc.md",
    defaultBranch: "main",
    createdAt: AT,
  },
  threads: threads.map((thread) => ({
    thread: THREAD,
    messages: [],
    changes: [],
    decisions: [],
    ...thread,
  })),
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
          decision({ id: "d1", verdict: "accept", outcome: "returned" }),
          decision({ id: "d2" }),
          decision({ changeId: "nothing here" }),
        ],
      }),
    );
    expect(text).toBe(`# Transcript: Webhook retries

\`rfc\`, docs/rfc.md in file:///repository

## Thread 1

On branch \`main\`, about the whole document; open.

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
    const at = AT.toISOString();
    expect(text).toContain(
      `**Ada**, ${at}, edited\n\n> Better.\n\n**Grace**, ${at}, deleted\n\n**Alan**, ${at}\n\n> Last.\n`,
    );
  });

  it("tells threads apart, what they are about, and whether they are closed", () => {
    const { placement: anchor } = changeWith();
    const range: Thread = {
      ...THREAD,
      kind: "range",
      state: "closed",
      title: "A\npassage",
      anchor,
    };
    const said = { thread: range, changes: [changeWith({ sourceMessageId: null })] };
    const lines = linesOf({}, said);
    // A thread in which nothing was said is left out.
    expect(lines).not.toContain("## Thread 1");
    expect(lines).toContain("## Thread 2: A passage");
    expect(lines).toContain("On branch `main`, about a passage; closed.");
    expect(lines).toContain("> old words");
  });

  it("shows insertions by what they hang on, deletions, staleness, and a decline's reason", () => {
    const lines = linesOf({
      changes: [
        changeWith({ original: "", insertAfter: "after me", proposed: "one\ntwo" }),
        changeWith({ number: 13, proposed: "", drift: "stale", staleSince: AT }),
      ],
      decisions: [decision({ verdict: "decline", outcome: "declined", reason: "Too\nshort" })],
    });
    expect(lines.join("\n")).toContain("```diff\n  after me\n+ one\n+ two\n```");
    expect(lines.join("\n")).toContain("```diff\n- old words\n```");
    expect(lines).toContain("### Change #13: pending (stale)");
    expect(lines).toContain("- Grace declined it, 2026-01-02T03:04:05.678Z: Too short");
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

describe("a transcript as data", () => {
  it("has everything, under the names of the HTTP API", () => {
    const change = changeWith({ sourceMessageId: "m1", baseBlobSha: "b1" });
    const given = transcriptOf({
      messages: [message({ modelId: "model-1", editedAt: AT })],
      changes: [change],
      decisions: [decision({})],
    });
    const data = JSON.parse(transcriptToJson(given)) as {
      rfc: object;
      threads: { thread: object; messages: object[]; changes: object[]; decisions: object[] }[];
    };
    expect(data.rfc).toMatchObject({ default_branch: "main", created_at: AT.toISOString() });
    const [thread] = data.threads;
    expect(thread!.thread).toMatchObject({ rfc_slug: "rfc", anchor: null });
    expect(thread!.messages).toMatchObject([
      { model_id: "model-1", text: "Hello.", edited_at: AT.toISOString(), deleted_at: null },
    ]);
    expect(thread!.changes).toMatchObject([
      { source_message_id: "m1", base_blob_sha: "b1", placement: { candidate_count: 1 } },
    ]);
    expect(thread!.decisions).toMatchObject([{ change_id: change.id, outcome: "committed" }]);
  });

  it("ends with a line feed", () => {
    expect(transcriptToJson(transcriptOf())).toMatch(/\}\n$/);
  });
});
