/**
 * How Redline spreads its calls. What one channel takes is told by the headers of Discord's answers, which
 * discord.js keeps to; what all of the bot's calls share is 50 a second, over all processes. Source: Discord's
 * API reference, "Rate Limits".
 */
import type { Pace } from "../../src/chat/call-slots.ts";
import type { Urgency } from "../../src/chat/chat-platform.ts";

interface Lane {
  key: string;
  pace: Pace;
  /** Milliseconds; a call whose slot is further away is not made. */
  maxWaitMs: number;
}

/** Together at most 25 + 5 and 15 + 5 in any second. */
export const GLOBAL: Readonly<Record<Urgency, Lane>> = {
  preview: { key: "discord/preview", pace: { intervalMs: 40, burst: 5 }, maxWaitMs: 2_000 },
  final: { key: "discord/final", pace: { intervalMs: 67, burst: 5 }, maxWaitMs: 30_000 },
};

/** Milliseconds that discord.js may wait for a channel's own limit. */
export const BUCKET_WAIT_MS: Readonly<Record<Urgency, number>> = { preview: 2_000, final: 15_000 };

/**
 * Milliseconds from one edit of a channel to the next preview in it: four in any five seconds, which leaves the
 * fifth of what Discord was seen to take to a final.
 */
export const PREVIEW_MS = 1_250;
