/** The record of an RFC: a chain of what happened, in which each entry carries the hash of the one before. */
import type { Sight } from "../store/sight.ts";

export type RecordEntryKind =
  | "thread"
  | "message"
  | "message_edited"
  /** All that stays of the message. */
  | "message_deleted"
  | "change"
  | "change_withdrawn"
  | "decision"
  /** An accepted change is on its branch; `subject` is the change. */
  | "commit"
  | "concern"
  | "concern_settled"
  | "merge_proposal"
  /** `subject` is the proposal's id and the person's, with a colon between. */
  | "merge_word"
  | "merge_settled"
  /** Somebody had their words erased; the content lists the entries by `seq`. */
  | "erased";

/** A content's fields: names in snake_case; a time is a text in ISO 8601. */
export type RecordContent = Readonly<Record<string, RecordValue>>;
export type RecordValue =
  | string
  | number
  | boolean
  | null
  | readonly RecordValue[]
  | { readonly [name: string]: RecordValue };

export interface RecordEntry {
  seq: number;
  kind: RecordEntryKind;
  /** Id of what it is about. */
  subject: string;
  personId: string | null;
  at: Date;
  /** Null once it was erased. */
  content: RecordContent | null;
  /** 32 random bytes in hex; null once it was erased. */
  salt: string | null;
  /** Of the salt and the content; it stays when these are erased. */
  contentHash: string;
  previousHash: string;
  hash: string;
}

export type RecordCause = "merged" | "closed" | "export";

/** The record was brought up to date. */
export interface RecordMark {
  id: string;
  cause: RecordCause;
  lastSeq: number;
  headHash: string;
  /** Id of who asked for it; null where nobody did. */
  madeBy: string | null;
  /** Their name. */
  madeByName: string | null;
  /** Where it was committed beside the RFC. */
  commitSha: string | null;
  /** Why it could not be committed there, as a sentence for people. */
  problem: string | null;
  createdAt: Date;
}

export interface RecordView {
  marks: RecordMark[];
  entries: number;
  headHash: string | null;
  /** Null when the chain is whole; else one sentence that says where it is not. */
  problem: string | null;
}

export interface RecordDesk {
  /** @throws UserError not-found */
  view(rfcSlug: string): Promise<RecordView>;
  /** Brings it up to date. */
  write(rfcSlug: string, by: { id: string }): Promise<RecordMark>;
  /** As a file: JSON holds the chain, Markdown is for readers. @throws UserError not-found */
  file(
    rfcSlug: string,
    format: "markdown" | "json",
    sight?: Sight,
  ): Promise<{ name: string; mediaType: string; body: string }>;
  /** Erases what the person wrote, everywhere; answers with how many messages. */
  forget(userId: string): Promise<number>;
}
