import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { RecordDraft } from "../../src/record/chain.ts";
import { appendEntries, chainStart } from "../../src/record/chain.ts";
import type { RecordCopy } from "../../src/record/record-file.ts";
import { toRecordJson, withhold } from "../../src/record/record-file.ts";
import { verifyRecordFile } from "../../src/record/verify-file.ts";

const AT = new Date("2026-01-02T03:04:05.678Z");
const ADA = "00000000-0000-4000-8000-00000000000a";
const draft = (
  kind: RecordDraft["kind"],
  subject: string,
  content: RecordDraft["content"],
  personId: string | null = null,
): RecordDraft => ({ kind, subject, personId, at: AT, content: { thread_id: "t1", ...content } });

const DRAFTS: RecordDraft[] = [
  draft("thread", "t1", { thread_kind: "discussion", branch_name: "main", title: null }),
  draft("message", "m1", { seq: 1, role: "user", text: "Why?", quote: "a passage" }, ADA),
  draft("change", "c1", { number: 1, kind: "ai", original: "a", proposed: "b", reason: "So." }),
  draft(
    "decision",
    "d1",
    { change_id: "c1", number: 1, verdict: "accept", outcome: "committed" },
    ADA,
  ),
  draft("commit", "c1", { number: 1, commit_sha: "abc" }),
  draft("concern", "k1", { number: 1, text: "Slow.", passage: null }, ADA),
  draft("concern_settled", "k1", { number: 1, state: "withdrawn", why: null }, ADA),
  draft("merge_proposal", "p1", { wait_days: 3 }, ADA),
  draft("merge_word", `p1:${ADA}`, { proposal_id: "p1", word: "agree" }, ADA),
  draft("merge_settled", "p1", { state: "agreed" }),
];
const COPY: RecordCopy = {
  rfc: {
    slug: "retries",
    title: "Retries",
    repository: "acme/rfcs",
    path: "retries.md",
    defaultBranch: "main",
    createdAt: AT,
  },
  people: [{ id: ADA, name: "Ada" }],
  entries: appendEntries(chainStart("retries"), DRAFTS),
  withheld: [],
};
const WHOLE = toRecordJson(COPY);

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Ways to every value that is no list and no object. */
function leaves(value: Json, way: (string | number)[] = []): (string | number)[][] {
  if (value === null || typeof value !== "object") return [way];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...way, name]));
}
function change(value: Json, [name, ...way]: (string | number)[], to: (old: Json) => Json): Json {
  if (name === undefined) return to(value);
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
    string,
    Json
  >;
  copy[name] = change(copy[name]!, way, to);
  return copy;
}
const other = (old: Json): Json => {
  if (typeof old === "string") return `${old}x`;
  return typeof old === "number" ? old + 1 : "something";
};

describe("a record's file", () => {
  it("is whole as it was written, and tells where it ends", () => {
    const { hash } = COPY.entries.at(-1)!;
    const whole = { problem: null, entries: DRAFTS.length, erased: 0, withheld: 0, headHash: hash };
    expect(verifyRecordFile(WHOLE)).toEqual(whole);
    expect(verifyRecordFile(WHOLE, COPY.entries[3]!.hash)).toEqual(whole);
    expect(JSON.parse(WHOLE)).toMatchObject({
      threads: [
        {
          thread: { thread_kind: "discussion" },
          messages: [{ author: "Ada", text: "Why?" }],
          changes: [{ state: "accepted", commit_sha: "abc" }],
          decisions: [{ author: "Ada", verdict: "accept" }],
          concerns: [{ state: "withdrawn" }],
          merges: [{ state: "agreed", words: [{ word: "agree" }] }],
        },
      ],
    });
  });

  it("shows every change of any value but those that stand beside the chain", () => {
    const file = JSON.parse(WHOLE) as Json;
    const beside = new Set(["title", "repository", "path", "default_branch", "created_at"]);
    const ways = leaves(file).filter(([at, name]) => at !== "rfc" || !beside.has(String(name)));
    expect(ways.length).toBeGreaterThan(150);
    for (const way of ways) {
      const { problem } = verifyRecordFile(JSON.stringify(change(file, way, other)));
      expect(problem, way.join(".")).not.toBeNull();
    }
  });

  it("shows fields that were added or taken away", () => {
    const file = JSON.parse(WHOLE) as { entries: Record<string, Json>[] };
    const at = (entry: number, make: (old: Record<string, Json>) => Record<string, Json>): string =>
      JSON.stringify({ ...file, entries: file.entries.with(entry, make(file.entries[entry]!)) });
    expect(verifyRecordFile(at(2, (old) => ({ ...old, note: "x" }))).problem).toMatch(/^Entry 3 /);
    expect(verifyRecordFile(at(2, ({ at: _at, ...old }) => old)).problem).toMatch(/^Entry 3 /);
    const sameMoment = at(2, (old) => ({ ...old, at: "2026-01-02T03:04:05.678+00:00" }));
    expect(verifyRecordFile(sameMoment).problem).toMatch(/^Entry 3 /);
  });

  it("shows an end that was cut off, to whoever knows a hash of it", () => {
    const cut = { ...COPY, entries: COPY.entries.slice(0, 5) };
    expect(verifyRecordFile(toRecordJson(cut)).problem).toBeNull();
    const { hash } = COPY.entries.at(-1)!;
    expect(verifyRecordFile(toRecordJson(cut), hash).problem).toMatch(/its end was cut off/);
  });

  it("leaves out what was said where not everybody may read, and stays whole", () => {
    const told = withhold(COPY, (id) => id === "t1");
    const json = toRecordJson(told);
    expect(verifyRecordFile(json)).toMatchObject({ problem: null, withheld: DRAFTS.length });
    expect(json).not.toContain("Why?");
    expect(toRecordJson(withhold(COPY, () => false))).toBe(WHOLE);
  });

  it("says of anything else that it is none", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json(), fc.constant('{"format":"redline-record/1"}')),
        (text) => {
          expect(verifyRecordFile(text)).toMatchObject({ entries: 0, headHash: null });
          expect(verifyRecordFile(text).problem).toMatch(
            /^(This is no transcript|The file does not name)/,
          );
        },
      ),
    );
  });
});
