import type { Emit } from "../conversation/transact.ts";
import { transact } from "../conversation/transact.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { oneLine } from "../one-line.ts";
import type { StreamRelay } from "../ports.ts";
import { assertStorable } from "../storable.ts";
import { findBranch } from "../store/branches.ts";
import { listRfcChanges } from "../store/changes.ts";
import { listConcerns } from "../store/concerns.ts";
import type { Sql, Tx } from "../store/database.ts";
import { askForLook } from "../store/looks.ts";
import {
  findEnd,
  findNewestProposal,
  findProposal,
  findProposalByKey,
  heldKey,
  insertProposal,
  isAsked,
  listDueProposals,
  putWord,
  settleProposal,
} from "../store/merges.ts";
import { insertKeyedSystemMessage, insertSystemMessage } from "../store/messages.ts";
import { insertNotifications } from "../store/notifications.ts";
import { listPullRequests } from "../store/pull-requests.ts";
import type { Sight } from "../store/sight.ts";
import { threadsInSight } from "../store/sight.ts";
import { findThread, lockThreads } from "../store/threads.ts";
import type { Actor, MergeDesk, MergeProposal, MergeWord } from "./concern.ts";
import { describeHeld, describeOutcome, describeProposed, settlingOf } from "./merge-standing.ts";

export interface MergeDeps {
  sql: Sql;
  relay: StreamRelay;
  logger: Logger;
  /** Days that a proposal waits where none are given. */
  waitDays: number;
}

const MOST_WAIT_DAYS = 90;
const MAX_KEY = 200;
const BATCH = 100;

type Place = Pick<MergeProposal, "rfcSlug" | "branchName" | "threadId">;

/** People's proposals to merge an RFC, and what becomes of them. */
export class Merges implements MergeDesk {
  private readonly deps: MergeDeps;

  constructor(deps: MergeDeps) {
    this.deps = deps;
  }

  async current(
    rfcSlug: string,
    branchName: string,
    sight: Sight = null,
  ): Promise<MergeProposal | null> {
    const { sql } = this.deps;
    const newest = await findNewestProposal(sql, rfcSlug, branchName);
    if (!newest || sight === null) return newest;
    const sees = await threadsInSight(sql, sight, rfcSlug);
    return sees(newest.threadId) ? this.inSight(newest, sight) : null;
  }

  async inSight(proposal: MergeProposal, sight: Sight): Promise<MergeProposal> {
    if (sight === null) return proposal;
    const { sql } = this.deps;
    const { rfcSlug, openConcerns, pendingChanges } = proposal;
    const [sees, concerns, changes] = await Promise.all([
      threadsInSight(sql, sight, rfcSlug),
      listConcerns(sql, rfcSlug),
      listRfcChanges(sql, rfcSlug),
    ]);
    const seen = (all: readonly { number: number; threadId: string }[]): Set<number> =>
      new Set(all.filter(({ threadId }) => sees(threadId)).map(({ number }) => number));
    const [seenConcerns, seenChanges] = [seen(concerns), seen(changes)];
    return {
      ...proposal,
      openConcerns: openConcerns.filter(({ number }) => seenConcerns.has(number)),
      pendingChanges: pendingChanges.filter((number) => seenChanges.has(number)),
    };
  }

  async propose(
    threadId: string,
    given: { waitDays?: number | undefined; dedupKey?: string | undefined },
    by: Actor,
  ): Promise<MergeProposal> {
    const { sql, relay } = this.deps;
    const { waitDays = this.deps.waitDays, dedupKey = null } = given;
    assertGiven(waitDays, dedupKey ?? "");
    const thread = await findThread(sql, threadId);
    if (!thread) throw new UserError("not-found", "There is no such thread.");
    const { rfcSlug, branchName } = thread;
    return transact(sql, relay, async (tx, emit) => {
      await lockFor(tx, { rfcSlug, branchName, threadId });
      const first = dedupKey === null ? null : await findProposalByKey(tx, threadId, dedupKey);
      if (first) return first;
      if ((await findThread(tx, threadId))?.state === "closed") {
        const words = "This thread is closed; reopen it to propose the merge.";
        throw new UserError("thread-closed", words);
      }
      const [pull] = await listPullRequests(tx, rfcSlug, branchName);
      assertMergeable(pull?.state ?? null, await findNewestProposal(tx, rfcSlug, branchName));
      const row = { rfcSlug, branchName, threadId, waitDays, dedupKey, proposedBy: by.id };
      const id = await insertProposal(tx, { ...row, prNumber: pull?.number ?? null });
      const proposal = (await findProposal(tx, id))!;
      await say(tx, emit, proposal, { text: describeProposed(proposal), key: `merge:${id}` });
      await askForWords(tx, proposal);
      return proposal;
    });
  }

  async say(proposalId: string, word: MergeWord, by: Actor): Promise<MergeProposal> {
    const { sql, relay } = this.deps;
    const seen = await this.get(proposalId);
    return transact(sql, relay, async (tx, emit) => {
      await lockFor(tx, seen);
      const proposal = await this.open(tx, proposalId);
      if (!(await isAsked(tx, proposal, by.id))) {
        throw new UserError(
          "forbidden",
          "You are not among those who are asked about this merge; raise a concern if something speaks against it.",
        );
      }
      if (await putWord(tx, proposalId, { userId: by.id, word })) {
        const did = word === "agree" ? "agreed to" : "objected to";
        const text = `${oneLine(by.displayName)} ${did} the merge.`;
        await say(tx, emit, proposal, { text, key: null });
      }
      return (await findProposal(tx, proposalId))!;
    });
  }

