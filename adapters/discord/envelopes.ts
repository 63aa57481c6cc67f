/**
 * What Discord's gateway sends, made ready to be stored: what concerns nobody is left out, and of the rest only
 * what is read later is kept, with what is known of its channel at that moment. Pure.
 */
import { InteractionType, MessageType } from "discord.js";
import type { Json } from "../../src/json.ts";
import { list, number, pick, record, storable, text } from "../../src/json.ts";
import type { PlaceEvent } from "../../src/store/inbox.ts";
import type { KnownChannel } from "./directory.ts";
import { bits, isThread, mayRunServer } from "./directory.ts";
import { referencesIn } from "./envelopes-text.ts";
import type { Own } from "./envelopes-text.ts";
import { AUTHOR_FIELDS, trimMessage } from "./envelopes-trim.ts";
import { formatPlace } from "./place.ts";

/** A channel as an envelope carries it. */
export type EnvelopeChannel = Pick<KnownChannel, "id" | "parentId" | "type" | "isPublic">;

export interface EnvelopeMember {
  nick: string | null;
  roles: string[];
  /** Whether they own, administer or manage the server; null where that is not known. */
  runsServer: boolean | null;
}

/** What is stored of one dispatch of the gateway. */
export interface Envelope {
  /** The dispatch's name, such as `MESSAGE_CREATE`. */
  t: string;
  d: Json;
  /** "" in a direct conversation. */
  guildId: string;
  /** Null where nobody has told of it yet. */
  channel: EnvelopeChannel | null;
  me: Own;
  /** Whoever did it, as the dispatch has them; left out where it does not, as in direct messages. */
  by?: EnvelopeMember;
  /** What is called how, by id. */
  names: { roles: Record<string, string>; channels: Record<string, string> };
}

/** What is known beside the dispatch. */
export interface Surroundings {
  me: Own;
  channel(guildId: string, id: string): KnownChannel | null;
  roleName(guildId: string, id: string): string | null;
  /** By what the server's roles may; null where that was not told. */
  runsServer(guildId: string, userId: string, roles: readonly string[]): boolean | null;
  /** Of the session and the dispatch in it, for what has no id of its own. */
  mark: string;
}

const INTERACTION_FIELDS = [
  "id",
  "application_id",
  "type",
  "token",
  "channel_id",
  "context",
  "locale",
];

/** What people say; all other types are said by Discord itself, or by apps. */
const TYPES: ReadonlySet<unknown> = new Set([MessageType.Default, MessageType.Reply]);

/** Interactions that are not over once they are answered. */
const STORED: ReadonlySet<unknown> = new Set([
  InteractionType.ApplicationCommand,
  InteractionType.MessageComponent,
  InteractionType.ModalSubmit,
]);

/** What is to be stored of a dispatch, in its order. */
export function readDispatch(name: string, given: unknown, around: Surroundings): PlaceEvent[] {
  const d = record(storable(given));
  const guildId = text(d["guild_id"]) ?? "";
  switch (name) {
    case "MESSAGE_CREATE":
    case "MESSAGE_UPDATE":
      return nonNull(readMessageDispatch(name, d, guildId, around));
    case "MESSAGE_DELETE":
      return nonNull(readDeletion(text(d["id"]), text(d["channel_id"]), guildId, around));
    case "MESSAGE_DELETE_BULK":
      return list(d["ids"]).flatMap((id) =>
        nonNull(readDeletion(text(id), text(d["channel_id"]), guildId, around)),
      );
    case "CHANNEL_UPDATE": {
      const channel = around.channel(guildId, text(d["id"]) ?? "");
      return channel?.isPublic === false
        ? nonNull(readEnd(name, pick(d, ["id"]), guildId, around))
        : [];
    }
    case "CHANNEL_DELETE":
    case "THREAD_DELETE":
      return nonNull(readEnd(name, pick(d, ["id", "parent_id", "type"]), guildId, around));
    case "GUILD_DELETE":
      if (d["unavailable"] === true) return [];
      return nonNull(readEnd(name, pick(d, ["id"]), text(d["id"]) ?? "", around));
    case "INTERACTION_CREATE":
      return STORED.has(d["type"]) ? nonNull(readInteraction(d, guildId, around)) : [];
    default:
      return [];
  }
}

