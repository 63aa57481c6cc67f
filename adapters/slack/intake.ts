import type { Logger } from "../../src/log.ts";
import type { LaneEvent } from "../../src/store/inbox.ts";
import { readEnvelope } from "./envelopes.ts";

export interface SlackIntakeOptions {
  /** Stores an event unless it is known. A rejection, which comes within 3 s, makes Slack send it again. */
  store: (event: LaneEvent) => Promise<"stored" | "known">;
  logger: Logger;
}

/** Takes one body that Slack has sent; false where Slack must send it again. Never rejects. */
export type SlackIntake = (body: unknown) => Promise<boolean>;

/** The same for both ways that Slack has: reads, leaves out, stores, and nothing else. */
export function createSlackIntake({ store, logger }: SlackIntakeOptions): SlackIntake {
  return async (body) => {
    let event: LaneEvent | null;
    try {
      event = readEnvelope(body);
    } catch (error) {
      // It would fail again however often it came.
      logger.error({ err: error }, "what Slack sent cannot be read");
      return true;
    }
    if (event === null) return true;
    const { eventId, kind } = event;
    try {
      const outcome = await store(event);
      logger.debug({ eventId, kind, outcome }, "an event of Slack's was taken");
      return true;
    } catch (error) {
      logger.error({ err: error, eventId, kind }, "an event of Slack's could not be stored");
      return false;
    }
  };
}
