/** Reads a record's file and says whether its chain is whole. Needs nothing but the file. Pure. */
import { isDeepStrictEqual } from "node:util";

import type { Json } from "../json.ts";
import { list, record } from "../json.ts";
import { isSlug } from "../store/database.ts";
import type { ChainFindings } from "./chain.ts";
import { headOf, verifyChain } from "./chain.ts";
import { RECORD_FORMAT, threadsOf, threadsToJson } from "./record-file.ts";
import type { RecordContent, RecordEntry, RecordEntryKind } from "./record.ts";

export interface FileFindings extends ChainFindings {
  /** Of the last entry; null where the file could not be read that far. */
  headHash: string | null;
}

/** @param knownHash of an entry that the record had before */
export function verifyRecordFile(body: string, knownHash: string | null = null): FileFindings {
  const file = parse(body);
  if (file === null || file["format"] !== RECORD_FORMAT) {
    return unread(
      "This is no transcript in JSON; give the file that “redline transcript <slug> --json” wrote.",
    );
  }
  const slug = record(file["rfc"])["slug"];
  if (typeof slug !== "string" || !isSlug(slug)) return unread("The file does not name its RFC.");
  const entries: RecordEntry[] = [];
  for (const [index, given] of list(file["entries"]).entries()) {
    const entry = readEntry(given);
    if (!entry) return unread(`Entry ${index + 1} is not as Redline writes entries.`);
    entries.push(entry);
  }
  const withheld = new Set(list(file["withheld"]).filter((seq) => typeof seq === "number"));
  const findings = verifyChain(slug, entries, withheld);
  const head = headOf(slug, entries);
  const headHash = head.hash;
  if (findings.problem !== null) return { ...findings, headHash };
  if (!isDeepStrictEqual(file["head"], head)) {
    const ends = `The file says that the record ends elsewhere than with its last entry, number ${head.seq}.`;
    return { ...findings, headHash, problem: ends };
  }
  const problem = problemBeside(file, entries, knownHash);
  return { ...findings, headHash, problem };
}

function problemBeside(
  file: Json,
  entries: readonly RecordEntry[],
  knownHash: string | null,
): string | null {
  const people = list(file["people"]).map(record);
  const isNamed = people.every(
    ({ id, name }) => typeof id === "string" && typeof name === "string",
  );
  const threads = isNamed && threadsToJson(threadsOf({ people: people as never, entries }));
  if (!isDeepStrictEqual(file["threads"], threads)) {
    return "What is told by thread is not what the entries say.";
  }
  if (knownHash !== null && !entries.some(({ hash }) => hash === knownHash)) {
    return `No entry has the hash ${knownHash}: this is another record, or its end was cut off.`;
  }
  return null;
}

function unread(problem: string): FileFindings {
  return { problem, entries: 0, erased: 0, withheld: 0, headHash: null };
}

function parse(body: string): Json | null {
  try {
    return record(JSON.parse(body));
  } catch {
    return null;
  }
}

const FIELDS = [
  "at",
  "content",
  "content_hash",
  "hash",
  "kind",
  "person_id",
  "previous_hash",
  "salt",
  "seq",
  "subject",
];

/** Null where it has other fields, or values of another kind, than entries have. */
function readEntry(given: unknown): RecordEntry | null {
  const entry = record(given);
  const { seq, kind, subject, person_id: personId, at, content, salt } = entry;
  const { content_hash: contentHash, previous_hash: previousHash, hash } = entry;
  const texts = [kind, subject, at, contentHash, previousHash, hash];
  const nullable = [personId, salt];
  const isWhole =
    isDeepStrictEqual(Object.keys(entry).toSorted(), FIELDS) &&
    Number.isSafeInteger(seq) &&
    texts.every((value) => typeof value === "string") &&
    nullable.every((value) => value === null || typeof value === "string") &&
    (content === null || record(content) === content);
  if (!isWhole) return null;
  const when = new Date(at as string);
  // Another spelling of the same moment would pass as the entry's own.
  if (Number.isNaN(when.getTime()) || when.toISOString() !== at) return null;
  return {
    seq: seq as number,
    kind: kind as RecordEntryKind,
    subject: subject as string,
    personId: personId as string | null,
    at: when,
    content: content as RecordContent | null,
    salt: salt as string | null,
    contentHash: contentHash as string,
    previousHash: previousHash as string,
    hash: hash as string,
  };
}