/** Whether a person said it, and Redline was shown what. */
export function isReadable(message: Json): boolean {
  const author = record(message["author"]);
  const isPerson =
    author["bot"] !== true && author["system"] !== true && text(author["id"]) !== null;
  if (!isPerson || text(message["webhook_id"]) !== null) return false;
  return TYPES.has(message["type"] ?? 0);
}

/** Of a message's place; a message outside of threads is the first of the thread that answers to it. */
export function placeOf(
  { guildId, channel }: Pick<Envelope, "guildId" | "channel">,
  channelId: string,
  messageId: string,
): string {
  if (guildId === "") return formatPlace({ parent: channelId, thread: channelId });
  if (channel && isThread(channel)) {
    return formatPlace({ parent: channel.parentId ?? "", thread: channel.id });
  }
  return formatPlace({ parent: channelId, thread: messageId });
}

function readMessageDispatch(
  name: "MESSAGE_CREATE" | "MESSAGE_UPDATE",
  d: Json,
  guildId: string,
  around: Surroundings,
): PlaceEvent | null {
  const id = text(d["id"]);
  const channelId = text(d["channel_id"]);
  // An update may tell only what has changed.
  const isPartial = name === "MESSAGE_UPDATE" && !("author" in d);
  if (id === null || channelId === null || !(isPartial || isReadable(d))) return null;
  const message = trimMessage(d);
  const said = text(message["content"]) ?? "";
  const isAddressed = mentionsOwn(d, said, around.me);
  // Without the switch for it Discord empties the messages that do not concern the app.
  if (said === "" && !isAddressed && !(isPartial && !("content" in d))) return null;
  const edited = text(d["edited_timestamp"]);
  // An unfurled link, a pin.
  if (name === "MESSAGE_UPDATE" && edited === null) return null;
  const author = text(record(d["author"])["id"]) ?? "";
  const by = memberIn(d, (roles) => around.runsServer(guildId, author, roles));
  const envelope = { ...envelopeOf(name, message, guildId, channelId, around), ...by };
  const eventId = name === "MESSAGE_CREATE" ? `create:${id}` : `update:${id}:${edited ?? ""}`;
  const isNew = name === "MESSAGE_CREATE";
  const isOutside = guildId !== "" && envelope.channel !== null && !isThread(envelope.channel);
  // Nothing can be linked to a message that has just come.
  if (isNew && isOutside && !isAddressed) return null;
  const isSure = !isPartial && (isAddressed || guildId === "");
  return placed(eventId, envelope, placeOf(envelope, channelId, id), isSure);
}

function readDeletion(
  id: string | null,
  channelId: string | null,
  guildId: string,
  around: Surroundings,
): PlaceEvent | null {
  if (id === null || channelId === null) return null;
  const d = { id, channel_id: channelId };
  const envelope = envelopeOf("MESSAGE_DELETE", d, guildId, channelId, around);
  return placed(`delete:${id}`, envelope, placeOf(envelope, channelId, id), false);
}

/** Of a channel, of its being open to everybody, of a thread or of all that the bot was in. */
function readEnd(name: string, d: Json, guildId: string, around: Surroundings): PlaceEvent | null {
  const id = text(d["id"]);
  if (id === null) return null;
  const envelope = envelopeOf(name, d, guildId, id, around);
  const eventId = `${name.toLowerCase()}:${id}:${around.mark}`;
  if (name !== "THREAD_DELETE") {
    return { eventId, kind: name, lane: `${guildId}/${id}`, payload: envelope, onlyIn: null };
  }
  const parent = text(d["parent_id"]) ?? "";
  return placed(eventId, envelope, formatPlace({ parent, thread: id }), false);
}

