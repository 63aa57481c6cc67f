import type { Change } from "../changes/change.ts";
import { driftOf, editOf } from "../changes/edit.ts";
import type { DocumentIndex } from "../changes/document-index.ts";
import type { RebaseItem, RebaseOutcome } from "../changes/rebase.ts";
import { rebaseAll } from "../changes/rebase.ts";
import type { Emit } from "../conversation/transact.ts";
import { transact } from "../conversation/transact.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { CommitInfo, StreamRelay } from "../ports.ts";
import type { WatchedBranch } from "../store/branches.ts";
import { findBranch, listBehind, listBranches, setProblem, setTip } from "../store/branches.ts";
import { listBehindTip, moveState, replaceChanges } from "../store/changes.ts";
import type { Sql, Tx } from "../store/database.ts";
import { insertSystemMessage } from "../store/messages.ts";
import type { AnchorRow } from "../store/threads.ts";
import { listAnchors, listSpokenThreads, lockThreads, moveAnchor } from "../store/threads.ts";
import { settledWithin } from "../waiting.ts";
import type { CurrentDocument, Documents } from "./documents.ts";
import { groupBy } from "../group-by.ts";
import { locationOf } from "./documents.ts";
import { describeMove } from "./describe-move.ts";

export interface SyncDeps {
  sql: Sql;
  relay: StreamRelay;
  documents: Documents;
  logger: Logger;
}

interface Tip {
  headSha: string;
  blobSha: string;
  index: DocumentIndex;
}

/** What a new tip does to what hangs on the document. */
interface Moves {
  changes: { change: Change; outcome: RebaseOutcome }[];
  anchors: { anchor: AnchorRow; outcome: RebaseOutcome }[];
  /** Commits since the last tip seen, oldest first. */
  commits: CommitInfo[];
}

/** A repository that takes longer is waited for in the background. */
const LOOK_MS = 1_000;

/** Keeps branches at their tips: pending changes are located again, people are told of outside edits. */
export class BranchSync {
  private readonly deps: SyncDeps;
  private readonly underway = new Map<string, Promise<void>>();
  private readonly looking = new Set<string>();

  constructor(deps: SyncDeps) {
    this.deps = deps;
  }

  /**
   * Looks at every branch's tip, one question a repository, and brings the moved ones up to date. Repositories
   * do not wait for one another, and one that is still being looked at is not asked again.
   */
  async syncAll(): Promise<void> {
    const branches = await listBranches(this.deps.sql);
    const looks: Promise<void>[] = [];
    for (const [repository, known] of groupBy(branches, (branch) => branch.repository)) {
      if (this.looking.has(repository)) continue;
      this.looking.add(repository);
      const look = this.syncRepository(repository, known)
        .catch((error: unknown) => {
          this.deps.logger.error({ err: error, repository }, "a repository could not be looked at");
        })
        .finally(() => this.looking.delete(repository));
      looks.push(look);
    }
    await settledWithin(Promise.all(looks), LOOK_MS);
    for (const { rfcSlug, branchName } of await listBehind(this.deps.sql)) {
      await this.sync(rfcSlug, branchName);
    }
  }

  private async syncRepository(repository: string, branches: WatchedBranch[]): Promise<void> {
    try {
      const names = [...new Set(branches.map((branch) => branch.branchName))];
      const tips = await this.deps.documents.hostOf(repository).tips(repository, names);
      for (const branch of branches) {
        const moved = tips.get(branch.branchName) !== branch.headSha;
        if (moved || branch.problem !== null) await this.sync(branch.rfcSlug, branch.branchName);
      }
    } catch (error) {
      for (const branch of branches) await this.reportProblem(branch, error);
    }
  }

  /** The document at the tip, everything pending brought to it first. @throws UserError */
  async current(rfcSlug: string, branchName: string): Promise<CurrentDocument> {
    const { documents } = this.deps;
    const known = await documents.locate(rfcSlug, branchName);
    const { rfc } = known;
    let { branch } = known;
    const host = documents.hostOf(branch.repository);
    const tip = (await host.tips(branch.repository, [branchName])).get(branchName);
    if (tip !== branch.headSha || branch.problem !== null) {
      await this.sync(rfcSlug, branchName, "throw");
      ({ branch } = await documents.locate(rfcSlug, branchName));
    }
    const { headSha, blobSha } = branch;
    return {
      rfc,
      branch,
      location: locationOf(branch),
      headSha,
      blobSha,
      index: await documents.version(blobSha),
    };
  }

  /**
   * Brings one branch to its tip, after any call that is under way in this process. A tip that cannot be read
   * is kept as the branch's problem; with "throw" it is also thrown.
   */
  async sync(
    rfcSlug: string,
    branchName: string,
    onProblem: "keep" | "throw" = "keep",
  ): Promise<void> {
    const key = `${rfcSlug}\n${branchName}`;
    await this.underway.get(key)?.catch(() => {});
    const work = this.syncNow(rfcSlug, branchName, onProblem).finally(() => {
      if (this.underway.get(key) === work) this.underway.delete(key);
    });
    this.underway.set(key, work);
    return work;
  }

  private async syncNow(
    rfcSlug: string,
    branchName: string,
    onProblem: "keep" | "throw",
  ): Promise<void> {
    const branch = await findBranch(this.deps.sql, rfcSlug, branchName);
    if (!branch) return;
    try {
      // Another process may move the branch on between the look and the act: then look again.
      while (!(await this.moveToTip(branch.rfcSlug, branch.branchName))) continue;
    } catch (error) {
      await this.reportProblem(branch, error);
      if (onProblem === "throw") throw error;
    }
  }

