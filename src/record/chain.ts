/**
 * The chain of a record. Each entry's hash covers its place, its kind, what and whom it is about, when it was,
 * the hash of its content and the hash of the entry before. The content is hashed with a salt beside it, so
 * that both can be taken away and the chain stays. Pure, but for the salts.
 */
import { createHash, randomBytes } from "node:crypto";

import type { RecordContent, RecordEntry, RecordEntryKind, RecordValue } from "./record.ts";

/** What happened, before it has its place in the chain. */
export interface RecordDraft {
  kind: RecordEntryKind;
  subject: string;
  personId: string | null;
  at: Date;
  content: RecordContent;
}

/** Where a chain ends. */
export interface ChainHead {
  /** 0 where there is nothing yet. */
  seq: number;
  hash: string;
}

/** What the first entry of an RFC's record follows: an entry cannot pass from one RFC's record to another's. */
export function chainStart(rfcSlug: string): ChainHead {
  return { seq: 0, hash: sha256(`redline record of ${rfcSlug}`) };
}

/** The drafts as the entries that follow `head`, in their order. */
export function appendEntries(head: ChainHead, drafts: readonly RecordDraft[]): RecordEntry[] {
  let { seq, hash: previousHash } = head;
  return drafts.map((draft) => {
    seq += 1;
    const salt = randomBytes(32).toString("hex");
    const body = {
      ...draft,
      seq,
      salt,
      contentHash: hashContent(salt, draft.content),
      previousHash,
    };
    const entry = { ...body, hash: hashEntry(body) };
    previousHash = entry.hash;
    return entry;
  });
}

export function headOf(rfcSlug: string, entries: readonly RecordEntry[]): ChainHead {
  const last = entries.at(-1);
  return last ? { seq: last.seq, hash: last.hash } : chainStart(rfcSlug);
}

/** @param salt 64 hexadecimal digits */
export function hashContent(salt: string, content: RecordContent): string {
  return createHash("sha256")
    .update(Buffer.from(salt, "hex"))
    .update(canonicalJson(content))
    .digest("hex");
}

export function hashEntry(entry: Omit<RecordEntry, "content" | "salt" | "hash">): string {
  return sha256(
    canonicalJson({
      seq: entry.seq,
      kind: entry.kind,
      subject: entry.subject,
      person_id: entry.personId,
      at: entry.at.toISOString(),
      content_hash: entry.contentHash,
      previous_hash: entry.previousHash,
    }),
  );
}

/**
 * JSON with one spelling: names in order of their UTF-16 code units, no white space. Source: RFC 8785, for the
 * whole numbers that there are here.
 */
export function canonicalJson(value: RecordValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const fields = Object.entries(value as Readonly<Record<string, RecordValue>>)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => `${JSON.stringify(name)}:${canonicalJson(inner)}`);
  return `{${fields.join(",")}}`;
}

/** What a look at a chain found. */
export interface ChainFindings {
  /** Null when the chain is whole; else one sentence that says where it is not. */
  problem: string | null;
  entries: number;
  /** Entries whose content was erased, as the chain itself says. */
  erased: number;
  /** Entries whose content this copy leaves out. */
  withheld: number;
}

const SALT = /^[0-9a-f]{64}$/;

/** @param withheld by `seq`: contents that a copy leaves out without their having been erased */
export function verifyChain(
  rfcSlug: string,
  entries: readonly RecordEntry[],
  withheld: ReadonlySet<number> = new Set(),
): ChainFindings {
  const found = { problem: null, entries: entries.length, erased: 0, withheld: 0 };
  const accounted = erasures(entries);
  let { hash: previousHash } = chainStart(rfcSlug);
  for (const [index, entry] of entries.entries()) {
    const problem = problemOf(entry, { seq: index + 1, previousHash });
    if (problem !== null) return { ...found, problem };
    previousHash = entry.hash;
    if (entry.content !== null) continue;
    if (accounted(entry)) found.erased += 1;
    else if (withheld.has(entry.seq)) found.withheld += 1;
    else {
      const missing = `Entry ${entry.seq} has no content, and no later entry says that it was erased.`;
      return { ...found, problem: missing };
    }
  }
  return found;
}

function problemOf(
  entry: RecordEntry,
  expected: { seq: number; previousHash: string },
): string | null {
  const { seq } = expected;
  if (entry.seq !== seq) {
    return `Entry ${seq} is missing or out of its place: number ${entry.seq} stands there.`;
  }
  if (entry.previousHash !== expected.previousHash) {
    return seq === 1
      ? "Entry 1 does not begin this RFC's record."
      : `Entry ${seq} does not follow entry ${seq - 1}: it carries another hash than that one has.`;
  }
  if (hashEntry(entry) !== entry.hash) return `Entry ${seq} was changed: its hash is another.`;
  const { content, salt } = entry;
  if (content === null && salt === null) return null;
  const isOwn =
    content !== null &&
    salt !== null &&
    SALT.test(salt) &&
    hashContent(salt, content) === entry.contentHash;
  return isOwn ? null : `The content of entry ${seq} was changed: its hash is another.`;
}

/** Which entries the chain itself says were erased: their messages were deleted, or their author had it done. */
function erasures(entries: readonly RecordEntry[]): (entry: RecordEntry) => boolean {
  const deleted = new Map<string, number>();
  const erased = new Map<number, number>();
  for (const { seq, kind, subject, content } of entries) {
    if (kind === "message_deleted") deleted.set(subject, seq);
    if (kind !== "erased" || !Array.isArray(content?.["seqs"])) continue;
    for (const one of content["seqs"] as readonly unknown[]) {
      if (typeof one === "number") erased.set(one, seq);
    }
  }
  return ({ seq, kind, subject }) =>
    seq < (erased.get(seq) ?? 0) ||
    ((kind === "message" || kind === "message_edited") && seq < (deleted.get(subject) ?? 0));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
