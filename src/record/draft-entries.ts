/** What happened, as entries of the record. Pure. */
import type { NewsOfRecord } from "../store/record-sources.ts";
import type { RecordDraft } from "./chain.ts";
import type { RecordContent, RecordEntryKind } from "./record.ts";

/** Of what happened in the same millisecond, causes come before what followed of them. */
const RANK: readonly RecordEntryKind[] = [
  "thread",
  "message",
  "message_edited",
  "message_deleted",
  "change",
  "concern",
  "merge_proposal",
  "merge_word",
  "decision",
  "commit",
  "change_withdrawn",
  "concern_settled",
  "merge_settled",
  "erased",
];

/** In the order in which it happened. */
export function draftEntries(news: NewsOfRecord): RecordDraft[] {
  const drafts = [
    ...news.threads.map(draftThread),
    ...news.messages.map(draftMessage),
    ...draftChanges(news),
    ...draftConcerns(news),
    ...draftMerges(news),
  ];
  return drafts
    .toSorted((a, b) => {
      const byTime = a.draft.at.getTime() - b.draft.at.getTime();
      const byKind = RANK.indexOf(a.draft.kind) - RANK.indexOf(b.draft.kind);
      return byTime || byKind || a.order - b.order || (a.draft.subject < b.draft.subject ? -1 : 1);
    })
    .map(({ draft }) => draft);
}

/** `order` tells apart what happened at the same time in the same way. */
interface Ordered {
  draft: RecordDraft;
  order: number;
}

function ordered(
  [kind, subject]: [RecordEntryKind, string],
  personId: string | null,
  at: Date,
  content: RecordContent,
  order = 0,
): Ordered {
  return { draft: { kind, subject, personId, at, content }, order };
}

function draftThread(thread: NewsOfRecord["threads"][number]): Ordered {
  const { id, kind, branchName, title, passage } = thread;
  return ordered(["thread", id], null, thread.createdAt, {
    thread_kind: kind,
    branch_name: branchName,
    title,
    passage,
  });
}

function draftMessage(message: NewsOfRecord["messages"][number]): Ordered {
  const { id, threadId, seq, role, authorId, text, quote, editedAt, deletedAt } = message;
  const at = { thread_id: threadId, seq, role };
  if (deletedAt) return ordered(["message_deleted", id], authorId, deletedAt, at, seq);
  const said = { ...at, text, quote };
  if (message.isKnown && editedAt) {
    return ordered(["message_edited", id], authorId, editedAt, said, seq);
  }
  const content = {
    ...said,
    model_id: message.modelId,
    status: message.status,
    edited_at: editedAt?.toISOString() ?? null,
  };
  return ordered(["message", id], authorId, message.createdAt, content, seq);
}

function draftChanges({ changes, withdrawn, decisions, commits }: NewsOfRecord): Ordered[] {
  return [
    ...changes.map((change) =>
      ordered(
        ["change", change.id],
        change.authorId,
        change.createdAt,
        {
          thread_id: change.threadId,
          number: change.number,
          kind: change.kind,
          branch_name: change.branchName,
          source_message_id: change.sourceMessageId,
          original: change.original,
          proposed: change.proposed,
          reason: change.reason,
          insert_after: change.insertAfter,
          insert_before: change.insertBefore,
        },
        change.number,
      ),
    ),
    ...withdrawn.map(({ id, threadId, number, at }) =>
      ordered(["change_withdrawn", id], null, at, { thread_id: threadId, number }, number),
    ),
    ...decisions.map((decision) =>
      ordered(
        ["decision", decision.id],
        decision.userId,
        decision.createdAt,
        {
          thread_id: decision.threadId,
          change_id: decision.changeId,
          number: decision.number,
          verdict: decision.verdict,
          reason: decision.reason,
          outcome: decision.outcome,
        },
        decision.number,
      ),
    ),
    ...commits.map(({ changeId, threadId, number, commitSha, at }) => {
      const content = { thread_id: threadId, number, commit_sha: commitSha };
      return ordered(["commit", changeId], null, at, content, number);
    }),
  ];
}

function draftConcerns({ concerns, settledConcerns }: NewsOfRecord): Ordered[] {
  return [
    ...concerns.map(({ id, threadId, number, authorId, text, passage, createdAt }) => {
      const content = { thread_id: threadId, number, text, passage };
      return ordered(["concern", id], authorId, createdAt, content, number);
    }),
    ...settledConcerns.map(({ id, threadId, number, state, by, why, at }) => {
      const content = { thread_id: threadId, number, state, why };
      return ordered(["concern_settled", id], by, at, content, number);
    }),
  ];
}

function draftMerges({ proposals, words, settledProposals }: NewsOfRecord): Ordered[] {
  return [
    ...proposals.map(({ id, threadId, branchName, prNumber, by, waitDays, createdAt }) =>
      ordered(["merge_proposal", id], by, createdAt, {
        thread_id: threadId,
        branch_name: branchName,
        pr_number: prNumber,
        wait_days: waitDays,
      }),
    ),
    ...words.map(({ proposalId, userId, threadId, word, at }) => {
      const content = { thread_id: threadId, proposal_id: proposalId, word };
      return ordered(["merge_word", `${proposalId}:${userId}`], userId, at, content);
    }),
    ...settledProposals.map(({ id, threadId, state, at }) =>
      ordered(["merge_settled", id], null, at, { thread_id: threadId, state }),
    ),
  ];
}
