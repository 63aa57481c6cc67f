/**
 * What Slack sends, made ready to be stored: what concerns nobody is left out, and of the rest only what is
 * read later is kept, without Slack's verification token. Pure.
 */
import { createHash } from "node:crypto";
import type { LaneEvent } from "../../src/store/inbox.ts";
import { parseActionId } from "./action-id.ts";
import { rawTextOf } from "./envelopes-text.ts";
import { list, pick, record, storable, text } from "../../src/json.ts";
import type { Json } from "../../src/json.ts";
import { DISCUSS, EVENTS } from "./manifest.ts";
import { formatPlace } from "./place.ts";

/** Messages of people; the other subtypes are said by Slack itself, or by apps. */
const SUBTYPES = new Set<unknown>([undefined, "file_share", "thread_broadcast", "me_message"]);
const SLACKBOT = "USLACKBOT";

const MESSAGE_FIELDS = [
  "type",
  "subtype",
  "user",
  "ts",
  "thread_ts",
  "channel",
  "channel_type",
  "event_ts",
  // In shared channels: whose people they are.
  "user_team",
  "source_team",
];
const EVENT_FIELDS = [...MESSAGE_FIELDS, "deleted_ts", "tab", "tokens", "streaming_message_ts"];
const ENVELOPE_FIELDS = ["type", "team_id", "api_app_id", "event_id", "event_time"];
const AUTHORIZATION_FIELDS = [
  "enterprise_id",
  "team_id",
  "user_id",
  "is_bot",
  "is_enterprise_install",
];
const INTERACTION_FIELDS = [
  "type",
  "user",
  "team",
  "enterprise",
  "is_enterprise_install",
  "api_app_id",
  "channel",
  "container",
  "trigger_id",
  "response_url",
  "callback_id",
  "action_ts",
  "message_ts",
];
const VIEW_FIELDS = [
  "id",
  "type",
  "callback_id",
  "private_metadata",
  "state",
  "app_installed_team_id",
];
const COMMAND_FIELDS = [
  "command",
  "text",
  "team_id",
  "enterprise_id",
  "is_enterprise_install",
  "channel_id",
  "channel_name",
  "thread_ts",
  "user_id",
  "trigger_id",
  "response_url",
  "api_app_id",
];

/** What is to be stored of the body of an event, a command or an interaction; null for what is of no concern. */
export function readEnvelope(given: unknown): LaneEvent | null {
  const body = record(storable(given));
  const read =
    body["type"] === "event_callback"
      ? readEvent(body)
      : text(body["command"]) !== null
        ? readCommand(body)
        : readInteraction(body);
  return read && { ...read, eventId: read.eventId.slice(0, 200) };
}

/** The workspace that the app is installed in, in shared channels the sender's may be another; "" for none. */
export function teamOf(body: Json): string {
  const authorized = record(list(body["authorizations"])[0])["team_id"];
  const id =
    text(authorized) ??
    text(record(body["view"])["app_installed_team_id"]) ??
    text(body["team_id"]) ??
    text(record(body["team"])["id"]) ??
    text(record(body["user"])["team_id"]) ??
    "";
  // Bolt looks things up by it, and would find what every object has.
  return /^[A-Z0-9]{1,64}$/u.test(id) ? id : "";
}

function readEvent(body: Json): LaneEvent | null {
  const given = record(body["event"]);
  const authorized = record(list(body["authorizations"])[0]);
  const bot = authorized["is_bot"] === true ? text(authorized["user_id"]) : null;
  const event = trimEvent(given, bot);
  const team = teamOf(body);
  if (event === null || team === "") return null;
  const kind = text(event["type"]) ?? "";
  const payload = {
    ...pick(body, ENVELOPE_FIELDS),
    authorizations: [pick(authorized, AUTHORIZATION_FIELDS)].filter((one) => "team_id" in one),
    event,
  };
  // One message may come twice, as itself and as a mention.
  const isNew = isMessage(kind) && SUBTYPES.has(event["subtype"]);
  const eventId = isNew
    ? `${team}/${text(event["channel"]) ?? ""}/${text(event["ts"]) ?? ""}`
    : (text(body["event_id"]) ?? digest(payload));
  return { eventId, kind, lane: laneOf(team, event), payload };
}

const isMessage = (type: string): boolean => type === "message" || type === "app_mention";

function trimEvent(event: Json, bot: string | null): Json | null {
  const type = text(event["type"]);
  if (type === null || !EVENTS.has(type)) return null;
  if (isMessage(type)) return trimMessageEvent(event, bot);
  if (type === "app_home_opened" && (event["tab"] ?? "home") !== "home") return null;
  return pick(event, EVENT_FIELDS);
}

