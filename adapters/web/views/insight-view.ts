import type {
  ActivityDay,
  ChangeStory,
  CommitNote,
  CommitView,
  FoundKind,
  HistoryPage,
  Overview,
  SearchPage,
  WaitingKind,
  WhyView,
} from "../../../src/rfcs/insight.ts";
import type { ExcerptPart } from "../../../src/rfcs/parse-search.ts";
import type { ThreadKind, ThreadState } from "../../../src/conversation/thread.ts";
import type { ChangeState } from "../../../src/changes/change.ts";
import { changeView, type ChangeJson } from "./change-view.ts";
import { rfcSummaryView, type RfcSummaryJson } from "./rfc-view.ts";
import { decisionView, type DecisionJson } from "./thread-view.ts";

export interface StoryJson {
  change: ChangeJson;
  decision: DecisionJson | null;
  thread: { id: string; thread_kind: ThreadKind; title: string | null; state: ThreadState };
  messages: StoryMessageJson[];
}

export interface StoryMessageJson {
  id: string;
  role: "user" | "assistant" | "system";
  author: string | null;
  model_id: string | null;
  text: string;
  quote: string | null;
  created_at: string;
}

export interface CommitNoteJson {
  sha: string;
  author: string | null;
  subject: string | null;
}

export interface WhyJson {
  text: string;
  steps: WhyStepJson[];
  /** Whether some of the passage is as it was when Redline saw the document first. */
  from_beginning: boolean;
  known_since: string;
}

export interface WhyStepJson {
  at: string;
  commit: CommitNoteJson | null;
  before: string | null;
  after: string;
  /** Empty for an edit from outside. */
  stories: StoryJson[];
}

export interface CommitJson {
  commit: CommitNoteJson;
  at: string | null;
  stories: StoryJson[];
  /** What it changed where no change of Redline tells it. */
  outside: { before: string; after: string } | null;
}

export interface HistoryJson {
  entries: { change: ChangeJson; decision: DecisionJson | null; thread_title: string | null }[];
  total: number;
  /** To be given as `after` for the next page. */
  next: number | null;
  people: string[];
  sections: string[];
}

export interface OverviewRfcJson extends RfcSummaryJson {
  last_activity: string;
  activity: ActivityDay[];
}

export interface WaitingJson {
  kind: WaitingKind;
  rfc_slug: string;
  thread_id: string;
  change: { id: string; number: number; original: string; proposed: string } | null;
  text: string;
  since: string;
}

export interface OverviewJson {
  rfcs: OverviewRfcJson[];
  activity: ActivityDay[];
  waiting: WaitingJson[];
  waiting_total: number;
}

export interface SearchHitJson {
  kind: FoundKind;
  rfc_slug: string;
  rfc_title: string;
  excerpt: ExcerptPart[];
  thread_id: string | null;
  message_id: string | null;
  change_id: string | null;
  change_number: number | null;
  change_state: ChangeState | null;
  author: string | null;
  section: string[];
  offset: number | null;
  at: string | null;
}

export interface SearchJson {
  hits: SearchHitJson[];
  totals: Record<FoundKind, number>;
  page: number;
  pages: number;
}

export function whyView(view: WhyView): WhyJson {
  return {
    text: view.text,
    steps: view.steps.map(({ at, commit, before, after, stories }) => ({
      at: at.toISOString(),
      commit: commit && commitNoteView(commit),
      before,
      after,
      stories: stories.map(storyView),
    })),
    from_beginning: view.isFromBeginning,
    known_since: view.knownSince.toISOString(),
  };
}

export function commitView(view: CommitView): CommitJson {
  return {
    commit: commitNoteView(view.commit),
    at: view.at && view.at.toISOString(),
    stories: view.stories.map(storyView),
    outside: view.outside,
  };
}

export function historyView(page: HistoryPage): HistoryJson {
  return {
    entries: page.entries.map(({ change, decision, threadTitle }) => ({
      change: changeView(change),
      decision: decision && decisionView(decision),
      thread_title: threadTitle,
    })),
    total: page.total,
    next: page.next,
    people: page.people,
    sections: page.sections,
  };
}

export function overviewView(view: Overview): OverviewJson {
  return {
    rfcs: view.rfcs.map((rfc) => ({
      ...rfcSummaryView(rfc),
      last_activity: rfc.lastActivity.toISOString(),
      activity: rfc.activity,
    })),
    activity: view.activity,
    waiting: view.waiting.map((item) => ({
      kind: item.kind,
      rfc_slug: item.rfcSlug,
      thread_id: item.threadId,
      change: item.change,
      text: item.text,
      since: item.since.toISOString(),
    })),
    waiting_total: view.waitingTotal,
  };
}

export function searchView(found: SearchPage): SearchJson {
  return {
    hits: found.hits.map((hit) => ({
      kind: hit.kind,
      rfc_slug: hit.rfcSlug,
      rfc_title: hit.rfcTitle,
      excerpt: hit.excerpt,
      thread_id: hit.threadId,
      message_id: hit.messageId,
      change_id: hit.changeId,
      change_number: hit.changeNumber,
      change_state: hit.changeState,
      author: hit.author,
      section: hit.section,
      offset: hit.offset,
      at: hit.at && hit.at.toISOString(),
    })),
    totals: found.totals,
    page: found.page,
    pages: found.pages,
  };
}

function storyView({ change, decision, thread, messages }: ChangeStory): StoryJson {
  return {
    change: changeView(change),
    decision: decision && decisionView(decision),
    thread: {
      id: thread.id,
      thread_kind: thread.kind,
      title: thread.title,
      state: thread.state,
    },
    messages: messages.map((message) => ({
      id: message.id,
      role: message.role,
      author: message.author,
      model_id: message.modelId,
      text: message.text,
      quote: message.quote,
      created_at: message.createdAt.toISOString(),
    })),
  };
}

function commitNoteView({ sha, authorName, subject }: CommitNote): CommitNoteJson {
  return { sha, author: authorName, subject };
}
