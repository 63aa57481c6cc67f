/** Keeps places in chat up to date: leases each that is due, and shows what is to be seen there. */
import { randomBytes } from "node:crypto";

import { PlaceRefused, SendUncertain } from "../chat/chat-platform.ts";
import { UserError } from "../errors.ts";
import type { LookControl, LookEnding } from "../look-runner.ts";
import { lookFailure, LookLost, LookRunner } from "../look-runner.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { noMetrics } from "../metrics.ts";
import type { StreamRelay } from "../ports.ts";
import { HostBusy, PLACES_TOPIC } from "../ports.ts";
import type { Sql } from "../store/database.ts";
import { explainDatabaseFailure } from "../store/failures.ts";
import type { PlaceLook } from "../store/place-looks.ts";
import { claimPlace, endPlace, listDuePlaces, renewPlace } from "../store/place-looks.ts";

export interface PlaceLooksDeps {
  sql: Sql;
  relay: StreamRelay;
  logger: Logger;
  metrics?: Metrics;
  /** Shows what is to be seen; milliseconds until the next look that nothing asks for. */
  show(look: PlaceLook, control: LookControl): Promise<number>;
  /** How long a look stays owned without a heartbeat. */
  leaseMs: number;
  /** Places that this process keeps up to date at the same time. */
  concurrency: number;
}

const MS = {
  soon: 500,
  /** While a platform, or the database, cannot be reached: it is back long before anybody mends anything. */
  away: 10_000,
  longest: 5 * 60_000,
  /** A place or a token that somebody has to mend; whatever happens there asks anew. */
  refused: 10 * 60_000,
  longestRefused: 24 * 60 * 60_000,
};

export class PlaceLooks {
  private readonly deps: PlaceLooksDeps;
  private readonly runner: LookRunner<string, PlaceLook>;
  private unsubscribe: (() => void) | null = null;

  constructor(deps: PlaceLooksDeps) {
    this.deps = deps;
    const { sql } = deps;
    this.runner = new LookRunner({
      leaseMs: deps.leaseMs,
      claim: (linkId, owner, leaseMs) => claimPlace(sql, linkId, owner, leaseMs),
      renew: (look, leaseMs) => renewPlace(sql, look, leaseMs),
      end: (look, ending) => endPlace(sql, look, ending),
      work: (look, control) => deps.show(look, control),
      explain: (look, error) => this.explain(look, error),
      tell: () => Promise.resolve(),
    });
  }

  /** Begins to listen for wishes. */
  async start(): Promise<void> {
    this.unsubscribe = await this.deps.relay.subscribe(PLACES_TOPIC, (message) => {
      if (message.type === "places") for (const linkId of message.linkIds) this.take(linkId);
    });
  }

  /** Takes what is due and what a wish was lost of. */
  async sweep(): Promise<void> {
    const room = this.deps.concurrency - this.runner.count;
    if (room <= 0) return;
    for (const linkId of await listDuePlaces(this.deps.sql, room)) this.take(linkId);
  }

  /** Takes no more looks, and lets those under way come to their end for `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.unsubscribe?.();
    await this.runner.stop(graceMs);
  }

  private take(linkId: string): void {
    if (this.runner.count >= this.deps.concurrency) return;
    this.runner.look(linkId).catch((error: unknown) => {
      this.deps.logger.warn({ err: error, linkId }, "a place could not be looked at");
    });
  }

  private explain(look: PlaceLook, error: unknown): LookEnding {
    const { logger, metrics = noMetrics } = this.deps;
    const at = { linkId: look.linkId };
    const growing = MS.soon * 2 ** Math.min(look.failures, 10);
    const pause = Math.min(growing, MS.away);
    if (error instanceof LookLost) return lookFailure(0, look.problem);
    metrics.count("retries_total", { what: "place" });
    if (error instanceof SendUncertain) {
      logger.warn({ ...at, err: error }, "it is not known whether a message was taken");
      return lookFailure(pause, look.problem);
    }
    if (error instanceof HostBusy) {
      logger.warn({ ...at, retryAt: error.retryAt }, error.message);
      return lookFailure(Math.max(error.retryAt.getTime() - Date.now(), pause), look.problem);
    }
    if (error instanceof PlaceRefused) {
      logger.warn({ ...at, err: error, scope: error.scope }, error.message);
      const refused = MS.refused * 2 ** Math.min(look.failures, 10);
      return lookFailure(Math.min(refused, MS.longestRefused), error.message);
    }
    if (error instanceof UserError) {
      logger.warn(at, error.message);
      return lookFailure(MS.refused, error.message);
    }
    if (explainDatabaseFailure(error)) {
      logger.warn({ ...at, err: error }, "a place waits for the database");
      return lookFailure(pause, look.problem);
    }
    const errorId = randomBytes(4).toString("hex");
    logger.error({ ...at, err: error, errorId }, "a look at a place failed");
    return lookFailure(Math.min(growing, MS.longest), look.problem);
  }
}
