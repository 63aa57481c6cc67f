/** Everything that the fake remembers, and what it tells the gateway. */
import { randomBytes } from "node:crypto";

import type { Clock } from "../clock.ts";
import { normalised } from "./components.ts";
import { mentionableText, mentionsIn, pingsOf, readAllowed } from "./mentions.ts";
import type { Allowed, Ping } from "./mentions.ts";
import type {
  App,
  Attachment,
  Channel,
  ChannelKind,
  Command,
  Guild,
  Interaction,
  Json,
  Member,
  Message,
  Modal,
  Role,
  ThreadState,
  User,
} from "./model.ts";
import { FLAGS, isThread } from "./model.ts";
import { EVERYBODY, PERMISSIONS, channelPermissions, isShutOut } from "./permissions.ts";
import { Snowflakes } from "./snowflakes.ts";

export interface Sizes {
  /** Milliseconds in which an interaction must be answered; 3 s. */
  answerTime: number;
  /** Milliseconds that an interaction's token works; 15 minutes. */
  tokenTime: number;
  /** Milliseconds in which a nonce is known again; "a few minutes". */
  nonceTime: number;
  /** Milliseconds that typing is shown; 10 s. */
  typingTime: number;
  /** Milliseconds after which a message is old, and its edits are limited; an hour. */
  oldAge: number;
  /** Edits of one channel's old messages within an hour; unpublished. */
  oldEdits: number;
  /** Whether a nonce is given back by what lists or gets messages; Discord does not say. */
  showsNonces: boolean;
}

/** What happens, for who tells the app of it. */
export type Happening =
  | { kind: "posted" | "changed" | "deleted"; message: Message }
  | { kind: "channel"; name: ChannelEvent; channel: Channel }
  | {
      kind: "thread-members";
      channel: Channel;
      added: readonly string[];
      removed: readonly string[];
    }
  | { kind: "guild"; name: "GUILD_CREATE" | "GUILD_DELETE" | "GUILD_UPDATE"; guild: Guild }
  | { kind: "member"; guild: Guild; member: Member }
  | { kind: "role"; name: RoleEvent; guild: Guild; role: Role }
  | { kind: "reaction"; isAdded: boolean; message: Message; userId: string; emoji: string }
  | { kind: "typing"; channel: Channel; userId: string }
  | { kind: "interaction"; interaction: Interaction };

export type ChannelEvent =
  | "CHANNEL_CREATE"
  | "CHANNEL_UPDATE"
  | "CHANNEL_DELETE"
  | "THREAD_CREATE"
  | "THREAD_UPDATE"
  | "THREAD_DELETE";

type RoleEvent = "GUILD_ROLE_CREATE" | "GUILD_ROLE_UPDATE" | "GUILD_ROLE_DELETE";

export interface NewMessage {
  content?: string;
  type?: Message["type"];
  embeds?: Json[];
  components?: readonly Json[];
  attachments?: Attachment[];
  flags?: number;
  nonce?: string | number | null;
  reference?: Message["reference"];
  interaction?: Interaction | null;
  onlyFor?: string | null;
  webhookId?: string | null;
  allowed?: Allowed;
  /** Of a message that starts a thread by itself, as in a forum. */
  id?: string;
}

export interface NewChannel {
  kind: ChannelKind;
  name: string;
  guildId?: string | null;
  parentId?: string | null;
  recipients?: string[];
  thread?: Channel["thread"];
  id?: string;
}

export class World {
  readonly clock: Clock;
  readonly sizes: Sizes;
  readonly ids: Snowflakes;
  readonly app: App;
  readonly users = new Map<string, User>();
  readonly guilds = new Map<string, Guild>();
  /** Guilds that the bot is in. */
  readonly joined = new Set<string>();
  readonly directs = new Map<string, Channel>();
  /** Ids of users who have blocked the bot. */
  readonly blockedBy = new Set<string>();
  readonly commands: Command[] = [];
  /** By token. */
  readonly interactions = new Map<string, Interaction>();
  readonly modals: Modal[] = [];
  readonly pings: Ping[] = [];
  tell: (happening: Happening) => void = () => {};
  #salt = 0;

  constructor(clock: Clock, sizes: Sizes, name: string) {
    this.clock = clock;
    this.sizes = sizes;
    this.ids = new Snowflakes(clock);
    const id = this.ids.next();
    this.app = {
      id,
      name,
      botId: id,
      token: newToken(id),
      privileged: new Set(["messageContent"]),
      isPublic: false,
    };
    this.users.set(id, { id, username: name, globalName: null, isBot: true });
  }

  secret(): string {
    this.#salt += 1;
    return `${randomBytes(24).toString("base64url")}${this.#salt}`;
  }

