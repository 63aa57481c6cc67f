/** The fake's world in Slack's JSON. */
import { plainText } from "./blocks.ts";
import type {
  Channel,
  Json,
  Message,
  Person,
  Stream,
  StreamTask,
  TeamState,
  ViewState,
} from "./model.ts";
import { isReply } from "./model.ts";
import type { World } from "./world.ts";

export type StreamPhase = "live" | "finished" | "stopped" | "expired";

/** A stream dies of age, whatever was appended. */
export const streamPhase = (world: World, stream: Stream): StreamPhase =>
  stream.state === "live" && world.clock.now() - stream.startedAt >= world.sizes.streamLifetime
    ? "expired"
    : stream.state;

export function messageJson(world: World, message: Message): Json {
  const channel = world.team(message.teamId).channels.get(message.channelId);
  const replies =
    channel && !isReply(message) ? world.replies(channel, message.ts) : ([] as Message[]);
  const blocks = shownBlocks(message);
  return {
    type: "message",
    ...(message.subtype && { subtype: message.subtype }),
    user: message.userId,
    ts: message.ts,
    ...(message.botId !== null && {
      bot_id: message.botId,
      app_id: message.appId,
      bot_profile: botProfile(world, message),
    }),
    text: message.text,
    team: message.teamId,
    ...(message.username !== null && { username: message.username }),
    ...(blocks && { blocks }),
    ...(message.attachments && { attachments: message.attachments }),
    ...(message.metadata && { metadata: message.metadata }),
    ...(message.edited && { edited: message.edited }),
    ...(message.threadTs !== null && { thread_ts: message.threadTs }),
    ...(isReply(message) && { parent_user_id: parentOf(channel, message) }),
    ...(replies.length > 0 && {
      thread_ts: message.ts,
      reply_count: replies.length,
      reply_users_count: new Set(replies.map((one) => one.userId)).size,
      latest_reply: replies.at(-1)?.ts,
      reply_users: [...new Set(replies.map((one) => one.userId))],
      is_locked: false,
      subscribed: false,
    }),
    ...(message.reactions.size > 0 && {
      reactions: [...message.reactions].map(([name, users]) => ({
        name,
        users,
        count: users.length,
      })),
    }),
  };
}

const parentOf = (channel: Channel | undefined, message: Message): string =>
  channel?.messages.find((one) => one.ts === message.threadTs)?.userId ?? "USLACKBOT";

/** With the blocks that a stream's tasks are shown as. */
export function shownBlocks(message: Message): Json[] | null {
  const { stream } = message;
  if (!stream) return message.blocks;
  const cards = [...stream.tasks.values()].map(taskCard);
  const title = stream.planTitle;
  const tasks =
    title === null ? cards : [{ type: "plan", block_id: "plan", title, tasks: cards } as Json];
  const all = [...tasks, ...stream.blocks, ...(message.blocks ?? [])];
  return all.length > 0 ? all : null;
}

const taskCard = (task: StreamTask): Json => ({
  type: "task_card",
  block_id: `task-${task.id}`,
  task_id: task.id,
  title: task.title,
  status: task.status,
  ...(task.details !== "" && { details: task.details }),
  ...(task.output !== "" && { output: task.output }),
});

function botProfile(world: World, message: Message): Json {
  const person = world.team(message.teamId).users.get(message.userId);
  return {
    id: message.botId,
    app_id: message.appId,
    user_id: message.userId,
    name: person?.realName ?? "bot",
    deleted: false,
    updated: 1_700_000_000,
    team_id: message.teamId,
    icons: {},
  };
}

export const userJson = (person: Person): Json => ({
  id: person.id,
  team_id: person.teamId,
  name: person.name,
  deleted: person.deleted,
  real_name: person.realName,
  tz: person.tz,
  tz_label: person.tz,
  tz_offset: 3_600,
  is_admin: person.isAdmin,
  is_owner: person.isOwner,
  is_primary_owner: false,
  is_restricted: false,
  is_ultra_restricted: false,
  is_bot: person.botId !== null,
  is_app_user: false,
  updated: 1_700_000_000,
  profile: {
    display_name: person.displayName,
    display_name_normalized: person.displayName,
    real_name: person.realName,
    real_name_normalized: person.realName,
    email: person.email,
    image_48: `https://avatars.example/${person.id}_48.png`,
    image_72: `https://avatars.example/${person.id}_72.png`,
    team: person.teamId,
    ...(person.botId !== null && { bot_id: person.botId, api_app_id: person.appId }),
  },
});

