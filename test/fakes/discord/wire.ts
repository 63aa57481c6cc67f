/** The fake's world in Discord's JSON. */
import type {
  Attachment,
  Channel,
  Command,
  Guild,
  Interaction,
  Json,
  Member,
  Message,
  Role,
  User,
} from "./model.ts";
import { CHANNEL_TYPES, FLAGS, INTERACTION_TYPES, MESSAGE_TYPES, isThread } from "./model.ts";
import { attachmentUrl } from "./world.ts";
import type { World } from "./world.ts";

const isoOf = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace("Z", "000+00:00");

export const userJson = (user: User): Json => ({
  id: user.id,
  username: user.username,
  avatar: null,
  discriminator: user.isBot ? "0001" : "0",
  public_flags: 0,
  flags: 0,
  ...(user.isBot && { bot: true }),
  banner: null,
  accent_color: null,
  global_name: user.globalName,
  avatar_decoration_data: null,
  collectibles: null,
  primary_guild: null,
});

export const ownUserJson = (user: User): Json => ({
  ...userJson(user),
  mfa_enabled: true,
  locale: "en-US",
  premium_type: 0,
  email: null,
  verified: true,
});

export const memberJson = (member: Member): Json => ({
  avatar: null,
  banner: null,
  communication_disabled_until: null,
  flags: 0,
  joined_at: isoOf(member.joinedAt),
  nick: member.nick,
  pending: false,
  premium_since: null,
  roles: [...member.roles],
  mute: false,
  deaf: false,
});

export const memberWithUserJson = (world: World, member: Member): Json => ({
  ...memberJson(member),
  user: userJson(world.user(member.userId)),
});

export const roleJson = (role: Role): Json => ({
  id: role.id,
  name: role.name,
  description: null,
  permissions: String(role.permissions),
  position: role.position,
  color: 0,
  colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
  hoist: false,
  managed: false,
  mentionable: role.mentionable,
  icon: null,
  unicode_emoji: null,
  flags: 0,
});

const lastMessageId = (channel: Channel): string | null =>
  channel.messages.findLast((one) => one.onlyFor === null)?.id ?? null;

export function channelJson(world: World, channel: Channel): Json {
  const common = {
    id: channel.id,
    type: CHANNEL_TYPES[channel.kind],
    last_message_id: lastMessageId(channel),
    flags: 0,
  };
  if (channel.kind === "direct") {
    return { ...common, recipients: channel.recipients.map((id) => userJson(world.user(id))) };
  }
  const inGuild = { ...common, guild_id: channel.guildId, name: channel.name };
  if (isThread(channel)) return { ...inGuild, ...threadPart(world, channel) };
  return {
    ...inGuild,
    parent_id: channel.parentId,
    rate_limit_per_user: 0,
    topic: channel.topic,
    position: 0,
    permission_overwrites: channel.overwrites.map(({ id, kind, allow, deny }) => ({
      id,
      type: kind === "role" ? 0 : 1,
      allow: String(allow),
      deny: String(deny),
    })),
    nsfw: false,
    ...(channel.kind === "forum" && {
      available_tags: channel.tags.map(({ id, name, moderated }) => ({
        id,
        name,
        moderated,
        emoji_id: null,
        emoji_name: null,
      })),
      default_reaction_emoji: null,
      default_sort_order: null,
      default_forum_layout: 0,
    }),
  };
}

function threadPart(world: World, channel: Channel): Json {
  const { thread } = channel;
  if (!thread) return {};
  const isForum = world.parentOf(channel)?.kind === "forum";
  const shown = channel.messages.filter((one) => one.onlyFor === null).length;
  return {
    parent_id: channel.parentId,
    rate_limit_per_user: 0,
    owner_id: thread.ownerId,
    message_count: Math.max(0, isForum ? shown - 1 : shown),
    member_count: thread.members.size,
    total_message_sent: thread.sent,
    thread_metadata: {
      archived: thread.archived,
      archive_timestamp: isoOf(thread.archivedAt),
      auto_archive_duration: thread.autoArchiveDuration,
      locked: thread.locked,
      create_timestamp: isoOf(thread.createdAt),
      ...(channel.kind === "private-thread" && { invitable: thread.invitable }),
    },
    ...(isForum && { applied_tags: thread.appliedTags }),
    ...(thread.members.has(world.app.botId) && {
      member: threadMemberJson(channel, world.app.botId, thread.createdAt),
    }),
  };
}

