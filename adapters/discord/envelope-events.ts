/** Discord's events, commands and interactions in Redline's words, each as it was stored. Pure. */
import { ApplicationCommandType, InteractionType } from "discord.js";
import type {
  ChatEvent,
  ChatMessage,
  ChatPerson,
  ChatPlace,
  FormKind,
  Reply,
} from "../../src/chat/chat-event.ts";
import type { Json } from "../../src/json.ts";
import { list, record, text } from "../../src/json.ts";
import { DISCUSS, PROPOSE, commandText } from "./commands.ts";
import { parseCustomId } from "./custom-id.ts";
import { isThread } from "./directory.ts";
import { decodeText, readText, referencesIn } from "./envelopes-text.ts";
import type { Names } from "./envelopes-text.ts";
import type { Envelope } from "./envelopes.ts";
import { isReadable, placeOf } from "./envelopes.ts";
import { planResponse } from "./response-plan.ts";
import { formatResponse, formatTrigger } from "./responses.ts";

/** What happened; nothing for what is of no concern. */
export function readEnvelope(envelope: Envelope): ChatEvent[] {
  const { t, d, guildId } = envelope;
  const id = text(d["id"]) ?? "";
  switch (t) {
    case "MESSAGE_CREATE":
    case "MESSAGE_UPDATE": {
      const message = isReadable(d) ? toMessage(envelope, d) : null;
      return message ? [{ kind: t === "MESSAGE_CREATE" ? "message" : "edited", message }] : [];
    }
    case "MESSAGE_DELETE":
      return [{ kind: "deleted", at: placeAt(envelope, text(d["channel_id"]) ?? "", id), id }];
    case "CHANNEL_UPDATE":
      return [{ kind: "channel_closed", at: within(guildId), channel: id }];
    case "CHANNEL_DELETE":
      return [{ kind: "place_gone", at: within(guildId), channel: id }];
    case "THREAD_DELETE": {
      const channel = text(d["parent_id"]) ?? "";
      return [{ kind: "place_gone", at: within(guildId), channel, place: `${channel}/${id}` }];
    }
    case "GUILD_DELETE":
      return [{ kind: "uninstalled", platform: "discord", workspaceId: guildId }];
    case "INTERACTION_CREATE":
      return readInteraction(envelope);
    default:
      return [];
  }
}

function toMessage(envelope: Envelope, said: Json, isDiscussed = false): ChatMessage | null {
  const { guildId, channel, me } = envelope;
  const id = text(said["id"]);
  const author = text(record(said["author"])["id"]);
  const channelId = text(said["channel_id"]) ?? channel?.id;
  if (id === null || author === null || channelId === undefined) return null;
  const raw = text(said["content"]) ?? "";
  const { quote, body, whole, addressed, addressesOther } = readText(raw, me);
  const mentions = list(said["mentions"]).map(record);
  const isPrivate = guildId === "";
  const named = referencesIn(raw);
  const others = named.users.filter((user) => user !== me.id);
  const roles = named.roles.filter((role) => !me.roles.includes(role));
  const names = namesIn(envelope, mentions);
  const replied = record(said["referenced_message"]);
  return {
    at: placeAt(envelope, channelId, id),
    id,
    by: person(author, guildId),
    // What is discussed is quoted as it stands, its own quotes and all.
    text: decodeText(isDiscussed ? whole : body, names),
    quote: quote === null ? repliedText(envelope, replied) : decodeText(quote, names),
    addressed: addressed || isPrivate || mentions.some((mention) => mention["id"] === me.id),
    ...(others.length > 0 && { mentioned: others.map((user) => person(user, guildId)) }),
    ...(roles.length > 0 && { mentionedRoles: roles }),
    addressesOther,
    isPrivate,
    ...(typeof channel?.isPublic === "boolean" && { isPublic: channel.isPublic }),
    startsThread: !isPrivate && !(channel && isThread(channel)),
  };
}

/** What was replied to. */
function repliedText(envelope: Envelope, message: Json): string | null {
  const mentions = list(message["mentions"]).map(record);
  const said = decodeText(text(message["content"]) ?? "", namesIn(envelope, mentions)).trim();
  return said === "" ? null : said;
}

function namesIn({ names }: Envelope, mentions: readonly Json[]): Names {
  const users = mentions.flatMap((mention): [string, string][] => {
    const id = text(mention["id"]);
    return id === null ? [] : [[id, nameOf(mention) ?? id]];
  });
  return {
    users: new Map(users),
    roles: new Map(Object.entries(names.roles)),
    channels: new Map(Object.entries(names.channels)),
  };
}

