/**
 * Redline as a process of its own, for tests that kill, freeze or stop it. It is configured by the environment
 * as always, and `TEST_…` for the faster times of a fake platform. Over the channel to its parent it tells
 * `ProgramReport` once, and takes `ProgramOrder`s; it ends with its parent.
 */
import { pino } from "pino";
import { createGitDocumentHost } from "../../adapters/git/document-host.ts";
import type { CommitStep } from "../../adapters/git/steps.ts";
import type { AppOverrides } from "../../src/app.ts";
import { startApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";

export type ProgramReport = { url: string } | { error: string };

export interface ProgramOrder {
  /** The step of a commit after which the process kills itself, with the signal that spares nothing. */
  killAt: CommitStep;
}

const { config, secrets } = readConfig();
const logger = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
let killAt: CommitStep | null = null;
process.on("message", (order: ProgramOrder) => {
  killAt = order.killAt;
});
process.on("disconnect", () => process.exit(1));
const host = createGitDocumentHost({
  onStep: (step) => {
    if (step === killAt) process.kill(process.pid, "SIGKILL");
  },
});
const tell = (report: ProgramReport): void => void process.send?.(report);
try {
  const app = await startApp(config, secrets, logger, { hosts: [host], ...fasterTimes() });
  process.on("SIGTERM", () => void app.stop().then(() => process.exit(0)));
  tell({ url: app.url ?? "" });
} catch (error) {
  tell({ error: error instanceof Error ? error.message : String(error) });
}

/** The fakes of chat platforms live in a faster time. */
function fasterTimes(): Pick<
  AppOverrides,
  "slackPaceFactor" | "slackStreamMs" | "discordPaceFactor"
> {
  const {
    TEST_SLACK_PACE: slackPace,
    TEST_SLACK_STREAM_MS: streamMs,
    TEST_DISCORD_PACE: discordPace,
  } = process.env;
  return {
    ...(slackPace !== undefined && { slackPaceFactor: Number(slackPace) }),
    ...(streamMs !== undefined && { slackStreamMs: Number(streamMs) }),
    ...(discordPace !== undefined && { discordPaceFactor: Number(discordPace) }),
  };
}
