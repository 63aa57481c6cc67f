import type { Logger as SlackLogger } from "@slack/bolt";
import { LogLevel } from "@slack/bolt";
import type { Logger } from "../../src/log.ts";

/** Slack's packages log through ours; their debug lines hold the texts of messages, so those stay out. */
export function slackLogger(logger: Logger, part: string): SlackLogger {
  const words = (parts: unknown[]): string =>
    parts.map((one) => (one instanceof Error ? one.message : String(one))).join(" ");
  return {
    debug() {},
    info: (...parts) => logger.debug({ part }, words(parts)),
    warn: (...parts) => logger.warn({ part }, words(parts)),
    error: (...parts) => logger.warn({ part }, words(parts)),
    setLevel() {},
    getLevel: () => LogLevel.INFO,
    setName() {},
  };
}