function trimMessageEvent(event: Json, bot: string | null): Json | null {
  const before = record(event["previous_message"]);
  if (event["subtype"] === "message_deleted") {
    return isByPerson(before, bot) ? deletion(event, before) : null;
  }
  if (event["subtype"] !== "message_changed") {
    if (!SUBTYPES.has(event["subtype"])) return null;
    return isByPerson(event, bot) ? trimMessage(event) : null;
  }
  const message = record(event["message"]);
  // A deleted message that has replies stays as its own gravestone.
  if (message["subtype"] === "tombstone") {
    return isByPerson(before, bot) ? deletion(event, { ...message, ...before }) : null;
  }
  if (!SUBTYPES.has(message["subtype"]) || !isByPerson(message, bot)) return null;
  const after = trimMessage(message);
  // Slack unfurled a link, or counted the replies.
  if ("ts" in before && rawTextOf(before) === after["text"]) return null;
  return { ...pick(event, EVENT_FIELDS), message: after };
}

function deletion(event: Json, before: Json): Json {
  return {
    ...pick(event, EVENT_FIELDS),
    subtype: "message_deleted",
    deleted_ts: text(event["deleted_ts"]) ?? text(before["ts"]),
    previous_message: pick(before, ["ts", "thread_ts", "user"]),
  };
}

function trimMessage(message: Json): Json {
  return { ...pick(message, MESSAGE_FIELDS), text: rawTextOf(message) };
}

function isByPerson(message: Json, bot: string | null): boolean {
  const user = text(message["user"]);
  if (text(message["bot_id"]) !== null || message["subtype"] === "bot_message") return false;
  return user !== null && user !== bot && user !== SLACKBOT;
}

function laneOf(team: string, event: Json): string {
  const type = text(event["type"]) ?? "";
  const channel = text(event["channel"]);
  // The overview may wait for Slack; a command must not wait behind it.
  if (type === "app_home_opened") return `${team}/${text(event["user"]) ?? ""}/home`;
  if (channel === null) {
    return [team, text(event["user"])].filter((part) => part !== null).join("/");
  }
  // A stop must not wait for what it stops.
  if (type === "agent_session_stopped")
    return `${team}/${channel}/${text(event["thread_ts"]) ?? ""}/stop`;
  if (!isMessage(type)) return `${team}/${channel}`;
  const message =
    event["subtype"] === "message_changed"
      ? record(event["message"])
      : event["subtype"] === "message_deleted"
        ? record(event["previous_message"])
        : event;
  return `${team}/${placeOf(channel, event, message)}`;
}

/** The place of a message: `event` says what kind of channel it is in. */
export function placeOf(channel: string, event: Json, message: Json): string {
  const thread =
    text(message["thread_ts"]) ?? (isDirect(channel, event) ? null : text(message["ts"]));
  return formatPlace({ channel, thread });
}

export function isDirect(channel: string, event: Json): boolean {
  return (text(event["channel_type"]) ?? (channel.startsWith("D") ? "im" : "")) === "im";
}

function readCommand(body: Json): LaneEvent | null {
  const payload = pick(body, COMMAND_FIELDS);
  return personal(teamOf(body), text(body["user_id"]), "command", payload);
}

function readInteraction(body: Json): LaneEvent | null {
  const kind = text(body["type"]) ?? "";
  const more = interactionParts(kind, body);
  if (more === null) return null;
  const payload = { ...pick(body, INTERACTION_FIELDS), ...more };
  return personal(teamOf(body), text(record(body["user"])["id"]), kind, payload);
}

/** What else is kept of an interaction; null for one that is not Redline's. */
function interactionParts(kind: string, body: Json): Json | null {
  switch (kind) {
    case "block_actions": {
      const actions = list(body["actions"]).map(record);
      const own = actions.filter((action) => isPress(text(action["action_id"]) ?? ""));
      const message = pick(body["message"], ["ts", "thread_ts"]);
      return own.length > 0 ? { actions: own, message } : null;
    }
    case "view_submission": {
      const view = pick(body["view"], VIEW_FIELDS);
      return text(view["callback_id"]) === null ? null : { view };
    }
    case "message_action": {
      if (body["callback_id"] !== DISCUSS) return null;
      const message = record(body["message"]);
      return { message: { ...trimMessage(message), ...pick(message, ["bot_id"]) } };
    }
    default:
      return null;
  }
}

/** `open` only follows a link. */
function isPress(actionId: string): boolean {
  const pressed = parseActionId(actionId);
  return pressed !== null && pressed.action !== "open";
}

function personal(
  team: string,
  user: string | null,
  kind: string,
  payload: Json,
): LaneEvent | null {
  if (team === "" || user === null) return null;
  // Each interaction has a trigger of its own, which stays when it is sent again.
  const trigger = text(payload["trigger_id"]) ?? digest(payload);
  const person = `${team}/${user}`;
  // Commands keep their order; a press, whose form opens within seconds, must not wait behind one of them.
  const lane = kind === "command" ? person : `${person}/${trigger}`;
  return { eventId: `${kind} ${trigger}`, kind, lane, payload };
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
