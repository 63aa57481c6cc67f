/**
 * The glossary of changes and the machine of their states.
 */
import type { ShownSuggestion } from "../reviews/suggestion.ts";
import type { Placement } from "./placement.ts";

/**
 * `pending → accepting → accepted`; `pending → declined`; `pending → withdrawn` (its turn was retried, the
 * model wrote it again, or the thread's pull request closed); `accepting → pending` when the commit could
 * not be made.
 */
export type ChangeState = "pending" | "accepting" | "accepted" | "declined" | "withdrawn";

/** Who proposed it: the model, or a person. */
export type ChangeKind = "ai" | "manual";

/**
 * What the newest tip did to a pending change. Only `fresh` is accepted as it is: `rebased` wants a look,
 * `moved` and an uncertain place want the place chosen, `conflict` wants a new draft, `stale` waits for its
 * passage to come back.
 */
export type Drift = "fresh" | "rebased" | "conflict" | "moved" | "stale";

/** One proposed edit. */
export interface Change {
  id: string;
  /** Number within the RFC, for people: "accept 12". */
  number: number;
  rfcSlug: string;
  branchName: string;
  threadId: string;
  sourceMessageId: string | null;
  turnId: string | null;
  kind: ChangeKind;
  state: ChangeState;
  /** The author's own characters. */
  original: string;
  proposed: string;
  reason: string;
  insertAfter: string | null;
  insertBefore: string | null;
  warnings: string[];
  placement: Placement;
  baseBlobSha: string;
  drift: Drift;
  staleSince: Date | null;
  /** Length of the answer's prose when the block closed, in UTF-16 units. */
  textOffset: number | null;
  commitSha: string | null;
  /** Why the last accept did not become a commit. */
  failure: string | null;
  /** Display name of the person who proposed it by hand. */
  author: string | null;
  /** Its newest comment on a pull request; null where it was never shown on one. */
  shown: ShownSuggestion | null;
  createdAt: Date;
  decidedAt: Date | null;
}

/** A person's accept or decline. */
export interface DecisionRecord {
  id: string;
  changeId: string;
  author: string;
  verdict: "accept" | "decline";
  reason: string | null;
  outcome: "open" | "committed" | "returned" | "declined";
  createdAt: Date;
}
