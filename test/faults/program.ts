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
import type { ProcessHealth } from "../support/process-health.ts";
import { measureHealth } from "../support/process-health.ts";

export type ProgramReport = { url: string } | { error: string };

/** What it tells on an order. */
export interface ProgramAnswer {
  health: ProcessHealth;
}

export interface ProgramOrder {
  /** The step of a commit after which the process kills itself, with the signal that spares nothing. */
  killAt?: CommitStep;
  /** The same, asked to end as an operator does. */
  stopAt?: CommitStep;
  /** Milliseconds by which its clock is wrong from now on. */
  clockMs?: number;
  /** Asks for a `ProgramAnswer`. */
  tellHealth?: true;
}

const RealDate = Date;

const { config, secrets } = readConfig();
const logger = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
let order: ProgramOrder = {};
process.on("message", (given: ProgramOrder) => {
  if (given.tellHealth) {
    process.send?.({ health: measureHealth() } satisfies ProgramAnswer);
    return;
  }
  order = given;
  if (given.clockMs !== undefined) shiftClock(given.clockMs);
});
process.on("disconnect", () => process.exit(1));
const host = createGitDocumentHost({
  onStep: (step) => {
    if (step === order.killAt) process.kill(process.pid, "SIGKILL");
    if (step === order.stopAt) process.kill(process.pid, "SIGTERM");
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

/** The system's clock jumps; what counts on without it, such as timers and `performance.now`, does not. */
function shiftClock(byMs: number): void {
  const now = (): number => performance.timeOrigin + performance.now() + byMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, newTarget): object =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as object,
    get: (target, name): unknown =>
      name === "now" ? () => Math.floor(now()) : Reflect.get(target, name),
  });
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