  /** Withdrawn already is fine. */
  async withdraw(proposalId: string, by: Actor): Promise<MergeProposal> {
    const { sql, relay } = this.deps;
    const seen = await this.get(proposalId);
    return transact(sql, relay, async (tx, emit) => {
      await lockFor(tx, seen);
      if ((await findProposal(tx, proposalId))!.state === "withdrawn") return seen;
      await this.open(tx, proposalId);
      return settle(tx, emit, proposalId, { state: "withdrawn", by });
    });
  }

  /** Settles what is due. One that fails keeps none of the others up. */
  async settleDue(): Promise<void> {
    const { sql, logger } = this.deps;
    for (const due of await listDueProposals(sql, BATCH)) {
      await this.settleOne(due).catch((error: unknown) => {
        logger.error(
          { err: error, proposalId: due.id },
          "a proposal to merge could not be settled",
        );
      });
    }
  }

  private settleOne({ id, ...place }: Place & { id: string }): Promise<void> {
    const { sql, relay } = this.deps;
    return transact(sql, relay, async (tx, emit) => {
      await lockFor(tx, place);
      const proposal = (await findProposal(tx, id))!;
      if (proposal.state !== "open") return;
      const end = await findEnd(tx, proposal);
      const [clock] = await tx<{ now: Date }[]>`select now() as now`;
      switch (settlingOf(proposal, { now: clock!.now, hasEnded: end !== null })) {
        case "wait":
          return;
        case "held":
          return say(tx, emit, proposal, { text: describeHeld(proposal), key: heldKey(id) });
        case "agreed":
          return void (await settle(tx, emit, id, { state: "agreed", by: null }));
        case "ended":
          return void (await settle(tx, emit, id, { state: "ended", by: null, end }));
      }
    });
  }

  private async open(tx: Tx, proposalId: string): Promise<MergeProposal> {
    const proposal = (await findProposal(tx, proposalId))!;
    if (proposal.state === "open") return proposal;
    throw new UserError("already-decided", `This proposal is ${proposal.state} already.`);
  }

  async get(proposalId: string): Promise<MergeProposal> {
    const proposal = await findProposal(this.deps.sql, proposalId);
    if (proposal) return proposal;
    throw new UserError("not-found", "There is no such proposal.");
  }
}

/** With the branch, so that no concern is raised beside what is settled. */
async function lockFor(tx: Tx, { rfcSlug, branchName, threadId }: Place): Promise<void> {
  await findBranch(tx, rfcSlug, branchName, "lock");
  await lockThreads(tx, [threadId]);
}

async function settle(
  tx: Tx,
  emit: Emit,
  id: string,
  given: {
    state: "agreed" | "withdrawn" | "ended";
    by: Actor | null;
    end?: "merged" | "closed" | null;
  },
): Promise<MergeProposal> {
  await settleProposal(tx, id, given.state);
  const proposal = (await findProposal(tx, id))!;
  const { rfcSlug, branchName, threadId, words } = proposal;
  const outcome = describeOutcome(proposal, given.end);
  await say(tx, emit, proposal, { text: outcome, key: `merge:${id}:${given.state}` });
  await askForLook(tx, { rfcSlug, branchName });
  // That a pull request has ended is told by itself.
  if (given.state === "ended") return proposal;
  const others = words.filter(({ userId }) => userId !== given.by?.id);
  await insertNotifications(
    tx,
    others.map(({ userId }) => ({
      userId,
      kind: "merge_settled",
      category: "churn",
      subject: id,
      rfcSlug,
      threadId,
      prNumber: proposal.prNumber,
    })),
  );
  return proposal;
}

function askForWords(tx: Tx, proposal: MergeProposal): Promise<void> {
  const { id, rfcSlug, threadId, proposedById, words, prNumber } = proposal;
  const asked = words.filter(({ userId }) => userId !== proposedById);
  return insertNotifications(
    tx,
    asked.map(({ userId }) => ({
      userId,
      kind: "merge_word_requested",
      category: "personal-direct",
      subject: id,
      rfcSlug,
      threadId,
      prNumber,
    })),
  );
}

async function say(
  tx: Tx,
  emit: Emit,
  { threadId }: Place,
  { text, key }: { text: string; key: string | null },
): Promise<void> {
  const messageId =
    key === null
      ? await insertSystemMessage(tx, threadId, text)
      : await insertKeyedSystemMessage(tx, threadId, text, key);
  if (messageId !== null) await emit(threadId, { kind: "message", messageId, role: "system" });
}

function assertMergeable(
  pull: "open" | "merged" | "closed" | null,
  newest: MergeProposal | null,
): void {
  if (newest?.state === "open") {
    throw new UserError(
      "already-exists",
      `${oneLine(newest.proposedBy)} proposed the merge already; say your word on that, or withdraw it first.`,
    );
  }
  if (pull === "merged" || pull === "closed") {
    throw new UserError("nothing-to-do", `The pull request was ${pull} already.`);
  }
}

function assertGiven(waitDays: number, key: string): void {
  if (!Number.isInteger(waitDays) || waitDays < 0 || waitDays > MOST_WAIT_DAYS) {
    throw new UserError(
      "invalid-request",
      `A proposal waits a whole number of days, from 0 to ${MOST_WAIT_DAYS}.`,
    );
  }
  if (key.length > MAX_KEY) {
    throw new UserError("invalid-request", `An idempotency key has at most ${MAX_KEY} characters.`);
  }
  assertStorable(key, "idempotency key");
}
