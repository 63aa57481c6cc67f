/**
 * Works off what came in: the oldest event of each lane, several lanes at a time. A worker that dies leaves
 * its leases to run out, and the events run again; so handling one must be harmless to repeat.
 */
import { randomBytes } from "node:crypto";
import { UnsealError } from "../encryption.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { noMetrics, secondsAfter } from "../metrics.ts";
import { HostBusy } from "../ports.ts";
import type { Sql } from "../store/database.ts";
import { explainDatabaseFailure } from "../store/failures.ts";
import type { ClaimedEvent } from "../store/inbox.ts";
import { claimLanes, finishEvent, isGivenUp, releaseEvent, renewEvents } from "../store/inbox.ts";
import type { Tracing } from "../tracing.ts";
import { noTracing, traced } from "../tracing.ts";
import { persist, settledWithin } from "../waiting.ts";
import { PlaceRefused } from "./chat-platform.ts";

/** What has come in. */
export interface InboxItem {
  eventId: string;
  /** The platform's own id; empty outside of every workspace. */
  workspaceId: string;
  kind: string;
  payload: unknown;
  receivedAt: Date;
  /** Whether it may have been handled before, in part or in whole. */
  isRepeat: boolean;
  /** Of the span in which it is handled; null where nothing is traced. */
  traceparent: string | null;
}

export interface InboxWorkerDeps {
  sql: Sql;
  source: string;
  /** May run again for the same event. A `UserError` ends it: the person was told, or could not be. */
  handle(item: InboxItem): Promise<void>;
  /** Told once of an event that is given up; the log has why under the id. */
  onGiveUp?(item: InboxItem, errorId: string): Promise<void>;
  logger: Logger;
  metrics?: Metrics;
  tracing?: Tracing;
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
/** What an operator has to mend is tried again after these times, growing between them. */
const MEND_MS = [2_000, 60_000] as const;
/** And an event that waits for either is given up after so long. */
const WAIT_LIMIT_MS = 24 * 60 * 60_000;

export type Step =
  | { kind: "done" }
  | { kind: "failed" }
  /** `counts`: whether it was one of its attempts. `mend`: what an operator has to do first. */
  | { kind: "again"; inMs: number; counts: boolean; mend?: string };

/** What becomes of an event whose handler rejected. Pure. */
export function afterFailure(
  error: unknown,
  event: Pick<ClaimedEvent, "attempts" | "receivedAt">,
  now: number,
  pausesMs: readonly number[] = PAUSES_MS,
): Step {
  const mend = mendingOf(error);
  const waitedMs = now - event.receivedAt.getTime();
  if (error instanceof HostBusy || mend !== null) {
    if (waitedMs >= WAIT_LIMIT_MS) return { kind: "failed" };
  }
  if (mend !== null) {
    // As long again as it has waited already: no count is needed for pauses that double.
    const inMs = Math.min(Math.max(waitedMs, MEND_MS[0]), MEND_MS[1]);
    return { kind: "again", inMs, counts: false, mend };
  }
  if (error instanceof HostBusy) {
    const inMs = Math.max(error.retryAt.getTime() - now, BUSY_MS);
    return { kind: "again", inMs, counts: false };
  }
  // It took nothing in, so that nothing was tried; and the next claim waits for it as well.
  if (explainDatabaseFailure(error) && waitedMs < WAIT_LIMIT_MS) {
    return { kind: "again", inMs: BUSY_MS, counts: false };
  }
  if (error instanceof UserError) return { kind: "done" };
  const pauseMs = pausesMs[event.attempts - 1];
  return pauseMs === undefined
    ? { kind: "failed" }
    : { kind: "again", inMs: pauseMs, counts: true };
}

/** What keeps Redline out of a workspace until an operator mends it; null where that is not why it failed. */
function mendingOf(error: unknown): string | null {
  const isShutOut = error instanceof PlaceRefused && error.scope === "access";
  return isShutOut || error instanceof UnsealError ? error.message : null;
}

export class InboxWorker {
  private readonly deps: InboxWorkerDeps;
  private readonly telling = new Set<Promise<void>>();
  /** What an operator was told to mend, until when (ms) that is not said again. */
  private readonly said = new Map<string, number>();
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
    const works = Promise.all([...this.lanes].map(({ work }) => work));
    await settledWithin(
      works.then(() => Promise.all(this.telling)),
      graceMs,
    );
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
      .catch((error: unknown) => {
        const { logger, source, sql, leaseMs } = this.deps;
        logger.warn({ err: error, platform: source }, "an event was left half done");
        const { at } = lane;
        // Else its lease runs out, and the sweep finds it then.
        persist(() => releaseEvent(sql, at, 0, false), leaseMs).catch(() => {});
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
      const step = await this.follow(event);
      if (step.kind === "again") return releaseEvent(sql, event, step.inMs, step.counts);
      const next = await finishEvent(
        sql,
        event,
        step.kind === "done" ? { state: "done" } : { state: "failed", errorId: step.errorId },
        leaseMs,
      );
      if (step.kind === "failed") this.tell(event, step.errorId);
      if (!next) return;
      lane.at = next;
    }
  }

