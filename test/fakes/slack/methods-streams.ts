/** chat.startStream, appendStream and stopStream: what may be streamed, for how long, and how much. */
import { areBlocksTooLong, blockErrors, withIds } from "./blocks.ts";
import type { BotCall, Handler } from "./call.ts";
import {
  MARKDOWN_LIMIT,
  bot,
  channelOf,
  checkedBlocks,
  customName,
  postableChannel,
  text,
  threadOf,
} from "./call.ts";
import { metadataOf } from "./methods-chat.ts";
import type { Channel, Json, Message, Stream } from "./model.ts";
import { messageJson, streamPhase } from "./show.ts";
import { SlackError, wrongArguments } from "./slack-error.ts";

export const STREAM_METHODS: Record<string, Handler> = {
  "chat.startStream": bot(start),
  "chat.appendStream": bot(append),
  "chat.stopStream": bot(stop),
};

/** Of a task's title, details and output, and of a plan's title. */
const TASK_LIMITS = { title: 256, details: 256, output: 256 } as const;
const TASK_STATES = new Set(["pending", "in_progress", "complete", "error"]);
const MOST_BLOCKS = 50;

type Chunk =
  | { type: "markdown_text"; text: string }
  | {
      type: "task_update";
      task: Partial<Record<keyof typeof TASK_LIMITS, string>> & { id: string; status: string };
    }
  | { type: "plan_update"; title: string }
  | { type: "blocks"; blocks: Json[] };

function start(call: BotCall): Json {
  const { args, world, team } = call;
  const channel = postableChannel(call);
  const recipient = text(args, "recipient_user_id");
  const recipientTeam = text(args, "recipient_team_id");
  if (channel.kind !== "im") {
    if (recipient === null) throw new SlackError("missing_recipient_user_id");
    if (recipientTeam === null) throw new SlackError("missing_recipient_team_id");
  }
  if (recipient !== null && !team.users.has(recipient)) throw new SlackError("user_not_found");
  if (recipientTeam !== null && !world.teams.has(recipientTeam)) {
    throw new SlackError("team_not_found");
  }
  const threadTs = threadOf(call, channel);
  const chunks = chunksOf(args);
  const stream: Stream = {
    startedAt: world.clock.now(),
    state: "live",
    recipientUserId: recipient,
    recipientTeamId: recipientTeam,
    displayMode: text(args, "task_display_mode") ?? "timeline",
    tasks: new Map(),
    planTitle: null,
    blocks: [],
    bytes: 0,
  };
  checkRoom(call, stream, chunks);
  const content = { text: "", threadTs, stream, username: customName(call) };
  const message = world.post(channel, call.bot, content);
  add(call, channel, message, stream, chunks);
  return { channel: channel.id, ts: message.ts };
}

function append(call: BotCall): Json {
  const channel = channelOf(call);
  const { message, stream } = liveStream(call, channel, "stopped_by_user");
  const chunks = chunksOf(call.args);
  if (chunks.length === 0) throw new SlackError("no_text");
  checkRoom(call, stream, chunks);
  add(call, channel, message, stream, chunks);
  return { channel: channel.id, ts: message.ts };
}

function stop(call: BotCall): Json {
  const { args, world } = call;
  const channel = channelOf(call);
  const { message, stream } = liveStream(call, channel, "message_not_in_streaming_state");
  const chunks = chunksOf(args);
  const blocks = checkedBlocks(args["blocks"]);
  const metadata = metadataOf(args["metadata"]);
  checkRoom(call, stream, chunks);
  const isNothing = chunks.length === 0 && !blocks && stream.bytes === 0;
  if (isNothing && stream.tasks.size === 0 && stream.blocks.length === 0) {
    throw new SlackError("no_text");
  }
  world.change(message, () => {
    add(call, channel, message, stream, chunks);
    if (blocks) message.blocks = withIds(blocks);
    if (metadata) message.metadata = metadata;
    // A copy: what was before the change is still live.
    message.stream = { ...stream, state: "finished" };
  });
  if (blocks)
    world.notePings(channel, message.ts, "update", { text: "", blocks, linksNames: false });
  const shown = messageJson(world, message);
  return { channel: channel.id, ts: message.ts, message: shown };
}

/** @throws SlackError, with `stoppedCode` where a person has stopped it */
function liveStream(
  call: BotCall,
  channel: Channel,
  stoppedCode: string,
): { message: Message; stream: Stream } {
  const message = call.world.messageIn(channel, String(call.args["ts"]));
  if (!message || message.subtype === "tombstone") throw new SlackError("message_not_found");
  if (message.botId !== call.install.botId) throw new SlackError("message_not_owned_by_app");
  if (channel.archived) throw new SlackError("is_archived");
  if (!call.world.hasBot(channel)) throw new SlackError("not_in_channel");
  const { stream } = message;
  const phase = stream && streamPhase(call.world, stream);
  if (phase === "stopped") throw new SlackError(stoppedCode);
  if (!stream || phase !== "live") throw new SlackError("message_not_in_streaming_state");
  return { message, stream };
}

