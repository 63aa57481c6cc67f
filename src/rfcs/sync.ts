import { editOf } from "../changes/edit.ts";
import type { RebaseItem, RebaseOutcome } from "../changes/rebase.ts";
import { rebaseAll } from "../changes/rebase.ts";
import { transact } from "../conversation/transact.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { CommitInfo, StreamRelay } from "../ports.ts";
import { HostBusy } from "../ports.ts";
import type { WatchedBranch } from "../store/branches.ts";
import { findBranch, listBehind, listBranches, setPath, setProblem } from "../store/branches.ts";
import { listAcceptedOf, listBehindTip } from "../store/changes.ts";
import type { Sql } from "../store/database.ts";
import { ensureAccount } from "../store/people.ts";
import { listConcernAnchors } from "../store/concerns.ts";
import { listAnchors } from "../store/threads.ts";
import { settledWithin } from "../waiting.ts";
import type { CurrentDocument, Documents } from "./documents.ts";
import { groupBy } from "../group-by.ts";
import { locationOf } from "./documents.ts";
import { findApplyingCommits } from "./applying-commit.ts";
import type { AppliedBy, Moves, Tip } from "./move-branch.ts";
import { moveBranch } from "./move-branch.ts";

export interface SyncDeps {
  sql: Sql;
  relay: StreamRelay;
  documents: Documents;
  logger: Logger;
  metrics: Metrics;
}

/** A repository that takes longer is waited for in the background. */
const LOOK_MS = 1_000;
const DEFAULT_LOOK_EVERY_MS = 1_000;

/** Keeps branches at their tips: pending changes are located again, people are told of outside edits. */
export class BranchSync {
  private readonly deps: SyncDeps;
  private readonly underway = new Map<string, Promise<void>>();
  private readonly looking = new Set<string>();
  /** By repository: when its tips were last asked for here, on the monotonic clock. */
  private readonly lookedAt = new Map<string, number>();

  constructor(deps: SyncDeps) {
    this.deps = deps;
  }

  /**
   * Looks at every branch's tip, one question a repository, and brings the moved ones up to date. Repositories
   * do not wait for one another, and one that is still being looked at is not asked again.
   */
  async syncMoved(): Promise<void> {
    const branches = await listBranches(this.deps.sql);
    const looks: Promise<void>[] = [];
    for (const [repository, known] of groupBy(branches, (branch) => branch.repository)) {
      if (this.looking.has(repository) || !this.isDue(repository)) continue;
      this.looking.add(repository);
      const look = this.syncRepository(repository, known)
        .catch((error: unknown) => {
          this.deps.logger.error({ err: error, repository }, "a repository could not be looked at");
        })
        .finally(() => this.looking.delete(repository));
      looks.push(look);
    }
    await settledWithin(Promise.all(looks), LOOK_MS);
  }

  /** Brings up to date what was written while its branch moved on. */
  async syncBehind(): Promise<void> {
    for (const { rfcSlug, branchName } of await listBehind(this.deps.sql)) {
      await this.sync(rfcSlug, branchName);
    }
  }

  private isDue(repository: string): boolean {
    const now = performance.now();
    const last = this.lookedAt.get(repository) ?? -Infinity;
    const every = this.deps.documents.lookEveryMs(repository) ?? DEFAULT_LOOK_EVERY_MS;
    // The default is the caller's own pace, which a timer may come a little before.
    if (every > DEFAULT_LOOK_EVERY_MS && now - last < every) return false;
    this.lookedAt.set(repository, now);
    return true;
  }

  private async syncRepository(repository: string, branches: WatchedBranch[]): Promise<void> {
    try {
      const names = [...new Set(branches.map((branch) => locationOf(branch).branch))];
      const tips = await this.deps.documents.hostOf(repository).tips(repository, names);
      for (const branch of branches) {
        const moved = tips.get(locationOf(branch).branch) !== branch.headSha;
        if (moved || branch.problem !== null) await this.sync(branch.rfcSlug, branch.branchName);
      }
    } catch (error) {
      for (const branch of branches) await this.reportProblem(branch, error);
    }
  }

  /**
   * The document at the tip, everything pending brought to it first; as it was last seen, while its host does
   * not want to be asked: a conversation need not wait for that. @throws UserError
   */
  async current(rfcSlug: string, branchName: string): Promise<CurrentDocument> {
    const { documents, logger } = this.deps;
    const { rfc, branch: known } = await documents.locate(rfcSlug, branchName);
    try {
      await this.follow(known);
    } catch (error) {
      if (!(error instanceof HostBusy)) throw error;
      logger.warn({ rfcSlug, branchName }, error.message);
    }
    const { branch } = await documents.locate(rfcSlug, branchName);
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

  private async follow(branch: WatchedBranch): Promise<void> {
    const host = this.deps.documents.hostOf(branch.repository);
    const ref = locationOf(branch).branch;
    const tip = (await host.tips(branch.repository, [ref])).get(ref);
    if (tip === branch.headSha && branch.problem === null) return;
    await this.sync(branch.rfcSlug, branch.branchName, "throw");
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
      this.deps.metrics.count("branch_moves_total", { result: "problem" });
      await this.reportProblem(branch, error);
      if (onProblem === "throw") throw error;
    }
  }

  private async reportProblem(branch: WatchedBranch, error: unknown): Promise<void> {
    if (!(error instanceof UserError)) throw error;
    if (branch.problem === error.message) return;
    this.deps.logger.warn(
      { rfcSlug: branch.rfcSlug, branchName: branch.branchName },
      error.message,
    );
    await setProblem(this.deps.sql, branch, error.message);
  }

