import { randomUUID } from "node:crypto";

import { tokensOf } from "../budgets/prices.ts";
import { workspaceIn } from "../budgets/share.ts";
import type { Problem } from "../errors.ts";
import { problem } from "../errors.ts";
import type { Logger } from "../log.ts";
import { about } from "../log.ts";
import { secondsAfter } from "../metrics.ts";
import { CONTROL_TOPIC, PLACES_TOPIC, threadTopic } from "../ports.ts";
import type { Lease } from "../store/thread-leases.ts";
import type { RunningTurn, TurnOutcome } from "../store/turns.ts";
import { claimFairly, nextWaiting } from "../store/claims.ts";
import { chargeTurn } from "../store/spending.ts";
import { claim, LeaseLost, release, renew } from "../store/thread-leases.ts";
import { beginTurn, finishTurn } from "../store/turns.ts";
import type { Span } from "../tracing.ts";
import { traced } from "../tracing.ts";
import { persist, settledWithin } from "../waiting.ts";
import type { BreakOff, TurnRunnerDeps } from "./attempt.ts";
import { Attempt } from "./attempt.ts";
import type { ThreadEvent } from "./thread-event.ts";

/** Runs the turns of threads: one at a time a thread, in order, fenced by a lease in Postgres. */
export class TurnRunner {
  private readonly deps: TurnRunnerDeps;
  private readonly owner = randomUUID();
  private readonly running = new Map<string, AbortController>();
  private readonly draining = new Set<Promise<void>>();
  private stopping = false;
  /** Threads that are run, or claimed, here. */
  private places = 0;
  private unsubscribe: (() => void) | null = null;
  private unwatch: (() => void) | null = null;

  constructor(deps: TurnRunnerDeps) {
    this.deps = deps;
  }

  async start(): Promise<void> {
    this.unsubscribe = await this.deps.relay.subscribe(CONTROL_TOPIC, (message) => {
      if (message.type === "cancel") this.cancel(message.turnId);
    });
    this.unwatch = this.deps.metrics.watch("running_turns", {}, () => this.running.size);
  }

  /** Runs all turns that wait in the thread, if nobody else does. */
  runThread(threadId: string): Promise<void> {
    if (this.stopping) return Promise.resolve();
    const work = this.drain(threadId).finally(() => this.draining.delete(work));
    this.draining.add(work);
    return work;
  }

  /** Lets running turns end for `graceMs`, then hands the rest over: they run again at once elsewhere. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    const done = Promise.allSettled(this.draining);
    await settledWithin(done, graceMs);
    for (const control of this.running.values()) control.abort("shutdown" satisfies BreakOff);
    await done;
    this.unsubscribe?.();
    this.unwatch?.();
  }

  /** Runs what the thread waits with, or what is more urgent than it, until this place at work is free. */
  private async drain(threadId: string): Promise<void> {
    this.places += 1;
    try {
      let lease = await this.claim(threadId);
      while (lease !== null) {
        const isLeft = await this.runLease(lease);
        await this.wakeNext(lease.threadId);
        lease = isLeft && !this.stopping ? await this.claim(null) : null;
      }
    } finally {
      this.places -= 1;
    }
  }

  /** While there is room for all, nobody has to be asked who else waits. */
  private async claim(threadId: string | null): Promise<Lease | null> {
    const { sql, settings } = this.deps;
    const { leaseMs, perWorkspace } = settings;
    const by = { owner: this.owner, leaseMs };
    if (this.isShared || threadId === null) {
      const lease = await claimFairly(sql, threadId, by, perWorkspace);
      if (lease || perWorkspace !== null || threadId === null) return lease;
    }
    // Waits for whoever holds the row, which the other passes by.
    return claim(sql, threadId, this.owner, leaseMs);
  }

  /** Whether places at work are few, so that they are to be shared out after every turn. */
  private get isShared(): boolean {
    const { slots, perWorkspace } = this.deps.settings;
    return perWorkspace !== null || this.places >= slots;
  }