/** @throws SlackError msg_too_long, msg_blocks_too_many, msg_blocks_too_long */
function checkRoom(call: BotCall, stream: Stream, chunks: readonly Chunk[]): void {
  const more = chunks.map((chunk) => (chunk.type === "markdown_text" ? chunk.text : ""));
  const bytes = stream.bytes + Buffer.byteLength(more.join(""), "utf8");
  if (bytes > call.world.sizes.streamBytes) throw new SlackError("msg_too_long");
  const blocks = chunks.flatMap((chunk) => (chunk.type === "blocks" ? chunk.blocks : []));
  if (stream.blocks.length + blocks.length > MOST_BLOCKS)
    throw new SlackError("msg_blocks_too_many");
  if (areBlocksTooLong([...stream.blocks, ...blocks])) throw new SlackError("msg_blocks_too_long");
}

function add(
  call: BotCall,
  channel: Channel,
  message: Message,
  stream: Stream,
  chunks: readonly Chunk[],
): void {
  for (const chunk of chunks) {
    switch (chunk.type) {
      case "markdown_text":
        message.text += chunk.text;
        stream.bytes += Buffer.byteLength(chunk.text, "utf8");
        break;
      case "task_update": {
        const known = stream.tasks.get(chunk.task.id);
        // Title and state are the newest; details and output grow.
        stream.tasks.set(chunk.task.id, {
          id: chunk.task.id,
          status: chunk.task.status,
          title: chunk.task.title ?? known?.title ?? "",
          details: (known?.details ?? "") + (chunk.task.details ?? ""),
          output: (known?.output ?? "") + (chunk.task.output ?? ""),
        });
        break;
      }
      case "plan_update":
        stream.planTitle = chunk.title;
        break;
      case "blocks":
        stream.blocks.push(...withIds(chunk.blocks));
        break;
    }
  }
  const blocks = [...stream.blocks];
  call.world.notePings(channel, message.ts, "stream", {
    text: message.text,
    blocks,
    linksNames: false,
  });
}

/** @throws SlackError invalid_chunks, msg_too_long, invalid_arguments */
function chunksOf(args: Json): Chunk[] {
  const markdown = text(args, "markdown_text");
  const given = args["chunks"];
  if (given != null && !Array.isArray(given)) throw new SlackError("invalid_chunks");
  if (markdown !== null && Array.isArray(given) && given.length > 0) {
    throw wrongArguments("invalid_arguments", ["`markdown_text` and `chunks` exclude each other"]);
  }
  if (markdown !== null) {
    if (markdown.length > MARKDOWN_LIMIT) throw new SlackError("msg_too_long");
    return [{ type: "markdown_text", text: markdown }];
  }
  return ((given as Json[] | null) ?? []).map(readChunk);
}

const ALLOWED: Record<string, readonly string[]> = {
  markdown_text: ["type", "text"],
  task_update: ["type", "id", "title", "status", "details", "output", "sources"],
  plan_update: ["type", "title"],
  blocks: ["type", "blocks"],
};

function readChunk(chunk: Json): Chunk {
  const type = String(chunk["type"]);
  const unknown = Object.keys(chunk).filter((name) => !ALLOWED[type]?.includes(name));
  if (unknown.length > 0) throw invalid(`${type} has no ${unknown.join(", ")}`);
  if (type === "markdown_text") {
    const content = chunk["text"];
    if (typeof content !== "string" || content === "") throw invalid("text is missing");
    if (content.length > MARKDOWN_LIMIT) throw new SlackError("msg_too_long");
    return { type, text: content };
  }
  if (type === "task_update") return readTask(chunk);
  if (type === "plan_update") {
    const title = chunk["title"];
    if (typeof title !== "string" || title === "") throw invalid("title is missing");
    if (title.length > TASK_LIMITS.title) throw invalid("title is too long");
    return { type, title };
  }
  const blocks = chunk["blocks"];
  if (!Array.isArray(blocks)) throw invalid("blocks are missing");
  const errors = blockErrors(blocks, "message");
  if (errors.length > 0) throw wrongArguments("invalid_blocks", errors);
  return { type: "blocks", blocks: blocks as Json[] };
}

function readTask(chunk: Json): Chunk {
  const { id, status } = chunk;
  if (typeof id !== "string" || id === "") throw invalid("id is missing");
  if (!TASK_STATES.has(String(status))) throw invalid(`status ${String(status)} is unknown`);
  if (typeof chunk["title"] !== "string") throw invalid("title is missing");
  const task: Partial<Record<keyof typeof TASK_LIMITS, string>> = {};
  for (const [name, max] of Object.entries(TASK_LIMITS)) {
    const value = chunk[name];
    if (value === undefined) continue;
    if (typeof value !== "string") throw invalid(`${name} is no text`);
    if (value.length > max) throw invalid(`${name} is longer than ${max} characters`);
    task[name as keyof typeof TASK_LIMITS] = value;
  }
  return { type: "task_update", task: { ...task, id, status: String(status) } };
}

const invalid = (message: string): SlackError => wrongArguments("invalid_chunks", [message]);
