import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { RecordDraft } from "../../src/record/chain.ts";
import {
  appendEntries,
  canonicalJson,
  chainStart,
  hashContent,
  hashEntry,
  headOf,
  verifyChain,
} from "../../src/record/chain.ts";
import type { RecordContent, RecordEntry, RecordEntryKind } from "../../src/record/record.ts";

const SLUG = "retries";
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const content: fc.Arbitrary<RecordContent> = fc.dictionary(
  text,
  fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.array(text, { maxLength: 3 })),
  { maxKeys: 4 },
);
const KINDS = ["message", "message_edited", "change", "decision", "commit"] as const;
const draft: fc.Arbitrary<RecordDraft> = fc.record({
  kind: fc.constantFrom<RecordEntryKind>(...KINDS),
  subject: fc.uuid(),
  personId: fc.option(fc.uuid(), { nil: null }),
  at: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("2100-01-01") }),
  content,
});
const chain = fc
  .array(draft, { minLength: 1, maxLength: 12 })
  .map((drafts) => appendEntries(chainStart(SLUG), drafts));

function problem(entries: readonly RecordEntry[]): string | null {
  return verifyChain(SLUG, entries).problem;
}

function at<T>(list: readonly T[], index: number): T {
  return list[index % list.length]!;
}

describe("a record's chain", () => {
  it("is whole as it was made, in pieces or at once", () => {
    fc.assert(
      fc.property(fc.array(draft, { maxLength: 12 }), fc.nat(), (drafts, nat) => {
        const cut = drafts.length === 0 ? 0 : nat % drafts.length;
        const first = appendEntries(chainStart(SLUG), drafts.slice(0, cut));
        const rest = appendEntries(headOf(SLUG, first), drafts.slice(cut));
        const found = verifyChain(SLUG, [...first, ...rest]);
        expect(found).toEqual({ problem: null, entries: drafts.length, erased: 0, withheld: 0 });
      }),
    );
  });

  it("survives a database that orders names by its own rules", () => {
    fc.assert(
      fc.property(content, (given) => {
        const reordered = Object.fromEntries(Object.entries(given).toReversed());
        expect(canonicalJson(reordered)).toBe(canonicalJson(given));
        expect(JSON.parse(canonicalJson(given))).toEqual(given);
      }),
    );
  });

  it("shows every change of a field", () => {
    const change = fc.constantFrom<(entry: RecordEntry) => RecordEntry>(
      (entry) => ({ ...entry, kind: "concern" }),
      (entry) => ({ ...entry, subject: `${entry.subject}0` }),
      (entry) => ({ ...entry, personId: entry.personId === null ? "somebody" : null }),
      (entry) => ({ ...entry, at: new Date(entry.at.getTime() + 1) }),
      (entry) => ({ ...entry, content: { ...entry.content, added: 1 } }),
      (entry) => ({ ...entry, salt: "0".repeat(64) }),
      (entry) => ({ ...entry, salt: null }),
      (entry) => ({ ...entry, content: null }),
      (entry) => ({ ...entry, content: null, salt: null }),
      (entry) => ({ ...entry, contentHash: "0".repeat(64) }),
      (entry) => ({ ...entry, previousHash: "0".repeat(64) }),
      (entry) => ({ ...entry, hash: "0".repeat(64) }),
      (entry) => ({ ...entry, seq: entry.seq + 1 }),
    );
    fc.assert(
      fc.property(chain, fc.nat(), change, (entries, nat, apply) => {
        const target = at(entries, nat);
        const tampered = entries.map((entry) => (entry === target ? apply(entry) : entry));
        expect(problem(tampered)).toMatch(new RegExp(`\\b${target.seq}\\b`));
      }),
    );
  });

  it("shows a rewritten entry whose own hashes were made to fit", () => {
    fc.assert(
      fc.property(chain, fc.nat(), (entries, nat) => {
        fc.pre(entries.length > 1);
        const target = at(entries.slice(0, -1), nat);
        const other = { ...target, content: { text: "as if it had been so" } };
        const contentHash = hashContent(other.salt!, other.content);
        const forged = { ...other, contentHash };
        const rehashed = { ...forged, hash: hashEntry(forged) };
        const tampered = entries.map((entry) => (entry === target ? rehashed : entry));
        expect(problem(tampered)).toContain(`Entry ${target.seq + 1} does not follow`);
      }),
    );
  });

  it("shows what was left out before the end, doubled, or put elsewhere", () => {
    fc.assert(
      fc.property(chain, fc.nat(), fc.nat(), (entries, a, b) => {
        fc.pre(entries.length > 1);
        const [one, other] = [a % (entries.length - 1), b % entries.length];
        expect(problem(entries.toSpliced(one, 1))).not.toBeNull();
        expect(problem(entries.toSpliced(one, 0, entries[one]!))).not.toBeNull();
        if (one === other) return;
        const swapped = entries.with(one, entries[other]!).with(other, entries[one]!);
        expect(problem(swapped)).not.toBeNull();
      }),
    );
  });

  it("belongs to one RFC", () => {
    fc.assert(
      fc.property(chain, (entries) => {
        expect(verifyChain("another", entries).problem).toMatch(/^Entry 1 /);
      }),
    );
  });

  it("stays whole when contents are erased and the chain says so", () => {
    fc.assert(
      fc.property(chain, fc.array(fc.nat(), { minLength: 1 }), (entries, picks) => {
        const seqs = [...new Set(picks.map((pick) => at(entries, pick).seq))];
        const mark = {
          kind: "erased",
          subject: "somebody",
          personId: null,
          at: new Date(0),
          content: { seqs },
        } as const;
        const gone = new Set(seqs);
        const blank = entries.map((entry) =>
          gone.has(entry.seq) ? { ...entry, content: null, salt: null } : entry,
        );
        const whole = [...blank, ...appendEntries(headOf(SLUG, entries), [mark])];
        expect(verifyChain(SLUG, whole)).toMatchObject({ problem: null, erased: seqs.length });
        expect(problem(blank)).toMatch(/has no content/);
      }),
    );
  });

  it("stays whole when a message was deleted", () => {
    const said: RecordDraft = {
      kind: "message",
      subject: "m1",
      personId: "p1",
      at: new Date(0),
      content: { text: "Forget this." },
    };
    const entries = appendEntries(chainStart(SLUG), [
      said,
      { ...said, kind: "decision", subject: "d1" },
      { ...said, kind: "message_deleted", content: {} },
    ]);
    const blank = (seq: number): RecordEntry[] =>
      entries.map((entry) => (entry.seq === seq ? { ...entry, content: null, salt: null } : entry));
    expect(verifyChain(SLUG, blank(1))).toMatchObject({ problem: null, erased: 1 });
    expect(problem(blank(2))).toBe(
      "Entry 2 has no content, and no later entry says that it was erased.",
    );
    expect(verifyChain(SLUG, blank(2), new Set([2]))).toMatchObject({ problem: null, withheld: 1 });
  });
});
