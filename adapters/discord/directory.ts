/**
 * What the gateway has told of channels and roles: a message names its channel by an id alone. Fed with every
 * packet in its order, so that it knows at each moment what Discord knew when it sent the next one.
 */
import { ChannelType, PermissionFlagsBits } from "discord.js";
import type { Json } from "../../src/json.ts";
import { list, number, record, text } from "../../src/json.ts";

/** A channel or a thread. */
export interface KnownChannel {
  id: string;
  /** Of a thread the channel that it is in, of a channel its category. */
  parentId: string | null;
  type: number;
  name: string;
  /** Whether everybody in the server may read along; null where that is not known. */
  isPublic: boolean | null;
  lastMessageId: string | null;
}

interface KnownGuild {
  /** Null where it was not told. */
  ownerId: string | null;
  /** Whether all its channels and open threads were told of. */
  isWhole: boolean;
  channels: Map<string, KnownChannel>;
  roles: Map<string, { name: string; permissions: bigint; isOwn: boolean }>;
  /** Channels' own, as they came, for what depends on roles; missing where they are not known. */
  overwrites: Map<string, readonly Json[]>;
}

const PRIVATE: number = ChannelType.PrivateThread;
const THREADS: ReadonlySet<number> = new Set([
  ChannelType.AnnouncementThread,
  ChannelType.PublicThread,
  PRIVATE,
]);

export function isThread({ type }: Pick<KnownChannel, "type">): boolean {
  return THREADS.has(type);
}

export class Directory {
  readonly #guilds = new Map<string, KnownGuild>();
  #me = "";

  /** The bot's own user id; empty before the first session. */
  get me(): string {
    return this.#me;
  }

  /** Takes note of what a packet says. */
  apply(name: string, data: Json): void {
    switch (name) {
      case "READY":
        this.#me = text(record(data["user"])["id"]) ?? this.#me;
        return;
      case "GUILD_CREATE":
        return this.#takeGuild(data);
      case "GUILD_UPDATE":
        this.#guild(data["id"]).ownerId = text(data["owner_id"]);
        return;
      case "GUILD_DELETE":
        if (data["unavailable"] !== true) this.#guilds.delete(text(data["id"]) ?? "");
        return;
      case "MESSAGE_CREATE":
        return this.#takeMessage(data);
      case "GUILD_ROLE_CREATE":
      case "GUILD_ROLE_UPDATE":
        return this.#takeRole(this.#guild(data["guild_id"]), record(data["role"]));
      case "GUILD_ROLE_DELETE":
        this.#guild(data["guild_id"]).roles.delete(text(data["role_id"]) ?? "");
        return;
      case "CHANNEL_CREATE":
      case "CHANNEL_UPDATE":
      case "THREAD_CREATE":
      case "THREAD_UPDATE":
        return this.takeChannel(text(data["guild_id"]) ?? "", data);
      case "THREAD_LIST_SYNC":
        for (const thread of list(data["threads"])) {
          this.takeChannel(text(data["guild_id"]) ?? "", record(thread));
        }
        return;
      case "CHANNEL_DELETE":
      case "THREAD_DELETE":
        this.#guild(data["guild_id"]).channels.delete(text(data["id"]) ?? "");
        return;
      default:
    }
  }

  takeChannel(guildId: string, data: Json): void {
    const id = text(data["id"]);
    if (id === null || guildId === "") return;
    const guild = this.#guild(guildId);
    guild.channels.set(id, {
      id,
      parentId: text(data["parent_id"]),
      type: number(data["type"]) ?? 0,
      name: text(data["name"]) ?? id,
      isPublic: null,
      lastMessageId: text(data["last_message_id"]),
    });
    const overwrites = data["permission_overwrites"];
    if (Array.isArray(overwrites)) guild.overwrites.set(id, overwrites.map(record));
    else guild.overwrites.delete(id);
  }

  /** Null for one that nobody has told of. */
  channel(guildId: string, id: string): KnownChannel | null {
    const guild = this.#guilds.get(guildId);
    const found = guild?.channels.get(id);
    return guild && found ? { ...found, isPublic: isPublic(guildId, guild, found) } : null;
  }

  /** Whether a thread that is not known is archived, or gone. */
  knowsOpenThreads(guildId: string): boolean {
    return this.#guilds.get(guildId)?.isWhole ?? false;
  }

