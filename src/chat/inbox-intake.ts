/**
 * Stores what comes in, within a bound: a platform acknowledges what it is told was taken, and sends the rest
 * again. While one statement is under way, what comes goes with the next, so a flood needs one connection.
 */
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { countTaken, noMetrics } from "../metrics.ts";
import type { Sql } from "../store/database.ts";
import type { LaneEvent } from "../store/inbox.ts";
import { putWaitingEvents } from "../store/inbox.ts";
import type { Tracing } from "../tracing.ts";
import { noTracing, traced } from "../tracing.ts";

export interface InboxIntakeDeps {
  sql: Sql;
  source: string;
  /** Told that there is something to work off. */
  wake: () => void;
  logger: Logger;
  metrics?: Metrics;
  tracing?: Tracing;
  /** Milliseconds after which an event counts as not stored. Slack wants to hear within 3 s. */
  limitMs?: number;
}

/** It is not known to be stored: the platform must not be told that it was taken. */
export class NotStored extends Error {
  override readonly name = "NotStored";
}

interface Waiting {
  event: LaneEvent;
  settle: (outcome: "stored" | "known" | NotStored) => void;
}

const LIMIT_MS = 2_500;
const MOST_WAITING = 2_000;
const BATCH = 100;
/**
 * Statements follow each other, so that events stay in order; one that hangs, as on a dead connection, must not
 * hold up all that come after it.
 */
const STATEMENTS = 4;
const HANGS_MS = 500;

export class InboxIntake {
  private readonly deps: InboxIntakeDeps;
  private waiting: Waiting[] = [];
  private running = 0;
  private begunAt = 0;

  constructor(deps: InboxIntakeDeps) {
    this.deps = deps;
  }

  /** Stores an event unless it is known. @throws NotStored within the limit */
  store(event: LaneEvent): Promise<"stored" | "known"> {
    const { source, metrics = noMetrics, tracing = noTracing } = this.deps;
    const { kind, eventId } = event;
    const attributes = { source, kind, eventId };
    return countTaken(metrics, { source, kind }, () =>
      traced(
        tracing,
        `receive ${source} event`,
        { kind: "producer", attributes },
        ({ traceparent }) => this.put({ ...event, traceparent }),
      ),
    );
  }

  private put(event: LaneEvent): Promise<"stored" | "known"> {
    return new Promise((resolve, reject) => {
      if (this.waiting.length >= MOST_WAITING) {
        return reject(new NotStored("too many events wait to be stored"));
      }
      const entry: Waiting = {
        event,
        settle: (outcome) => {
          clearTimeout(timer);
          if (outcome instanceof NotStored) reject(outcome);
          else resolve(outcome);
        },
      };
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((other) => other !== entry);
        entry.settle(new NotStored("the database did not answer in time"));
      }, this.deps.limitMs ?? LIMIT_MS);
      this.waiting.push(entry);
      void this.flush();
    });
  }

  private async flush(): Promise<void> {
    const hangs = performance.now() - this.begunAt > HANGS_MS;
    if (this.running > 0 && (!hangs || this.running >= STATEMENTS)) return;
    this.running += 1;
    while (this.waiting.length > 0) {
      this.begunAt = performance.now();
      const batch = this.waiting.splice(0, BATCH);
      try {
        await this.putAll(batch);
      } catch (error) {
        await this.putOneByOne(batch, error);
      }
    }
    this.running -= 1;
  }

  private async putAll(batch: readonly Waiting[]): Promise<void> {
    const { sql, source, wake } = this.deps;
    const isNew = await putWaitingEvents(
      sql,
      source,
      batch.map(({ event }) => event),
    );
    if (isNew.size > 0) wake();
    for (const { event, settle } of batch) {
      settle(isNew.delete(event.eventId) ? "stored" : "known");
    }
  }

  /** One event that the database refuses must not take others with it. */
  private async putOneByOne(batch: readonly Waiting[], error: unknown): Promise<void> {
    const { code } = error as { code?: unknown };
    // SQLSTATE class 22: the data itself is wrong.
    const isRefusal = typeof code === "string" && code.startsWith("22");
    if (!isRefusal || batch.length === 1) {
      this.deps.logger.warn({ err: error, events: batch.length }, "events could not be stored");
      const failure = new NotStored("the database did not take it", { cause: error });
      for (const { settle } of batch) settle(failure);
      return;
    }
    for (const entry of batch) {
      await this.putAll([entry]).catch((failure: unknown) => this.putOneByOne([entry], failure));
    }
  }
}