  addUser(username: string, isBot = false): User {
    const globalName = isBot ? null : username;
    const user: User = { id: this.ids.next(), username, globalName, isBot };
    this.users.set(user.id, user);
    return user;
  }

  addGuild(name: string, ownerId: string): Guild {
    const id = this.ids.next();
    const everybody: Role = {
      id,
      name: "@everyone",
      permissions: EVERYBODY & ~PERMISSIONS.MENTION_EVERYONE,
      position: 0,
      mentionable: false,
    };
    const guild: Guild = {
      id,
      name,
      ownerId,
      roles: new Map([[id, everybody]]),
      members: new Map(),
      channels: new Map(),
    };
    this.guilds.set(id, guild);
    return guild;
  }

  addMember(guild: Guild, userId: string): Member {
    const member: Member = { userId, roles: new Set(), nick: null, joinedAt: this.clock.now() };
    guild.members.set(userId, member);
    return member;
  }

  addChannel(created: NewChannel): Channel {
    const { guildId = null, parentId = null, recipients = [], thread = null } = created;
    const channel: Channel = {
      id: created.id ?? this.ids.next(),
      guildId,
      kind: created.kind,
      name: created.name,
      parentId,
      topic: null,
      overwrites: [],
      messages: [],
      tags: [],
      recipients,
      thread,
      typing: new Map(),
    };
    if (guildId === null) this.directs.set(channel.id, channel);
    else this.guild(guildId).channels.set(channel.id, channel);
    return channel;
  }

  /** The direct messages of the bot with somebody. */
  direct(userId: string): Channel {
    const known = [...this.directs.values()].find((one) => one.recipients.includes(userId));
    return known ?? this.addChannel({ kind: "direct", name: "", recipients: [userId] });
  }

  /** Whether somebody is on one of the bot's guilds. */
  sharesGuild(userId: string): boolean {
    return [...this.guilds.values()].some(
      ({ id, members }) => this.joined.has(id) && members.has(userId),
    );
  }

  user(id: string): User {
    const user = this.users.get(id);
    if (!user) throw new Error(`the fake Discord has no user ${id}`);
    return user;
  }

  guild(id: string): Guild {
    const guild = this.guilds.get(id);
    if (!guild) throw new Error(`the fake Discord has no guild ${id}`);
    return guild;
  }

  findChannel(id: string): Channel | null {
    const direct = this.directs.get(id);
    if (direct) return direct;
    for (const guild of this.guilds.values()) {
      const channel = guild.channels.get(id);
      if (channel) return channel;
    }
    return null;
  }

  channel(id: string): Channel {
    const channel = this.findChannel(id);
    if (!channel) throw new Error(`the fake Discord has no channel ${id}`);
    return channel;
  }

  parentOf(channel: Channel): Channel | null {
    return channel.parentId === null ? null : this.findChannel(channel.parentId);
  }

  /** What somebody may in a channel; in direct messages all that there is. */
  permissions(channel: Channel, userId: string): bigint {
    if (channel.guildId === null) return EVERYBODY;
    return channelPermissions(this.guild(channel.guildId), channel, userId);
  }

  canSee(channel: Channel, userId: string): boolean {
    if (channel.guildId === null) {
      return userId === this.app.botId || channel.recipients.includes(userId);
    }
    const bits = this.permissions(channel, userId);
    if ((bits & PERMISSIONS.VIEW_CHANNEL) === 0n) return false;
    return !isShutOut(channel, userId, bits);
  }

  message(channel: Channel, id: string): Message | null {
    return channel.messages.find((one) => one.id === id) ?? null;
  }

  channelOf(message: Message): Channel {
    return this.channel(message.channelId);
  }

  /** The thread that was started from a message. */
  threadOf(message: Message): Channel | null {
    const thread = this.findChannel(message.id);
    return thread !== null && isThread(thread) ? thread : null;
  }

  post(channel: Channel, authorId: string, created: NewMessage): Message {
    const guild = channel.guildId === null ? null : this.guild(channel.guildId);
    const { attachments = [], content = "" } = created;
    const message: Message = {
      id: created.id ?? this.ids.next(),
      channelId: channel.id,
      guildId: channel.guildId,
      authorId,
      type: created.type ?? (created.reference ? "reply" : "default"),
      content,
      embeds: created.embeds ?? [],
      components: normalised(created.components ?? [], fileIn(attachments)),
      attachments,
      flags: created.flags ?? 0,
      at: this.clock.now(),
      editedAt: null,
      nonce: created.nonce ?? null,
      reference: created.reference ?? null,
      mentions: { users: [], roles: [], everyone: null },
      webhookId: created.webhookId ?? null,
      interaction: created.interaction ?? null,
      onlyFor: created.onlyFor ?? null,
      reactions: new Map(),
    };
    this.#address(message, guild, created.allowed ?? readAllowed(undefined), "post");
    channel.messages.push(message);
    channel.typing.delete(authorId);
    if (channel.thread) {
      channel.thread.sent += 1;
      if (message.onlyFor === null) this.#wake(channel);
    }
    if (message.onlyFor === null) this.tell({ kind: "posted", message });
    return message;
  }

