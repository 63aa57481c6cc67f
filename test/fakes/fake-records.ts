/** Rows for tests, complete and plausible; a test names only what it is about. */
import { randomUUID } from "node:crypto";
import type { Change } from "../../src/changes/change.ts";
import type { Candidate, Placement } from "../../src/changes/placement.ts";
import type { Message, Thread, Turn } from "../../src/conversation/thread.ts";

const LONG_AGO = new Date("2026-03-02T09:30:00Z");

export function fakePlacement(body: string, original: string, replacement: string): Placement {
  const places = original === "" ? [] : occurrences(body, original);
  const candidates = places.map((start) => candidateAt(body, start, original, replacement));
  const first = candidates[0];
  const unsure = candidates.length > 1;
  return {
    status: "located",
    certainty: first ? (unsure ? "ask" : "certain") : "none",
    method: first ? "exact" : "none",
    doubts: unsure ? ["several_places"] : [],
    passage: first ? { start: first.start, end: first.end } : null,
    slice: original,
    replacement,
    before: "",
    after: "",
    section: first?.section ?? [],
    anchor: null,
    candidates: unsure ? candidates : [],
    candidateCount: candidates.length,
    atMost: "certain",
  };
}

function candidateAt(
  body: string,
  start: number,
  original: string,
  replacement: string,
): Candidate {
  const above = body.slice(0, start);
  const heading = [...above.matchAll(/^#{1,6} (.+)$/gm)].at(-1)?.[1];
  return {
    start,
    end: start + original.length,
    slice: original,
    line: above.split("\n").length,
    section: heading === undefined ? [] : [heading],
    replacement,
  };
}

function occurrences(body: string, text: string): number[] {
  const found: number[] = [];
  for (let at = body.indexOf(text); at >= 0; at = body.indexOf(text, at + 1)) found.push(at);
  return found;
}

export function fakeThread(fields: Partial<Thread> & Pick<Thread, "rfcSlug">): Thread {
  return {
    id: randomUUID(),
    branchName: "main",
    kind: "discussion",
    state: "open",
    title: null,
    modelId: null,
    anchor: null,
    anchorStaleSince: null,
    createdAt: LONG_AGO,
    ...fields,
  };
}

export function fakeMessage(fields: Partial<Message> & Pick<Message, "threadId">): Message {
  return {
    id: randomUUID(),
    seq: 1,
    role: "user",
    author: null,
    modelId: null,
    text: "",
    quote: null,
    turnId: null,
    status: "complete",
    createdAt: LONG_AGO,
    editedAt: null,
    deletedAt: null,
    ...fields,
  };
}

export function fakeTurn(fields: Partial<Turn> & Pick<Turn, "threadId">): Turn {
  return {
    id: randomUUID(),
    state: "done",
    cancelRequested: false,
    modelId: null,
    attempt: 1,
    error: null,
    errorId: null,
    usage: null,
    retryOf: null,
    createdAt: LONG_AGO,
    startedAt: null,
    finishedAt: null,
    ...fields,
  };
}

export function fakeChange(
  body: string,
  fields: Partial<Change> & Pick<Change, "threadId" | "rfcSlug" | "original" | "proposed">,
): Change {
  return {
    id: randomUUID(),
    number: 1,
    branchName: "main",
    sourceMessageId: null,
    turnId: null,
    kind: "ai",
    state: "pending",
    reason: "",
    insertAfter: null,
    insertBefore: null,
    warnings: [],
    placement: fakePlacement(body, fields.original, fields.proposed),
    baseBlobSha: "b".repeat(40),
    drift: "fresh",
    staleSince: null,
    textOffset: null,
    commitSha: null,
    failure: null,
    author: null,
    shown: null,
    createdAt: LONG_AGO,
    decidedAt: null,
    ...fields,
  };
}
