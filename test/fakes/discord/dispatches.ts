/** Which of the world's happenings the app is told, in Discord's shapes. */
import { INTENTS } from "./intents.ts";
import type { Channel, Json, Message } from "./model.ts";
import { isThread } from "./model.ts";
import {
  channelJson,
  guildCreateJson,
  guildJson,
  isBlankFor,
  memberJson,
  memberWithUserJson,
  messageJson,
  roleJson,
  threadMemberJson,
  userJson,
} from "./wire.ts";
import type { Happening, World } from "./world.ts";

export interface Dispatch {
  /** `MESSAGE_CREATE`, … */
  t: string;
  /** Null for direct messages. */
  guildId: string | null;
  /** What a session must have asked for; 0: nothing. */
  intent: number;
  /** Whether the bot does not see the channel. */
  isHidden: boolean;
  /** The contract's name of its shape; null where it has none. */
  shape: string | null;
  /** By whether the session has MESSAGE CONTENT. */
  data: (isWithContent: boolean) => Json;
}

/** Told to sessions whatever they asked for. */
const ALWAYS = 0;

const withGuild = (guildId: string | null): Json => (guildId === null ? {} : { guild_id: guildId });

export function dispatchesOf(world: World, happening: Happening): Dispatch[] {
  const { app, joined } = world;
  const guildId = guildOf(happening);
  const isLeaving = happening.kind === "guild" && happening.name === "GUILD_DELETE";
  if (guildId !== null && !joined.has(guildId) && !isLeaving) return [];
  const make = (
    t: string,
    intent: number,
    data: Dispatch["data"] | Json,
    { channel, shape = null }: { channel?: Channel; shape?: string | null } = {},
  ): Dispatch[] => {
    const isHidden = channel !== undefined && !world.canSee(channel, app.botId);
    const frozen = typeof data === "function" ? [data(false), data(true)] : [data, data];
    const read = (isWithContent: boolean): Json => frozen[isWithContent ? 1 : 0] ?? {};
    return [{ t, guildId, intent, isHidden, shape, data: read }];
  };
  switch (happening.kind) {
    case "posted":
    case "changed": {
      const { message, kind } = happening;
      const t = kind === "posted" ? "MESSAGE_CREATE" : "MESSAGE_UPDATE";
      const data = (isWithContent: boolean): Json =>
        gatewayMessage(world, message, isWithContent, kind === "posted");
      const channel = world.channelOf(message);
      return make(t, messageIntent(message), data, { channel, shape: "MessageResponse" });
    }
    case "deleted": {
      const { id, channelId } = happening.message;
      const data = { id, channel_id: channelId, ...withGuild(guildId) };
      const channel = world.findChannel(channelId) ?? undefined;
      return make("MESSAGE_DELETE", messageIntent(happening.message), data, channel && { channel });
    }
    case "channel":
      return channelDispatch(world, happening, make);
    case "thread-members": {
      const { channel, added, removed } = happening;
      return make("THREAD_MEMBERS_UPDATE", INTENTS.guilds, {
        id: channel.id,
        guild_id: guildId,
        member_count: channel.thread?.members.size ?? 0,
        added_members: added.map((id) => threadMemberJson(channel, id, world.clock.now())),
        removed_member_ids: removed,
      });
    }
    case "guild": {
      const { guild, name } = happening;
      const data =
        name === "GUILD_CREATE"
          ? guildCreateJson(world, guild)
          : name === "GUILD_DELETE"
            ? { id: guild.id }
            : guildJson(guild, false);
      return make(name, INTENTS.guilds, data);
    }
    case "member": {
      const isOwn = happening.member.userId === app.botId;
      const intent = isOwn ? ALWAYS : INTENTS.members;
      const member = memberWithUserJson(world, happening.member);
      return make("GUILD_MEMBER_UPDATE", intent, { ...member, guild_id: guildId });
    }
    case "role": {
      const { name, role } = happening;
      const data = name === "GUILD_ROLE_DELETE" ? { role_id: role.id } : { role: roleJson(role) };
      return make(name, INTENTS.guilds, { guild_id: guildId, ...data });
    }
    case "reaction":
      return reactionDispatch(happening, make);
    case "typing": {
      const { channel, userId } = happening;
      const intent = guildId === null ? INTENTS.directTyping : INTENTS.guildTyping;
      const timestamp = Math.floor(world.clock.now() / 1000);
      const data = { channel_id: channel.id, user_id: userId, timestamp, ...withGuild(guildId) };
      return make("TYPING_START", intent, data, { channel });
    }
    case "interaction":
      return make("INTERACTION_CREATE", ALWAYS, happening.interaction.payload);
  }
}

