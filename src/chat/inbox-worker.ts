/**
 * Works off what came in: the oldest event of each lane, several lanes at a time. A worker that dies leaves
 * its leases to run out, and the events run again; so handling one must be harmless to repeat.
 */
import { randomBytes } from "node:crypto";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { HostBusy } from "../ports.ts";
import type { Sql } from "../store/database.ts";
import type { ClaimedEvent } from "../store/inbox.ts";
import { claimLanes, finishEvent, releaseEvent, renewEvents } from "../store/inbox.ts";
import { settledWithin } from "../waiting.ts";

/** What has come in. */
export interface InboxItem {
  eventId: string;
  kind: string;
  payload: unknown;
  receivedAt: Date;
}

export interface InboxWorkerDeps {
  sql: Sql;
  source: string;
  /** May run again for the same event. A `UserError` ends it: the person was told, or could not be. */
  handle(item: InboxItem): Promise<void>;
  logger: Logger;
  /** How long an event stays owned without a heartbeat. */
  leaseMs: number;
  /** Lanes at the same time. */
  concurrency: number;
  /** Milliseconds between attempts; one more attempt than there are pauses. */
  pausesMs?: readonly number[];
}

/** Five attempts over about two minutes. */
const PAUSES_MS = [2_000, 8_000, 30_000, 80_000];
/** A platform that is busy is left alone at least this long. */
const BUSY_MS = 1_000;
/** And an event that waits for it is given up after so long. */
const BUSY_LIMIT_MS = 24 * 60 * 60_000;

export type Step =
  | { kind: "done" }
  | { kind: "failed" }
  /** `counts`: whether it was one of its attempts. */
  | { kind: "again"; inMs: number; counts: boolean };

/** What becomes of an event whose handler rejected. Pure. */
export function afterFailure(
  error: unknown,
  event: Pick<ClaimedEvent, "attempts" | "receivedAt">,
  now: number,
  pausesMs: readonly number[] = PAUSES_MS,
): Step {
  if (error instanceof HostBusy) {
    if (now - event.receivedAt.getTime() >= BUSY_LIMIT_MS) return { kind: "failed" };
    const inMs = Math.max(error.retryAt.getTime() - now, BUSY_MS);
    return { kind: "again", inMs, counts: false };
  }
  if (error instanceof UserError) return { kind: "done" };
  const pauseMs = pausesMs[event.attempts - 1];
  return pauseMs === undefined
    ? { kind: "failed" }
    : { kind: "again", inMs: pauseMs, counts: true };
}

export class InboxWorker {
  private readonly deps: InboxWorkerDeps;
  private readonly lanes = new Set<{ at: ClaimedEvent; work: Promise<void> }>();
  private claiming: Promise<void> | null = null;
  private asked = false;
  private stopping = false;
  private readonly heartbeat: NodeJS.Timeout;

  constructor(deps: InboxWorkerDeps) {
    this.deps = deps;
    this.heartbeat = setInterval(() => void this.renew(), deps.leaseMs / 3);
    this.heartbeat.unref();
  }

  /** Takes what is due, as far as there is room; resolves before that is done. */
  wake(): Promise<void> {
    this.asked = true;
    this.claiming ??= this.claim();
    return this.claiming;
  }

  /** Takes no more events, and waits for those under way; what is not done then runs again elsewhere. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    await settledWithin(Promise.all([...this.lanes].map(({ work }) => work)), graceMs);
    clearInterval(this.heartbeat);
  }

  private async claim(): Promise<void> {
    const { sql, source, leaseMs, concurrency } = this.deps;
    // Whoever asks in the first step finds this promise; it must be there before it can be taken away.
    await Promise.resolve();
    try {
      while (this.asked && !this.stopping) {
        this.asked = false;
        const room = concurrency - this.lanes.size;
        // A lane that ends asks again.
        if (room <= 0) return;
        const held = [...this.lanes].map(({ at }) => at.lane);
        for (const event of await claimLanes(sql, source, room, leaseMs, held)) this.start(event);
      }
    } finally {
      // In one step with the last look at `asked`: a wish must not fall between the two.
      this.claiming = null;
    }
  }

  private start(event: ClaimedEvent): void {
    const lane = { at: event, work: Promise.resolve() };
    this.lanes.add(lane);
    lane.work = this.workOff(lane)
      // The lease runs out, and the sweep finds the event again.
      .catch((error: unknown) => {
        const { logger, source } = this.deps;
        logger.warn({ err: error, source }, "an event was left half done");
      })
      .finally(() => {
        this.lanes.delete(lane);
        if (!this.stopping) this.wake().catch(() => {});
      });
  }

  /** The lane's event and those behind it, as long as each of them ends. */
  private async workOff(lane: { at: ClaimedEvent }): Promise<void> {
    const { sql, leaseMs } = this.deps;
    for (;;) {
      const event = lane.at;
      if (this.stopping) return releaseEvent(sql, event, 0, false);
      const step = await this.run(event);
      if (step.kind === "again") return releaseEvent(sql, event, step.inMs, step.counts);
      const next = await finishEvent(
        sql,
        event,
        step.kind === "done" ? { state: "done" } : { state: "failed", errorId: step.errorId },
        leaseMs,
      );
      if (!next) return;
      lane.at = next;
    }
  }

  private async run(event: ClaimedEvent): Promise<Ended> {
    const { logger, source, pausesMs = PAUSES_MS } = this.deps;
    const about = { source, event: event.eventId, kind: event.kind, attempt: event.attempts };
    // Each start beyond the attempts was a process that died in the middle.
    if (event.attempts > pausesMs.length + 1) {
      return { kind: "failed", errorId: this.giveUp(about, new Error("its process kept ending")) };
    }
    try {
      await this.deps.handle(event);
      return { kind: "done" };
    } catch (error) {
      const step = afterFailure(error, event, Date.now(), pausesMs);
      if (step.kind === "failed") return { kind: "failed", errorId: this.giveUp(about, error) };
      if (step.kind === "again") {
        logger.warn({ ...about, err: error, inMs: step.inMs }, "an event is tried again");
      } else logger.info({ ...about, says: (error as Error).message }, "an event was refused");
      return step;
    }
  }

  private giveUp(about: object, error: unknown): string {
    const errorId = randomBytes(4).toString("hex");
    this.deps.logger.error({ ...about, err: error, errorId }, "an event could not be worked off");
    return errorId;
  }

  private async renew(): Promise<void> {
    if (this.lanes.size === 0) return;
    const held = [...this.lanes].map(({ at }) => at);
    await renewEvents(this.deps.sql, held, this.deps.leaseMs).catch(() => {});
  }
}

type Ended = Exclude<Step, { kind: "failed" }> | { kind: "failed"; errorId: string };
