/** Guilds, channels, threads and forum posts. */
import { ApiError, invalidForm, missingPermissions, threadArchived, unknown } from "./api-error.ts";
import type { Answer, Call, Handler } from "./call.ts";
import { channelOf, created, demand, guildOf, may, messageIn, nothing, ok } from "./call.ts";
import { readDraft } from "./message-rules.ts";
import type { Channel, ForumTag, Json, ThreadState } from "./model.ts";
import { isThread } from "./model.ts";
import { shown } from "./routes-messages.ts";
import {
  applicationJson,
  channelJson,
  guildJson,
  memberWithUserJson,
  ownUserJson,
  threadMemberJson,
  userJson,
} from "./wire.ts";

const CHANNEL = "/channels/{channel_id}";

export const CHANNEL_ROUTES: Record<string, Handler> = {
  "GET /gateway/bot": ({ origin, gateway }) =>
    ok({ url: `${origin().replace("http", "ws")}/gateway`, ...gateway.limitsJson() }),
  "GET /users/@me": ({ world }) => ok(ownUserJson(world.user(world.app.botId))),
  "GET /applications/@me": ({ world }) => ok(applicationJson(world)),
  "GET /users/{user_id}": ({ world, params }) => {
    const user = world.users.get(params["user_id"] ?? "");
    if (!user) throw unknown("user");
    return ok(userJson(user));
  },
  "POST /users/@me/channels": ({ world, body }) => {
    const user = world.users.get(String(body["recipient_id"]));
    if (!user) throw unknown("user");
    if (user.isBot) throw new ApiError(400, 50007, "Cannot send messages to this user");
    return ok(channelJson(world, world.direct(user.id)));
  },
  "GET /guilds/{guild_id}": (call) =>
    ok(guildJson(guildOf(call), call.query.get("with_counts") === "true")),
  "GET /guilds/{guild_id}/members/{user_id}": (call) => {
    const guild = guildOf(call);
    const id = call.params["user_id"] ?? "";
    if (!call.world.users.has(id)) throw unknown("user");
    const member = guild.members.get(id);
    if (!member) throw unknown("member");
    return ok(memberWithUserJson(call.world, member));
  },
  "GET /guilds/{guild_id}/threads/active": activeThreads,
  [`GET ${CHANNEL}`]: (call) => ok(channelJson(call.world, channelOf(call))),
  [`PATCH ${CHANNEL}`]: (call) => {
    const channel = channelOf(call);
    if (channel.kind === "direct") {
      throw new ApiError(403, 50003, "Cannot execute action on a DM channel");
    }
    if (isThread(channel)) changeThread(call, channel, channel.thread);
    else changeChannel(call, channel);
    return ok(channelJson(call.world, channel));
  },
  [`POST ${CHANNEL}/messages/{message_id}/threads`]: threadFromMessage,
  [`POST ${CHANNEL}/threads`]: threadOrPost,
  [`PUT ${CHANNEL}/thread-members/@me`]: (call) => {
    const channel = channelOf(call);
    if (!isThread(channel)) throw wrongKind();
    if (channel.thread.archived) throw threadArchived();
    const { botId } = call.world.app;
    if (!channel.thread.members.has(botId)) {
      channel.thread.members.add(botId);
      call.world.tell({ kind: "thread-members", channel, added: [botId], removed: [] });
    }
    return nothing();
  },
};

const wrongKind = (): ApiError =>
  new ApiError(400, 50024, "Cannot execute action on this channel type");

function activeThreads(call: Call): Answer {
  const { world } = call;
  const guild = guildOf(call);
  const active = [...guild.channels.values()]
    .filter((one) => isThread(one) && !one.thread.archived && world.canSee(one, world.app.botId))
    .toSorted((a, b) => (BigInt(b.id) > BigInt(a.id) ? 1 : -1));
  const own = active.filter((one) => one.thread?.members.has(world.app.botId));
  return ok({
    threads: active.map((one) => channelJson(world, one)),
    members: own.map((one) =>
      threadMemberJson(one, world.app.botId, one.thread?.createdAt ?? world.clock.now()),
    ),
    has_more: false,
  });
}

function changeThread(call: Call, channel: Channel, thread: ThreadState): void {
  const { world, body } = call;
  const canManage = may(call, channel, "MANAGE_THREADS");
  const isOwn = thread.ownerId === world.app.botId;
  const opens = thread.archived && body["archived"] === false;
  const others = Object.keys(body).filter((name) => name !== "archived");
  if (thread.locked && !canManage) throw missingPermissions();
  if (!opens || others.length > 0) {
    if (!canManage && (!isOwn || body["locked"] !== undefined)) throw missingPermissions();
  } else if (!canManage) demand(call, channel, "SEND_MESSAGES_IN_THREADS");
  const isStillArchived = thread.archived && !opens;
  if (isStillArchived && others.some((name) => name !== "locked")) throw threadArchived();
  if (body["applied_tags"] != null) {
    thread.appliedTags = tagsFor(call, channel, body["applied_tags"] as string[], canManage);
  }
  if (typeof body["name"] === "string" && body["name"] !== "") channel.name = body["name"];
  if (typeof body["locked"] === "boolean") thread.locked = body["locked"];
  if (typeof body["auto_archive_duration"] === "number") {
    thread.autoArchiveDuration = body["auto_archive_duration"];
  }
  if (typeof body["archived"] === "boolean" && body["archived"] !== thread.archived) {
    thread.archived = body["archived"];
    thread.archivedAt = world.clock.now();
  }
  world.tell({ kind: "channel", name: "THREAD_UPDATE", channel });
}

