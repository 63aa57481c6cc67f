/** What a failed call of Discord's API means to Redline. */
import { DiscordAPIError, HTTPError, RateLimitError } from "discord.js";

import { MessageGone, MessageTooOld, PlaceRefused } from "../../src/chat/chat-platform.ts";
import { busyUntil, lostCall } from "../../src/chat/failed-calls.ts";
import type { HostBusy } from "../../src/ports.ts";

/** `read` changes nothing, or the same again changes nothing; `write` may have taken effect unseen. */
export type CallKind = "read" | "write";

/** Codes of Discord's refusals that are acted on. Source: Discord's API reference, "JSON Error Codes". */
export const CODE = {
  unknownChannel: 10_003,
  unknownMember: 10_007,
  unknownMessage: 10_008,
  unknownUser: 10_013,
  unknownWebhook: 10_015,
  unknownInteraction: 10_062,
  tooManyOldEdits: 30_046,
  alreadyAnswered: 40_060,
  noAccess: 50_001,
  notMine: 50_005,
  noDirectMessages: 50_007,
  noDirectMessagesFromServer: 50_278,
  directMessagesTooFast: 40_003,
  noPermission: 50_013,
  invalidWebhook: 50_027,
  archived: 50_083,
  threadExists: 160_004,
  locked: 160_005,
} as const;

const GONE = new Set<number>([CODE.unknownMessage, CODE.notMine]);

/** An interaction takes answers for 15 minutes. */
const EXPIRED = new Set<number>([CODE.unknownWebhook, CODE.invalidWebhook]);

/** How long nobody new is written to where Discord finds it too fast; it names no time. In milliseconds. */
const DIRECTS_REST_MS = 5 * 60_000;

/** Discord failed midway, or is overloaded. */
const FAILED = new Set([40_333, 130_000]);

export const LOCKED =
  "This thread is locked; ask a moderator to unlock it, or link another thread.";
const NO_ACCESS =
  "Redline cannot see this channel; give its role the permissions “View Channel” and “Read Message History” here.";

const PLACE: Readonly<Record<number, string>> = {
  10_003: "This channel or thread was deleted; link another one.",
  10_004: "Redline is no longer on this server; invite it again.",
  30_033: "This thread has too many members for Redline to join; link another one.",
  50_001: NO_ACCESS,
  50_007: "Discord lets Redline send this person no direct messages.",
  50_278: "Discord lets Redline send this person no direct messages.",
  50_008: "Redline cannot write in this kind of channel; link a thread or a text channel.",
  50_024: "Redline cannot do this in this kind of channel; link a thread or a text channel.",
  50_083: "This thread is archived, and Redline may not reopen it; reopen it, or link another one.",
  160_002:
    "Redline may not read what was said here; give its role the permission “Read Message History”.",
  160_005: LOCKED,
  160_006: "This server has as many active threads as Discord takes; archive one and try again.",
  160_007: "This channel has as many active threads as Discord takes; archive one and try again.",
};

export const INVALID_TOKEN =
  "Discord does not accept Redline's token; set DISCORD_TOKEN to the bot's current one and start Redline again.";

/** Discord's code of its refusal; null where there was no such answer. */
export function codeOf(error: unknown): number | null {
  if (!(error instanceof DiscordAPIError)) return null;
  return typeof error.code === "number" ? error.code : null;
}

/** The same of what `toChatError` made. */
export function causeCodeOf(error: unknown): number | null {
  return error instanceof Error ? codeOf(error.cause) : null;
}

/** Milliseconds for which Discord wants no more of these calls; null where that is not why it failed. */
export function restOf(error: unknown): number | null {
  if (!(error instanceof RateLimitError)) return null;
  return Math.max(error.retryAfter, error.sublimitTimeout, 0);
}

export interface CallMeaning {
  kind: CallKind;
  /** The permission without which it is refused, as Discord's settings name it. */
  needs: string;
  /** Milliseconds since 1970. */
  now: number;
}

/** The seam's error for a failed call. */
export function toChatError(error: unknown, meaning: CallMeaning): Error {
  const rest = restOf(error);
  if (rest !== null) return busyUntil("Discord", meaning.now + rest, { cause: error });
  if (error instanceof DiscordAPIError) return refusal(error, meaning);
  if (error instanceof HTTPError) return lost(error, meaning);
  return lost(error, meaning);
}

function refusal(error: DiscordAPIError, meaning: CallMeaning): Error {
  const cause = { cause: error };
  const code = codeOf(error) ?? 0;
  if (EXPIRED.has(code)) return new PlaceRefused("content", "That took too long.", cause);
  if (error.status === 401) return new PlaceRefused("access", INVALID_TOKEN, cause);
  if (code === CODE.directMessagesTooFast) {
    return busyUntil("Discord", meaning.now + DIRECTS_REST_MS, cause);
  }
  if (code === CODE.tooManyOldEdits) return new MessageTooOld("it takes no more edits", cause);
  if (GONE.has(code)) return new MessageGone(error.message, cause);
  if (code === CODE.noPermission) {
    return new PlaceRefused("place", missing(meaning.needs), cause);
  }
  const place = PLACE[code];
  if (place !== undefined) return new PlaceRefused("place", place, cause);
  if (FAILED.has(code)) return lost(error, meaning);
  if (code === 0) {
    const words = `Discord's address answered with HTTP ${error.status}; check DISCORD_API_URL.`;
    return new PlaceRefused("content", words, cause);
  }
  return new PlaceRefused("content", `Discord does not take this (${code}).`, cause);
}

const missing = (needs: string): string =>
  `Redline lacks the permission “${needs}” here; give it to Redline's role.`;

function lost(error: unknown, { kind, now }: CallMeaning): Error {
  return lostCall("Discord", error, { isWrite: kind === "write", now });
}

/** While the slot of a call is too far away. */
export function waiting(now: number, ms: number): HostBusy {
  return busyUntil("Discord", now + ms);
}
