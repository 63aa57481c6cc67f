/**
 * Looks at the pull requests of branches that are talked about, and brings both sides together: what is shown
 * there, and what was said and done there. A look compares states and is harmless to repeat; so a webhook, a
 * decision or a timer only ever has to ask for one.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { transact } from "../conversation/transact.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { StreamRelay } from "../ports.ts";
import { HostBusy } from "../ports.ts";
import { listReviewedChanges } from "../store/branch-changes.ts";
import type { Sql } from "../store/database.ts";
import type { Look, LookKey } from "../store/looks.ts";
import { claimLook, endLook, renewLook } from "../store/looks.ts";
import { insertSystemMessage } from "../store/messages.ts";
import { lockThreads } from "../store/threads.ts";
import { settledWithin } from "../waiting.ts";
import { HeadMoved } from "./suggestion-desk.ts";

export interface ReviewLooksDeps {
  sql: Sql;
  relay: StreamRelay;
  logger: Logger;
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
  longestFailure: 5 * 60_000,
  soon: 1_000,
  /** Between looks at a host that keeps telling two different heads. */
  behind: 30_000,
};
/** Failures in a row before people are told of what may pass by itself. */
const TELL_AFTER = 3;
const FAILED = "The pull request could not be looked at";

/** How a look ended: when the next one is due, and what people should know. */
interface Ending {
  inMs: number;
  problem: string | null;
  failed: boolean;
  /** Whether threads hear of the problem: they have not yet, and it does not pass by itself soon. */
  tells: boolean;
}

/** The lease is over, or may be. */
class LookLost extends Error {
  override readonly name = "LookLost";
}

export class ReviewLooks {
  private readonly deps: ReviewLooksDeps;
  private readonly owner = randomUUID();
  private readonly running = new Set<Promise<void>>();
  private stopping = false;

  constructor(deps: ReviewLooksDeps) {
    this.deps = deps;
  }

  /** Takes the look that is due, if nobody else does. Rejects for nothing but a failing database. */
  look(key: LookKey): Promise<void> {
    if (this.stopping) return Promise.resolve();
    const work = this.claimed(key).finally(() => this.running.delete(work));
    this.running.add(work);
    return work;
  }

  /** Takes no more looks, and waits for those under way; the rest of one is done by the next. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    await settledWithin(Promise.allSettled(this.running), graceMs);
  }

  private async claimed(key: LookKey): Promise<void> {
    const { sql, leaseMs } = this.deps;
    const look = await claimLook(sql, key, this.owner, leaseMs);
    if (!look) return;
    // By this process's own clock: after a freeze no heartbeat has told it anything yet.
    let heldUntil = performance.now() + leaseMs;
    const renew = async (): Promise<void> => {
      const asked = performance.now();
      heldUntil = (await renewLook(sql, look, leaseMs)) ? asked + leaseMs : 0;
    };
    const heartbeat = setInterval(() => void renew().catch(() => {}), leaseMs / 3);
    const assertHeld = (): void => {
      if (performance.now() > heldUntil) throw new LookLost("another worker has the look by now");
    };
    try {
      const ending = await this.deps.review(look, assertHeld).then(
        (inMs): Ending => ({ inMs, problem: null, failed: false, tells: false }),
        (error: unknown) => this.failed(look, error),
      );
      // Another worker has it by now: then what became of it is that one's to tell.
      if (!(await endLook(sql, look, ending))) return;
      if (ending.problem !== null && ending.tells) await this.tell(look, ending.problem);
    } finally {
      clearInterval(heartbeat);
    }
  }

  private failed(look: Look, error: unknown): Ending {
    const { logger } = this.deps;
    const at = { rfc: look.rfcSlug, branch: look.branchName };
    if (error instanceof HeadMoved || error instanceof LookLost) {
      return failure(Math.min(MS.soon * 2 ** look.failures, MS.behind), look.problem);
    }
    const isLasting = look.failures + 1 >= TELL_AFTER;
    if (error instanceof HostBusy) {
      logger.warn({ ...at, retryAt: error.retryAt }, error.message);
      const pause = Math.min(MS.firstFailure * 2 ** look.failures, MS.problem);
      const inMs = Math.max(error.retryAt.getTime() - Date.now(), pause);
      if (inMs < MS.problem && !isLasting) return failure(inMs, look.problem);
      // Each time it says another moment; that something is wrong is known then.
      return failure(inMs, error.message, look.problem === null);
    }
    if (error instanceof UserError) {
      logger.warn(at, error.message);
      return failure(MS.problem, error.message, error.message !== look.problem);
    }
    const errorId = randomBytes(4).toString("hex");
    logger.error({ ...at, err: error, errorId }, "a look at a pull request failed");
    const inMs = Math.min(MS.firstFailure * 2 ** look.failures, MS.longestFailure);
    if (!isLasting || look.problem?.startsWith(FAILED)) return failure(inMs, look.problem);
    const problem = `${FAILED}; the log has the reason under ${errorId}. It is tried again.`;
    return failure(inMs, problem, true);
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

function failure(inMs: number, problem: string | null, tells = false): Ending {
  return { inMs, problem, failed: true, tells };
}
