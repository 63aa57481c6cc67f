/** What a session of the gateway asks to be told. */
import type { Privileged } from "./model.ts";

export const INTENTS = {
  guilds: 1 << 0,
  members: 1 << 1,
  presences: 1 << 8,
  guildMessages: 1 << 9,
  guildReactions: 1 << 10,
  guildTyping: 1 << 11,
  directMessages: 1 << 12,
  directReactions: 1 << 13,
  directTyping: 1 << 14,
  messageContent: 1 << 15,
} as const;

const PRIVILEGED = ["members", "presences", "messageContent"] as const;

/** Whether intents are asked for that are not switched on. */
export const privilegedBeyond = (intents: number, allowed: ReadonlySet<Privileged>): boolean =>
  PRIVILEGED.some((name) => (intents & INTENTS[name]) !== 0 && !allowed.has(name));