function tagsFor(
  { world }: Call,
  thread: Pick<Channel, "parentId">,
  wanted: readonly string[],
  canManage: boolean,
): string[] {
  const forum = world.findChannel(thread.parentId ?? "");
  const tags = forum?.kind === "forum" ? forum.tags : null;
  const found = wanted.map((id) => tags?.find((tag) => tag.id === id));
  if (found.includes(undefined)) {
    const message = "Invalid tag";
    throw invalidForm([{ at: "applied_tags", code: "CHANNEL_TAG_INVALID", message }]);
  }
  if (!canManage && found.some((tag) => tag?.moderated)) throw missingPermissions();
  return [...new Set(wanted)];
}

function changeChannel(call: Call, channel: Channel): void {
  const { world, body } = call;
  demand(call, channel, "MANAGE_CHANNELS");
  if (typeof body["name"] === "string") channel.name = body["name"];
  if (body["topic"] !== undefined) channel.topic = body["topic"] as string | null;
  const tags = body["available_tags"] as Json[] | null | undefined;
  if (tags != null) {
    if (channel.kind !== "forum") throw wrongKind();
    channel.tags = tags.map((tag) => readTag(call, channel, tag));
  }
  world.tell({ kind: "channel", name: "CHANNEL_UPDATE", channel });
}

function readTag({ world }: Call, forum: Channel, tag: Json): ForumTag {
  const name = String(tag["name"]);
  if (name.length === 0 || name.length > 20) {
    const message = "Must be between 1 and 20 in length.";
    throw invalidForm([{ at: "available_tags", code: "BASE_TYPE_BAD_LENGTH", message }]);
  }
  const known = forum.tags.find(({ id }) => id === tag["id"]);
  return { id: known?.id ?? world.ids.next(), name, moderated: tag["moderated"] === true };
}

const newThread = (call: Call): ThreadState => ({
  ownerId: call.world.app.botId,
  archived: false,
  locked: false,
  invitable: call.body["invitable"] !== false,
  archivedAt: call.world.clock.now(),
  createdAt: call.world.clock.now(),
  autoArchiveDuration: Number(call.body["auto_archive_duration"] ?? 4_320),
  members: new Set([call.world.app.botId]),
  appliedTags: [],
  sent: 0,
});

function threadFromMessage(call: Call): Answer {
  const { world, body } = call;
  const channel = channelOf(call);
  if (channel.kind !== "text" && channel.kind !== "announcement") throw wrongKind();
  const message = messageIn(call, channel);
  demand(call, channel, "CREATE_PUBLIC_THREADS");
  if (world.threadOf(message)) {
    const text = "A thread has already been created for this message";
    throw new ApiError(400, 160004, text);
  }
  const thread = world.startThread(channel, {
    name: String(body["name"]),
    id: message.id,
    state: newThread(call),
  });
  return created(channelJson(world, thread));
}

function threadOrPost(call: Call): Answer {
  const channel = channelOf(call);
  if (channel.kind === "forum") return forumPost(call, channel);
  if (channel.kind !== "text" && channel.kind !== "announcement") throw wrongKind();
  const { world, body } = call;
  // Without a type it is a private one.
  const kind = body["type"] === 11 || body["type"] === 10 ? "public-thread" : "private-thread";
  demand(
    call,
    channel,
    kind === "public-thread" ? "CREATE_PUBLIC_THREADS" : "CREATE_PRIVATE_THREADS",
  );
  const thread = world.startThread(channel, {
    name: String(body["name"]),
    kind,
    state: newThread(call),
  });
  return created(channelJson(world, thread));
}

function forumPost(call: Call, forum: Channel): Answer {
  const { world, body } = call;
  // The permission for posts; SEND_MESSAGES_IN_THREADS is for what follows.
  demand(call, forum, "SEND_MESSAGES");
  if (body["message"] === undefined) {
    const message = "This field is required";
    throw invalidForm([{ at: "message", code: "BASE_TYPE_REQUIRED", message }]);
  }
  const draft = readDraft(call, body["message"] as Json, "message");
  const tags = (body["applied_tags"] ?? []) as string[];
  const state = newThread(call);
  state.appliedTags = tagsFor(
    call,
    { parentId: forum.id },
    tags,
    may(call, forum, "MANAGE_THREADS"),
  );
  const thread = world.startThread(forum, { name: String(body["name"]), state });
  const message = world.post(thread, world.app.botId, { ...draft, id: thread.id });
  return created({ ...channelJson(world, thread), message: shown(call, message) });
}
