import { randomUUID } from "node:crypto";

import type { Problem } from "../errors.ts";
import { problem } from "../errors.ts";
import { CONTROL_TOPIC, PLACES_TOPIC, threadTopic } from "../ports.ts";
import type { Lease, RunningTurn, TurnOutcome } from "../store/turns.ts";
import { beginTurn, claim, finishTurn, LeaseLost, release, renew } from "../store/turns.ts";
import { settledWithin } from "../waiting.ts";
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
  private unsubscribe: (() => void) | null = null;

  constructor(deps: TurnRunnerDeps) {
    this.deps = deps;
  }

  async start(): Promise<void> {
    this.unsubscribe = await this.deps.relay.subscribe(CONTROL_TOPIC, (message) => {
      if (message.type === "cancel") this.cancel(message.turnId);
    });
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
  }

  private async drain(threadId: string): Promise<void> {
    const { sql, settings } = this.deps;
    const lease = await claim(sql, threadId, this.owner, settings.leaseMs);
    if (!lease) return;
    const lost = new AbortController();
    let turnId = "";
    const heartbeat = setInterval(
      () => void this.beat(lease, lost, () => this.cancel(turnId)),
      settings.leaseMs / 3,
    );
    try {
      while (!lost.signal.aborted) {
        if (this.stopping) return await release(sql, lease, 0);
        const fallback = (await this.deps.models.defaultId()) ?? "none";
        const running = await beginTurn(sql, lease, fallback);
        if (!running) return;
        const { turn, messageId, eventSeq, places } = running;
        turnId = turn.id;
        const event = { kind: "turn", turnId: turn.id, messageId, attempt: turn.attempt } as const;
        this.publish(threadId, eventSeq, event, places);
        if (!(await this.runTurn(lease, running, lost.signal))) return;
      }
    } catch (error) {
      if (error instanceof LeaseLost) return;
      await release(sql, lease, settings.backoffMs).catch(() => {});
      throw error;
    } finally {
      clearInterval(heartbeat);
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
  }

  /** Runs one turn to its end; true when another is queued and the lease is still ours. */
  private async runTurn(lease: Lease, running: RunningTurn, lost: AbortSignal): Promise<boolean> {
    const control = new AbortController();
    const onLost = (): void => control.abort("lost" satisfies BreakOff);
    lost.addEventListener("abort", onLost, { once: true });
    this.running.set(running.turn.id, control);
    if (running.turn.cancelRequested) control.abort("cancel" satisfies BreakOff);
    const attempt = new Attempt(this.deps, lease, running, control);
    try {
      const outcome = await attempt.run();
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
      return more;
    } finally {
      lost.removeEventListener("abort", onLost);
      this.running.delete(running.turn.id);
    }
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
