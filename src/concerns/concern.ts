/** What somebody holds against an RFC as it is, and the way to its merge. */
import type { Passage } from "../changes/placement.ts";
import type { Sight } from "../store/sight.ts";

/** `open → resolved | withdrawn`; never deleted. */
export type ConcernState = "open" | "resolved" | "withdrawn";

export interface Concern {
  id: string;
  rfcSlug: string;
  /** Within its RFC, from 1. */
  number: number;
  branchName: string;
  threadId: string;
  authorId: string;
  author: string;
  text: string;
  state: ConcernState;
  /** Where its passage stands in `anchorBlobSha`; null when it is about the whole document. */
  passage: Passage | null;
  /** The passage's text. */
  anchorText: string | null;
  anchorBlobSha: string | null;
  /** Since when the passage is not in the document any more. */
  anchorStaleSince: Date | null;
  settledBy: string | null;
  settledWhy: string | null;
  settledAt: Date | null;
  createdAt: Date;
}

export interface NewConcern {
  text: string;
  /** Null: the whole document. */
  passage: { text: string } | { start: number; end: number; blobSha: string } | null;
  /** The sender's own key; the same key again answers with the first concern. */
  dedupKey?: string | undefined;
}

/** Who does it. */
export interface Actor {
  id: string;
  displayName: string;
}

/** People's concerns. Whoever raised one withdraws it; its author and who may decide resolve it. */
export interface ConcernDesk {
  list(rfcSlug: string, sight?: Sight): Promise<Concern[]>;
  /** @throws UserError not-found */
  get(concernId: string): Promise<Concern>;
  /** @throws UserError */
  raise(threadId: string, concern: NewConcern, by: Actor): Promise<Concern>;
  /** @throws UserError */
  resolve(concernId: string, why: string | undefined, by: Actor): Promise<Concern>;
  /** @throws UserError forbidden for anybody but its author */
  withdraw(concernId: string, by: Actor): Promise<Concern>;
}

export type MergeState = "open" | "agreed" | "withdrawn" | "ended";
export type MergeWord = "agree" | "object";

/** Somebody proposes that the RFC is merged; it is agreed when the wait is over and nothing holds it. */
export interface MergeProposal {
  id: string;
  rfcSlug: string;
  branchName: string;
  prNumber: number | null;
  threadId: string;
  proposedById: string;
  proposedBy: string;
  state: MergeState;
  waitDays: number;
  createdAt: Date;
  endsAt: Date;
  settledAt: Date | null;
  /** Who is asked for their word. */
  words: { userId: string; name: string; word: MergeWord | null; saidAt: Date | null }[];
  /** What holds it: open concerns, by number. */
  openConcerns: { number: number; text: string; author: string }[];
  /** Numbers of changes that are not decided. */
  pendingChanges: number[];
}

/** The caller has checked that the person may decide. */
export interface MergeDesk {
  /** The newest; null where none was ever proposed. */
  current(rfcSlug: string, branchName: string, sight?: Sight): Promise<MergeProposal | null>;
  /** Without what holds it and was said where these eyes may not look. */
  inSight(proposal: MergeProposal, sight: Sight): Promise<MergeProposal>;
  /** @throws UserError not-found */
  get(proposalId: string): Promise<MergeProposal>;
  /** @throws UserError when one is open already */
  propose(
    threadId: string,
    given: { waitDays?: number | undefined; dedupKey?: string | undefined },
    by: Actor,
  ): Promise<MergeProposal>;
  /** @throws UserError forbidden for who was not asked */
  say(proposalId: string, word: MergeWord, by: Actor): Promise<MergeProposal>;
  /** @throws UserError */
  withdraw(proposalId: string, by: Actor): Promise<MergeProposal>;
}
