/**
 * What the engine offers to whoever talks with people: the web console today, chat platforms beside it.
 * `app.ts` builds it; adapters receive it and never look behind it. All ids are UUIDs as text; an id that
 * is none is "not found". Methods reject with `UserError` for what the person can mend. A `sight` narrows an answer
 * to what somebody may see; without one it is everything.
 */
import type { BudgetDesk } from "./budgets/budget.ts";
import type { Change, DecisionRecord } from "./changes/change.ts";
import type { OverlapGroup } from "./changes/overlap.ts";
import type { LooseBlock } from "./changes/loose-block.ts";
import type { StreamFrame } from "./conversation/stream-frames.ts";
import type { Message, Thread, ThreadKind, Turn } from "./conversation/thread.ts";
import type { ModelList } from "./conversation/models.ts";
import type { ConcernDesk, MergeDesk } from "./concerns/concern.ts";
import type { NotificationDesk } from "./notifications/notification.ts";
import type { PullRequestState } from "./ports.ts";
import type { RecordDesk } from "./record/record.ts";
import type { Insight } from "./rfcs/insight.ts";
import type { PeopleDesk } from "./rfcs/person.ts";
import type { Rfc, RfcSummary } from "./rfcs/rfc.ts";
import type { SuggestionMode } from "./store/pull-requests.ts";
import type { Sight } from "./store/sight.ts";

/** A person as the engine knows them. */
export interface User {
  id: string;
  displayName: string;
  email: string | null;
}

/**
 * What a new RFC is. `repository` is `owner/name`, `file:///absolute/path`, or the address of a pull request;
 * with the latter, or where the repository has pull requests, what is missing is found there.
 */
export interface NewRfc {
  repository: string;
  slug?: string | undefined;
  title?: string | undefined;
  path?: string | undefined;
  branch?: string | undefined;
}

/** The pull request of a branch, as it was last seen, and how Redline gets on with it. */
export interface PullRequestView {
  number: number;
  title: string;
  url: string;
  state: PullRequestState;
  /** Why Redline cannot commit to its head branch: then there are suggestions only. */
  readOnly: string | null;
}

export interface RfcView {
  rfc: Rfc;
  branch: string;
  pullRequest: PullRequestView | null;
  /** Whether suggestions are posted by themselves; null where there are no pull requests. */
  suggestionMode: SuggestionMode | null;
  /** Null while the tip cannot be read; `problem` says why. */
  document: { body: string; headSha: string; blobSha: string } | null;
  problem: string | null;
  /** Why the pull request could not be looked at, the last time. */
  reviewProblem: string | null;
  threads: Thread[];
  changes: Change[];
  /** Pending changes that get in each other's way. */
  overlaps: OverlapGroup[];
}

export interface NewThread {
  rfcSlug: string;
  branchName: string;
  kind: ThreadKind;
  title?: string | undefined;
  /** The passage of a `range` or `paragraph` thread: its text, or offsets, best with their version. */
  anchor?:
    | { text: string; before?: string; after?: string }
    | { start: number; end: number; blobSha?: string }
    | undefined;
}

export interface ThreadView {
  thread: Thread;
  messages: Message[];
  changes: Change[];
  decisions: DecisionRecord[];
  looseBlocks: LooseBlock[];
  turns: Turn[];
  /** Where a stream has to begin to miss nothing after this view. */
  lastEventId: string;
}

export interface NewMessage {
  text: string;
  quote?: string | undefined;
  model?: string | undefined;
  /** The sender's own key; the same key again answers with the first message's turn. */
  dedupKey?: string | undefined;
  /** The link of the place that it was written in; left out in the console. */
  saidIn?: string | undefined;
  /** Left out where nothing is known of it. */
  origin?: Origin | undefined;
}

/** What somebody's words came with. */
export interface Origin {
  /** When they came in; null: now. */
  since: Date | null;
  /** Where their trace goes on. */
  traceparent: string | null;
}

export interface NewEdit {
  original: string;
  proposed: string;
  reason?: string | undefined;
  after?: string | undefined;
  before?: string | undefined;
  /** The proposer's own key; the same key again answers with the first change. */
  dedupKey?: string | undefined;
}

