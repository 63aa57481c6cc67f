import type { FakeUser } from "./fake-user.ts";
import { personIn } from "./fake-user.ts";
import type { Channel, ForumTag, Guild, Message, Role, ThreadState } from "./model.ts";
import { isThread } from "./model.ts";
import type { Permission } from "./permissions.ts";
import { PERMISSIONS, bitsOf } from "./permissions.ts";
import type { Stage } from "./stage.ts";

/** What the bot's own role may, unless said otherwise. */
const BOT_PERMISSIONS: readonly Permission[] = [
  "ADD_REACTIONS",
  "VIEW_CHANNEL",
  "SEND_MESSAGES",
  "EMBED_LINKS",
  "ATTACH_FILES",
  "READ_MESSAGE_HISTORY",
  "MANAGE_THREADS",
  "CREATE_PUBLIC_THREADS",
  "CREATE_PRIVATE_THREADS",
  "SEND_MESSAGES_IN_THREADS",
];

export interface NewThread {
  /** Default public. */
  isPrivate?: boolean;
  members?: readonly FakeUser[];
  /** Whether the bot is in it; a private one it does not see otherwise. */
  withBot?: boolean;
}

/** One server, as its people and administrators handle it. */
export class FakeGuild {
  readonly id: string;
  readonly state: Guild;
  /** Owns it. */
  readonly owner: FakeUser;
  readonly #stage: Stage;

  constructor(stage: Stage, state: Guild, owner: FakeUser) {
    this.#stage = stage;
    this.state = state;
    this.id = state.id;
    this.owner = owner;
    this.#stage.world.addMember(state, owner.id);
  }

