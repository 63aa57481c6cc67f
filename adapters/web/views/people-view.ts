import type { Concern, MergeProposal } from "../../../src/concerns/concern.ts";
import type {
  NotificationPage,
  NotificationSettings,
  NotificationView,
  WatchedRfc,
} from "../../../src/notifications/notification.ts";
import type { RecordMark, RecordView } from "../../../src/record/record.ts";
import type { Person } from "../../../src/rfcs/person.ts";

export interface NotificationJson {
  id: number;
  kind: NotificationView["kind"];
  category: NotificationView["category"];
  rfc_slug: string;
  rfc_title: string;
  thread_id: string | null;
  pr_number: number | null;
  change_id: string | null;
  text: string;
  excerpt: string | null;
  url: string;
  created_at: string;
  read_at: string | null;
}

export interface NotificationsJson {
  /** Newest first. */
  notifications: NotificationJson[];
  unread: number;
  /** What to ask before for the next page; null at the end. */
  before: number | null;
}

export interface NotificationSettingsJson {
  digest: NotificationSettings["digest"];
  /** IANA name; null: what the platform tells, else UTC. */
  time_zone: string | null;
  direct: boolean;
}

export interface WatchedRfcJson {
  rfc_slug: string;
  rfc_title: string;
  watched: boolean;
  muted: boolean;
  threads: { thread_id: string; title: string | null; watched: boolean; muted: boolean }[];
}

export interface PersonJson {
  id: string;
  name: string;
  bot: boolean;
  accounts: {
    platform: string;
    workspace: string | null;
    name: string;
    connected: boolean;
    unreachable: string | null;
  }[];
  maintains: { where: string; rfc_slug: string | null }[];
  seen_at: string | null;
}

export interface MaintainerJson {
  id: string;
  name: string;
}

export interface ConcernJson {
  id: string;
  rfc_slug: string;
  number: number;
  branch_name: string;
  thread_id: string;
  author: string;
  /** Whether whoever asks raised it. */
  mine: boolean;
  text: string;
  state: Concern["state"];
  /** Where it stands in the version `anchor_blob_sha`; null when it is about the whole document. */
  passage: { start: number; end: number } | null;
  anchor_text: string | null;
  anchor_blob_sha: string | null;
  anchor_stale_since: string | null;
  settled_by: string | null;
  settled_why: string | null;
  settled_at: string | null;
  created_at: string;
}

export interface MergeProposalJson {
  id: string;
  rfc_slug: string;
  branch_name: string;
  pr_number: number | null;
  thread_id: string;
  proposed_by: string;
  state: MergeProposal["state"];
  wait_days: number;
  created_at: string;
  ends_at: string;
  settled_at: string | null;
  words: MergeWordJson[];
  open_concerns: { number: number; text: string; author: string }[];
  pending_changes: number[];
}

export interface MergeWordJson {
  person_id: string;
  name: string;
  /** Whether it is the word of whoever asks. */
  mine: boolean;
  word: "agree" | "object" | null;
  said_at: string | null;
}

export interface RecordMarkJson {
  id: string;
  cause: RecordMark["cause"];
  last_seq: number;
  head_hash: string;
  /** The name of who asked for it. */
  made_by: string | null;
  commit_sha: string | null;
  /** Why it could not be committed beside the RFC. */
  problem: string | null;
  created_at: string;
}

export interface RecordJson {
  marks: RecordMarkJson[];
  entries: number;
  head_hash: string | null;
  /** Null when the chain is whole. */
  problem: string | null;
}

export function notificationsView(page: NotificationPage): NotificationsJson {
  return {
    notifications: page.items.map((item) => ({
      id: item.id,
      kind: item.kind,
      category: item.category,
      rfc_slug: item.rfcSlug,
      rfc_title: item.rfcTitle,
      thread_id: item.threadId,
      pr_number: item.prNumber,
      change_id: item.changeId,
      text: item.text,
      excerpt: item.excerpt,
      url: item.url,
      created_at: item.createdAt.toISOString(),
      read_at: isoOrNull(item.readAt),
    })),
    unread: page.unread,
    before: page.before,
  };
}