export const threadMemberJson = (channel: Channel, userId: string, joinedAt: number): Json => ({
  id: channel.id,
  user_id: userId,
  join_timestamp: isoOf(joinedAt),
  flags: 1,
});

const attachmentJson = (attachment: Attachment): Json => ({
  id: attachment.id,
  filename: attachment.filename,
  size: attachment.bytes.length,
  url: attachmentUrl(attachment),
  proxy_url: attachmentUrl(attachment),
  content_type: attachment.contentType,
  ...(attachment.description !== null && { description: attachment.description }),
});

/** Whether content, embeds, components and attachments are kept from an app without MESSAGE CONTENT. */
export const isBlankFor = ({ app }: World, message: Message): boolean =>
  !app.privileged.has("messageContent") &&
  message.guildId !== null &&
  message.authorId !== app.botId &&
  !message.mentions.users.includes(app.botId);

export interface MessageView {
  /** Without what only MESSAGE CONTENT shows. */
  isBlank: boolean;
  withNonce: boolean;
}

export function messageJson(world: World, message: Message, view: MessageView): Json {
  const { isBlank } = view;
  const webhook = message.interaction
    ? { application_id: world.app.id, webhook_id: world.app.id }
    : message.webhookId !== null && { webhook_id: message.webhookId };
  const thread = world.threadOf(message);
  const { mentions } = message;
  return {
    id: message.id,
    channel_id: message.channelId,
    type: MESSAGE_TYPES[message.type],
    content: isBlank ? "" : message.content,
    mentions: mentions.users.flatMap((id) => {
      const user = world.users.get(id);
      return user ? [userJson(user)] : [];
    }),
    mention_roles: mentions.roles,
    mention_everyone: mentions.everyone !== null,
    attachments: isBlank ? [] : message.attachments.map(attachmentJson),
    embeds: isBlank ? [] : message.embeds,
    components: isBlank ? [] : message.components,
    timestamp: isoOf(message.at),
    edited_timestamp: message.editedAt === null ? null : isoOf(message.editedAt),
    flags: message.flags | (thread && thread.parentId === message.channelId ? FLAGS.hasThread : 0),
    author: userJson(world.user(message.authorId)),
    pinned: false,
    tts: false,
    ...webhook,
    ...(view.withNonce && message.nonce !== null && { nonce: message.nonce }),
    ...(message.reactions.size > 0 && { reactions: reactionsJson(world, message) }),
    ...(thread && thread.parentId === message.channelId && { thread: channelJson(world, thread) }),
    ...(message.interaction && { interaction_metadata: metadataJson(world, message.interaction) }),
    ...referencePart(world, message, view),
  };
}

function referencePart(world: World, message: Message, view: MessageView): Json {
  const { reference } = message;
  if (!reference) return {};
  const channel = world.findChannel(reference.channelId);
  const target = channel && world.message(channel, reference.messageId);
  return {
    message_reference: {
      type: 0,
      channel_id: reference.channelId,
      message_id: reference.messageId,
      ...(message.guildId !== null && { guild_id: message.guildId }),
    },
    referenced_message: target
      ? { ...messageJson(world, { ...target, reference: null }, { ...view, withNonce: false }) }
      : null,
  };
}

const reactionsJson = (world: World, message: Message): Json[] =>
  [...message.reactions].map(([name, users]) => ({
    emoji: { id: null, name },
    count: users.length,
    count_details: { burst: 0, normal: users.length },
    burst_colors: [],
    me_burst: false,
    burst_me: false,
    burst_count: 0,
    me: users.includes(world.app.botId),
  }));

function metadataJson(world: World, interaction: Interaction): Json {
  const { id, kind, userId, guildId, source } = interaction;
  const common: Json = {
    id,
    type: INTERACTION_TYPES[kind],
    user: userJson(world.user(userId)),
    authorizing_integration_owners: { "0": guildId ?? "0" },
  };
  if (kind === "component") return { ...common, interacted_message_id: source?.id };
  if (kind !== "modal") return common;
  const triggering: Json = source
    ? { ...common, type: INTERACTION_TYPES.component, interacted_message_id: source.id }
    : { ...common, type: INTERACTION_TYPES.command };
  return { ...common, triggering_interaction_metadata: triggering };
}

