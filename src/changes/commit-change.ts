import { transact } from "../conversation/transact.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { secondsAfter } from "../metrics.ts";
import type { DocumentHost, DocumentLocation, DocumentVersion, StreamRelay } from "../ports.ts";
import { HostBusy } from "../ports.ts";
import type { Documents } from "../rfcs/documents.ts";
import { locationOf } from "../rfcs/documents.ts";
import type { Links } from "../reviews/links.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import { findChange, lockChange, moveState, postponeCommit } from "../store/changes.ts";
import type { Sql } from "../store/database.ts";
import type { Accepter } from "../store/decisions.ts";
import { findAccepter, settleAccept } from "../store/decisions.ts";
import { tellOfDecisions } from "../store/fan-out.ts";
import { insertSystemMessage, listShapers } from "../store/messages.ts";
import type { Change } from "./change.ts";
import { commitMessage, gitPerson } from "./commit-message.ts";
import { DocumentIndex } from "./document-index.ts";
import { oneLine } from "../one-line.ts";
import { applyPlacement, isPlaced } from "./placement.ts";
import { editOf } from "./edit.ts";
import type { RebaseOutcome } from "./rebase.ts";
import { rebaseAll } from "./rebase.ts";

export interface CommitDeps {
  sql: Sql;
  relay: StreamRelay;
  documents: Documents;
  syncBranch(rfcSlug: string, branchName: string): Promise<void>;
  logger: Logger;
  metrics: Metrics;
  links: Links;
}

/** Lost races with other committers before the job leaves the rest to a later try. */
const MAX_RACES = 10;

/** What is to be done about an accepted change on a given tip. */
type Plan =
  | { kind: "commit"; newBody: string }
  /** The tip reads as proposed already. */
  | { kind: "applied" }
  | { kind: "return"; why: string };

/** Makes the commits of accepted changes: exactly one each, whatever is repeated or killed. */
export class ChangeCommitter {
  private readonly deps: CommitDeps;

  constructor(deps: CommitDeps) {
    this.deps = deps;
  }

  /**
   * Commits an accepted change, finds the commit that an earlier try has made, or gives the change back with
   * the reason. Rejects for what is worth another try.
   */
  async commit(changeId: string): Promise<void> {
    const change = await findChange(this.deps.sql, changeId);
    if (!change) return;
    if (change.state === "accepting") {
      try {
        await this.tryCommit(change);
      } catch (error) {
        if (error instanceof HostBusy) return this.wait(change, error);
        if (!(error instanceof UserError)) {
          this.deps.metrics.count("commits_total", { result: "failed" });
          throw error;
        }
        await this.giveBack(change, error.message);
      }
    }
    // Also where an earlier try was killed just before it.
    await this.deps.syncBranch(change.rfcSlug, change.branchName);
  }

  /** The accept stands, and is tried again when the host wants to be asked again; people are told once. */
  private async wait(change: Change, busy: HostBusy): Promise<void> {
    const { sql, relay, logger } = this.deps;
    logger.warn({ changeId: change.id, retryAt: busy.retryAt }, busy.message);
    this.deps.metrics.count("retries_total", { what: "commit" });
    // By this process's clock, as its moment is; the database may have another.
    const forMs = Math.max(busy.retryAt.getTime() - Date.now(), 0);
    const sentence = `Change #${change.number} is accepted, and committed as soon as that is possible: ${busy.message}`;
    await transact(sql, relay, async (tx, emit) => {
      const locked = await lockChange(tx, change.id);
      if (locked?.state !== "accepting") return;
      await postponeCommit(tx, change.id, { forMs, why: sentence });
      if (locked.failure !== null) return;
      await emit(change.threadId, { kind: "change_state", changeId: change.id });
      const messageId = await insertSystemMessage(tx, change.threadId, sentence);
      await emit(change.threadId, { kind: "message", messageId, role: "system" });
    });
  }

  /** After the last try: the change is pending again, and people are told. */
  async giveUp(changeId: string, errorId: string): Promise<void> {
    const { sql, documents } = this.deps;
    const change = await findChange(sql, changeId);
    if (change?.state !== "accepting") return;
    const { branch } = await documents.locate(change.rfcSlug, change.branchName);
    const host = documents.hostOf(branch.repository);
    // The last try may have failed after its commit had landed.
    const found = await this.findCommit(host, locationOf(branch), change).catch(() => null);
    if (found !== null) return this.settle(change, found, "found");
    this.deps.metrics.count("commits_total", { result: "given_up" });
    await this.giveBack(
      change,
      `the commit failed on our side (the log has it under ${errorId}); accept it again.`,
    );
  }

