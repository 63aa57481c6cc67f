/** chat.*, but for streams. */
import { withIds } from "./blocks.ts";
import type { BotCall, Handler } from "./call.ts";
import {
  MARKDOWN_LIMIT,
  bot,
  channelOf,
  checkedBlocks,
  customName,
  messageOf,
  postableChannel,
  text,
  threadOf,
} from "./call.ts";
import type { Channel, Json, Message } from "./model.ts";
import { messageJson, permalinkOf, streamPhase } from "./show.ts";
import { SlackError } from "./slack-error.ts";

const POST_LIMIT = 40_000;
const UPDATE_LIMIT = 4_000;
const METADATA_LIMIT = 4_000;

export const CHAT_METHODS: Record<string, Handler> = {
  "chat.postMessage": bot(postMessage),
  "chat.postEphemeral": bot(postEphemeral),
  "chat.update": bot(update),
  "chat.delete": bot(remove),
  "chat.getPermalink": bot(getPermalink),
  "chat.unfurl": bot(unfurl),
};

interface Content {
  text: string;
  blocks: Json[] | null;
  attachments: Json[] | null;
  metadata: Json | null;
  linksNames: boolean;
}

/** @throws SlackError */
function contentOf({ args }: BotCall): Content {
  const markdown = text(args, "markdown_text");
  const plain = text(args, "text");
  if (markdown !== null) {
    if (plain !== null || args["blocks"] != null) throw new SlackError("markdown_text_conflict");
    if (markdown.length > MARKDOWN_LIMIT) throw new SlackError("msg_too_long");
  }
  const attachments = Array.isArray(args["attachments"]) ? (args["attachments"] as Json[]) : null;
  return {
    text: markdown ?? plain ?? "",
    blocks: checkedBlocks(args["blocks"]),
    attachments,
    metadata: metadataOf(args["metadata"]),
    linksNames: args["link_names"] === true || args["parse"] === "full",
  };
}

export function metadataOf(value: unknown): Json | null {
  if (value == null) return null;
  const metadata = value as Json;
  const isRight =
    typeof value === "object" &&
    typeof metadata["event_type"] === "string" &&
    typeof metadata["event_payload"] === "object";
  if (!isRight) throw new SlackError("invalid_metadata_format");
  if (JSON.stringify(metadata).length > METADATA_LIMIT) throw new SlackError("metadata_too_large");
  return metadata;
}

const isEmpty = (content: Content): boolean =>
  content.text === "" && !content.blocks && !content.attachments?.length;

function postMessage(call: BotCall): Json {
  const channel = postableChannel(call);
  const content = contentOf(call);
  if (isEmpty(content)) throw new SlackError("no_text");
  const threadTs = threadOf(call, channel);
  const message = call.world.post(channel, call.bot, {
    ...content,
    text: content.text.slice(0, POST_LIMIT),
    threadTs,
    username: customName(call),
    isBroadcast: threadTs !== null && call.args["reply_broadcast"] === true,
  });
  return { channel: channel.id, ts: message.ts, message: messageJson(call.world, message) };
}

function postEphemeral(call: BotCall): Json {
  const channel = postableChannel(call);
  const content = contentOf(call);
  if (isEmpty(content)) throw new SlackError("no_text");
  const userId = String(call.args["user"]);
  if (!channel.members.has(userId)) throw new SlackError("user_not_in_channel");
  if (content.text.length > POST_LIMIT) throw new SlackError("msg_too_long");
  const threadTs = threadOf(call, channel);
  const ts = call.world.nextTs();
  const blocks = content.blocks && withIds(content.blocks);
  channel.ephemerals.push({ ts, userId, text: content.text, blocks, threadTs });
  call.world.notePings(channel, ts, "ephemeral", content);
  return { message_ts: ts };
}

/** The app's own. */
function ownMessage(call: BotCall, channel: Channel, otherwise: string): Message {
  const message = messageOf(call, channel);
  if (message.botId !== call.install.botId) throw new SlackError(otherwise);
  return message;
}

function update(call: BotCall): Json {
  const { world, args } = call;
  const channel = channelOf(call);
  const message = ownMessage(call, channel, "cant_update_message");
  if (channel.archived) throw new SlackError("is_archived");
  if (message.stream && streamPhase(world, message.stream) === "live") {
    throw new SlackError("streaming_state_conflict");
  }
  const content = contentOf(call);
  const isNothing = isEmpty(content) && args["blocks"] == null && args["attachments"] == null;
  if (isNothing) throw new SlackError("no_text");
  if (text(args, "text") !== null && content.text.length > UPDATE_LIMIT) {
    throw new SlackError("msg_too_long");
  }
  world.change(message, () => {
    applyUpdate(message, content, args);
    message.edited = { user: call.bot.id, ts: world.nextTs() };
  });
  world.notePings(channel, message.ts, "update", content);
  const shown = messageJson(world, message);
  return { channel: channel.id, ts: message.ts, text: message.text, message: shown };
}

/** What is not given stays; an empty list of blocks takes them away. */
function applyUpdate(message: Message, content: Content, args: Json): void {
  const hasText = text(args, "text") !== null || text(args, "markdown_text") !== null;
  if (hasText) message.text = content.text;
  if (text(args, "markdown_text") !== null) message.blocks = null;
  if (args["blocks"] != null) {
    message.blocks = content.blocks && withIds(content.blocks);
    if (message.stream) {
      message.stream.blocks = [];
      message.stream.tasks.clear();
      message.stream.planTitle = null;
      message.stream = null;
    }
  }
  if (args["attachments"] != null) message.attachments = content.attachments;
  if (content.metadata) message.metadata = content.metadata;
}

function remove(call: BotCall): Json {
  const channel = channelOf(call);
  const message = ownMessage(call, channel, "cant_delete_message");
  call.world.remove(message);
  return { channel: channel.id, ts: message.ts };
}

function getPermalink(call: BotCall): Json {
  const channel = channelOf(call);
  const message = messageOf(call, channel, "message_ts");
  return { channel: channel.id, permalink: permalinkOf(call.team, message) };
}

function unfurl(call: BotCall): Json {
  const { args, team, world } = call;
  for (const name of ["channel", "ts", "unfurls"]) {
    if (args[name] == null) throw new SlackError(`missing_${name}`);
  }
  const channel = team.channels.get(String(args["channel"]));
  if (!channel || !world.hasBot(channel)) throw new SlackError("cannot_find_channel");
  const message = world.messageIn(channel, args["ts"]);
  if (!message) throw new SlackError("cannot_find_message");
  const unfurls = Object.entries(args["unfurls"] as Json);
  for (const [url] of unfurls) {
    if (!message.text.includes(url)) throw new SlackError("cannot_unfurl_url");
  }
  world.change(message, () => {
    message.attachments = unfurls.map(([url, content]) => ({
      ...(content as Json),
      from_url: url,
    }));
  });
  return {};
}