export function nameOf(user: Json): string | null {
  return text(user["nick"]) ?? text(user["global_name"]) ?? text(user["username"]);
}

function readInteraction(envelope: Envelope): ChatEvent[] {
  const { d } = envelope;
  const reply = replyOf(envelope);
  const user = text(record(d["user"])["id"]);
  if (reply === null || user === null) return [];
  const by = person(user, envelope.guildId);
  const given = { envelope, data: record(d["data"]), by, reply };
  switch (d["type"]) {
    case InteractionType.ApplicationCommand:
      return readCommand(given);
    case InteractionType.MessageComponent:
      return readPress(given);
    case InteractionType.ModalSubmit:
      return readSubmission(given);
    default:
      return [];
  }
}

interface Given {
  envelope: Envelope;
  data: Json;
  by: ChatPerson;
  reply: Reply;
}

function readCommand({ envelope, data, by, reply }: Given): ChatEvent[] {
  const { guildId, channel } = envelope;
  if (data["type"] === ApplicationCommandType.Message) {
    const isDiscussed = data["name"] === DISCUSS;
    const message = toMessage(envelope, record(data["message"]), isDiscussed);
    if (message === null) return [];
    if (isDiscussed) return [{ kind: "discuss", message, by, reply }];
    return data["name"] === PROPOSE ? [{ kind: "propose", message, by, reply }] : [];
  }
  return [
    {
      kind: "command",
      at: commandPlace(envelope),
      channel: reply.channel,
      by,
      text: commandText(data),
      isPrivate: guildId === "",
      ...(typeof channel?.isPublic === "boolean" && { isPublic: channel.isPublic }),
      reply,
    },
  ];
}

/** The thread, or the direct conversation, that an interaction is in. */
export function commandPlace(envelope: Envelope): ChatPlace | null {
  const { guildId, channel, d } = envelope;
  if (guildId !== "" && !(channel && isThread(channel))) return null;
  return placeAt(envelope, text(d["channel_id"]) ?? "", "");
}

function readPress({ data, by, reply }: Given): ChatEvent[] {
  const pressed = parseCustomId(text(data["custom_id"]) ?? "");
  if (pressed === null || pressed.action.startsWith(FORM)) return [];
  const { action, ref } = pressed;
  const chosen = text(list(data["values"])[0]);
  const choice = chosen !== null && /^\d{1,6}$/u.test(chosen) ? Number(chosen) : pressed.choice;
  return [{ kind: "pressed", action, ref, choice, by, reply }];
}

const FORM = "form.";
const FORMS: readonly FormKind[] = ["decline", "edit", "concern", "discuss", "propose"];

function readSubmission({ data, by, reply }: Given): ChatEvent[] {
  const sent = parseCustomId(text(data["custom_id"]) ?? "");
  const form = FORMS.find((kind) => sent?.action === FORM + kind);
  if (sent === null || form === undefined) return [];
  const values: Record<string, string> = {};
  collectValues(list(data["components"]), values);
  return [{ kind: "submitted", form, ref: sent.ref, values, by, reply }];
}

/** Each control is in a row or a label of its own, and is named as the field. */
function collectValues(components: readonly unknown[], values: Record<string, string>): void {
  for (const given of components) {
    const component = record(given);
    const name = text(component["custom_id"]);
    if (name !== null) {
      // What was left empty may be missing.
      values[name] = text(component["value"]) ?? text(list(component["values"])[0]) ?? "";
    }
    collectValues(list(component["components"]), values);
    if ("component" in component) collectValues([component["component"]], values);
  }
}

/** Where an interaction is answered; null for one that cannot be. */
export function replyOf({ d, channel, guildId }: Envelope): Reply | null {
  const id = text(d["id"]);
  const token = text(d["token"]);
  const applicationId = text(d["application_id"]);
  const channelId = text(d["channel_id"]);
  const plan = planResponse(d);
  if (id === null || token === null || applicationId === null || channelId === null || !plan) {
    return null;
  }
  const thread = channel && guildId !== "" && isThread(channel) ? channel : null;
  return {
    channel: thread?.parentId ?? channelId,
    thread: thread?.id ?? null,
    trigger: formatTrigger({ id, token }),
    responseUrl: formatResponse({ state: plan.state, applicationId, token }),
  };
}

function placeAt(envelope: Envelope, channelId: string, messageId: string): ChatPlace {
  return { ...within(envelope.guildId), place: placeOf(envelope, channelId, messageId) };
}

export function person(id: string, workspaceId: string): ChatPerson {
  return { platform: "discord", workspaceId, id };
}

function within(workspaceId: string): Omit<ChatPlace, "place"> {
  return { platform: "discord", workspaceId };
}