  /** The bot's own role. */
  get botRole(): Role {
    const role = [...this.state.roles.values()].find(({ name }) => name === this.#botName);
    if (!role) throw new Error("the bot is not in this guild");
    return role;
  }

  /** By an invite link with these permissions. */
  invite(permissions: readonly Permission[] = BOT_PERMISSIONS): void {
    const { world } = this.#stage;
    const role = this.#newRole(this.#botName, permissions);
    world.addMember(this.state, world.app.botId).roles.add(role.id);
    world.joined.add(this.id);
    world.tell({ kind: "guild", name: "GUILD_CREATE", guild: this.state });
  }

  /** The bot is removed. */
  kick(): void {
    const { world } = this.#stage;
    this.state.members.delete(world.app.botId);
    world.joined.delete(this.id);
    world.tell({ kind: "guild", name: "GUILD_DELETE", guild: this.state });
  }

  /** What the bot may from now on. */
  setBotPermissions(permissions: readonly Permission[]): void {
    const role = this.botRole;
    role.permissions = bitsOf(permissions);
    this.#stage.world.tell({ kind: "role", name: "GUILD_ROLE_UPDATE", guild: this.state, role });
  }

  /** Takes it from the bot; a permission that everybody has is taken from everybody. */
  deny(...permissions: readonly Permission[]): void {
    for (const role of [this.botRole, this.state.roles.get(this.id)]) {
      if (role) role.permissions &= ~bitsOf(permissions);
    }
  }

  /** What the bot may in one channel. */
  overwriteBot(
    channel: Channel,
    { allow = [], deny = [] }: { allow?: readonly Permission[]; deny?: readonly Permission[] },
  ): void {
    const { world } = this.#stage;
    const overwrite = { allow: bitsOf(allow), deny: bitsOf(deny) };
    channel.overwrites.push({ id: world.app.botId, kind: "member", ...overwrite });
    world.tell({ kind: "channel", name: "CHANNEL_UPDATE", channel });
  }

  addRole(
    name: string,
    options: {
      permissions?: readonly Permission[];
      members?: readonly FakeUser[];
      mentionable?: boolean;
    } = {},
  ): Role {
    const role = this.#newRole(name, options.permissions ?? [], options.mentionable);
    for (const member of options.members ?? []) this.giveRole(member, role);
    this.#stage.world.tell({ kind: "role", name: "GUILD_ROLE_CREATE", guild: this.state, role });
    return role;
  }

  giveRole(user: FakeUser, role: Role): void {
    const member = this.state.members.get(user.id);
    if (!member) throw new Error(`${user.user.username} is not in ${this.state.name}`);
    member.roles.add(role.id);
    this.#stage.world.tell({ kind: "member", guild: this.state, member });
  }

  takeRole(user: FakeUser, role: Role): void {
    const member = this.state.members.get(user.id);
    member?.roles.delete(role.id);
    if (member) this.#stage.world.tell({ kind: "member", guild: this.state, member });
  }

  addMember(name: string, permissions: readonly Permission[] = []): FakeUser {
    const user = personIn(this.#stage, name);
    this.join(user, permissions);
    return user;
  }

  join(user: FakeUser, permissions: readonly Permission[] = []): void {
    const member = this.#stage.world.addMember(this.state, user.id);
    if (permissions.length > 0) {
      member.roles.add(this.#newRole(`of ${user.user.username}`, permissions).id);
    }
  }

  /** Of another app. */
  addBot(name: string): FakeUser {
    const user = personIn(this.#stage, name, true);
    this.#stage.world.addMember(this.state, user.id);
    return user;
  }

  leave(user: FakeUser): void {
    this.state.members.delete(user.id);
  }

  addChannel(name: string, kind: "text" | "announcement" | "category" = "text"): Channel {
    return this.#added(this.#stage.world.addChannel({ kind, name, guildId: this.id }));
  }

  /** Only these see it, and the bot where it is told so. */
  addPrivateChannel(name: string, members: readonly FakeUser[], withBot = true): Channel {
    const channel = this.#stage.world.addChannel({ kind: "text", name, guildId: this.id });
    const view = PERMISSIONS.VIEW_CHANNEL;
    channel.overwrites.push({ id: this.id, kind: "role", allow: 0n, deny: view });
    const ids = members.map(({ id }) => id);
    if (withBot) ids.push(this.#stage.world.app.botId);
    for (const id of ids) channel.overwrites.push({ id, kind: "member", allow: view, deny: 0n });
    return this.#added(channel);
  }

  addForum(name: string, tags: readonly (string | Partial<ForumTag>)[] = []): Channel {
    const { world } = this.#stage;
    const forum = world.addChannel({ kind: "forum", name, guildId: this.id });
    forum.tags = tags.map((tag) => ({
      id: world.ids.next(),
      name: "",
      moderated: false,
      ...(typeof tag === "string" ? { name: tag } : tag),
    }));
    return this.#added(forum);
  }

  /** Started by `by` in a text channel; from a message of it where one is given. */
  addThread(
    parent: Channel,
    name: string,
    by: FakeUser,
    options: NewThread & { from?: Message } = {},
  ): Channel {
    const { world } = this.#stage;
    const state = this.#threadState(by, options);
    return world.startThread(parent, {
      name,
      state,
      kind: options.isPrivate ? "private-thread" : "public-thread",
      ...(options.from && { id: options.from.id }),
    });
  }

  /** A post in a forum, with its first message. */
  addPost(
    forum: Channel,
    title: string,
    text: string,
    by: FakeUser,
    tags: readonly string[] = [],
  ): { thread: Channel; message: Message } {
    const { world } = this.#stage;
    const state = this.#threadState(by, {});
    state.appliedTags = forum.tags.filter(({ name }) => tags.includes(name)).map(({ id }) => id);
    const thread = world.startThread(forum, { name: title, state });
    const message = world.post(thread, by.id, { content: text, id: thread.id });
    return { thread, message };
  }

  /** Names of the tags of a forum post. */
  tagsOf(thread: Channel): string[] {
    const forum = this.state.channels.get(thread.parentId ?? "");
    const ids = thread.thread?.appliedTags ?? [];
    return ids.map((id) => forum?.tags.find((tag) => tag.id === id)?.name ?? id);
  }

  archive(thread: Channel, options: { locked?: boolean } = {}): void {
    if (!isThread(thread)) throw new Error(`${thread.name} is no thread`);
    thread.thread.archived = true;
    thread.thread.archivedAt = this.#stage.world.clock.now();
    thread.thread.locked = options.locked ?? thread.thread.locked;
    this.#stage.world.tell({ kind: "channel", name: "THREAD_UPDATE", channel: thread });
  }

  /** Closed for all but moderators, without archiving it. */
  lock(thread: Channel): void {
    if (!isThread(thread)) throw new Error(`${thread.name} is no thread`);
    thread.thread.locked = true;
    this.#stage.world.tell({ kind: "channel", name: "THREAD_UPDATE", channel: thread });
  }

  unlock(thread: Channel): void {
    if (!isThread(thread)) throw new Error(`${thread.name} is no thread`);
    thread.thread.locked = false;
    thread.thread.archived = false;
    this.#stage.world.tell({ kind: "channel", name: "THREAD_UPDATE", channel: thread });
  }

  deleteChannel(channel: Channel): void {
    this.#stage.world.removeChannel(channel);
  }

  /** By somebody who may. */
  deleteMessage(message: Message): void {
    this.#stage.world.remove(message);
  }

  get #botName(): string {
    return this.#stage.world.app.name;
  }

  #added(channel: Channel): Channel {
    this.#stage.world.tell({ kind: "channel", name: "CHANNEL_CREATE", channel });
    return channel;
  }

  #threadState(by: FakeUser, { members = [], withBot }: NewThread): ThreadState {
    const { world } = this.#stage;
    const ids = [by.id, ...members.map(({ id }) => id)];
    if (withBot) ids.push(world.app.botId);
    const now = world.clock.now();
    return {
      ownerId: by.id,
      archived: false,
      locked: false,
      invitable: true,
      archivedAt: now,
      createdAt: now,
      autoArchiveDuration: 4_320,
      members: new Set(ids),
      appliedTags: [],
      sent: 0,
    };
  }

  #newRole(name: string, permissions: readonly Permission[], mentionable = false): Role {
    const { world } = this.#stage;
    const role: Role = {
      id: world.ids.next(),
      name,
      permissions: bitsOf(permissions),
      position: this.state.roles.size,
      mentionable,
    };
    this.state.roles.set(role.id, role);
    return role;
  }
}