  /** As `run`, counted and in a span of its own. */
  private async follow(event: ClaimedEvent): Promise<Ended> {
    const { source, metrics = noMetrics, tracing = noTracing } = this.deps;
    const { eventId, kind, traceparent, receivedAt } = event;
    const attributes = { source, kind, eventId };
    const span = { kind: "consumer" as const, parent: traceparent, attributes };
    return traced(tracing, `handle ${source} event`, span, async (open) => {
      const step = await this.run({ ...event, traceparent: open.traceparent });
      const outcome = step.kind === "done" && step.refused ? "refused" : step.kind;
      open.set({ outcome });
      metrics.count("events_handled_total", { source, kind, outcome });
      if (step.kind === "again") metrics.count("retries_total", { what: "event" });
      else metrics.observe("event_seconds", { source }, secondsAfter(receivedAt));
      return step;
    });
  }

  private async run(event: ClaimedEvent): Promise<Ended> {
    const { logger, source, pausesMs = PAUSES_MS } = this.deps;
    const about = {
      platform: source,
      workspaceId: workspaceOf(event.lane),
      eventId: event.eventId,
      kind: event.kind,
      attempt: event.attempts,
    };
    // Each start beyond the attempts was a process that died in the middle.
    if (event.attempts > pausesMs.length + 1) {
      return { kind: "failed", errorId: this.giveUp(about, new Error("its process kept ending")) };
    }
    try {
      await this.deps.handle(toItem(event));
      return { kind: "done" };
    } catch (error) {
      const step = afterFailure(error, event, Date.now(), pausesMs);
      if (step.kind === "failed") return { kind: "failed", errorId: this.giveUp(about, error) };
      if (step.kind === "again" && step.mend !== undefined) {
        this.sayOnce(step.mend, step.inMs, { ...about, err: error, inMs: step.inMs });
      } else if (step.kind === "again") {
        logger.warn({ ...about, err: error, inMs: step.inMs }, "an event is tried again");
      } else {
        const { name, message } = error as Error;
        const why = error instanceof UserError ? error.type : name;
        logger.info({ ...about, why }, "an event was refused");
        // It may name what was written.
        logger.debug({ ...about, says: message }, "so it was said");
        return { kind: "done", refused: true };
      }
      return step;
    }
  }

  /** Once in a pause, however many events wait for the same. */
  private sayOnce(mend: string, inMs: number, about: object): void {
    const now = Date.now();
    for (const [words, until] of this.said) if (until <= now) this.said.delete(words);
    if (this.said.has(mend)) return;
    this.said.set(mend, now + inMs);
    this.deps.logger.error({ ...about, mend }, "events wait until this is mended");
  }

  /** Beside the lane's next event, which must not wait for it. */
  private tell(event: ClaimedEvent, errorId: string): void {
    const { sql, source, logger, onGiveUp } = this.deps;
    if (!onGiveUp) return;
    const tell = async (): Promise<void> => {
      // Another worker may have had the event by then.
      if (await isGivenUp(sql, event, errorId)) await onGiveUp(toItem(event), errorId);
    };
    const told = tell()
      .catch((error: unknown) => {
        logger.warn(
          { err: error, platform: source, errorId },
          "nobody was told of an event that is given up",
        );
      })
      .finally(() => this.telling.delete(told));
    this.telling.add(told);
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

/** Lanes begin with it. */
const workspaceOf = (lane: string): string => lane.split("/", 1)[0]!;

function toItem({ epoch, ...event }: ClaimedEvent): InboxItem {
  const { eventId, lane, kind, payload, receivedAt, traceparent } = event;
  const workspaceId = workspaceOf(lane);
  return { eventId, workspaceId, kind, payload, receivedAt, isRepeat: epoch > 1, traceparent };
}

type Ended =
  | { kind: "done"; refused?: boolean }
  | Extract<Step, { kind: "again" }>
  | { kind: "failed"; errorId: string };
