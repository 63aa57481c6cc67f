/** Who did something and where an answer reaches them, out of an envelope as it was stored. Pure. */
import type { Reply } from "../../src/chat/chat-event.ts";
import type { Asker } from "../../src/chat/given-up.ts";
import { isDirect, placeOf, teamOf } from "./envelopes.ts";
import { mentionsIn, rawTextOf } from "./envelopes-text.ts";
import { readForm } from "./forms.ts";
import { list, record, text } from "../../src/json.ts";
import type { Json } from "../../src/json.ts";

/** Null where nobody waits for an answer: what Slack itself tells, or a deletion, which cannot be done again. */
export function readAsker(payload: unknown): Asker | null {
  const body = record(payload);
  return body["type"] === "event_callback" ? readSpeaker(body) : readActor(body);
}

function readSpeaker(body: Json): Asker | null {
  const event = record(body["event"]);
  const channel = text(event["channel"]);
  if (channel === null || event["subtype"] === "message_deleted") return null;
  const isMessage = event["type"] === "message" || event["type"] === "app_mention";
  const said = event["subtype"] === "message_changed" ? record(event["message"]) : event;
  const thread = text(said["thread_ts"]);
  const asker = askerOf(body, text(said["user"]), { channel, thread, responseUrl: null });
  if (!asker || !isMessage) return asker;
  const bot = text(record(list(body["authorizations"])[0])["user_id"]);
  const isAddressed =
    event["type"] === "app_mention" ||
    isDirect(channel, event) ||
    mentionsIn(rawTextOf(said)).some((user) => user === bot);
  if (isAddressed) return asker;
  const { platform, workspaceId } = asker.by;
  const place = placeOf(channel, event, said);
  return { ...asker, inPassing: { platform, workspaceId, place } };
}

/** Of commands and interactions. */
function readActor(body: Json): Asker | null {
  const user = text(body["user_id"]) ?? text(record(body["user"])["id"]);
  const view = record(body["view"]);
  const form = readForm({
    callbackId: text(view["callback_id"]) ?? "",
    privateMetadata: text(view["private_metadata"]) ?? "",
  });
  if (form) return askerOf(body, user, form.reply);
  const container = record(body["container"]);
  const channel =
    text(body["channel_id"]) ??
    text(record(body["channel"])["id"]) ??
    text(container["channel_id"]);
  const thread =
    text(body["thread_ts"]) ??
    text(container["thread_ts"]) ??
    text(record(body["message"])["thread_ts"]);
  // Without a channel it was in the app's home: what is said goes to them directly.
  const responseUrl = text(body["response_url"]);
  return askerOf(body, user, { channel: channel ?? user ?? "", thread, responseUrl });
}

function askerOf(body: Json, user: string | null, reply: Omit<Reply, "trigger">): Asker | null {
  if (user === null) return null;
  const by = { platform: "slack" as const, workspaceId: teamOf(body), id: user };
  return { by, reply: { ...reply, trigger: null }, inPassing: null };
}
