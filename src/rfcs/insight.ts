/** What Redline tells about how a document came to read as it does, and about all documents together. */
import type { Change, DecisionRecord } from "../changes/change.ts";
import type { Message, Thread } from "../conversation/thread.ts";
import type { Sight } from "../store/sight.ts";
import type { ExcerptPart } from "./parse-search.ts";
import type { RfcSummary } from "./rfc.ts";
import type { SeenStatistics } from "./statistics.ts";

/** A change with what led to it and what became of it. */
export interface ChangeStory {
  change: Change;
  /** The decision that stands, or stood last; null for a change that nobody has decided. */
  decision: DecisionRecord | null;
  thread: Pick<Thread, "id" | "kind" | "title" | "state">;
  /** The questions of its turn and the answer that holds it, in order; their texts may be shortened. */
  messages: StoryMessage[];
}

export type StoryMessage = Pick<Message, "id" | "role" | "author" | "modelId" | "createdAt"> & {
  text: string;
  quote: string | null;
};

/** A commit, as far as it is known. */
export interface CommitNote {
  sha: string;
  authorName: string | null;
  subject: string | null;
}

/** One step in which a passage became what it is. */
export interface WhyStep {
  at: Date;
  commit: CommitNote | null;
  /** How the passage read before; null when nothing of it was there. */
  before: string | null;
  after: string;
  /** The changes of Redline that did it; empty for an edit from outside. */
  stories: ChangeStory[];
}

export interface WhyView {
  /** The passage that was asked about. */
  text: string;
  /** Newest first. */
  steps: WhyStep[];
  /** Whether some of it is as it was in the oldest version that Redline knows. */
  isFromBeginning: boolean;
  /** When that version was seen first. */
  knownSince: Date;
}

export interface CommitView {
  commit: CommitNote;
  at: Date | null;
  stories: ChangeStory[];
  /** What the commit changed, in whole lines, where no change of Redline tells it. */
  outside: { before: string; after: string } | null;
}

/** What of the changes is to be listed; everything that is left out does not narrow. */
export interface HistoryFilter {
  state?: HistoryState | undefined;
  /** Display name of who proposed or decided. */
  person?: string | undefined;
  /** Title of a heading above the passage. */
  section?: string | undefined;
  /** Part of one of the texts or of a reason; `#12` is a number. */
  text?: string | undefined;
  from?: Date | undefined;
  /** Exclusive. */
  to?: Date | undefined;
  /** Number of the change after which the page begins. */
  after?: number | undefined;
  /** At most 100. */
  limit?: number | undefined;
}

/** `decided` is accepted, declined and withdrawn together. */
export type HistoryState = "decided" | "accepted" | "declined" | "withdrawn" | "pending" | "stale";

export interface HistoryEntry {
  change: Change;
  decision: DecisionRecord | null;
  threadTitle: string | null;
}

export interface HistoryPage {
  /** Newest decision first. */
  entries: HistoryEntry[];
  /** How many there are in all under this filter. */
  total: number;
  /** What the next page begins after; null on the last one. */
  next: number | null;
  /** Everybody and every section that can be filtered for. */
  people: string[];
  sections: string[];
}

/** What happened on one day (UTC). */
export interface ActivityDay {
  /** `2026-03-01` */
  day: string;
  messages: number;
  proposed: number;
  accepted: number;
  declined: number;
}

/** Why something waits for a person. */
export type WaitingKind = "decision" | "place" | "confirm" | "conflict" | "answer" | "failed";

export interface WaitingItem {
  kind: WaitingKind;
  rfcSlug: string;
  threadId: string;
  /** Null for an answer. */
  change: { id: string; number: number; original: string; proposed: string } | null;
  /** The beginning of an answer, or a change's reason. */
  text: string;
  since: Date;
}

export interface Overview {
  rfcs: (RfcSummary & { lastActivity: Date; activity: ActivityDay[] })[];
  /** The last weeks, every day of them, oldest first; over all RFCs. */
  activity: ActivityDay[];
  /** Oldest first within what blocks most; at most 50. */
  waiting: WaitingItem[];
  waitingTotal: number;
}

export type FoundKind = "document" | "message" | "change";

export interface SearchQuery {
  text: string;
  kind?: FoundKind | undefined;
  rfcSlug?: string | undefined;
  /** From 1. */
  page?: number | undefined;
}

export interface SearchHit {
  kind: FoundKind;
  rfcSlug: string;
  rfcTitle: string;
  excerpt: ExcerptPart[];
  /** Of messages and changes. */
  threadId: string | null;
  messageId: string | null;
  changeId: string | null;
  changeNumber: number | null;
  changeState: Change["state"] | null;
  /** Who wrote it; a model's name for an answer. */
  author: string | null;
  /** Headings above, for documents and changes. */
  section: string[];
  /** Where the section begins, in UTF-16 units of the document. */
  offset: number | null;
  at: Date | null;
}

export interface SearchPage {
  hits: SearchHit[];
  /** Of each kind, whatever the page and the kind asked for. */
  totals: Record<FoundKind, number>;
  page: number;
  pages: number;
}

export interface Insight {
  /** The changes that made a passage of the document's version `blobSha`. */
  why(
    slug: string,
    place: { start: number; end: number; blobSha: string },
    sight?: Sight,
  ): Promise<WhyView>;
  /** `sha` may be shortened to 7 characters. */
  commit(slug: string, sha: string, sight?: Sight): Promise<CommitView>;
  history(slug: string, filter: HistoryFilter, sight?: Sight): Promise<HistoryPage>;
  overview(user: { id: string }, sight?: Sight): Promise<Overview>;
  search(query: SearchQuery, sight?: Sight): Promise<SearchPage>;
  /**
   * Sums over everything, some seconds old at most, with the RFCs that are to be seen.
   * @param hours the present one and so many less one before it, 1 to 168
   */
  statistics(hours: number, sight?: Sight): Promise<SeenStatistics>;
  /** A text that is another one once anything about the RFC has changed; cheap to ask for. */
  pulse(slug: string): Promise<string>;
  /** Notes that somebody has read the thread up to its message number `seq`. */
  markRead(threadId: string, seq: number, user: { id: string }): Promise<void>;
}
