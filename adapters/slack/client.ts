import { LogLevel, WebClient } from "@slack/web-api";
import type { Logger as SlackLogger } from "@slack/web-api";

import type { CallSlots, Pace } from "../../src/chat/call-slots.ts";
import { PlaceRefused } from "../../src/chat/chat-platform.ts";
import type { CallGuard, Urgency } from "../../src/chat/chat-platform.ts";
import type { Logger } from "../../src/log.ts";
import type { Metrics } from "../../src/metrics.ts";
import { noMetrics } from "../../src/metrics.ts";
import type { PlatformCalls } from "../../src/platform-calls.ts";
import { platformCalls } from "../../src/platform-calls.ts";
import { pause } from "../../src/waiting.ts";
import { codeOf, detailsOf, restOf, resultOf, toChatError, waiting } from "./errors.ts";
import type { CallKind } from "./errors.ts";
import { laneOf, lanesOf } from "./paces.ts";
import type { CallLane } from "./paces.ts";

/** What one workspace's calls are made with. */
export interface SlackAccess {
  token: string;
  botUserId: string;
}

export interface SlackClientOptions {
  /** Null where the app is not installed. */
  tokenFor(teamId: string): Promise<SlackAccess | null>;
  /** Such as `https://slack.com/api/`. */
  apiUrl: string;
  slots: CallSlots;
  logger: Logger;
  metrics?: Metrics | undefined;
  /** Makes all intervals longer or, below 1, shorter; for a Slack with other limits. */
  paceFactor?: number;
}

/** The arguments of one call; `null` and `undefined` are left out. */
export type CallArguments = Readonly<Record<string, unknown>>;
export type Answer = Readonly<Record<string, unknown>>;

export interface CallOptions {
  kind: CallKind;
  /** Default `final`. */
  urgency?: Urgency;
  /** Ends the wait for the slot; the call is not made then. */
  signal?: AbortSignal;
  /** Asked when the slot has come, just before the call is made; throws when it must not be made any more. */
  guard?: CallGuard | undefined;
  /** What to do meanwhile, told how many milliseconds the slot is away. */
  whileWaiting?: (ms: number) => Promise<void>;
}

/** Milliseconds in which Slack has answered, or the answer is lost. */
const TIMEOUT_MS = 15_000;
const REFUSED_MS = 1_000;
const MAX_CLIENTS = 500;

const NOT_INSTALLED = "Redline is not installed in this workspace; install the app and try again.";

/** Calls of Slack's Web API, each at its time, tried once, its failure in the seam's words. */
export class SlackClient {
  readonly #options: SlackClientOptions;
  readonly #calls: PlatformCalls;
  /** By token. */
  readonly #clients = new Map<string, WebClient>();

  constructor(options: SlackClientOptions) {
    this.#options = options;
    this.#calls = platformCalls(options.metrics ?? noMetrics, "slack");
  }

  /** @throws PlaceRefused access, where the app is not installed */
  async accessTo(teamId: string): Promise<SlackAccess> {
    const access = await this.#options.tokenFor(teamId);
    if (!access) throw new PlaceRefused("access", NOT_INSTALLED);
    return access;
  }

  /**
   * Waits for the call's slot, then asks `take` for its arguments. Null where it was not made: `take` had
   * nothing, the wait was ended, or a preview's slot is too far away.
   */
  async callWith(
    teamId: string,
    method: string,
    channel: string,
    take: () => CallArguments | null,
    options: CallOptions,
  ): Promise<Answer | null> {
    const access = await this.accessTo(teamId);
    if (!(await this.#waitForSlot(teamId, method, channel, options))) return null;
    options.guard?.();
    const args = take();
    if (args === null) return null;
    const ended = this.#calls.begin(method);
    let result = "ok";
    try {
      return { ...(await this.#clientOf(access.token).apiCall(method, { ...args })) };
    } catch (error) {
      result = resultOf(error);
      await this.#noteFailure(error, teamId, method, channel);
      throw toChatError(error, options.kind, Date.now());
    } finally {
      ended(result);
    }
  }

  /** @throws HostBusy also where the slot is too far away */
  async call(
    teamId: string,
    method: string,
    args: CallArguments,
    options: CallOptions,
  ): Promise<Answer> {
    const channel = args["channel"] ?? args["channel_id"];
    const at = typeof channel === "string" ? channel : "";
    const answer = await this.callWith(teamId, method, at, () => args, options);
    if (answer === null) throw waiting(Date.now(), 5_000);
    return answer;
  }

  /** @returns false where the call is not to be made */
  async #waitForSlot(
    teamId: string,
    method: string,
    channel: string,
    { urgency = "final", signal, whileWaiting }: CallOptions,
  ): Promise<boolean> {
    const lane = laneOf(teamId, method, urgency, channel);
    const wait =
      (urgency === "final" ? await this.#reserveNow(teamId, method, channel) : null) ??
      (await this.#reserve(lane, lane.maxWaitMs));
    if (wait === null) {
      if (urgency === "preview") {
        // Whoever tries again at once is not to ask the database all the time.
        await pause(REFUSED_MS, signal);
        return false;
      }
      throw waiting(Date.now(), lane.maxWaitMs / 2);
    }
    const slotAt = performance.now() + wait;
    await whileWaiting?.(wait);
    const left = slotAt - performance.now();
    if (left > 0) await pause(left, signal);
    return signal?.aborted !== true;
  }

  /** Previews yield: where finals have no slot left at once, one of theirs does. */
  async #reserveNow(teamId: string, method: string, channel: string): Promise<number | null> {
    const lanes = lanesOf(teamId, method, channel);
    if (lanes.length === 1) return null;
    for (const lane of lanes) {
      const wait = await this.#reserve(lane, 0);
      if (wait !== null) return wait;
    }
    return null;
  }

  #reserve({ key, pace }: CallLane, maxWaitMs: number): Promise<number | null> {
    return this.#options.slots.reserve(key, this.#scaled(pace), maxWaitMs);
  }

  async #noteFailure(
    error: unknown,
    teamId: string,
    method: string,
    channel: string,
  ): Promise<void> {
    const rest = restOf(error);
    const code = codeOf(error);
    const fields = { workspaceId: teamId, channel, method, code, details: detailsOf(error), rest };
    this.#options.logger.warn(fields, "Slack did not do as it was asked");
    if (rest === null) return;
    this.#calls.limited(rest / 1_000);
    for (const { key, pace } of lanesOf(teamId, method, channel)) {
      await this.#options.slots.push(key, this.#scaled(pace), rest);
    }
  }

  #scaled(pace: Pace): Pace {
    return { ...pace, intervalMs: pace.intervalMs * (this.#options.paceFactor ?? 1) };
  }

  #clientOf(token: string): WebClient {
    const known = this.#clients.get(token);
    if (known) return known;
    if (this.#clients.size >= MAX_CLIENTS) this.#clients.clear();
    const client = new WebClient(token, {
      slackApiUrl: this.#options.apiUrl,
      // The slots decide when; and what was sent is looked for before it is repeated.
      rejectRateLimitedCalls: true,
      retryConfig: { retries: 0 },
      timeout: TIMEOUT_MS,
      allowAbsoluteUrls: false,
      logger: SILENT,
    });
    this.#clients.set(token, client);
    return client;
  }
}

/** The client's own log repeats what is logged here, with the text of messages. */
const SILENT: SlackLogger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};
