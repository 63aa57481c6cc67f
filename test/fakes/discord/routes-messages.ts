/** Messages of a channel, typing and reactions. */
import { ApiError, missingPermissions, threadArchived, unknown } from "./api-error.ts";
import type { Answer, Call, Handler } from "./call.ts";
import { channelOf, demand, may, messageIn, nothing, ok } from "./call.ts";
import { normalised } from "./components.ts";
import { applyDraft, readDraft, readEdit } from "./message-rules.ts";
import type { Channel, Json, Message } from "./model.ts";
import { isThread } from "./model.ts";
import { isBlankFor, messageJson } from "./wire.ts";
import { fileIn } from "./world.ts";

const CHANNEL = "/channels/{channel_id}";
const MESSAGE = `${CHANNEL}/messages/{message_id}`;

export const MESSAGE_ROUTES: Record<string, Handler> = {
  [`GET ${CHANNEL}/messages`]: list,
  [`GET ${MESSAGE}`]: (call) => {
    const channel = channelOf(call);
    demand(call, channel, "READ_MESSAGE_HISTORY");
    return ok(shown(call, messageIn(call, channel)));
  },
  [`POST ${CHANNEL}/messages`]: create,
  [`PATCH ${MESSAGE}`]: edit,
  [`DELETE ${MESSAGE}`]: (call) => {
    const channel = channelOf(call);
    const message = messageIn(call, channel);
    if (message.authorId !== call.world.app.botId) demand(call, channel, "MANAGE_MESSAGES");
    if (channel.thread?.archived) throw threadArchived();
    call.world.remove(message);
    return nothing();
  },
  [`POST ${CHANNEL}/typing`]: (call) => {
    const channel = channelOf(call);
    demandSending(call, channel);
    const { world } = call;
    channel.typing.set(world.app.botId, world.clock.now() + world.sizes.typingTime);
    return nothing();
  },
  [`PUT ${MESSAGE}/reactions/{emoji_name}/@me`]: react,
};

export const shown = (call: Pick<Call, "world">, message: Message, withNonce = false): Json =>
  messageJson(call.world, message, {
    isBlank: isBlankFor(call.world, message),
    withNonce: withNonce || call.world.sizes.showsNonces,
  });

/** @throws ApiError 50007, 50013, 50083, 50278, 160005 */
function demandSending(call: Call, channel: Channel): void {
  if (channel.kind === "forum" || channel.kind === "category") {
    throw new ApiError(400, 50008, "Cannot send messages in a non-text channel");
  }
  if (channel.kind === "direct") demandReachable(call, channel);
  demand(call, channel, isThread(channel) ? "SEND_MESSAGES_IN_THREADS" : "SEND_MESSAGES");
  if (!channel.thread?.locked || may(call, channel, "MANAGE_THREADS")) return;
  if (channel.thread.archived) throw threadArchived();
  throw new ApiError(403, 160005, "Thread is locked");
}

/** @throws ApiError 50007 of who has blocked the bot, 50278 of who shares no guild with it */
function demandReachable({ world }: Call, { recipients }: Channel): void {
  const words = "Cannot send messages to this user";
  if (recipients.some((id) => world.blockedBy.has(id))) throw new ApiError(403, 50007, words);
  if (!recipients.every((id) => world.sharesGuild(id))) throw new ApiError(403, 50278, words);
}

function list(call: Call): Answer {
  const channel = channelOf(call);
  const { query } = call;
  const limit = Number(query.get("limit") ?? 50);
  if (channel.guildId !== null && !may(call, channel, "READ_MESSAGE_HISTORY")) return ok([]);
  const all = channel.messages.filter((one) => one.onlyFor === null);
  const [before, after, around] = ["before", "after", "around"].map((name) => query.get(name));
  let chosen: Message[];
  if (around != null) {
    const at = all.findLastIndex((one) => BigInt(one.id) <= BigInt(around));
    const start = Math.max(0, at - Math.floor(limit / 2));
    chosen = all.slice(start, start + limit);
  } else if (after != null) {
    chosen = all.filter((one) => BigInt(one.id) > BigInt(after)).slice(0, limit);
  } else {
    const older = before == null ? all : all.filter((one) => BigInt(one.id) < BigInt(before));
    chosen = older.slice(-limit);
  }
  // The newest first, whatever was asked.
  return ok(chosen.toReversed().map((message) => shown(call, message)));
}