  /** Under a cap a thread may wait whose wake-up found no place. */
  private async wakeNext(threadId: string): Promise<void> {
    const { sql, jobs, settings } = this.deps;
    if (settings.perWorkspace === null || this.stopping) return;
    const next = await nextWaiting(sql, threadId);
    if (next !== null) jobs.wakeThread(next);
  }

  /** Runs the thread's turns; true when it was given back although another waits there, for others' sake. */
  private async runLease(lease: Lease): Promise<boolean> {
    const { sql, settings } = this.deps;
    const lost = new AbortController();
    let turnId = "";
    const heartbeat = setInterval(
      () => void this.beat(lease, lost, () => this.cancel(turnId)),
      settings.leaseMs / 3,
    );
    try {
      while (!lost.signal.aborted) {
        if (this.stopping) {
          await release(sql, lease, 0);
          return false;
        }
        const running = await this.begin(lease);
        if (!running) return false;
        turnId = running.turn.id;
        if (!(await this.follow(lease, running, lost.signal))) return false;
        if (this.isShared) {
          await release(sql, lease, 0);
          return true;
        }
      }
      return false;
    } catch (error) {
      if (error instanceof LeaseLost) return false;
      const { backoffMs, leaseMs } = settings;
      persist(() => release(sql, lease, backoffMs), leaseMs).catch(() => {});
      throw error;
    } finally {
      clearInterval(heartbeat);
    }
  }

  /** The next turn that may run; null when there is none, and the thread has been released. */
  private async begin(lease: Lease): Promise<RunningTurn | null> {
    const { sql, models, budgets } = this.deps;
    for (;;) {
      const [fallback, gate] = await Promise.all([models.defaultId(), budgets.open()]);
      const begun = await beginTurn(sql, lease, fallback ?? "none", gate);
      if (begun === null) return null;
      const { eventSeq, places } = begun;
      if ("refused" in begun) {
        this.deps.metrics.count("turns_total", { outcome: "refused" });
        this.publish(lease.threadId, eventSeq, begun.refused, places);
        continue;
      }
      const { id: turnId, attempt } = begun.turn;
      const event = { kind: "turn", turnId, messageId: begun.messageId, attempt } as const;
      this.publish(lease.threadId, eventSeq, event, places);
      return begun;
    }
  }

  private cancel(turnId: string): void {
    this.running.get(turnId)?.abort("cancel" satisfies BreakOff);
  }

  private async beat(lease: Lease, lost: AbortController, onCancel: () => void): Promise<void> {
    // A failing database is no lost lease yet: the fence decides when the work is written.
    const state = await renew(this.deps.sql, lease, this.deps.settings.leaseMs).catch(() => null);
    if (state && !state.held) lost.abort("lost" satisfies BreakOff);
    // Where the message that says so was lost, or the model is silent, so that no text is saved.
    if (state?.cancelRequested) onCancel();
    else if ((await this.deps.budgets.open().catch(() => null))?.stop) onCancel();
  }

  /** As `runTurn`, told of under its ids and in a span of its own. */
  private follow(lease: Lease, running: RunningTurn, lost: AbortSignal): Promise<boolean> {
    const { tracing, metrics } = this.deps;
    const { turn, thread, traceparent, modelId, share } = running;
    const { rfcSlug, branchName } = thread;
    const ids = {
      threadId: thread.id,
      turnId: turn.id,
      rfcSlug,
      branchName,
      ...workspaceIn(share),
    };
    if (turn.attempt === 1) metrics.observe("turn_wait_seconds", {}, secondsAfter(turn.createdAt));
    const span = {
      kind: "consumer" as const,
      parent: traceparent,
      attributes: { ...ids, attempt: turn.attempt, model: modelId },
    };
    const logger = about(this.deps.logger, ids);
    return traced(tracing, "turn", span, (open) =>
      this.runTurn(lease, running, lost, { logger, span: open }),
    );
  }

