/** Slack's events, commands and interactions in Redline's words, each as it was stored. */
import type {
  ChatEvent,
  ChatMessage,
  ChatPerson,
  ChatPlace,
  Reply,
} from "../../src/chat/chat-event.ts";
import { parseActionId, parseOptionValue } from "./action-id.ts";
import { isDirect, placeOf } from "./envelopes.ts";
import { decodeText, mentionsIn, rawTextOf, readText } from "./envelopes-text.ts";
import { readForm } from "./forms.ts";
import { list, record, text } from "../../src/json.ts";
import type { Json } from "../../src/json.ts";
import { formatPlace } from "./place.ts";

/** What is known beside the envelope. */
export interface Reading {
  workspaceId: string;
  botUserId: string;
  /** Never rejects. */
  nameOf(userId: string): Promise<string>;
}

/** Null for what is none of a person's message. */
export async function readMessage(event: Json, reading: Reading): Promise<ChatEvent | null> {
  const channel = text(event["channel"]);
  if (channel === null) return null;
  if (event["subtype"] === "message_deleted") {
    const before = record(event["previous_message"]);
    const id = text(event["deleted_ts"]) ?? text(before["ts"]);
    if (id === null) return null;
    const at = placeAt(placeOf(channel, event, { ...before, ts: id }), reading);
    return { kind: "deleted", at, id };
  }
  const isEdit = event["subtype"] === "message_changed";
  const said = isEdit ? record(event["message"]) : event;
  const message = await toMessage(channel, event, said, reading);
  return message && { kind: isEdit ? "edited" : "message", message };
}

async function toMessage(
  channel: string,
  event: Json,
  said: Json,
  reading: Reading,
  isDiscussed = false,
): Promise<ChatMessage | null> {
  const id = text(said["ts"]);
  const author = text(said["user"]) ?? text(said["bot_id"]);
  const raw = rawTextOf(said);
  if (id === null || author === null) return null;
  const { quote, body, whole, addressed, addressesOther } = readText(raw, reading.botUserId);
  const decode = await decoder(raw, reading);
  const isPrivate = isDirect(channel, event);
  const thread = text(said["thread_ts"]);
  const isPublic = isPublicChannel(event);
  const others = mentionsIn(raw).filter((user) => user !== reading.botUserId);
  return {
    at: placeAt(placeOf(channel, event, said), reading),
    id,
    by: person(author, reading, said),
    // What is discussed is quoted as it stands, its own quotes and all.
    text: decode(isDiscussed ? whole : body),
    quote: quote === null ? null : decode(quote),
    addressed: addressed || isPrivate,
    ...(others.length > 0 && { mentioned: others.map((user) => person(user, reading)) }),
    addressesOther,
    isPrivate,
    ...(isPublic !== null && { isPublic }),
    startsThread: !isPrivate && (thread === null || thread === id),
  };
}

async function decoder(raw: string, reading: Reading): Promise<(part: string) => string> {
  const names = new Map<string, string>();
  for (const user of mentionsIn(raw)) names.set(user, await reading.nameOf(user));
  return (part) => decodeText(part, names);
}

export function readHome(event: Json, reading: Reading): ChatEvent | null {
  const user = text(event["user"]);
  return user === null ? null : { kind: "home", by: person(user, reading) };
}

export function readStop(event: Json, reading: Reading): ChatEvent | null {
  const channel = text(event["channel"]);
  const thread = text(event["thread_ts"]);
  const user = text(event["user"]);
  if (channel === null) return null;
  return {
    kind: "stopped",
    at: placeAt(formatPlace({ channel, thread }), reading),
    by: user === null ? null : person(user, reading),
  };
}

export function readChannelGone(event: Json, { workspaceId }: Reading): ChatEvent | null {
  const channel = text(event["channel"]);
  if (channel === null) return null;
  return { kind: "place_gone", at: { platform: "slack", workspaceId }, channel };
}

/** The text keeps mentions as Slack writes them: a command may be about who is named. */
export async function readCommand(body: Json, reading: Reading): Promise<ChatEvent | null> {
  const channel = text(body["channel_id"]);
  const user = text(body["user_id"]);
  if (channel === null || user === null) return null;
  const thread = text(body["thread_ts"]);
  const isInPlace = thread !== null || isDirect(channel, {});
  return {
    kind: "command",
    at: isInPlace ? placeAt(formatPlace({ channel, thread }), reading) : null,
    channel,
    by: person(user, reading),
    text: decodeText(text(body["text"]) ?? "", new Map()).trim(),
    isPrivate: isDirect(channel, {}),
    isPublic: isPublicName(channel, text(body["channel_name"])),
    reply: { ...answers(body), channel, thread },
  };
}