function create(call: Call): Answer {
  const { world, body, files } = call;
  const channel = channelOf(call);
  demandSending(call, channel);
  if (files.length > 0) demand(call, channel, "ATTACH_FILES");
  const nonce = (body["nonce"] ?? null) as string | number | null;
  if (body["enforce_nonce"] === true && nonce !== null) {
    const known = knownBy(call, channel, nonce);
    if (known) return ok(shown(call, known, true));
  }
  const draft = readDraft(call, body);
  channel.thread?.members.add(world.app.botId);
  const isDeaf = channel.guildId !== null && !may(call, channel, "EMBED_LINKS");
  const message = world.post(channel, world.app.botId, {
    ...draft,
    embeds: isDeaf ? [] : draft.embeds,
    nonce,
    reference: referenceOf(call, channel),
  });
  return ok(shown(call, message, true));
}

function knownBy({ world }: Call, channel: Channel, nonce: string | number): Message | undefined {
  const since = world.clock.now() - world.sizes.nonceTime;
  return channel.messages.findLast(
    (one) =>
      one.authorId === world.app.botId && one.at >= since && String(one.nonce) === String(nonce),
  );
}

function referenceOf(call: Call, channel: Channel): Message["reference"] {
  const sent = call.body["message_reference"] as Json | null | undefined;
  if (sent == null) return null;
  demand(call, channel, "READ_MESSAGE_HISTORY");
  const messageId = String(sent["message_id"]);
  const target = call.world.message(channel, messageId);
  if (target && target.onlyFor === null) return { channelId: channel.id, messageId };
  if (sent["fail_if_not_exists"] === false) return null;
  const error = { code: "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", message: "Unknown message" };
  throw new ApiError(400, 50035, "Invalid Form Body", {
    errors: { message_reference: { _errors: [error] } },
  });
}

function edit(call: Call): Answer {
  const { world, body, files } = call;
  const channel = channelOf(call);
  const message = messageIn(call, channel);
  if (message.authorId !== world.app.botId) {
    throw new ApiError(403, 50005, "Cannot edit a message authored by another user");
  }
  if (channel.thread?.archived) throw threadArchived();
  if (files.length > 0) demand(call, channel, "ATTACH_FILES");
  const draft = readEdit(call, message, body);
  call.oldEdits.admit(message);
  const components =
    body["components"] === undefined
      ? message.components
      : normalised(draft.components, fileIn(draft.attachments));
  world.change(
    message,
    () => {
      applyDraft(message, draft, components);
      message.editedAt = world.clock.now();
    },
    draft.allowed,
  );
  return ok(shown(call, message));
}

function react(call: Call): Answer {
  const channel = channelOf(call);
  const message = messageIn(call, channel);
  demand(call, channel, "READ_MESSAGE_HISTORY");
  const name = call.params["emoji_name"] ?? "";
  if (!/\p{Extended_Pictographic}/u.test(name) && !/^\w+:\d+$/.test(name)) throw unknown("emoji");
  if (channel.thread?.archived) throw threadArchived();
  const users = message.reactions.get(name) ?? [];
  if (users.length === 0 && channel.guildId !== null && !may(call, channel, "ADD_REACTIONS")) {
    throw missingPermissions();
  }
  const { botId } = call.world.app;
  if (!users.includes(botId)) message.reactions.set(name, [...users, botId]);
  return nothing();
}