/** What a person wants to stand in place of a change's proposed text. */
export interface NewVersion {
  proposed: string;
  /** As the change's own, when left out. */
  reason?: string | undefined;
}

/** A passage that a person pointed at. Offsets mean nothing without the version that they are about. */
export interface ChosenPlace {
  start: number;
  end: number;
  blobSha: string;
}

export interface Engine {
  rfcs: {
    register(input: NewRfc): Promise<Rfc>;
    list(sight?: Sight): Promise<RfcSummary[]>;
    view(slug: string, sight?: Sight): Promise<RfcView>;
    /** For the RFC's whole repository. */
    chooseSuggestionMode(slug: string, mode: SuggestionMode): Promise<void>;
  };
  threads: {
    create(input: NewThread, by: User): Promise<Thread>;
    view(threadId: string): Promise<ThreadView>;
    close(threadId: string, by: User): Promise<Thread>;
    reopen(threadId: string, by: User): Promise<Thread>;
    /**
     * Null returns the thread to the default model.
     * @param share the workspace that it is chosen in, as `shareName` writes it; the console when left out
     */
    chooseModel(threadId: string, modelId: string | null, share?: string): Promise<Thread>;
    post(
      threadId: string,
      message: NewMessage,
      by: User,
    ): Promise<{ messageId: string; turnId: string }>;
    /** Stores a message that asks for no answer. */
    record(
      threadId: string,
      message: Omit<NewMessage, "model">,
      by: User,
    ): Promise<{ messageId: string }>;
  };
  turns: {
    cancel(turnId: string): Promise<Turn>;
    retry(turnId: string): Promise<Turn>;
  };
  changes: {
    get(changeId: string): Promise<Change>;
    /** Answers once the change is `accepting`; the commit follows. */
    accept(changeId: string, by: User): Promise<Change>;
    decline(changeId: string, reason: string | undefined, by: User): Promise<Change>;
    /** A change proposed by a person (`kind` manual). */
    propose(threadId: string, edit: NewEdit, by: User): Promise<Change>;
    /**
     * A person's own version takes the place of a pending change, which is declined; answers with the new
     * one.
     */
    revise(changeId: string, version: NewVersion, by: User): Promise<Change>;
    /** Settles an uncertain, moved or rebased place, which a person saw in the version `blobSha`. */
    choosePlace(changeId: string, place: ChosenPlace): Promise<Change>;
    /** Wants the change on the pull request, where suggestions are not posted by themselves. */
    suggest(changeId: string): Promise<Change>;
    /** Makes a block that was shown as text a change; it asks for its place. */
    promote(blockId: string): Promise<Change>;
    /** Asks the model to write a malformed block again; answers with the turn. */
    repair(blockId: string, by: User): Promise<{ turnId: string }>;
  };
  streams: {
    /** The frames of one turn up to its end, from its beginning or after `lastEventId`. */
    turn(turnId: string, lastEventId?: string): Promise<StreamSource>;
    /** Everything live in a thread, without end; from now on, or after `lastEventId`. */
    thread(threadId: string, lastEventId?: string): Promise<StreamSource>;
  };
  models: {
    /** What every provider says it has; a provider that cannot be asked is named in `problems`. */
    list(): Promise<ModelList>;
  };
  /** Looking back and over everything. */
  insight: Insight;
  people: PeopleDesk;
  notifications: NotificationDesk;
  concerns: ConcernDesk;
  merges: MergeDesk;
  record: RecordDesk;
  /** What was spent, and what is allowed. */
  budgets: BudgetDesk;
  health: {
    /** Empty when ready to serve; else what is missing, a sentence each. */
    missing(): Promise<string[]>;
    /** What whoever looks should know though it is ready, a sentence each: that answers are stopped. */
    notes(): Promise<string[]>;
  };
}

/**
 * Frames to be pulled. Nothing is buffered for a reader that does not pull: it is given, when it comes
 * back, what it missed as one longer text. Closing cancels nothing.
 */
export interface StreamSource extends AsyncIterable<StreamFrame> {
  close(): void;
}