  /** Runs one turn to its end; true when another is queued and the lease is still ours. */
  private async runTurn(
    lease: Lease,
    running: RunningTurn,
    lost: AbortSignal,
    { logger, span }: { logger: Logger; span: Span },
  ): Promise<boolean> {
    const control = new AbortController();
    const onLost = (): void => control.abort("lost" satisfies BreakOff);
    lost.addEventListener("abort", onLost, { once: true });
    this.running.set(running.turn.id, control);
    if (running.turn.cancelRequested) control.abort("cancel" satisfies BreakOff);
    const attempt = new Attempt({ ...this.deps, logger }, lease, running, control);
    try {
      const outcome = await attempt.run();
      if (typeof outcome !== "string") span.set({ outcome: outcome.state });
      else {
        this.countAgain(outcome, span);
        await this.chargeUnfinished(attempt, running, logger);
      }
      if (outcome === "handed over") {
        await release(this.deps.sql, lease, 0);
        return false;
      }
      if (outcome === "later") {
        const delay = this.deps.settings.backoffMs * 2 ** (running.turn.attempt - 1);
        await release(this.deps.sql, lease, delay);
        // The sweeper would find it too, only later.
        setTimeout(() => this.deps.jobs.wakeThread(lease.threadId), delay).unref();
        return false;
      }
      const event = endEvent(running, outcome);
      const { more, eventSeq, places } = await finishTurn(
        this.deps.sql,
        lease,
        running,
        outcome,
        event,
      );
      this.publish(lease.threadId, eventSeq, event, places);
      this.countEnd(running, outcome);
      return more;
    } catch (error) {
      if (error instanceof LeaseLost) await this.chargeUnfinished(attempt, running, logger);
      throw error;
    } finally {
      lost.removeEventListener("abort", onLost);
      this.running.delete(running.turn.id);
    }
  }

  /** What an attempt used that did not end its turn: whoever runs it again charges what they use. */
  private async chargeUnfinished(
    attempt: Attempt,
    { turn }: RunningTurn,
    logger: Logger,
  ): Promise<void> {
    const { usage, costMicrodollars: microdollars } = attempt.used();
    if (usage === null) return;
    try {
      await chargeTurn(this.deps.sql, turn.id, { turns: 0, tokens: tokensOf(usage), microdollars });
    } catch (error) {
      // The turn goes on all the same.
      logger.warn({ err: error, turnId: turn.id }, "what an attempt used could not be charged");
    }
  }

  private countEnd({ turn }: RunningTurn, outcome: TurnOutcome): void {
    const { metrics } = this.deps;
    metrics.count("turns_total", { outcome: outcome.state });
    const seconds = secondsAfter(turn.startedAt ?? turn.createdAt);
    metrics.observe("turn_seconds", { outcome: outcome.state }, seconds);
  }

  /** An attempt that is to be run again. */
  private countAgain(how: "handed over" | "later", span: Span): void {
    const { metrics } = this.deps;
    const outcome = how === "later" ? how : "handed_over";
    span.set({ outcome });
    metrics.count("turns_total", { outcome });
    if (how === "later") metrics.count("retries_total", { what: "turn" });
  }

  private publish(
    threadId: string,
    seq: number,
    event: ThreadEvent,
    places: string[] | null,
  ): void {
    const { relay } = this.deps;
    relay.publish(threadTopic(threadId), { type: "event", seq, event });
    if (places) relay.publish(PLACES_TOPIC, { type: "places", linkIds: places });
  }
}

function endEvent(running: RunningTurn, outcome: TurnOutcome): ThreadEvent {
  let failed: Problem | null = null;
  if (outcome.error !== null) {
    failed = problem(outcome.errorId === null ? "model-failed" : "internal", outcome.error);
    if (outcome.errorId !== null) failed.error_id = outcome.errorId;
  }
  return {
    kind: "turn_end",
    turnId: running.turn.id,
    messageId: running.messageId,
    state: outcome.state,
    at: outcome.text.length,
    changeIds: outcome.changeIds,
    problem: failed,
  };
}
