/** What every route has in common. */
import { missingAccess, missingPermissions, unknown } from "./api-error.ts";
import type { Channel, Guild, Json, Message } from "./model.ts";
import type { Permission } from "./permissions.ts";
import { PERMISSIONS } from "./permissions.ts";
import type { Gateway } from "./gateway.ts";
import type { OldEdits } from "./old-edits.ts";
import type { World } from "./world.ts";

export interface Upload {
  /** Of the field: `files[0]`. */
  field: string;
  filename: string;
  contentType: string;
  bytes: Buffer;
}

export interface Services {
  world: World;
  gateway: Gateway;
  oldEdits: OldEdits;
  /** `http://127.0.0.1:…` */
  origin: () => string;
}

export interface Call extends Services {
  params: Record<string, string>;
  query: URLSearchParams;
  body: Json;
  files: readonly Upload[];
  /** When the request came, in the clock's milliseconds. */
  at: number;
}

export interface Answer {
  status: number;
  /** Undefined: none. */
  body: Json | Json[] | undefined;
}

/** @throws ApiError */
export type Handler = (call: Call) => Answer;

export const ok = (body: Json | Json[]): Answer => ({ status: 200, body });
export const created = (body: Json): Answer => ({ status: 201, body });
export const nothing = (): Answer => ({ status: 204, body: undefined });

/** A guild that the bot is in. @throws ApiError 10004 */
export function guildOf({ world, params }: Call): Guild {
  const guild = world.guilds.get(params["guild_id"] ?? "");
  if (!guild || !world.joined.has(guild.id)) throw unknown("guild");
  return guild;
}

/** A channel that the bot sees. @throws ApiError 10003, 50001 */
export function channelOf({ world, params }: Call): Channel {
  const channel = world.findChannel(params["channel_id"] ?? "");
  if (!channel) throw unknown("channel");
  if (channel.guildId !== null && !world.joined.has(channel.guildId)) throw missingAccess();
  if (!world.canSee(channel, world.app.botId)) throw missingAccess();
  return channel;
}

/** @throws ApiError 10008; ephemeral messages are not to be had here */
export function messageIn({ world, params }: Call, channel: Channel): Message {
  const message = world.message(channel, params["message_id"] ?? "");
  if (!message || message.onlyFor !== null) throw unknown("message");
  return message;
}

export const may = ({ world }: Services, channel: Channel, permission: Permission): boolean =>
  (world.permissions(channel, world.app.botId) & PERMISSIONS[permission]) !== 0n;

/** @throws ApiError 50013 */
export function demand(services: Services, channel: Channel, permission: Permission): void {
  if (channel.guildId !== null && !may(services, channel, permission)) throw missingPermissions();
}
