import { RESTEvents } from "discord.js";
import type { REST } from "discord.js";

import type { CallSlots, Pace } from "../../src/chat/call-slots.ts";
import type { CallGuard, Urgency } from "../../src/chat/chat-platform.ts";
import { record } from "../../src/json.ts";
import type { Json } from "../../src/json.ts";
import type { Logger } from "../../src/log.ts";
import { pause } from "../../src/waiting.ts";
import { CODE, codeOf, restOf, toChatError, waiting } from "./errors.ts";
import type { CallKind } from "./errors.ts";
import { BUCKET_WAIT_MS, GLOBAL } from "./paces.ts";
import { callDiscord } from "./rest.ts";
import type { DiscordRequest } from "./rest.ts";
import { saidNow } from "./said.ts";

export interface DiscordClientOptions {
  rest: REST;
  slots: CallSlots;
  logger: Logger;
  /** Makes all intervals longer or, below 1, shorter; for a Discord with other limits. */
  paceFactor?: number;
}

export interface CallOptions {
  kind: CallKind;
  /** The permission that it takes, as Discord's settings name it. */
  needs: string;
  /** Default `final`. */
  urgency?: Urgency;
  /** Asked when the slot has come, just before the call is made; throws when it must not be made any more. */
  guard?: CallGuard | undefined;
  /** Milliseconds that discord.js may wait for the channel's limit. */
  maxWaitMs?: number;
}

/** Room in a channel for calls of one kind, as the last answer told it. */
interface Room {
  remaining: number;
  resetAt: number;
}

const MAX_ROOMS = 5_000;

/** Calls of Discord's API, each at its time, tried once, its failure in the seam's words. */
export class DiscordClient {
  readonly #options: DiscordClientOptions;
  /** By method and channel. */
  readonly #rooms = new Map<string, Room>();
  #me: Promise<string> | null = null;

  constructor(options: DiscordClientOptions) {
    this.#options = options;
    options.rest.on(RESTEvents.Response, ({ method, path }, { headers }) => {
      const remaining = headers.get("x-ratelimit-remaining");
      const resetAfter = headers.get("x-ratelimit-reset-after");
      const channel = /^\/channels\/(\d+)\/messages/u.exec(path)?.[1];
      if (channel === undefined || remaining === null || resetAfter === null) return;
      if (this.#rooms.size >= MAX_ROOMS) this.#rooms.clear();
      const resetAt = performance.now() + Number(resetAfter) * 1_000;
      this.#rooms.set(roomKey(method, channel), { remaining: Number(remaining), resetAt });
    });
  }

  /** The bot's own id. */
  async me(): Promise<string> {
    const said = saidNow()?.me;
    if (said) this.#me = Promise.resolve(said);
    this.#me ??= this.call(
      { method: "GET", route: "/users/@me" },
      { kind: "read", needs: "View Channel" },
    ).then(({ id }) => String(id));
    try {
      return await this.#me;
    } catch (error) {
      this.#me = null;
      throw error;
    }
  }

  /** Milliseconds until an edit in the channel leaves room for one more that may be more pressing. */
  waitForRoom(channel: string): number {
    const room = this.#rooms.get(roomKey("PATCH", channel));
    if (!room || room.remaining > 1) return 0;
    return Math.max(0, room.resetAt - performance.now());
  }

  /** Waits for the call's slot, then makes it. @throws HostBusy also where the slot is too far away */
  async call(request: DiscordRequest, options: CallOptions): Promise<Json> {
    return record(await this.ask(request, options));
  }

  /** The same for answers that are no object, and with a body that is asked for at the last moment. */
  async ask(
    request: DiscordRequest,
    options: CallOptions,
    body: () => Pick<DiscordRequest, "body" | "files"> | null = () => request,
  ): Promise<unknown> {
    const { urgency = "final", guard, maxWaitMs = BUCKET_WAIT_MS[urgency] } = options;
    // What an interaction's own token allows is not counted with the bot's calls.
    if (request.auth !== false) await this.#waitForSlot(urgency);
    guard?.();
    const sent = body();
    if (sent === null) return null;
    try {
      return await callDiscord(this.#options.rest, { ...request, ...sent }, maxWaitMs);
    } catch (error) {
      await this.#noteFailure(error, request, urgency);
      throw toChatError(error, { ...options, now: Date.now() });
    }
  }

  async #waitForSlot(urgency: Urgency): Promise<void> {
    const lane = GLOBAL[urgency];
    // Previews yield: where finals have no slot left at once, one of theirs does.
    const wait =
      (await this.#reserve(urgency, urgency === "final" ? 0 : lane.maxWaitMs)) ??
      (urgency === "final" ? await this.#reserve("preview", 0) : null) ??
      (urgency === "final" ? await this.#reserve("final", lane.maxWaitMs) : null);
    if (wait === null) throw waiting(Date.now(), lane.maxWaitMs / 2);
    if (wait > 0) await pause(wait);
  }

  #reserve(urgency: Urgency, maxWaitMs: number): Promise<number | null> {
    const { key, pace } = GLOBAL[urgency];
    return this.#options.slots.reserve(key, this.#scaled(pace), maxWaitMs);
  }

  async #noteFailure(error: unknown, request: DiscordRequest, urgency: Urgency): Promise<void> {
    const { slots, logger } = this.#options;
    const rest = restOf(error);
    const { method } = request;
    // An interaction's route holds its token.
    const route = request.auth === false ? "(of an interaction)" : request.route;
    const why = error instanceof Error ? error.message : String(error);
    const code = codeOf(error);
    // What is gone is told by whoever asked, where it was not expected.
    const level = code === CODE.unknownChannel || code === CODE.unknownMessage ? "info" : "warn";
    logger[level]({ method, route, code, why, rest }, "Discord did not do as asked");
    const isGlobal = rest !== null && (error as { global?: unknown }).global === true;
    if (!isGlobal) return;
    const { key, pace } = GLOBAL[urgency];
    await slots.push(key, this.#scaled(pace), rest);
  }

  /** Milliseconds as they pass here. */
  scaled(ms: number): number {
    return ms * (this.#options.paceFactor ?? 1);
  }

  #scaled(pace: Pace): Pace {
    return { ...pace, intervalMs: this.scaled(pace.intervalMs) };
  }
}

const roomKey = (method: string, channel: string): string => `${method.toUpperCase()} ${channel}`;