  /** Those outside of threads that everybody in the server may read. */
  publicChannels(guildId: string): string[] {
    const guild = this.#guilds.get(guildId);
    const channels = [...(guild?.channels.values() ?? [])].filter((channel) => !isThread(channel));
    return channels.flatMap((one) => (isPublic(guildId, guild!, one) === true ? [one.id] : []));
  }

  roleName(guildId: string, id: string): string | null {
    return this.#guilds.get(guildId)?.roles.get(id)?.name ?? null;
  }

  /** Whether somebody with these roles owns, administers or manages the server; null where that was not told. */
  runsServer(guildId: string, userId: string, held: readonly string[]): boolean | null {
    const guild = this.#guilds.get(guildId);
    const all = [guildId, ...held].map((role) => guild?.roles.get(role));
    if (!guild || guild.ownerId === null || all.includes(undefined)) return null;
    return guild.ownerId === userId || all.some((role) => mayRunServer(role!.permissions));
  }

  /** The roles that Discord manages for the bot itself: to mention one is to mention it. */
  ownRoles(guildId: string): string[] {
    const roles = this.#guilds.get(guildId)?.roles ?? new Map<string, { isOwn: boolean }>();
    return [...roles].flatMap(([id, { isOwn }]) => (isOwn ? [id] : []));
  }

  #takeGuild(data: Json): void {
    const id = text(data["id"]);
    if (id === null || data["unavailable"] === true) return;
    this.#guilds.delete(id);
    const guild = this.#guild(id);
    guild.isWhole = true;
    guild.ownerId = text(data["owner_id"]);
    for (const role of list(data["roles"])) this.#takeRole(guild, record(role));
    for (const channel of [...list(data["channels"]), ...list(data["threads"])]) {
      this.takeChannel(id, record(channel));
    }
  }

  #takeMessage(data: Json): void {
    const channels = this.#guilds.get(text(data["guild_id"]) ?? "")?.channels;
    const channel = channels?.get(text(data["channel_id"]) ?? "");
    if (channel) channel.lastMessageId = text(data["id"]);
  }

  #takeRole({ roles }: KnownGuild, role: Json): void {
    const id = text(role["id"]);
    if (id === null) return;
    roles.set(id, {
      name: text(role["name"]) ?? id,
      permissions: bits(role["permissions"]),
      isOwn: this.#me !== "" && record(role["tags"])["bot_id"] === this.#me,
    });
  }

  #guild(given: unknown): KnownGuild {
    const id = text(given) ?? "";
    const known = this.#guilds.get(id);
    if (known) return known;
    const guild: KnownGuild = {
      ownerId: null,
      isWhole: false,
      channels: new Map(),
      roles: new Map(),
      overwrites: new Map(),
    };
    this.#guilds.set(id, guild);
    return guild;
  }
}

/** As everybody's role and the channel's overwrite of it have it. A channel's own are its category's, too. */
function isPublic(guildId: string, guild: KnownGuild, channel: KnownChannel): boolean | null {
  if (channel.type === PRIVATE) return false;
  if (isThread(channel)) {
    const parent = guild.channels.get(channel.parentId ?? "");
    return parent && !isThread(parent) ? isPublic(guildId, guild, parent) : null;
  }
  const everyone = guild.roles.get(guildId);
  if (!everyone) return null;
  if ((everyone.permissions & PermissionFlagsBits.Administrator) !== 0n) return true;
  const overwrites = guild.overwrites.get(channel.id);
  if (!overwrites) return null;
  const own = overwrites.find((overwrite) => overwrite["id"] === guildId);
  const allowed = (everyone.permissions & ~bits(own?.["deny"])) | bits(own?.["allow"]);
  return (allowed & PermissionFlagsBits.ViewChannel) !== 0n;
}

/** Administrator, or Manage Server. Source: Discord's API reference, "Permissions". */
export function mayRunServer(permissions: bigint): boolean {
  const { Administrator, ManageGuild } = PermissionFlagsBits;
  return (permissions & (Administrator | ManageGuild)) !== 0n;
}

export function bits(given: unknown): bigint {
  return typeof given === "string" && /^\d{1,30}$/u.test(given) ? BigInt(given) : 0n;
}
