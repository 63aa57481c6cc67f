/** What happened on an RFC and is not in its record yet. Times are compared as the record keeps them, in milliseconds. */
import type { PendingQuery, Row } from "postgres";
import type { ChangeKind } from "../changes/change.ts";
import type { ConcernState, MergeState, MergeWord } from "../concerns/concern.ts";
import type { MessageRole, MessageStatus, ThreadKind } from "../conversation/thread.ts";
import type { Db } from "./database.ts";

export interface NewsOfRecord {
  threads: {
    id: string;
    kind: ThreadKind;
    branchName: string;
    title: string | null;
    /** The passage that it is about. */
    passage: string | null;
    createdAt: Date;
  }[];
  messages: {
    id: string;
    threadId: string;
    seq: number;
    role: MessageRole;
    authorId: string | null;
    modelId: string | null;
    text: string;
    quote: string | null;
    status: MessageStatus;
    createdAt: Date;
    editedAt: Date | null;
    deletedAt: Date | null;
    /** Whether the record has it, as it read before. */
    isKnown: boolean;
  }[];
  changes: {
    id: string;
    number: number;
    kind: ChangeKind;
    threadId: string;
    branchName: string;
    sourceMessageId: string | null;
    authorId: string | null;
    original: string;
    proposed: string;
    reason: string;
    insertAfter: string | null;
    insertBefore: string | null;
    createdAt: Date;
  }[];
  withdrawn: { id: string; number: number; threadId: string; at: Date }[];
  decisions: {
    id: string;
    changeId: string;
    number: number;
    threadId: string;
    userId: string;
    verdict: "accept" | "decline";
    reason: string | null;
    outcome: "committed" | "returned" | "declined";
    createdAt: Date;
  }[];
  commits: { changeId: string; number: number; threadId: string; commitSha: string; at: Date }[];
  concerns: {
    id: string;
    number: number;
    threadId: string;
    authorId: string;
    text: string;
    passage: string | null;
    createdAt: Date;
  }[];
  settledConcerns: {
    id: string;
    number: number;
    threadId: string;
    state: ConcernState;
    by: string | null;
    why: string | null;
    at: Date;
  }[];
  proposals: {
    id: string;
    threadId: string;
    branchName: string;
    prNumber: number | null;
    by: string;
    waitDays: number;
    createdAt: Date;
  }[];
  words: { proposalId: string; userId: string; threadId: string; word: MergeWord; at: Date }[];
  settledProposals: { id: string; threadId: string; state: MergeState; at: Date }[];
}

export const NO_NEWS: NewsOfRecord = {
  threads: [],
  messages: [],
  changes: [],
  withdrawn: [],
  decisions: [],
  commits: [],
  concerns: [],
  settledConcerns: [],
  proposals: [],
  words: [],
  settledProposals: [],
};