  private async tryCommit(change: Change): Promise<void> {
    const { documents, sql } = this.deps;
    const { rfc, branch } = await documents.locate(change.rfcSlug, change.branchName);
    const location = locationOf(branch);
    const host = documents.hostOf(location.repository);
    for (let race = 0; race < MAX_RACES; race += 1) {
      // A commit that landed just before a crash is found, not repeated; asked again after each lost race,
      // because the one who won it may have been an earlier self.
      const found = await this.findCommit(host, location, change);
      if (found !== null) return this.settle(change, found, "found");
      const base = await host.read(location);
      const plan = await this.plan(change, base);
      if (plan.kind === "return") return this.giveBack(change, plan.why);
      if (plan.kind === "applied")
        return this.settle(change, (await host.lastCommit(location)) ?? base.headSha, "found");
      const by = await findAccepter(sql, change.id);
      if (!by) throw new Error(`change ${change.id} is accepting, but nobody accepted it`);
      const outcome = await host.commit({
        location,
        base,
        newBody: plan.newBody,
        message: await this.message(change, rfc, by),
        author: gitPerson(by),
      });
      if (outcome.kind === "committed") return this.settle(change, outcome.headSha, "committed");
    }
    throw new Error(`change ${change.id} lost ${MAX_RACES} races for the branch`);
  }

  /**
   * The commit that an earlier try has made. Anybody who may push can write the trailer, which is public on
   * GitHub; so the text has to bear it out.
   */
  private async findCommit(
    host: DocumentHost,
    location: DocumentLocation,
    change: Change,
  ): Promise<string | null> {
    const found = await host.findChangeCommit(location, change.id);
    if (!found) return null;
    const body = await host.readAt(location, found.headSha);
    if (body === null) return found.headSha;
    const { replacement } = change.placement;
    const { kind } = await this.outcomeOn(change, new DocumentIndex(body));
    const isDone = kind !== "fresh" || (replacement !== "" && body.includes(replacement));
    if (isDone) return found.headSha;
    const at = { changeId: change.id, commit: found.headSha };
    this.deps.logger.warn(at, "a commit claims a change falsely");
    return null;
  }

  /** What another version of the document means for the change. */
  private async outcomeOn(change: Change, index: DocumentIndex): Promise<RebaseOutcome> {
    const base = await this.deps.documents.version(change.baseBlobSha);
    const { id, placement } = change;
    return rebaseAll(base, index, [{ id, edit: editOf(change), placement }]).get(id)!;
  }

  private async plan(change: Change, tip: DocumentVersion): Promise<Plan> {
    const isSame = tip.blobSha === change.baseBlobSha;
    const index = isSame
      ? await this.deps.documents.version(tip.blobSha)
      : new DocumentIndex(tip.body);
    const outcome = await this.outcomeOn(change, index);
    if (outcome.kind === "applied") return { kind: "applied" };
    if (outcome.kind !== "fresh" || !isPlaced(outcome.placement)) {
      return { kind: "return", why: "the passage was edited meanwhile; look at the change again." };
    }
    const newBody = applyPlacement(tip.body, outcome.placement);
    return newBody === tip.body ? { kind: "applied" } : { kind: "commit", newBody };
  }

  private async message(change: Change, rfc: Rfc, accepter: Accepter): Promise<string> {
    const speakers = await listShapers(this.deps.sql, change);
    const spoke = speakers.some(({ id }) => id === accepter.id);
    const shapers = spoke ? speakers : [...speakers, accepter];
    const discussedIn = this.deps.links.thread(rfc.slug, change.threadId);
    return commitMessage(change, rfc, shapers.map(gitPerson), discussedIn);
  }

  private async settle(
    change: Change,
    commitSha: string,
    result: "committed" | "found",
  ): Promise<void> {
    const { sql, relay, metrics } = this.deps;
    const acceptedAt = await transact(sql, relay, async (tx, emit) => {
      await lockChange(tx, change.id);
      const by = await findAccepter(tx, change.id);
      if (!(await moveState(tx, change.id, ["accepting"], "accepted", { commitSha }))) return null;
      await settleAccept(tx, change.id, "committed");
      await tellOfDecisions(tx, [change.id]);
      await emit(change.threadId, { kind: "change_state", changeId: change.id });
      const who = oneLine(by?.displayName ?? "Somebody");
      const said = `${who} accepted change #${change.number} (commit ${commitSha.slice(0, 7)}).`;
      const messageId = await insertSystemMessage(tx, change.threadId, said);
      await emit(change.threadId, { kind: "message", messageId, role: "system" });
      return by?.acceptedAt ?? null;
    });
    if (acceptedAt === null) return;
    metrics.count("commits_total", { result });
    metrics.count("changes_total", { state: "accepted" });
    metrics.observe("commit_seconds", {}, secondsAfter(acceptedAt));
  }

  private async giveBack(change: Change, why: string): Promise<void> {
    const sentence = `Change #${change.number} was not committed: ${why}`;
    this.deps.logger.warn({ changeId: change.id }, sentence);
    const { sql, relay, metrics } = this.deps;
    await transact(sql, relay, async (tx, emit) => {
      await lockChange(tx, change.id);
      if (!(await moveState(tx, change.id, ["accepting"], "pending", { failure: sentence })))
        return;
      await settleAccept(tx, change.id, "returned");
      await emit(change.threadId, { kind: "change_state", changeId: change.id });
      const messageId = await insertSystemMessage(tx, change.threadId, sentence);
      await emit(change.threadId, { kind: "message", messageId, role: "system" });
    });
    metrics.count("commits_total", { result: "returned" });
    metrics.count("changes_total", { state: "returned" });
  }
}
