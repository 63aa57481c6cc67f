/**
 * The names of places in Discord: `<parent channel id>/<thread id>`. A thread that is begun from a message has
 * that message's id, so that its place is known before the thread is made. A direct conversation has no
 * threads: its place is `<channel id>/<channel id>`.
 */
import type { ChatPlace } from "../../src/chat/chat-event.ts";
import { PlaceRefused } from "../../src/chat/chat-platform.ts";

export interface DiscordPlace {
  /** The channel that the thread belongs to, such as a text channel or a forum. */
  parent: string;
  /** Where messages are sent to and read from: the thread, or the direct conversation itself. */
  thread: string;
}

export interface DiscordAddress extends DiscordPlace {
  /** Null in a direct conversation. */
  guildId: string | null;
}

export function formatPlace({ parent, thread }: DiscordPlace): string {
  return `${parent}/${thread}`;
}

/** Null for what is no name of a place. */
export function parsePlace(place: string): DiscordPlace | null {
  const [parent = "", thread = "", ...rest] = place.split("/");
  return isId(parent) && isId(thread) && rest.length === 0 ? { parent, thread } : null;
}

/** @throws PlaceRefused place */
export function addressOf({ workspaceId, place }: ChatPlace): DiscordAddress {
  const parsed = parsePlace(place);
  if (parsed) return { ...parsed, guildId: workspaceId === "" ? null : workspaceId };
  throw new PlaceRefused("place", `“${place}” is no place in Discord; link the thread again.`);
}

export function isDirect({ parent, thread }: DiscordPlace): boolean {
  return parent === thread;
}

export function isId(text: string): boolean {
  return /^\d{1,20}$/u.test(text);
}

/** The moment in which Discord made what has this id, in milliseconds since 1970. */
export function timeOfId(id: string): number {
  return isId(id) ? Number(BigInt(id) >> 22n) + DISCORD_EPOCH : 0;
}

/** An id that is older than all that Discord makes from that moment on. */
export function idAt(time: number): string {
  const ms = Math.max(0, Math.floor(time) - DISCORD_EPOCH);
  return (BigInt(ms) << 22n).toString();
}

/** The first moment of 2015. Source: Discord's API reference, "Snowflakes". */
const DISCORD_EPOCH = 1_420_070_400_000;
