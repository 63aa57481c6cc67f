/** Writes what a new tip means for what hangs on the document, in one transaction. */
import type { Change } from "../changes/change.ts";
import type { DocumentIndex } from "../changes/document-index.ts";
import { driftOf } from "../changes/edit.ts";
import type { RebaseOutcome } from "../changes/rebase.ts";
import type { MovedConcern } from "../concerns/follow-passages.ts";
import { isPassageChanged, moveConcerns } from "../concerns/follow-passages.ts";
import type { Emit } from "../conversation/transact.ts";
import { groupBy } from "../group-by.ts";
import type { CommitInfo } from "../ports.ts";
import type { WatchedBranch } from "../store/branches.ts";
import { findBranch, setTip } from "../store/branches.ts";
import { moveState, replaceChanges } from "../store/changes.ts";
import type { Tx } from "../store/database.ts";
import { insertOutsideAccept } from "../store/decisions.ts";
import { tellOfDecisions, tellOfDrift } from "../store/fan-out.ts";
import { insertSystemMessage } from "../store/messages.ts";
import type { AnchorRow } from "../store/threads.ts";
import { listSpokenThreads, lockThreads, moveAnchor } from "../store/threads.ts";
import { describeMove } from "./describe-move.ts";

/** The commit from outside that made a change, and its author where the host knows them. */
export interface AppliedBy {
  commit: CommitInfo;
  userId: string | null;
}

export interface Tip {
  headSha: string;
  blobSha: string;
  index: DocumentIndex;
}

/** What a new tip does to what hangs on the document. */
export interface Moves {
  changes: { change: Change; outcome: RebaseOutcome }[];
  /** Who brought the applied ones into the document. */
  appliedBy: Map<string, AppliedBy>;
  anchors: { anchor: AnchorRow; outcome: RebaseOutcome }[];
  concerns: MovedConcern[];
  /** Commits since the last tip seen, oldest first. */
  commits: CommitInfo[];
}

/** How many changes a new tip brought to an end, or made stale. */
export interface Moved {
  accepted: number;
  stale: number;
}

/** Writes what the tip means; null when the branch is not where it was looked at. */
export async function moveBranch(
  tx: Tx,
  emit: Emit,
  branch: WatchedBranch,
  tip: Tip,
  moves: Moves,
): Promise<Moved | null> {
  const locked = await findBranch(tx, branch.rfcSlug, branch.branchName, "lock");
  if (locked?.headSha !== branch.headSha) return null;
  const isMoved = tip.headSha !== branch.headSha;
  const told = moves.changes.filter(({ change, outcome }) => isTold(change, outcome));
  const spoken = isMoved ? await listSpokenThreads(tx, branch.rfcSlug, branch.branchName) : [];
  const asked = moves.concerns.filter(isPassageChanged);
  const threadIds = new Set([
    ...spoken,
    ...told.map(({ change }) => change.threadId),
    ...asked.map(({ anchor }) => anchor.threadId),
  ]);
  await lockThreads(tx, [...threadIds]);
  await setTip(tx, branch, tip);
  for (const { anchor, outcome } of moves.anchors)
    await moveAnchorTo(tx, anchor, outcome, tip.blobSha);
  const done = await moveChanges(tx, moves, tip);
  const news = told.filter(({ change }) => done.has(change.id));
  await tellOwners(tx, news, tip.blobSha);
  const toldOf = groupBy(news, ({ change }) => change.threadId);
  for (const threadId of [...threadIds].toSorted()) {
    const here = toldOf.get(threadId) ?? [];
    for (const { change } of here) {
      await emit(threadId, { kind: "change_state", changeId: change.id });
    }
    const head = isMoved ? tip.headSha : null;
    const moved = here.map(({ change, outcome }) => ({
      change,
      outcome,
      commit: moves.appliedBy.get(change.id)?.commit ?? null,
    }));
    const note = describeMove(moves.commits, moved, head, spoken.includes(threadId));
    if (note) {
      const messageId = await insertSystemMessage(tx, threadId, note);
      await emit(threadId, { kind: "message", messageId, role: "system" });
    }
    if (isMoved) await emit(threadId, { kind: "document", headSha: tip.headSha });
  }
  await moveConcerns(tx, emit, moves.concerns, tip.blobSha);
  const count = (kind: RebaseOutcome["kind"]): number =>
    news.filter(({ outcome }) => outcome.kind === kind).length;
  return { accepted: count("applied"), stale: count("stale") };
}

/** Whether people should hear of it; a passage that only moved along is nobody's news. */
function isTold(change: Change, outcome: RebaseOutcome): boolean {
  return outcome.kind === "applied" || driftOf(change, outcome) !== change.drift;
}

/** A change that is stale or in conflict from now on, or in the document, is its proposer's news. */
async function tellOwners(tx: Tx, news: Moves["changes"], blobSha: string): Promise<void> {
  const of = (isMeant: (kind: RebaseOutcome["kind"]) => boolean): string[] =>
    news.flatMap(({ change, outcome }) => (isMeant(outcome.kind) ? [change.id] : []));
  await tellOfDecisions(
    tx,
    of((kind) => kind === "applied"),
  );
  const isBad = of((kind) => kind === "stale" || kind === "conflict");
  await tellOfDrift(tx, isBad, blobSha);
}

async function moveAnchorTo(
  tx: Tx,
  anchor: AnchorRow,
  outcome: RebaseOutcome,
  tipBlobSha: string,
): Promise<void> {
  const gone = outcome.kind === "stale" || outcome.placement.passage === null;
  await moveAnchor(tx, anchor.threadId, {
    placement: gone ? anchor.placement : outcome.placement,
    blobSha: gone ? anchor.blobSha : tipBlobSha,
    stale: gone,
  });
}

/**
 * Gives the changes their place on the tip, those that only moved in one statement; the ids of those that
 * were moved. One that was decided, or placed by a person, since it was read stays as it is: the next look
 * is on the new tip.
 */
async function moveChanges(tx: Tx, moves: Moves, tip: Tip): Promise<Set<string>> {
  const done = new Set<string>();
  for (const { change, outcome } of moves.changes) {
    if (outcome.kind !== "applied") continue;
    const by = moves.appliedBy.get(change.id);
    const commitSha = by?.commit.sha ?? tip.headSha;
    if (!(await moveState(tx, change.id, ["pending"], "accepted", { commitSha }))) continue;
    done.add(change.id);
    if (by?.userId) await insertOutsideAccept(tx, change.id, by.userId);
  }
  const pending = moves.changes.filter(({ outcome }) => outcome.kind !== "applied");
  const moved = await replaceChanges(
    tx,
    tip.blobSha,
    pending.map(({ change, outcome }) => ({
      seen: change,
      placement: outcome.placement,
      drift: driftOf(change, outcome),
    })),
  );
  for (const id of moved) done.add(id);
  return done;
}