export function settingsView(settings: NotificationSettings): NotificationSettingsJson {
  return { digest: settings.digest, time_zone: settings.timeZone, direct: settings.direct };
}

export function watchedView(rfc: WatchedRfc): WatchedRfcJson {
  return {
    rfc_slug: rfc.rfcSlug,
    rfc_title: rfc.rfcTitle,
    watched: rfc.isWatched,
    muted: rfc.isMuted,
    threads: rfc.threads.map(({ threadId, title, isWatched, isMuted }) => ({
      thread_id: threadId,
      title,
      watched: isWatched,
      muted: isMuted,
    })),
  };
}

export function personView(person: Person): PersonJson {
  return {
    id: person.id,
    name: person.displayName,
    bot: person.isBot,
    accounts: person.accounts.map((account) => ({
      platform: account.platform,
      workspace: account.workspace,
      name: account.name,
      connected: account.isConnected,
      unreachable: account.unreachableWhy,
    })),
    maintains: person.maintains.map(({ where, rfcSlug }) => ({ where, rfc_slug: rfcSlug })),
    seen_at: isoOrNull(person.seenAt),
  };
}

export function maintainerView({ userId, name }: { userId: string; name: string }): MaintainerJson {
  return { id: userId, name };
}

/** @param personId who asks */
export function concernView(concern: Concern, personId: string): ConcernJson {
  const { passage } = concern;
  return {
    id: concern.id,
    rfc_slug: concern.rfcSlug,
    number: concern.number,
    branch_name: concern.branchName,
    thread_id: concern.threadId,
    author: concern.author,
    mine: concern.authorId === personId,
    text: concern.text,
    state: concern.state,
    passage: passage && { start: passage.start, end: passage.end },
    anchor_text: concern.anchorText,
    anchor_blob_sha: concern.anchorBlobSha,
    anchor_stale_since: isoOrNull(concern.anchorStaleSince),
    settled_by: concern.settledBy,
    settled_why: concern.settledWhy,
    settled_at: isoOrNull(concern.settledAt),
    created_at: concern.createdAt.toISOString(),
  };
}

/** @param personId who asks */
export function mergeProposalView(merge: MergeProposal, personId: string): MergeProposalJson {
  return {
    id: merge.id,
    rfc_slug: merge.rfcSlug,
    branch_name: merge.branchName,
    pr_number: merge.prNumber,
    thread_id: merge.threadId,
    proposed_by: merge.proposedBy,
    state: merge.state,
    wait_days: merge.waitDays,
    created_at: merge.createdAt.toISOString(),
    ends_at: merge.endsAt.toISOString(),
    settled_at: isoOrNull(merge.settledAt),
    words: merge.words.map(({ userId, name, word, saidAt }) => ({
      person_id: userId,
      name,
      mine: userId === personId,
      word,
      said_at: isoOrNull(saidAt),
    })),
    open_concerns: merge.openConcerns.map(({ number, text, author }) => ({ number, text, author })),
    pending_changes: merge.pendingChanges,
  };
}

export function recordMarkView(mark: RecordMark): RecordMarkJson {
  return {
    id: mark.id,
    cause: mark.cause,
    last_seq: mark.lastSeq,
    head_hash: mark.headHash,
    made_by: mark.madeByName,
    commit_sha: mark.commitSha,
    problem: mark.problem,
    created_at: mark.createdAt.toISOString(),
  };
}

export function recordView({ marks, entries, headHash, problem }: RecordView): RecordJson {
  return { marks: marks.map(recordMarkView), entries, head_hash: headHash, problem };
}

function isoOrNull(date: Date | null): string | null {
  return date && date.toISOString();
}
