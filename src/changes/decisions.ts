import type { User } from "../engine.ts";
import { UserError } from "../errors.ts";
import { transact } from "../conversation/transact.ts";
import type { Metrics } from "../metrics.ts";
import type { Jobs, StreamRelay } from "../ports.ts";
import type { Documents } from "../rfcs/documents.ts";
import { locationOf } from "../rfcs/documents.ts";
import { findChange, listCommitting, lockChange, moveState } from "../store/changes.ts";
import type { Sql, Tx } from "../store/database.ts";
import { insertDecision } from "../store/decisions.ts";
import { tellOfDecisions } from "../store/fan-out.ts";
import { insertSystemMessage } from "../store/messages.ts";
import { enqueue } from "../store/outbox.ts";
import { oneLine } from "../one-line.ts";
import { assertStorable } from "../storable.ts";
import { assertAcceptable, assertPending } from "./acceptable.ts";
import type { Change } from "./change.ts";
import { commitJob } from "./commit-job.ts";
import { findOverlaps } from "./overlap.ts";

export interface DecisionDeps {
  sql: Sql;
  relay: StreamRelay;
  jobs: Jobs;
  metrics: Metrics;
  documents: Documents;
  /** Brings the branch's changes to its newest tip. */
  syncBranch(rfcSlug: string, branchName: string): Promise<void>;
}

const MAX_REASON = 4_000;

/** People's accepts and declines. */
export class Decisions {
  private readonly deps: DecisionDeps;

  constructor(deps: DecisionDeps) {
    this.deps = deps;
  }

  /** Takes the accept; the commit job makes the commit. @throws UserError */
  async accept(changeId: string, by: User): Promise<Change> {
    const { sql, relay, jobs, documents, metrics } = this.deps;
    const seen = await findChange(sql, changeId);
    if (!seen) throw noSuchChange();
    assertPending(seen);
    await this.deps.syncBranch(seen.rfcSlug, seen.branchName);
    const { branch } = await documents.locate(seen.rfcSlug, seen.branchName);
    await documents.hostOf(branch.repository).assertWritable(locationOf(branch));
    const change = await transact(sql, relay, async (tx, emit) => {
      const locked = await lock(tx, changeId);
      assertAcceptable(locked);
      assertApart(locked, await listCommitting(tx, locked.rfcSlug, locked.branchName));
      await insertDecision(tx, { changeId, userId: by.id, verdict: "accept", reason: null });
      await moveState(tx, changeId, ["pending"], "accepting");
      await enqueue(tx, commitJob(changeId));
      await emit(locked.threadId, { kind: "change_state", changeId });
      return (await findChange(tx, changeId))!;
    });
    jobs.wakeDispatcher();
    metrics.count("decisions_total", { verdict: "accept" });
    metrics.count("changes_total", { state: "accepting" });
    return change;
  }

  /** @throws UserError */
  async decline(changeId: string, reason: string | undefined, by: User): Promise<Change> {
    const why = reason?.trim() ?? "";
    assertStorable(why, "reason");
    if (why.length > MAX_REASON) {
      throw new UserError("too-large", `A reason has at most ${MAX_REASON} characters.`);
    }
    const { sql, relay, metrics } = this.deps;
    const declined = await transact(sql, relay, async (tx, emit) => {
      const change = await lock(tx, changeId);
      assertPending(change);
      await insertDecision(tx, {
        changeId,
        userId: by.id,
        verdict: "decline",
        reason: why || null,
      });
      await moveState(tx, changeId, ["pending"], "declined");
      await tellOfDecisions(tx, [changeId]);
      await emit(change.threadId, { kind: "change_state", changeId });
      const said = `${oneLine(by.displayName)} declined change #${change.number}${why ? `: ${oneLine(why)}` : "."}`;
      const messageId = await insertSystemMessage(tx, change.threadId, said);
      await emit(change.threadId, { kind: "message", messageId, role: "system" });
      return (await findChange(tx, changeId))!;
    });
    metrics.count("decisions_total", { verdict: "decline" });
    metrics.count("changes_total", { state: "declined" });
    return declined;
  }
}

/** A change whose passage is being rewritten right now has to be looked at again afterwards. */
function assertApart(change: Change, committing: readonly Change[]): void {
  const placed = [change, ...committing].flatMap(({ id, baseBlobSha, placement: { passage } }) =>
    passage && baseBlobSha === change.baseBlobSha ? [{ id, passage }] : [],
  );
  const group = findOverlaps(placed).find(
    ({ ids, kind }) => kind === "exclusive" && ids.includes(change.id),
  );
  const other = committing.find(({ id }) => id !== change.id && group?.ids.includes(id));
  if (!other) return;
  throw new UserError(
    "place-uncertain",
    `Change #${change.number} overlaps with change #${other.number}, which is being committed; look at it again in a moment.`,
  );
}

async function lock(tx: Tx, changeId: string): Promise<Change> {
  const change = await lockChange(tx, changeId);
  if (!change) throw noSuchChange();
  return change;
}

export function noSuchChange(): UserError {
  return new UserError("not-found", "There is no such change.");
}
