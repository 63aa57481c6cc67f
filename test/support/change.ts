import type { Change } from "../../src/changes/change.ts";
import { DocumentIndex } from "../../src/changes/document-index.ts";
import { locateEdit } from "../../src/changes/locate.ts";

/** A pending change that is certain of its place, for pure functions; with what the test is about. */
export function changeWith(more: Partial<Change> = {}): Change {
  const edit = { original: "old words", proposed: "new words" };
  return {
    id: "6f1c2f0e-6a43-4c0b-9a55-6f4a5d2a9b10",
    number: 12,
    rfcSlug: "rfc",
    branchName: "main",
    threadId: "0d0a7a52-3f0e-4f0b-8f0d-0b8b4b3f1c22",
    sourceMessageId: null,
    turnId: null,
    kind: "ai",
    state: "pending",
    ...edit,
    reason: "Because.",
    insertAfter: null,
    insertBefore: null,
    warnings: [],
    placement: locateEdit(new DocumentIndex("Some old words here.\n"), edit),
    baseBlobSha: "b".repeat(40),
    drift: "fresh",
    staleSince: null,
    textOffset: null,
    commitSha: null,
    failure: null,
    author: null,
    shown: null,
    createdAt: new Date("2026-01-02T03:04:05.678Z"),
    decidedAt: null,
    ...more,
  };
}
