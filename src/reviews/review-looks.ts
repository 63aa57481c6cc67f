/**
 * Looks at the pull requests of branches that are talked about, and brings both sides together: what is shown
 * there, and what was said and done there. A look compares states and is harmless to repeat; so a webhook, a
 * decision or a timer only ever has to ask for one.
 */
import { randomBytes } from "node:crypto";
import { transact } from "../conversation/transact.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { LookEnding } from "../look-runner.ts";
import { lookFailure, LookLost, LookRunner } from "../look-runner.ts";
import type { Metrics } from "../metrics.ts";
import { noMetrics } from "../metrics.ts";
import type { StreamRelay } from "../ports.ts";
import { HostBusy } from "../ports.ts";
import { listReviewedChanges } from "../store/branch-changes.ts";
import type { Sql } from "../store/database.ts";
import { explainDatabaseFailure } from "../store/failures.ts";
import type { Look, LookKey } from "../store/looks.ts";
import { claimLook, endLook, renewLook } from "../store/looks.ts";
import { insertSystemMessage } from "../store/messages.ts";
import { lockThreads } from "../store/threads.ts";
import { HeadMoved } from "./suggestion-desk.ts";

export interface ReviewLooksDeps {
  sql: Sql;
  relay: StreamRelay;
  logger: Logger;
  metrics?: Metrics;
  /**
   * Brings both sides together; milliseconds until the next look. `assertHeld` is asked before each write: it
   * throws once the look may be another worker's. @throws HeadMoved to look again soon
   */
  review(key: LookKey, assertHeld: () => void): Promise<number>;
  /** How long a look stays owned without a heartbeat. */
  leaseMs: number;
}

const MS = {
  problem: 60_000,
  firstFailure: 2_000,
  /** While GitHub, or the database, cannot be reached. */
  away: 10_000,
  longestFailure: 5 * 60_000,
  soon: 1_000,
  /** Between looks at a host that keeps telling two different heads. */
  behind: 30_000,
};
/** Failures in a row before people are told of what may pass by itself. */
const TELL_AFTER = 3;
const FAILED = "The pull request could not be looked at";

export class ReviewLooks {
  private readonly deps: ReviewLooksDeps;
  private readonly runner: LookRunner<LookKey, Look>;

  constructor(deps: ReviewLooksDeps) {
    this.deps = deps;
    const { sql } = deps;
    this.runner = new LookRunner({
      leaseMs: deps.leaseMs,
      claim: (key, owner, leaseMs) => claimLook(sql, key, owner, leaseMs),
      renew: (look, leaseMs) => renewLook(sql, look, leaseMs),
      end: (look, ending) => endLook(sql, look, ending),
      work: (look, { assertHeld }) => deps.review(look, assertHeld),
      explain: (look, error) => this.failed(look, error),
      tell: (look, problem) => this.tell(look, problem),
    });
  }

  /** Takes the look that is due, if nobody else does. Rejects for nothing but a failing database. */
  look(key: LookKey): Promise<void> {
    return this.runner.look(key);
  }

  /** Takes no more looks, and waits for those under way; the rest of one is done by the next. */
  stop(graceMs: number): Promise<void> {
    return this.runner.stop(graceMs);
  }

  private failed(look: Look, error: unknown): LookEnding {
    const { logger, metrics = noMetrics } = this.deps;
    const at = { rfcSlug: look.rfcSlug, branchName: look.branchName };
    if (error instanceof HeadMoved || error instanceof LookLost) {
      return lookFailure(Math.min(MS.soon * 2 ** look.failures, MS.behind), look.problem);
    }
    metrics.count("retries_total", { what: "pull_request" });
    const isLasting = look.failures + 1 >= TELL_AFTER;
    if (error instanceof HostBusy) {
      logger.warn({ ...at, retryAt: error.retryAt }, error.message);
      const pause = Math.min(MS.firstFailure * 2 ** look.failures, MS.away);
      const inMs = Math.max(error.retryAt.getTime() - Date.now(), pause);
      if (inMs < MS.problem && !isLasting) return lookFailure(inMs, look.problem);
      // Each time it says another moment; that something is wrong is known then.
      return lookFailure(inMs, error.message, look.problem === null);
    }
    if (error instanceof UserError) {
      logger.warn(at, error.message);
      return lookFailure(MS.problem, error.message, error.message !== look.problem);
    }
    if (explainDatabaseFailure(error)) {
      logger.warn({ ...at, err: error }, "a pull request waits for the database");
      return lookFailure(Math.min(MS.firstFailure * 2 ** look.failures, MS.away), look.problem);
    }
    const errorId = randomBytes(4).toString("hex");
    logger.error({ ...at, err: error, errorId }, "a look at a pull request failed");
    const inMs = Math.min(MS.firstFailure * 2 ** look.failures, MS.longestFailure);
    if (!isLasting || look.problem?.startsWith(FAILED)) return lookFailure(inMs, look.problem);
    const problem = `${FAILED}; the log has the reason under ${errorId}. It is tried again.`;
    return lookFailure(inMs, problem, true);
  }

  /** Threads that wait for their suggestions hear of a new problem. */
  private async tell(look: Look, problem: string): Promise<void> {
    const { sql, relay } = this.deps;
    const changes = await listReviewedChanges(sql, look.rfcSlug, look.branchName);
    const waiting = changes.filter(({ change, isReady }) => change.state === "pending" && isReady);
    const threadIds = [...new Set(waiting.map(({ change }) => change.threadId))].toSorted();
    if (threadIds.length === 0) return;
    await transact(sql, relay, async (tx, emit) => {
      await lockThreads(tx, threadIds);
      for (const threadId of threadIds) {
        const note = `The pull request cannot be kept up to date for now. ${problem}`;
        const messageId = await insertSystemMessage(tx, threadId, note);
        await emit(threadId, { kind: "message", messageId, role: "system" });
      }
    });
  }
}
