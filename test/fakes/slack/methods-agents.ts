/** agents.*, assistant.* and files.* */
import type { BotCall, Handler, SessionState } from "./call.ts";
import { bot, channelOf, customName, text } from "./call.ts";
import type { Json } from "./model.ts";
import { SlackError } from "./slack-error.ts";

export const AGENT_METHODS: Record<string, Handler> = {
  "agents.sessions.setStatus": bot((call) => {
    const channel = channelOf(call, "channel_id");
    const threadTs = text(call.args, "thread_ts");
    if (threadTs === null) throw new SlackError("thread_ts_required");
    if (!call.world.hasBot(channel)) throw new SlackError("not_authorized");
    const initiator = text(call.args, "initiator_user_id");
    if (initiator !== null && !channel.members.has(initiator)) {
      throw new SlackError("user_not_found");
    }
    customName(call);
    const session = sessionOf(call, channel.id, threadTs);
    session.status = text(call.args, "status");
    session.title ??= text(call.args, "title");
    return {};
  }),
  "assistant.threads.setStatus": bot((call) => {
    const session = assistantSession(call);
    customName(call);
    session.activity = text(call.args, "status") ?? "";
    return {};
  }),
  "assistant.threads.setTitle": bot((call) => {
    assistantSession(call).title = text(call.args, "title");
    return {};
  }),
  "assistant.threads.setSuggestedPrompts": bot((call) => {
    const session = assistantSession(call);
    session.prompts = call.args["prompts"] as Json[];
    return {};
  }),
  "files.getUploadURLExternal": bot((call) => {
    const id = call.world.nextId("F");
    const name = String(call.args["filename"]);
    call.uploads.set(id, { name, bytes: null, shared: false });
    return { file_id: id, upload_url: `${call.origin()}/upload/${id}` };
  }),
  "files.completeUploadExternal": bot(completeUpload),
};

function sessionOf(
  { sessions }: Pick<BotCall, "sessions">,
  channelId: string,
  threadTs: string,
): SessionState {
  const key = `${channelId}/${threadTs}`;
  const known = sessions.get(key);
  if (known) return known;
  const session: SessionState = { status: null, activity: "", title: null, prompts: [] };
  sessions.set(key, session);
  return session;
}

function assistantSession(call: BotCall): SessionState {
  const channel = channelOf(call, "channel_id");
  const threadTs = text(call.args, "thread_ts") ?? "";
  const isKnown = threadTs === "" || call.world.thread(channel, threadTs).length > 0;
  if (!isKnown || !call.world.hasBot(channel)) throw new SlackError("invalid_thread_ts");
  return sessionOf(call, channel.id, threadTs);
}

function completeUpload(call: BotCall): Json {
  const { args, world, uploads } = call;
  const files = (args["files"] as Json[]).map((file) => {
    const id = String(file["id"]);
    const upload = uploads.get(id);
    if (!upload || upload.bytes === null || upload.shared) throw new SlackError("file_not_found");
    return { id, upload, title: text(file, "title") ?? upload.name };
  });
  const channelId = text(args, "channel_id");
  if (channelId !== null) {
    const channel = channelOf(call, "channel_id");
    if (!world.hasBot(channel)) throw new SlackError("not_in_channel");
    const names = files.map(({ title }) => `[file ${title}]`).join(" ");
    const comment = text(args, "initial_comment");
    world.post(channel, call.bot, {
      text: comment === null ? names : `${comment}\n${names}`,
      threadTs: text(args, "thread_ts"),
    });
  }
  for (const { upload } of files) upload.shared = true;
  return { files: files.map(({ id, title }) => ({ id, title })) };
}
