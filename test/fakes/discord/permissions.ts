/** Who may do what where, computed as Discord documents it. */
import type { Channel, Guild } from "./model.ts";
import { isThread } from "./model.ts";

export const PERMISSIONS = {
  ADMINISTRATOR: 1n << 3n,
  MANAGE_CHANNELS: 1n << 4n,
  MANAGE_GUILD: 1n << 5n,
  ADD_REACTIONS: 1n << 6n,
  VIEW_CHANNEL: 1n << 10n,
  SEND_MESSAGES: 1n << 11n,
  MANAGE_MESSAGES: 1n << 13n,
  EMBED_LINKS: 1n << 14n,
  ATTACH_FILES: 1n << 15n,
  READ_MESSAGE_HISTORY: 1n << 16n,
  MENTION_EVERYONE: 1n << 17n,
  USE_APPLICATION_COMMANDS: 1n << 31n,
  MANAGE_THREADS: 1n << 34n,
  CREATE_PUBLIC_THREADS: 1n << 35n,
  CREATE_PRIVATE_THREADS: 1n << 36n,
  SEND_MESSAGES_IN_THREADS: 1n << 38n,
} as const;

export type Permission = keyof typeof PERMISSIONS;

const ALL = (1n << 53n) - 1n;

export const bitsOf = (permissions: readonly Permission[]): bigint =>
  permissions.reduce((bits, name) => bits | PERMISSIONS[name], 0n);

/** What everybody may where nothing else is said. */
export const EVERYBODY = bitsOf([
  "ADD_REACTIONS",
  "VIEW_CHANNEL",
  "SEND_MESSAGES",
  "EMBED_LINKS",
  "ATTACH_FILES",
  "READ_MESSAGE_HISTORY",
  "MENTION_EVERYONE",
  "USE_APPLICATION_COMMANDS",
  "CREATE_PUBLIC_THREADS",
  "CREATE_PRIVATE_THREADS",
  "SEND_MESSAGES_IN_THREADS",
]);

/** In the whole guild, without a channel's overwrites; 0 for who is not in it. */
export function guildPermissions(guild: Guild, userId: string): bigint {
  if (guild.ownerId === userId) return ALL;
  const member = guild.members.get(userId);
  if (!member) return 0n;
  const roles = [guild.id, ...member.roles];
  const bits = roles.reduce((sum, id) => sum | (guild.roles.get(id)?.permissions ?? 0n), 0n);
  return (bits & PERMISSIONS.ADMINISTRATOR) === 0n ? bits : ALL;
}

/** In one channel; a thread has its parent's. */
export function channelPermissions(guild: Guild, channel: Channel, userId: string): bigint {
  const base = guildPermissions(guild, userId);
  if (base === ALL || base === 0n) return base;
  const parent = isThread(channel) ? guild.channels.get(channel.parentId ?? "") : channel;
  const overwrites = parent?.overwrites ?? [];
  const roles = guild.members.get(userId)?.roles ?? new Set<string>();
  const everybody = overwrites.filter(({ id }) => id === guild.id);
  const own = overwrites.filter(({ id, kind }) => kind === "role" && roles.has(id));
  const personal = overwrites.filter(({ id, kind }) => kind === "member" && id === userId);
  let bits = base;
  for (const group of [everybody, own, personal]) {
    for (const { deny } of group) bits &= ~deny;
    for (const { allow } of group) bits |= allow;
  }
  return bits;
}

/** Whether a thread is closed to somebody, beyond the permissions of its parent. */
export function isShutOut(channel: Channel, userId: string, permissions: bigint): boolean {
  if (channel.kind !== "private-thread") return false;
  const canManage = (permissions & PERMISSIONS.MANAGE_THREADS) !== 0n;
  return channel.thread?.members.has(userId) !== true && !canManage;
}