export async function readDiscuss(body: Json, reading: Reading): Promise<ChatEvent | null> {
  const channel = text(record(body["channel"])["id"]);
  const user = text(record(body["user"])["id"]);
  if (channel === null || user === null) return null;
  const message = await toMessage(channel, {}, record(body["message"]), reading, true);
  if (message === null) return null;
  const thread = text(record(body["message"])["thread_ts"]);
  const reply = { ...answers(body), channel, thread };
  const isPublic = isPublicName(channel, text(record(body["channel"])["name"]));
  const by = presser(body, user, reading);
  return { kind: "discuss", message: { ...message, isPublic }, by, reply };
}

/** Null for a control that stands for nothing. */
export function readPress(body: Json, action: Json, reading: Reading): ChatEvent | null {
  const pressed = parseActionId(text(action["action_id"]) ?? "");
  const user = text(record(body["user"])["id"]);
  if (pressed === null || user === null) return null;
  const option = text(record(action["selected_option"])["value"]);
  const chosen = option === null ? null : parseOptionValue(option);
  const ref = text(action["value"]) ?? chosen?.ref ?? option;
  if (ref === null) return null;
  const container = record(body["container"]);
  const message = record(body["message"]);
  const reply: Reply = {
    ...answers(body),
    // In the app's home there is no channel; what is said to the person goes to them directly.
    channel: text(record(body["channel"])["id"]) ?? text(container["channel_id"]) ?? user,
    thread: text(container["thread_ts"]) ?? text(message["thread_ts"]),
  };
  const choice = chosen?.choice ?? pressed.choice;
  return {
    kind: "pressed",
    action: pressed.action,
    ref,
    choice,
    by: presser(body, user, reading),
    reply,
  };
}

export function readSubmission(body: Json, reading: Reading): ChatEvent | null {
  const view = record(body["view"]);
  const user = text(record(body["user"])["id"]);
  const form = readForm({
    callbackId: text(view["callback_id"]) ?? "",
    privateMetadata: text(view["private_metadata"]) ?? "",
  });
  if (form === null || user === null) return null;
  return {
    kind: "submitted",
    form: form.form,
    ref: form.ref,
    values: formValues(record(record(view["state"])["values"])),
    by: presser(body, user, reading),
    reply: { ...form.reply, trigger: text(body["trigger_id"]) },
  };
}

/** Each block has one control, and is named as the field. */
function formValues(blocks: Json): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, block] of Object.entries(blocks)) {
    const control = record(list(Object.values(record(block)))[0]);
    const option = record(control["selected_option"]);
    // What was left empty is null in Slack's words.
    values[name] = text(control["value"]) ?? text(option["value"]) ?? "";
  }
  return values;
}

function answers(body: Json): Pick<Reply, "trigger" | "responseUrl"> {
  return { trigger: text(body["trigger_id"]), responseUrl: text(body["response_url"]) };
}

/** @param said what the person said; in shared channels it names their own workspace */
function person(id: string, { workspaceId }: Reading, said: Json = {}): ChatPerson {
  const team = text(said["user_team"]) ?? text(said["source_team"]);
  const isOutsider = team !== null && team !== workspaceId;
  return { platform: "slack", workspaceId, id, ...(isOutsider && { isOutsider }) };
}

function presser(body: Json, id: string, reading: Reading): ChatPerson {
  return person(id, reading, { user_team: record(body["user"])["team_id"] });
}

/** Null where the event does not say, as of mentions. */
function isPublicChannel(event: Json): boolean | null {
  const type = text(event["channel_type"]);
  return type === null ? null : type === "channel";
}

/** Commands and shortcuts name the channel, and its kind where that is not public. */
function isPublicName(channel: string, name: string | null): boolean {
  if (name === null || !channel.startsWith("C")) return false;
  return name !== "privategroup" && name !== "directmessage" && !name.startsWith("mpdm-");
}

function placeAt(place: string, { workspaceId }: Reading): ChatPlace {
  return { platform: "slack", workspaceId, place };
}
