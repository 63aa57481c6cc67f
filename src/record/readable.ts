/**
 * A record as readers want it: by thread, each message and change once, as it is by now. Made of the entries
 * alone, so that whoever has the chain can make it again. Pure.
 */
import type { ThreadKind } from "../conversation/thread.ts";
import { groupBy } from "../group-by.ts";
import { text } from "../json.ts";
import type { RecordContent, RecordEntry, RecordEntryKind } from "./record.ts";

export interface ReadableThread {
  thread: {
    id: string;
    kind: ThreadKind;
    branchName: string;
    title: string | null;
    /** The passage that it is about. */
    passage: string | null;
  };
  messages: ReadableMessage[];
  changes: ReadableChange[];
  decisions: ReadableDecision[];
  concerns: ReadableConcern[];
  merges: ReadableMerge[];
}

export interface ReadableMessage {
  id: string;
  role: string;
  /** Null for the model and the system. */
  author: string | null;
  modelId: string | null;
  /** Empty once it was deleted. */
  text: string;
  quote: string | null;
  status: string;
  createdAt: string;
  editedAt: string | null;
  deletedAt: string | null;
}

export interface ReadableChange {
  id: string;
  number: number;
  kind: string;
  state: "pending" | "accepted" | "declined" | "withdrawn";
  sourceMessageId: string | null;
  /** Who proposed it by hand. */
  author: string | null;
  original: string;
  proposed: string;
  reason: string;
  insertAfter: string | null;
  insertBefore: string | null;
  commitSha: string | null;
  createdAt: string;
}

export interface ReadableDecision {
  changeId: string;
  author: string;
  verdict: string;
  outcome: string;
  reason: string | null;
  createdAt: string;
}

export interface ReadableConcern {
  id: string;
  number: number;
  author: string;
  text: string;
  passage: string | null;
  createdAt: string;
  state: string;
  settledBy: string | null;
  settledWhy: string | null;
  settledAt: string | null;
}

export interface ReadableMerge {
  id: string;
  proposedBy: string;
  waitDays: number;
  createdAt: string;
  words: { author: string; word: string; saidAt: string }[];
  state: string;
  settledAt: string | null;
}

type NameOf = (personId: string | null) => string | null;

/** An entry that can be read. */
type Told = RecordEntry & { content: RecordContent };

/** Threads in the order of their entries; what was erased, or is left out of this copy, is left out here. */
export function readable(entries: readonly RecordEntry[], nameOf: NameOf): ReadableThread[] {
  const told = groupBy(
    entries.filter((entry): entry is Told => entry.content !== null),
    ({ kind }) => kind,
  );
  const of = (kind: RecordEntryKind): Told[] => told.get(kind) ?? [];
  const begun = new Map(
    entries.flatMap(({ kind, subject, at }) => (kind === "message" ? [[subject, at]] : [])),
  );
  const messages = inThreads(readMessages(of, nameOf, begun));
  const changes = inThreads(readChanges(of, nameOf));
  const decisions = inThreads(of("decision").map((entry) => readDecision(entry, nameOf)));
  const concerns = inThreads(readConcerns(of, nameOf));
  const merges = inThreads(readMerges(of, nameOf));
  return of("thread").map(({ subject, content }) => ({
    thread: {
      id: subject,
      kind: textOf(content["thread_kind"]) as ThreadKind,
      branchName: textOf(content["branch_name"]),
      title: text(content["title"]),
      passage: text(content["passage"]),
    },
    messages: messages(subject),
    changes: changes(subject),
    decisions: decisions(subject),
    concerns: concerns(subject),
    merges: merges(subject),
  }));
}

type Of = (kind: RecordEntryKind) => Told[];

/** Something of a thread. */
interface Placed<T> {
  threadId: string;
  what: T;
}

function placed<T>({ content }: Told, what: T): Placed<T> {
  return { threadId: textOf(content["thread_id"]), what };
}

function inThreads<T>(all: readonly Placed<T>[]): (threadId: string) => T[] {
  const byThread = groupBy(all, ({ threadId }) => threadId);
  return (threadId) => (byThread.get(threadId) ?? []).map(({ what }) => what);
}

/** The last entry about each subject. */
function bySubject(entries: readonly Told[]): Map<string, Told> {
  return new Map(entries.map((entry) => [entry.subject, entry]));
}

