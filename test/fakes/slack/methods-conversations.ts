/** conversations.* and reactions.* */
import type { BotCall, Handler } from "./call.ts";
import { bot, channelOf, needScope, page, readableChannel, text } from "./call.ts";
import type { ChannelKind, Json, Message } from "./model.ts";
import { CHANNEL_TYPES, isReply } from "./model.ts";
import { conversationJson, messageJson } from "./show.ts";
import { SlackError } from "./slack-error.ts";

const SMALL_PAGE = 15;

export const CONVERSATION_METHODS: Record<string, Handler> = {
  "conversations.info": bot((call) => {
    const channel = readableChannel(call, "read");
    return { channel: conversationJson(call.world, channel) };
  }),
  "conversations.history": bot(history),
  "conversations.replies": bot(replies),
  "conversations.open": bot(open),
  "conversations.join": bot(join),
  "conversations.members": bot(members),
  "conversations.list": bot(list),
  "reactions.add": bot(addReaction),
  "reactions.remove": bot(removeReaction),
};

function history(call: BotCall): Json {
  const channel = readableChannel(call, "history");
  if (!call.world.hasBot(channel)) throw new SlackError("not_in_channel");
  const inRange = ranged(call.args, channel.messages).filter(
    (message) => !isReply(message) || message.subtype === "thread_broadcast",
  );
  const { items, cursor } = page(call.args, inRange.toReversed(), pageSize(call, 100, 999));
  return {
    messages: items.map((message) => shown(call, message)),
    has_more: cursor !== "",
    pin_count: 0,
    channel_actions_ts: null,
    channel_actions_count: 0,
    ...(cursor !== "" && { response_metadata: { next_cursor: cursor } }),
  };
}

function replies(call: BotCall): Json {
  const channel = readableChannel(call, "history");
  if (!call.world.hasBot(channel)) throw new SlackError("channel_not_found");
  const asked = call.world.messageIn(channel, String(call.args["ts"]));
  if (!asked) throw new SlackError("thread_not_found");
  const all = call.world.thread(channel, asked.threadTs ?? asked.ts);
  // The parent comes along with every page.
  const [parent, ...rest] = all;
  const inRange = ranged(call.args, rest);
  const { items, cursor } = page(call.args, inRange, pageSize(call, 1_000, 1_000));
  const messages = parent ? [parent, ...items] : items;
  return {
    messages: messages.map((message) => shown(call, message)),
    has_more: cursor !== "",
    ...(cursor !== "" && { response_metadata: { next_cursor: cursor } }),
  };
}

const pageSize = (call: BotCall, normal: number, max: number): { default: number; max: number } =>
  call.limits.options.marketplace
    ? { default: normal, max }
    : { default: SMALL_PAGE, max: SMALL_PAGE };

function ranged(args: Json, messages: readonly Message[]): Message[] {
  const oldest = Number(text(args, "oldest") ?? 0);
  const latest = Number(text(args, "latest") ?? Infinity);
  if (Number.isNaN(oldest)) throw new SlackError("invalid_ts_oldest");
  if (Number.isNaN(latest)) throw new SlackError("invalid_ts_latest");
  const isInclusive = args["inclusive"] === true;
  return messages.filter(({ ts }) => {
    const at = Number(ts);
    return (
      (at > oldest || (isInclusive && at === oldest)) &&
      (at < latest || (isInclusive && at === latest))
    );
  });
}

function shown(call: BotCall, message: Message): Json {
  const { metadata, ...rest } = messageJson(call.world, message);
  const withMetadata = call.args["include_all_metadata"] === true && metadata !== undefined;
  return withMetadata ? { ...rest, metadata } : rest;
}