  /** Public unless said; one that starts from a message has that message's id. */
  startThread(
    parent: Channel,
    started: {
      name: string;
      state: ThreadState;
      kind?: "public-thread" | "private-thread";
      id?: string;
    },
  ): Channel {
    const { name, state, kind = "public-thread", id } = started;
    const thread = this.addChannel({
      kind,
      name,
      guildId: parent.guildId,
      parentId: parent.id,
      thread: state,
      ...(id !== undefined && { id }),
    });
    this.tell({ kind: "channel", name: "THREAD_CREATE", channel: thread });
    const reference = { channelId: parent.id, messageId: thread.id };
    const starter = id === undefined ? null : this.message(parent, id);
    if (starter) {
      // It shows that it has a thread now.
      this.tell({ kind: "changed", message: starter });
      this.post(thread, state.ownerId, { type: "thread-starter", reference, allowed: NOBODY });
    } else if (kind === "public-thread" && parent.kind !== "forum") {
      this.post(parent, state.ownerId, { type: "thread-created", content: name, allowed: NOBODY });
    }
    return thread;
  }

  /** Does `change`, parses the mentions anew, and tells of it. */
  change(message: Message, change: () => void, allowed: Allowed = readAllowed(undefined)): void {
    change();
    const guild = message.guildId === null ? null : this.guild(message.guildId);
    this.#address(message, guild, allowed, "edit");
    if (message.onlyFor === null) this.tell({ kind: "changed", message });
  }

  remove(message: Message): void {
    const channel = this.channelOf(message);
    channel.messages.splice(channel.messages.indexOf(message), 1);
    if (message.onlyFor === null) this.tell({ kind: "deleted", message });
  }

  removeChannel(channel: Channel): void {
    const guild = this.guild(channel.guildId ?? "");
    const inside = [...guild.channels.values()].filter((one) => one.parentId === channel.id);
    const name = isThread(channel) ? "THREAD_DELETE" : "CHANNEL_DELETE";
    this.tell({ kind: "channel", name, channel });
    guild.channels.delete(channel.id);
    for (const one of inside) if (isThread(one)) guild.channels.delete(one.id);
  }

  /** Writing into an archived thread opens it again. */
  #wake(channel: Channel): void {
    if (!channel.thread?.archived) return;
    channel.thread.archived = false;
    channel.thread.archivedAt = this.clock.now();
    this.tell({ kind: "channel", name: "THREAD_UPDATE", channel });
  }

  #address(message: Message, guild: Guild | null, allowed: Allowed, by: Ping["by"]): void {
    const text = mentionableText(message.content, message.components);
    const mentions = mentionsIn(text, allowed, guild, message.authorId);
    const { reference } = message;
    if (reference && allowed.repliedUser) {
      const target = this.findChannel(reference.channelId);
      const author = target && this.message(target, reference.messageId)?.authorId;
      if (author && !mentions.users.includes(author)) mentions.users.push(author);
    }
    message.mentions = mentions;
    // Others ping whom they please.
    const isQuiet = (message.flags & FLAGS.ephemeral) !== 0;
    if (message.authorId === this.app.botId && !isQuiet) {
      this.pings.push(...pingsOf(message, mentions, by));
    }
  }
}

const NOBODY: Allowed = { users: [], roles: [], everyone: false, repliedUser: false };

/** How a file component shows an attachment. */
export const fileIn =
  (attachments: readonly Attachment[]) =>
  (name: string): Json => {
    const found = attachments.find(({ filename }) => filename === name);
    const url = found ? attachmentUrl(found) : `attachment://${name}`;
    return {
      name,
      size: found?.bytes.length ?? null,
      file: {
        id: found?.id ?? "1",
        url,
        proxy_url: url,
        ...(found && { attachment_id: found.id, content_type: found.contentType }),
      },
    };
  };

export const attachmentUrl = ({ id, filename }: Attachment): string =>
  `https://cdn.discordapp.com/attachments/1/${id}/${encodeURIComponent(filename)}`;

export function newToken(id: string): string {
  const part = Buffer.from(id).toString("base64url");
  return `${part}.${randomBytes(4).toString("hex").slice(0, 6)}.${randomBytes(20).toString("base64url")}`;
}