type Make = (
  t: string,
  intent: number,
  data: Dispatch["data"] | Json,
  options?: { channel?: Channel; shape?: string | null },
) => Dispatch[];

function guildOf(happening: Happening): string | null {
  switch (happening.kind) {
    case "posted":
    case "changed":
    case "deleted":
    case "reaction":
      return happening.message.guildId;
    case "channel":
    case "thread-members":
    case "typing":
      return happening.channel.guildId;
    case "guild":
    case "member":
    case "role":
      return happening.guild.id;
    case "interaction":
      return happening.interaction.guildId;
  }
}

function channelDispatch(
  world: World,
  { channel, name }: Extract<Happening, { kind: "channel" }>,
  make: Make,
): Dispatch[] {
  const { id, guildId, parentId } = channel;
  if (name === "THREAD_DELETE") {
    const data = {
      id,
      guild_id: guildId,
      parent_id: parentId,
      type: channelJson(world, channel)["type"],
    };
    return make(name, INTENTS.guilds, data, { channel });
  }
  const shape = isThread(channel) ? "ThreadResponse" : "GuildChannelResponse";
  const isNew = name === "THREAD_CREATE";
  const data = { ...channelJson(world, channel), ...(isNew && { newly_created: true }) };
  return make(name, INTENTS.guilds, data, { channel, shape });
}

function reactionDispatch(
  { message, isAdded, userId, emoji }: Extract<Happening, { kind: "reaction" }>,
  make: Make,
): Dispatch[] {
  const intent = message.guildId === null ? INTENTS.directReactions : INTENTS.guildReactions;
  return make(isAdded ? "MESSAGE_REACTION_ADD" : "MESSAGE_REACTION_REMOVE", intent, {
    user_id: userId,
    channel_id: message.channelId,
    message_id: message.id,
    ...withGuild(message.guildId),
    emoji: { id: null, name: emoji },
    burst: false,
    type: 0,
    ...(isAdded && { message_author_id: message.authorId }),
  });
}

const messageIntent = ({ guildId }: Message): number =>
  guildId === null ? INTENTS.directMessages : INTENTS.guildMessages;

function gatewayMessage(
  world: World,
  message: Message,
  isWithContent: boolean,
  isNew: boolean,
): Json {
  const isOwn = message.authorId === world.app.botId;
  const isAddressed = message.mentions.users.includes(world.app.botId);
  const isOpen = isWithContent || isOwn || isAddressed || message.guildId === null;
  const view = { isBlank: !isOpen || isBlankFor(world, message), withNonce: isNew };
  const json = messageJson(world, message, view);
  const guild = message.guildId === null ? null : world.guild(message.guildId);
  const member = guild?.members.get(message.authorId);
  return {
    ...json,
    ...withGuild(message.guildId),
    channel_type: channelJson(world, world.channelOf(message))["type"],
    ...(member && { member: memberJson(member) }),
    mentions: message.mentions.users.flatMap((id) => {
      const user = world.users.get(id);
      if (!user) return [];
      const mentioned = guild?.members.get(id);
      return [{ ...userJson(user), ...(mentioned && { member: memberJson(mentioned) }) }];
    }),
  };
}