/** The record is to be locked, so that nobody records the same meanwhile. */
export async function listNewsOfRecord(db: Db, rfcSlug: string): Promise<NewsOfRecord> {
  const has = (kind: string, subject: PendingQuery<Row[]>) => db`exists (
    select 1 from record_entries e
    where e.rfc_slug = ${rfcSlug} and e.subject = ${subject} and e.kind = ${kind})`;
  /** What was erased is recorded anew, with what is left of it. */
  const reads = (kind: string, subject: PendingQuery<Row[]>) => db`exists (
    select 1 from record_entries e
    where e.rfc_slug = ${rfcSlug} and e.subject = ${subject} and e.kind = ${kind}
      and e.content is not null)`;
  return {
    threads: await db`
      select t.id, t.thread_kind as kind, t.branch_name, t.title, t.anchor->>'slice' as passage,
        t.created_at
      from threads t where t.rfc_slug = ${rfcSlug} and not ${has("thread", db`t.id::text`)}`,
    messages: await listMessageNews(db, rfcSlug),
    changes: await db`
      select c.id, c.number, c.kind, c.thread_id, c.branch_name, c.source_message_id,
        c.author_user_id as author_id, c.original, c.proposed, c.reason, c.insert_after,
        c.insert_before, c.created_at
      from changes c where c.rfc_slug = ${rfcSlug} and not ${reads("change", db`c.id::text`)}`,
    withdrawn: await db`
      select c.id, c.number, c.thread_id, coalesce(c.decided_at, now()) as at
      from changes c where c.rfc_slug = ${rfcSlug} and c.state = 'withdrawn'
        and not ${has("change_withdrawn", db`c.id::text`)}`,
    decisions: await db`
      select d.id, d.change_id, c.number, c.thread_id, d.user_id, d.verdict, d.reason, d.outcome,
        d.created_at
      from decisions d join changes c on c.id = d.change_id
      where c.rfc_slug = ${rfcSlug} and d.outcome <> 'open'
        and not ${reads("decision", db`d.id::text`)}`,
    commits: await db`
      select c.id as change_id, c.number, c.thread_id, c.commit_sha,
        coalesce(c.decided_at, c.created_at) as at
      from changes c where c.rfc_slug = ${rfcSlug} and c.state = 'accepted'
        and not ${has("commit", db`c.id::text`)}`,
    concerns: await db`
      select c.id, c.number, c.thread_id, c.author_user_id as author_id, c.text,
        c.anchor->>'slice' as passage, c.created_at
      from concerns c where c.rfc_slug = ${rfcSlug} and not ${reads("concern", db`c.id::text`)}`,
    settledConcerns: await db`
      select c.id, c.number, c.thread_id, c.state, c.settled_by as by, c.settled_why as why,
        c.settled_at as at
      from concerns c where c.rfc_slug = ${rfcSlug} and c.state <> 'open'
        and not ${reads("concern_settled", db`c.id::text`)}`,
    ...(await listMergeNews(db, rfcSlug)),
  };
}

type MergeNews = Pick<NewsOfRecord, "proposals" | "words" | "settledProposals">;

async function listMergeNews(db: Db, rfcSlug: string): Promise<MergeNews> {
  const has = (kind: string) => db`exists (
    select 1 from record_entries e
    where e.rfc_slug = ${rfcSlug} and e.subject = p.id::text and e.kind = ${kind})`;
  return {
    proposals: await db`
      select p.id, p.thread_id, p.branch_name, p.pr_number, p.proposed_by as by, p.wait_days,
        p.created_at
      from merge_proposals p where p.rfc_slug = ${rfcSlug}
        and not ${has("merge_proposal")}`,
    words: await db`
      select w.proposal_id, w.user_id, p.thread_id, w.word, w.said_at as at
      from merge_words w join merge_proposals p on p.id = w.proposal_id
      where p.rfc_slug = ${rfcSlug} and w.word is not null and not exists (
        select 1 from record_entries e
        where e.rfc_slug = ${rfcSlug} and e.subject = p.id || ':' || w.user_id
          and e.kind = 'merge_word' and e.at = date_trunc('milliseconds', w.said_at))`,
    settledProposals: await db`
      select p.id, p.thread_id, p.state, p.settled_at as at
      from merge_proposals p where p.rfc_slug = ${rfcSlug} and p.settled_at is not null
        and not ${has("merge_settled")}`,
  };
}

/** Answers count once they have ended; a deleted message is known by its mark. */
export async function listMessageNews(
  db: Db,
  rfcSlug: string,
  onlyId: string | null = null,
): Promise<NewsOfRecord["messages"]> {
  return db<NewsOfRecord["messages"]>`
    select m.id, m.thread_id, m.seq, m.role, m.author_user_id as author_id, m.model_id, m.text,
      m.quote, m.status, m.created_at, m.edited_at, m.deleted_at,
      coalesce(k.is_known, false) as is_known
    from threads t join thread_messages m on m.thread_id = t.id, lateral (
      select bool_or(e.kind = 'message') as is_known,
        bool_or(e.kind = 'message_deleted') as is_marked,
        max(case when e.content is null then null when e.kind = 'message_edited' then e.at
          else (e.content->>'edited_at')::timestamptz end) as edited_at
      from record_entries e where e.rfc_slug = ${rfcSlug} and e.subject = m.id::text
        and e.kind in ('message', 'message_edited', 'message_deleted')) k
    where t.rfc_slug = ${rfcSlug} and (${onlyId}::uuid is null or m.id = ${onlyId})
      and m.status <> 'streaming' and case
      when m.deleted_at is not null then k.is_marked is not true
      when k.is_known is not true then true
      else m.edited_at is not null
        and date_trunc('milliseconds', m.edited_at) is distinct from k.edited_at end`;
}