/** Null for what cannot be answered. */
export function readInteraction(d: Json, guildId: string, around: Surroundings): PlaceEvent | null {
  const id = text(d["id"]);
  const given = record(d["channel"]);
  const channelId = text(d["channel_id"]) ?? text(given["id"]);
  const user = text(record(record(d["member"])["user"])["id"]) ?? text(record(d["user"])["id"]);
  if (id === null || channelId === null || user === null) return null;
  const payload = {
    ...pick(d, INTERACTION_FIELDS),
    channel_id: channelId,
    user: pick(record(d["member"])["user"] ?? d["user"], AUTHOR_FIELDS),
    data: trimData(record(d["data"])),
    ...("message" in d && { message: pick(d["message"], ["id", "channel_id"]) }),
  };
  const rights = text(record(d["member"])["permissions"]);
  const by = memberIn(d, () => (rights === null ? null : mayRunServer(bits(rights))));
  const common = envelopeOf("INTERACTION_CREATE", payload, guildId, channelId, around);
  const envelope = { ...common, ...by };
  const channel = envelope.channel ?? partialChannel(given);
  return {
    eventId: `interaction:${id}`,
    kind: "INTERACTION_CREATE",
    // Nobody waits for anybody else's.
    lane: `${guildId}/user/${user}`,
    payload: { ...envelope, channel },
    onlyIn: null,
  };
}

function memberIn(
  d: Json,
  runsServer: (roles: readonly string[]) => boolean | null,
): Pick<Envelope, "by"> {
  const member = record(d["member"]);
  if (!Array.isArray(member["roles"])) return {};
  const roles = member["roles"].flatMap((role) => text(role) ?? []);
  return { by: { nick: text(member["nick"]), roles, runsServer: runsServer(roles) } };
}

/** An interaction's own word of its channel. */
function partialChannel(given: Json): EnvelopeChannel | null {
  const id = text(given["id"]);
  if (id === null) return null;
  const type = number(given["type"]) ?? 0;
  return { id, parentId: text(given["parent_id"]), type, isPublic: null };
}

/** With the message that a context menu was opened on. */
function trimData(data: Json): Json {
  const resolved = record(data["resolved"]);
  const target = text(data["target_id"]);
  const message = target === null ? null : record(resolved["messages"])[target];
  return {
    ...pick(data, [
      "name",
      "type",
      "options",
      "custom_id",
      "component_type",
      "values",
      "components",
      "target_id",
    ]),
    resolved: {
      users: mapped(resolved["users"], (user) => pick(user, AUTHOR_FIELDS)),
      roles: mapped(resolved["roles"], (role) => pick(role, ["id", "name"])),
    },
    ...(message !== undefined && message !== null && { message: trimMessage(record(message)) }),
  };
}

function mapped(given: unknown, map: (value: unknown) => unknown): Json {
  const entries = Object.entries(record(given));
  return Object.fromEntries(entries.map(([id, value]) => [id, map(value)]));
}

function envelopeOf(
  name: string,
  d: Json,
  guildId: string,
  channelId: string,
  around: Surroundings,
): Envelope {
  const known = guildId === "" ? null : around.channel(guildId, channelId);
  const raw = [
    text(d["content"]),
    text(record(d["referenced_message"])["content"]),
    text(record(record(d["data"])["message"])["content"]),
  ].join(" ");
  const named = referencesIn(raw);
  const names = (ids: readonly string[], find: (id: string) => string | null | undefined) =>
    Object.fromEntries(
      ids.flatMap((id) => {
        const called = find(id);
        return typeof called === "string" ? [[id, called]] : [];
      }),
    );
  return {
    t: name,
    d,
    guildId,
    channel: known && pickChannel(known),
    me: around.me,
    names: {
      roles: names(named.roles, (id) => around.roleName(guildId, id)),
      channels: names(named.channels, (id) => around.channel(guildId, id)?.name),
    },
  };
}

const pickChannel = ({ id, parentId, type, isPublic }: KnownChannel): EnvelopeChannel => ({
  id,
  parentId,
  type,
  isPublic,
});

function placed(eventId: string, envelope: Envelope, place: string, isSure: boolean): PlaceEvent {
  const { t: kind, guildId: workspaceId } = envelope;
  return {
    eventId,
    kind,
    lane: `${workspaceId}/${place}`,
    payload: envelope,
    onlyIn: isSure ? null : { workspaceId, place },
  };
}

/** In the text, or by answering with a ping. */
export function mentionsOwn(d: Json, said: string, { id, roles }: Own): boolean {
  const named = referencesIn(said);
  return (
    named.users.includes(id) ||
    named.roles.some((role) => roles.includes(role)) ||
    list(d["mentions"]).some((mention) => record(mention)["id"] === id) ||
    list(d["mention_roles"]).some((role) => roles.includes(text(role) ?? ""))
  );
}

function nonNull<T>(value: T | null): T[] {
  return value === null ? [] : [value];
}