  private async reportProblem(branch: WatchedBranch, error: unknown): Promise<void> {
    if (!(error instanceof UserError)) throw error;
    if (branch.problem === error.message) return;
    this.deps.logger.warn({ rfc: branch.rfcSlug, branch: branch.branchName }, error.message);
    await setProblem(this.deps.sql, branch, error.message);
  }

  private async moveToTip(rfcSlug: string, branchName: string): Promise<boolean> {
    const branch = await findBranch(this.deps.sql, rfcSlug, branchName);
    if (!branch) return true;
    const tip = await this.deps.documents.readTip(locationOf(branch));
    const moves = await this.gather(branch, tip);
    if (tip.headSha === branch.headSha) {
      if (branch.problem !== null) await setProblem(this.deps.sql, branch, null);
      // What was written on an earlier tip while the branch moved on is behind it; usually there is nothing.
      if (moves.changes.length + moves.anchors.length === 0) return true;
    }
    return transact(this.deps.sql, this.deps.relay, (tx, emit) =>
      act(tx, emit, branch, tip, moves),
    );
  }

  private async gather(branch: WatchedBranch, tip: Tip): Promise<Moves> {
    const { sql, documents } = this.deps;
    const { rfcSlug, branchName } = branch;
    const [pending, allAnchors, commits] = await Promise.all([
      listBehindTip(sql, rfcSlug, branchName, tip.blobSha),
      listAnchors(sql, rfcSlug, branchName),
      tip.headSha === branch.headSha
        ? []
        : documents
            .hostOf(branch.repository)
            .commitsBetween(locationOf(branch), branch.headSha, tip.headSha),
    ]);
    // A stale anchor stays in the version that had it, which may be the tip's again.
    const stale = (anchor: AnchorRow): boolean =>
      anchor.staleSince !== null && tip.headSha !== branch.headSha;
    const anchors = allAnchors.filter(
      (anchor) => stale(anchor) || (anchor.staleSince === null && anchor.blobSha !== tip.blobSha),
    );
    const outcomes = await this.rebase(tip, [
      ...pending.map((change) => ({
        base: change.baseBlobSha,
        item: { id: change.id, edit: editOf(change), placement: change.placement },
      })),
      ...anchors.map(({ threadId, blobSha, placement }) => ({
        base: blobSha,
        item: { id: threadId, edit: null, placement },
      })),
    ]);
    return {
      changes: pending.map((change) => ({ change, outcome: outcomes.get(change.id)! })),
      anchors: anchors.map((anchor) => ({ anchor, outcome: outcomes.get(anchor.threadId)! })),
      commits,
    };
  }

  /** Rebases everything, grouped by the version that it is anchored in. */
  private async rebase(
    tip: Tip,
    items: { base: string; item: RebaseItem }[],
  ): Promise<Map<string, RebaseOutcome>> {
    const outcomes = new Map<string, RebaseOutcome>();
    for (const [base, group] of groupBy(items, (entry) => entry.base)) {
      const from = await this.deps.documents.version(base);
      const rebased = rebaseAll(
        from,
        tip.index,
        group.map((entry) => entry.item),
      );
      for (const [id, outcome] of rebased) outcomes.set(id, outcome);
    }
    return outcomes;
  }
}

/** Writes what the tip means; false when the branch is not where it was looked at. */
async function act(
  tx: Tx,
  emit: Emit,
  branch: WatchedBranch,
  tip: Tip,
  moves: Moves,
): Promise<boolean> {
  const locked = await findBranch(tx, branch.rfcSlug, branch.branchName, "lock");
  if (locked?.headSha !== branch.headSha) return false;
  const isMoved = tip.headSha !== branch.headSha;
  const told = moves.changes.filter(({ change, outcome }) => isTold(change, outcome));
  const spoken = isMoved ? await listSpokenThreads(tx, branch.rfcSlug, branch.branchName) : [];
  const threadIds = new Set([...spoken, ...told.map(({ change }) => change.threadId)]);
  await lockThreads(tx, [...threadIds]);
  await setTip(tx, branch, tip);
  for (const { anchor, outcome } of moves.anchors)
    await moveAnchorTo(tx, anchor, outcome, tip.blobSha);
  const done = await moveChanges(tx, moves, tip);
  const toldOf = groupBy(
    told.filter(({ change }) => done.has(change.id)),
    ({ change }) => change.threadId,
  );
  for (const threadId of [...threadIds].toSorted()) {
    const here = toldOf.get(threadId) ?? [];
    for (const { change } of here) {
      await emit(threadId, { kind: "change_state", changeId: change.id });
    }
    const head = isMoved ? tip.headSha : null;
    const note = describeMove(moves.commits, here, head, spoken.includes(threadId));
    if (note) {
      const messageId = await insertSystemMessage(tx, threadId, note);
      await emit(threadId, { kind: "message", messageId, role: "system" });
    }
    if (isMoved) await emit(threadId, { kind: "document", headSha: tip.headSha });
  }
  return true;
}

/** Whether people should hear of it; a passage that only moved along is nobody's news. */
function isTold(change: Change, outcome: RebaseOutcome): boolean {
  return outcome.kind === "applied" || driftOf(change, outcome) !== change.drift;
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
  const { commits } = moves;
  const done = new Set<string>();
  const commitSha = commits.findLast((commit) => commit.touchesPath)?.sha ?? tip.headSha;
  for (const { change, outcome } of moves.changes) {
    if (outcome.kind !== "applied") continue;
    if (await moveState(tx, change.id, ["pending"], "accepted", { commitSha })) done.add(change.id);
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