export const teamJson = (team: TeamState): Json => ({
  id: team.id,
  name: team.name,
  domain: team.domain,
  url: teamUrl(team),
  email_domain: "",
  icon: { image_default: true },
});

export const teamUrl = (team: TeamState): string => `https://${team.domain}.slack.com/`;

export function conversationJson(world: World, channel: Channel): Json {
  const { kind } = channel;
  const common = {
    id: channel.id,
    created: channel.created,
    creator: channel.creator,
    is_im: kind === "im",
    is_mpim: kind === "mpim",
    is_group: kind === "private",
    is_channel: kind === "public",
    is_private: kind !== "public",
    is_archived: channel.archived,
    is_org_shared: false,
    is_ext_shared: false,
    is_shared: false,
    context_team_id: channel.teamId,
    updated: channel.created * 1000,
  };
  if (kind === "im") {
    const bot = world.team(channel.teamId).install?.botUserId;
    return { ...common, user: [...channel.members].find((id) => id !== bot) ?? bot, is_open: true };
  }
  return {
    ...common,
    name: channel.name,
    name_normalized: channel.name,
    is_general: false,
    is_member: world.hasBot(channel),
    num_members: channel.members.size,
    topic: { value: channel.topic, creator: "", last_set: 0 },
    purpose: { value: "", creator: "", last_set: 0 },
    previous_names: [],
  };
}

export function permalinkOf(team: TeamState, message: Message): string {
  const base = `${teamUrl(team)}archives/${message.channelId}/p${message.ts.replace(".", "")}`;
  return isReply(message) ? `${base}?thread_ts=${message.threadTs}&cid=${message.channelId}` : base;
}

export function viewJson(world: World, state: ViewState): Json {
  return {
    ...state.view,
    id: state.id,
    team_id: state.team.id,
    type: state.type,
    private_metadata: state.privateMetadata,
    callback_id: state.callbackId,
    external_id: state.externalId,
    state: { values: state.values },
    hash: state.hash,
    clear_on_close: state.view["clear_on_close"] ?? false,
    notify_on_close: state.view["notify_on_close"] ?? false,
    close: state.view["close"] ?? null,
    submit: state.view["submit"] ?? null,
    previous_view_id: state.previousId,
    root_view_id: state.rootId,
    app_id: world.app.id,
    app_installed_team_id: state.team.id,
    bot_id: state.team.install?.botId ?? null,
  };
}

/** A message as a person sees it. */
export interface Seen {
  ts: string;
  threadTs: string | null;
  userId: string;
  /** Display name, or the name that the message was posted under. */
  author: string;
  isBot: boolean;
  /** Text as given; the blocks' text where there are any (and what was streamed). */
  text: string;
  /** `posted`, or what became of the stream. */
  state: "posted" | "deleted" | StreamPhase;
  isEdited: boolean;
  /** Text of a message itself: what notifications show. */
  fallback: string;
  blocks: Json[];
  tasks: StreamTask[];
  /** Name → user ids. */
  reactions: Record<string, string[]>;
}

export function seen(world: World, message: Message): Seen {
  const person = world.team(message.teamId).users.get(message.userId);
  const blocks = shownBlocks(message) ?? [];
  const parts =
    message.stream && message.text !== ""
      ? [message.text, plainText(blocks)]
      : [blocks.length > 0 && message.botId !== null ? plainText(blocks) : message.text];
  return {
    ts: message.ts,
    threadTs: message.threadTs,
    userId: message.userId,
    author: message.username ?? person?.displayName ?? "Slackbot",
    isBot: message.botId !== null,
    text: parts.filter((part) => part !== "").join("\n"),
    state:
      message.subtype === "tombstone"
        ? "deleted"
        : message.stream
          ? streamPhase(world, message.stream)
          : "posted",
    isEdited: message.edited !== null,
    fallback: message.text,
    blocks,
    tasks: [...(message.stream?.tasks.values() ?? [])],
    reactions: Object.fromEntries(message.reactions),
  };
}
