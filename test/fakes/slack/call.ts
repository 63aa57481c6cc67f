/** What every method of the Web API has in common. */
import { areBlocksTooLong, blockErrors } from "./blocks.ts";
import type { Limits } from "./limits.ts";
import type { Channel, Install, Json, Message, Person, TeamState, Token } from "./model.ts";
import { CHANNEL_TYPES } from "./model.ts";
import { SlackError, missingScope, wrongArguments } from "./slack-error.ts";
import type { SocketMode } from "./socket-mode.ts";
import type { World } from "./world.ts";

export interface Services {
  world: World;
  limits: Limits;
  sockets: SocketMode;
  /** `http://127.0.0.1:…`, once the port is known. */
  origin: () => string;
  /** Agent sessions and assistant threads, by channel and thread. */
  sessions: Map<string, SessionState>;
  uploads: Map<string, { name: string; bytes: Buffer | null; shared: boolean }>;
}

export interface SessionState {
  status: string | null;
  /** What the assistant says that it does; empty when nothing. */
  activity: string;
  title: string | null;
  prompts: Json[];
}

export interface Call extends Services {
  method: string;
  args: Json;
}

/** With a bot's token. */
export interface BotCall extends Call {
  token: Token;
  team: TeamState;
  install: Install;
  bot: Person;
}

export type Handler =
  | { kind: "bot"; answer: (call: BotCall) => Json }
  /** With the app-level token. */
  | { kind: "app"; answer: (call: Call) => Json }
  /** With any or none: oauth.v2.access. */
  | { kind: "open"; answer: (call: Call) => Json };

export const bot = (answer: (call: BotCall) => Json): Handler => ({ kind: "bot", answer });

export const text = (args: Json, name: string): string | null =>
  typeof args[name] === "string" && args[name] !== "" ? args[name] : null;

/** A scope that what the call is for needs. @throws SlackError missing_scope */
export function needScope(call: BotCall, scope: string): void {
  if (!call.token.scopes.includes(scope)) throw missingScope(scope, call.token.scopes);
}

/** One that the bot can see: public, or with it inside. @throws SlackError channel_not_found */
export function channelOf(call: BotCall, name = "channel"): Channel {
  const channel = call.team.channels.get(String(call.args[name]));
  const isVisible = channel && (channel.kind === "public" || call.world.hasBot(channel));
  if (!isVisible) throw new SlackError("channel_not_found");
  return channel;
}

/** One that the bot can read or look at. */
export function readableChannel(call: BotCall, scope: "read" | "history"): Channel {
  const channel = channelOf(call);
  needScope(call, CHANNEL_TYPES[channel.kind][scope]);
  return channel;
}

/** Where the bot can post; a person's id means the direct messages with them. */
export function postableChannel(call: BotCall): Channel {
  const person = call.team.users.get(String(call.args["channel"]));
  if (person?.deleted) throw new SlackError("channel_not_found");
  const channel = person
    ? call.world.direct(call.team, [call.bot.id, person.id]).channel
    : channelOf(call);
  if (channel.archived) throw new SlackError("is_archived");
  const isOpen = channel.kind === "public" && call.token.scopes.includes("chat:write.public");
  if (!call.world.hasBot(channel) && !isOpen) throw new SlackError("not_in_channel");
  return channel;
}

/** The thread that `thread_ts` means, by its parent; null where none was given. */
export function threadOf(call: BotCall, channel: Channel): string | null {
  const ts = text(call.args, "thread_ts");
  if (ts === null) return null;
  const parent = call.world.messageIn(channel, ts);
  if (!parent) throw new SlackError("thread_not_found");
  // A reply's ts is taken for its thread's.
  return parent.threadTs ?? parent.ts;
}

export function customName(call: BotCall): string | null {
  const { args } = call;
  const isCustom = [args["username"], args["icon_emoji"], args["icon_url"]].some(Boolean);
  if (isCustom) needScope(call, "chat:write.customize");
  return text(args, "username");
}

export const MARKDOWN_LIMIT = 12_000;

/** @throws SlackError invalid_blocks, msg_blocks_too_long */
export function checkedBlocks(value: unknown): Json[] | null {
  if (value == null) return null;
  if (!Array.isArray(value)) throw new SlackError("invalid_blocks_format");
  const errors = blockErrors(value, "message");
  if (errors.length > 0) throw wrongArguments("invalid_blocks", errors);
  if (areBlocksTooLong(value as Json[])) throw new SlackError("msg_blocks_too_long");
  return value.length > 0 ? (value as Json[]) : null;
}

/** @throws SlackError message_not_found, or what the method says instead */
export function messageOf(call: BotCall, channel: Channel, name = "ts"): Message {
  const message = call.world.messageIn(channel, String(call.args[name]));
  if (!message || message.subtype === "tombstone") throw new SlackError("message_not_found");
  return message;
}

/** A page of `items`, by a cursor that only the fake understands. */
export function page<T>(
  args: Json,
  items: readonly T[],
  limit: { default: number; max: number },
): { items: T[]; cursor: string } {
  const cursor = text(args, "cursor");
  const start = cursor === null ? 0 : Number(Buffer.from(cursor, "base64").toString().slice(5));
  if (!Number.isInteger(start)) throw new SlackError("invalid_cursor");
  const wanted = typeof args["limit"] === "number" ? args["limit"] : limit.default;
  const size = Math.min(Math.max(1, wanted), limit.max);
  const next = start + size;
  return {
    items: items.slice(start, next),
    cursor: next < items.length ? Buffer.from(`next:${next}`).toString("base64") : "",
  };
}
