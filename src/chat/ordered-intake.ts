/**
 * Stores what comes in where nobody sends it again: in the order in which it came, tried again until it is
 * stored, and within a bound. What is beyond the bound has to be fetched anew.
 */
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { noMetrics, secondsSince } from "../metrics.ts";
import type { Sql } from "../store/database.ts";
import type { PlaceEvent } from "../store/inbox.ts";
import { putPlaceEvents } from "../store/inbox.ts";
import type { Span, Tracing } from "../tracing.ts";
import { noTracing } from "../tracing.ts";
import { pause, settledWithin, within } from "../waiting.ts";

export interface OrderedIntakeDeps {
  sql: Sql;
  source: string;
  /** Told that there is something to work off. */
  wake: () => void;
  /** Told once there is room again after something was left out. */
  onLost: () => void;
  logger: Logger;
  metrics?: Metrics | undefined;
  tracing?: Tracing | undefined;
  /** Events that wait at the same time. */
  most?: number;
}

const MOST = 10_000;
const BATCH = 100;
const MS = {
  /** A statement on a dead connection must not hold up all that comes after it. */
  statement: 3_000,
  firstPause: 100,
  longestPause: 2_000,
};

interface Waiting {
  event: PlaceEvent;
  /** `performance.now()` at its arrival. */
  cameAt: number;
  span: Span;
}

export class OrderedIntake {
  private readonly deps: OrderedIntakeDeps;
  private readonly waiting: Waiting[] = [];
  private readonly closing = new AbortController();
  private running: Promise<void> | null = null;
  private hasLost = false;
  private readonly watchers: { below: number; resolve: () => void }[] = [];

  constructor(deps: OrderedIntakeDeps) {
    this.deps = deps;
  }

  /** False where there was no room. */
  add(event: PlaceEvent): boolean {
    if (this.closing.signal.aborted) return false;
    if (this.waiting.length >= (this.deps.most ?? MOST)) {
      if (!this.hasLost) {
        this.deps.logger.error(
          { source: this.deps.source },
          "too many events wait for the database; the newest are fetched once it is back",
        );
      }
      this.hasLost = true;
      return false;
    }
    this.waiting.push(this.open(event));
    this.running ??= this.run();
    return true;
  }

  private open(event: PlaceEvent): Waiting {
    const { source, tracing = noTracing } = this.deps;
    const { kind, eventId } = event;
    const attributes = { source, kind, eventId };
    const span = tracing.begin(`receive ${source} event`, {
      kind: "producer",
      parent: null,
      attributes,
    });
    const { traceparent } = span;
    return { event: { ...event, traceparent }, cameAt: performance.now(), span };
  }

  /** Resolves when less than so many wait, or on closing. */
  below(many: number): Promise<void> {
    if (this.waiting.length < many || this.closing.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.watchers.push({ below: many, resolve }));
  }

  /** Stores what waits, for at most so long; the rest is fetched by whoever takes over. */
  async close(graceMs: number): Promise<void> {
    if (this.running) await settledWithin(this.running, graceMs);
    this.closing.abort();
    this.tellWatchers();
  }

  private async run(): Promise<void> {
    // Whoever adds in this step finds the promise.
    await Promise.resolve();
    let failures = 0;
    while (this.waiting.length > 0 && !this.closing.signal.aborted) {
      const batch = this.waiting.slice(0, BATCH);
      try {
        await this.put(batch);
        this.waiting.splice(0, batch.length);
        // A statement that was given up on may have been done all the same.
        if (failures > 0) this.deps.wake();
        failures = 0;
        this.tellWatchers();
      } catch (error) {
        failures += 1;
        const { logger, source } = this.deps;
        const about = { err: error, source, waiting: this.waiting.length };
        if (failures === 1) logger.warn(about, "events could not be stored; it is tried again");
        const ms = MS.firstPause * 2 ** Math.min(failures - 1, 10);
        await pause(Math.min(ms, MS.longestPause), this.closing.signal);
      }
    }
    this.running = null;
    if (!this.hasLost || this.closing.signal.aborted) return;
    this.hasLost = false;
    this.deps.onLost();
  }

  private async put(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.store(batch);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // One event that the database refuses must not take others with it.
      for (const one of batch) {
        await this.store([one]).catch((failure: unknown) => {
          if (!isRefusal(failure)) throw failure;
          const { eventId } = one.event;
          this.count(one, "not_stored");
          this.deps.logger.error({ err: failure, eventId }, "an event cannot be stored");
        });
      }
    }
  }

  private async store(batch: readonly Waiting[]): Promise<void> {
    const { sql, source, wake, metrics = noMetrics } = this.deps;
    const events = batch.map(({ event }) => event);
    const isNew = await within(putPlaceEvents(sql, source, events), MS.statement, "the database");
    if (isNew.size > 0) wake();
    for (const one of batch) {
      this.count(one, isNew.has(one.event.eventId) ? "new" : "known");
      metrics.observe("acknowledgement_seconds", { source }, secondsSince(one.cameAt));
    }
  }

  private count({ event: { kind }, span }: Waiting, result: "new" | "known" | "not_stored"): void {
    const { source, metrics = noMetrics } = this.deps;
    metrics.count("events_total", { source, kind, result });
    span.set({ result });
    span.end();
  }

  private tellWatchers(): void {
    const isClosed = this.closing.signal.aborted;
    const ready = this.watchers.filter(({ below }) => isClosed || this.waiting.length < below);
    for (const watcher of ready) {
      this.watchers.splice(this.watchers.indexOf(watcher), 1);
      watcher.resolve();
    }
  }
}

/** SQLSTATE class 22: the data itself is wrong. */
function isRefusal(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && code.startsWith("22");
}
