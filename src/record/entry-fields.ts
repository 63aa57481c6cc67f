import type { RecordEntry } from "./record.ts";

/** An entry under the names that it has in files and in the database. */
export function entryFields(entry: RecordEntry) {
  return {
    seq: entry.seq,
    kind: entry.kind,
    subject: entry.subject,
    person_id: entry.personId,
    at: entry.at.toISOString(),
    content: entry.content,
    salt: entry.salt,
    content_hash: entry.contentHash,
    previous_hash: entry.previousHash,
    hash: entry.hash,
  };
}