const guildCommon = (guild: Guild): Json => ({
  id: guild.id,
  name: guild.name,
  icon: null,
  description: null,
  home_header: null,
  splash: null,
  discovery_splash: null,
  features: [],
  banner: null,
  owner_id: guild.ownerId,
  application_id: null,
  region: "deprecated",
  afk_channel_id: null,
  afk_timeout: 300,
  system_channel_id: null,
  system_channel_flags: 0,
  widget_enabled: false,
  widget_channel_id: null,
  verification_level: 0,
  roles: [...guild.roles.values()].map(roleJson),
  default_message_notifications: 0,
  mfa_level: 0,
  explicit_content_filter: 0,
  max_presences: null,
  max_members: 500_000,
  max_stage_video_channel_users: 50,
  max_video_channel_users: 25,
  vanity_url_code: null,
  premium_tier: 0,
  premium_subscription_count: 0,
  preferred_locale: "en-US",
  rules_channel_id: null,
  safety_alerts_channel_id: null,
  public_updates_channel_id: null,
  premium_progress_bar_enabled: false,
  nsfw: false,
  nsfw_level: 0,
  emojis: [],
  stickers: [],
  incidents_data: null,
});

export const guildJson = (guild: Guild, withCounts: boolean): Json => ({
  ...guildCommon(guild),
  ...(withCounts && {
    approximate_member_count: guild.members.size,
    approximate_presence_count: guild.members.size,
  }),
});

/** What GUILD_CREATE brings: the channels and active threads that the bot sees. */
export function guildCreateJson(world: World, guild: Guild): Json {
  const seen = [...guild.channels.values()].filter((one) => world.canSee(one, world.app.botId));
  const bot = guild.members.get(world.app.botId);
  return {
    ...guildCommon(guild),
    joined_at: isoOf(bot?.joinedAt ?? world.clock.now()),
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    voice_states: [],
    members: bot ? [memberWithUserJson(world, bot)] : [],
    channels: seen.filter((one) => !isThread(one)).map((one) => channelJson(world, one)),
    threads: seen
      .filter((one) => isThread(one) && !one.thread.archived)
      .map((one) => channelJson(world, one)),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}

export function applicationJson(world: World): Json {
  const { app } = world;
  const owner = [...world.users.values()].find(({ isBot }) => !isBot) ?? world.user(app.botId);
  return {
    id: app.id,
    name: app.name,
    icon: null,
    description: "",
    type: null,
    bot: userJson(world.user(app.botId)),
    bot_public: app.isPublic,
    bot_require_code_grant: false,
    verify_key: "00",
    flags: applicationFlags(world),
    flags_new: String(applicationFlags(world)),
    redirect_uris: [],
    interactions_endpoint_url: null,
    role_connections_verification_url: null,
    owner: userJson(owner),
    approximate_guild_count: world.joined.size,
    approximate_user_install_count: 0,
    approximate_user_authorization_count: 0,
    explicit_content_filter: 0,
    team: null,
    eligible_oauth2_scopes: ["bot", "applications.commands"],
  };
}

/** The privileged intents as an unverified app has them. */
export const applicationFlags = ({ app: { privileged } }: World): number =>
  (privileged.has("presences") ? 1 << 13 : 0) |
  (privileged.has("members") ? 1 << 15 : 0) |
  (privileged.has("messageContent") ? 1 << 19 : 0);

export const commandJson = (world: World, command: Command): Json => {
  const { body } = command;
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
  const permissions = body["default_member_permissions"] as string | number | null | undefined;
  return {
    dm_permission: true,
    nsfw: false,
    integration_types: [0],
    contexts: null,
    ...given,
    id: command.id,
    application_id: world.app.id,
    version: command.version,
    type: body["type"] ?? 1,
    name: body["name"],
    description: body["description"] ?? "",
    default_member_permissions: permissions == null ? null : String(permissions),
    ...(command.guildId !== null && { guild_id: command.guildId }),
  };
};