  private async moveToTip(rfcSlug: string, branchName: string): Promise<boolean> {
    const branch = await findBranch(this.deps.sql, rfcSlug, branchName);
    if (!branch) return true;
    const tip = await this.readTip(branch);
    if (tip === "renamed") return false;
    const moves = await this.gather(branch, tip);
    const { sql, relay, metrics } = this.deps;
    if (tip.headSha === branch.headSha) {
      if (branch.problem !== null) await setProblem(this.deps.sql, branch, null);
      // What was written on an earlier tip while the branch moved on is behind it; usually there is nothing.
      if (moves.changes.length + moves.anchors.length + moves.concerns.length === 0) {
        metrics.count("branch_moves_total", { result: "none" });
        return true;
      }
    }
    const moved = await transact(sql, relay, (tx, emit) =>
      moveBranch(tx, emit, branch, tip, moves),
    );
    if (moved === null) return false;
    metrics.count("branch_moves_total", { result: "moved" });
    metrics.count("changes_total", { state: "accepted" }, moved.accepted);
    metrics.count("changes_total", { state: "stale" }, moved.stale);
    return true;
  }

  /** The document at the tip; `renamed` once it was found under another path, which is noted then. */
  private async readTip(branch: WatchedBranch): Promise<Tip | "renamed"> {
    const { documents, sql } = this.deps;
    const location = locationOf(branch);
    try {
      return await documents.readTip(location);
    } catch (error) {
      if (!(error instanceof UserError) || error.type !== "document-unreadable") throw error;
      const host = documents.hostOf(branch.repository);
      const tip = (await host.tips(branch.repository, [location.branch])).get(location.branch);
      const path = tip ? await host.findRename(location, branch.headSha, tip) : null;
      if (path === null || path === branch.path) throw error;
      await setPath(sql, branch, path);
      return "renamed";
    }
  }

  private async gather(branch: WatchedBranch, tip: Tip): Promise<Moves> {
    const { sql, documents } = this.deps;
    const { rfcSlug, branchName } = branch;
    const [pending, allAnchors, allConcerns, told] = await Promise.all([
      listBehindTip(sql, rfcSlug, branchName, tip.blobSha),
      listAnchors(sql, rfcSlug, branchName),
      listConcernAnchors(sql, rfcSlug, branchName),
      tip.headSha === branch.headSha
        ? []
        : documents
            .hostOf(branch.repository)
            .commitsBetween(locationOf(branch), branch.headSha, tip.headSha),
    ]);
    const commits = await this.believed(told);
    // A stale anchor stays in the version that had it, which may be the tip's again.
    const isBehind = ({ staleSince, blobSha }: { staleSince: Date | null; blobSha: string }) =>
      staleSince === null ? blobSha !== tip.blobSha : tip.headSha !== branch.headSha;
    const anchors = allAnchors.filter(isBehind);
    const concerns = allConcerns.filter(isBehind);
    const outcomes = await this.rebase(tip, [
      ...pending.map((change) => ({
        base: change.baseBlobSha,
        item: { id: change.id, edit: editOf(change), placement: change.placement },
      })),
      ...anchors.map(({ threadId, blobSha, placement }) => ({
        base: blobSha,
        item: { id: threadId, edit: null, placement },
      })),
      ...concerns.map(({ concernId, blobSha, placement }) => ({
        base: blobSha,
        item: { id: concernId, edit: null, placement },
      })),
    ]);
    const changes = pending.map((change) => ({ change, outcome: outcomes.get(change.id)! }));
    return {
      changes,
      appliedBy: await this.findAppliers(branch, changes, commits),
      anchors: anchors.map((anchor) => ({ anchor, outcome: outcomes.get(anchor.threadId)! })),
      concerns: concerns.map((anchor) => ({ anchor, outcome: outcomes.get(anchor.concernId)! })),
      commits,
    };
  }

  /** A trailer counts where that change was accepted: anybody can write one. */
  private async believed(commits: readonly CommitInfo[]): Promise<CommitInfo[]> {
    const named = commits.flatMap((commit) => commit.changeIds);
    const accepted = await listAcceptedOf(this.deps.sql, named);
    return commits.map((commit) => ({
      ...commit,
      changeIds: commit.changeIds.filter((id) => accepted.has(id.toLowerCase())),
    }));
  }

  /** The commits that brought changes into the document from outside, and their authors' users. */
  private async findAppliers(
    branch: WatchedBranch,
    changes: Moves["changes"],
    commits: readonly CommitInfo[],
  ): Promise<Map<string, AppliedBy>> {
    const { documents, sql } = this.deps;
    const found = new Map<string, AppliedBy>();
    const applied = changes.flatMap(({ change, outcome }) =>
      outcome.kind === "applied" ? [change] : [],
    );
    const host = documents.hostOf(branch.repository);
    for (const [base, group] of groupBy(applied, (change) => change.baseBlobSha)) {
      const from = await documents.version(base);
      const location = locationOf(branch);
      const commitOf = await findApplyingCommits(host, location, from, group, commits);
      for (const [changeId, commit] of commitOf) {
        const account = commit.author ?? null;
        const user = account && (await ensureAccount(sql, account));
        found.set(changeId, { commit, userId: user?.id ?? null });
      }
    }
    return found;
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