function open(call: BotCall): Json {
  const { args, world, team } = call;
  const known = text(args, "channel");
  if (known !== null) {
    const channel = channelOf(call);
    return { no_op: true, already_open: true, channel: { id: channel.id } };
  }
  const ids = (text(args, "users") ?? "").split(",").filter((id) => id !== "");
  if (ids.length === 0) throw new SlackError("users_list_not_supplied");
  if (ids.length > 8) throw new SlackError("too_many_users");
  needScope(call, ids.length === 1 ? "im:write" : "mpim:write");
  for (const id of ids) {
    const person = team.users.get(id);
    if (!person) throw new SlackError("user_not_found");
    if (person.deleted) throw new SlackError("user_disabled");
  }
  const { channel, isNew } = world.direct(team, [call.bot.id, ...ids]);
  const isFull = args["return_im"] === true;
  return {
    ...(!isNew && { no_op: true, already_open: true }),
    channel: isFull ? conversationJson(world, channel) : { id: channel.id },
  };
}

function join(call: BotCall): Json {
  const channel = channelOf(call);
  if (channel.kind !== "public") throw new SlackError("method_not_supported_for_channel_type");
  if (channel.archived) throw new SlackError("is_archived");
  const isIn = call.world.hasBot(channel);
  if (!isIn) {
    channel.members.add(call.bot.id);
    call.world.tell({
      kind: "plain",
      team: call.team,
      channel,
      event: {
        type: "member_joined_channel",
        user: call.bot.id,
        channel: channel.id,
        channel_type: "C",
        team: call.team.id,
      },
    });
  }
  return {
    channel: conversationJson(call.world, channel),
    ...(isIn && {
      warning: "already_in_channel",
      response_metadata: { warnings: ["already_in_channel"] },
    }),
  };
}

function members(call: BotCall): Json {
  const channel = readableChannel(call, "read");
  const { items, cursor } = page(call.args, [...channel.members], { default: 100, max: 1_000 });
  return { members: items, response_metadata: { next_cursor: cursor } };
}

const KINDS: Record<string, ChannelKind> = {
  public_channel: "public",
  private_channel: "private",
  im: "im",
  mpim: "mpim",
};

function list(call: BotCall): Json {
  const names = (text(call.args, "types") ?? "public_channel").split(/\s*,\s*/);
  const kinds = names.map((name) => {
    const kind = KINDS[name];
    if (!kind) throw new SlackError("invalid_types");
    needScope(call, CHANNEL_TYPES[kind].read);
    return kind;
  });
  const all = [...call.team.channels.values()].filter(
    (channel) =>
      kinds.includes(channel.kind) &&
      (channel.kind === "public" || call.world.hasBot(channel)) &&
      !(call.args["exclude_archived"] === true && channel.archived),
  );
  const { items, cursor } = page(call.args, all, { default: 100, max: 1_000 });
  return {
    channels: items.map((channel) => conversationJson(call.world, channel)),
    response_metadata: { next_cursor: cursor },
  };
}

function reactedMessage(call: BotCall): { message: Message; name: string } {
  const { args } = call;
  if (args["channel"] == null || args["timestamp"] == null) {
    throw new SlackError("no_item_specified");
  }
  const channel = channelOf(call);
  if (!/^\d+\.\d{6}$/.test(text(args, "timestamp") ?? "")) throw new SlackError("bad_timestamp");
  const message = call.world.messageIn(channel, args["timestamp"]);
  if (!message) throw new SlackError("message_not_found");
  const name = String(args["name"]).replaceAll(":", "");
  if (!/^[\w+'-]+$/.test(name)) throw new SlackError("invalid_name");
  return { message, name };
}

function addReaction(call: BotCall): Json {
  const { message, name } = reactedMessage(call);
  const channel = call.world.channelOf(message);
  if (channel.archived) throw new SlackError("is_archived");
  const users = message.reactions.get(name) ?? [];
  if (users.includes(call.bot.id)) throw new SlackError("already_reacted");
  message.reactions.set(name, [...users, call.bot.id]);
  return {};
}

function removeReaction(call: BotCall): Json {
  const { message, name } = reactedMessage(call);
  const users = message.reactions.get(name) ?? [];
  if (!users.includes(call.bot.id)) throw new SlackError("no_reaction");
  const left = users.filter((id) => id !== call.bot.id);
  if (left.length > 0) message.reactions.set(name, left);
  else message.reactions.delete(name);
  return {};
}