/** @param begun when messages were written, also where their first words were erased */
function readMessages(
  of: Of,
  nameOf: NameOf,
  begun: ReadonlyMap<string, Date>,
): Placed<ReadableMessage>[] {
  const edits = bySubject(of("message_edited"));
  const deletions = bySubject(of("message_deleted"));
  const known = [...edits.values(), ...of("message"), ...deletions.values()];
  return [...bySubject(known).values()]
    .toSorted((a, b) => numberOf(a.content["seq"]) - numberOf(b.content["seq"]))
    .map((first) => {
      const { subject, personId, at, content } = first;
      const edit = edits.get(subject);
      const reads = edit?.content ?? content;
      return placed(first, {
        id: subject,
        role: textOf(content["role"]),
        author: nameOf(personId),
        modelId: text(content["model_id"]),
        text: textOf(reads["text"]),
        quote: text(reads["quote"]),
        status: text(content["status"]) ?? "complete",
        createdAt: (begun.get(subject) ?? at).toISOString(),
        editedAt: edit?.at.toISOString() ?? text(content["edited_at"]),
        deletedAt: deletions.has(subject) ? at.toISOString() : null,
      });
    });
}

function readChanges(of: Of, nameOf: NameOf): Placed<ReadableChange>[] {
  const commits = bySubject(of("commit"));
  const withdrawn = bySubject(of("change_withdrawn"));
  const declined = new Set(
    of("decision").flatMap(({ content }) =>
      content["outcome"] === "declined" ? [content["change_id"]] : [],
    ),
  );
  const stateOf = (id: string): ReadableChange["state"] => {
    if (commits.has(id)) return "accepted";
    if (declined.has(id)) return "declined";
    return withdrawn.has(id) ? "withdrawn" : "pending";
  };
  return of("change").map((entry) => {
    const { subject, personId, at, content } = entry;
    return placed(entry, {
      id: subject,
      number: numberOf(content["number"]),
      kind: textOf(content["kind"]),
      state: stateOf(subject),
      sourceMessageId: text(content["source_message_id"]),
      author: nameOf(personId),
      original: textOf(content["original"]),
      proposed: textOf(content["proposed"]),
      reason: textOf(content["reason"]),
      insertAfter: text(content["insert_after"]),
      insertBefore: text(content["insert_before"]),
      commitSha: text(commits.get(subject)?.content["commit_sha"]),
      createdAt: at.toISOString(),
    });
  });
}

function readDecision(entry: Told, nameOf: NameOf): Placed<ReadableDecision> {
  const { personId, at, content } = entry;
  return placed(entry, {
    changeId: textOf(content["change_id"]),
    author: nameOf(personId) ?? SOMEBODY,
    verdict: textOf(content["verdict"]),
    outcome: textOf(content["outcome"]),
    reason: text(content["reason"]),
    createdAt: at.toISOString(),
  });
}

function readConcerns(of: Of, nameOf: NameOf): Placed<ReadableConcern>[] {
  const ends = bySubject(of("concern_settled"));
  return of("concern").map((entry) => {
    const { subject, personId, at, content } = entry;
    const end = ends.get(subject);
    return placed(entry, {
      id: subject,
      number: numberOf(content["number"]),
      author: nameOf(personId) ?? SOMEBODY,
      text: textOf(content["text"]),
      passage: text(content["passage"]),
      createdAt: at.toISOString(),
      state: text(end?.content["state"]) ?? "open",
      settledBy: end ? nameOf(end.personId) : null,
      settledWhy: text(end?.content["why"]),
      settledAt: end?.at.toISOString() ?? null,
    });
  });
}

function readMerges(of: Of, nameOf: NameOf): Placed<ReadableMerge>[] {
  const words = groupBy(of("merge_word"), ({ content }) => textOf(content["proposal_id"]));
  const ends = bySubject(of("merge_settled"));
  return of("merge_proposal").map((entry) => {
    const { subject, personId, at, content } = entry;
    return placed(entry, {
      id: subject,
      proposedBy: nameOf(personId) ?? SOMEBODY,
      waitDays: numberOf(content["wait_days"]),
      createdAt: at.toISOString(),
      words: (words.get(subject) ?? []).map((word) => ({
        author: nameOf(word.personId) ?? SOMEBODY,
        word: textOf(word.content["word"]),
        saidAt: word.at.toISOString(),
      })),
      state: text(ends.get(subject)?.content["state"]) ?? "open",
      settledAt: ends.get(subject)?.at.toISOString() ?? null,
    });
  });
}

const SOMEBODY = "Somebody";

function textOf(value: unknown): string {
  return text(value) ?? "";
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
