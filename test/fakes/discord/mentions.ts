/** Whom a message would ping, by its text and what the sender allows. */
import { allOf, TYPES } from "./components.ts";
import type { Guild, Json, Mentions, Message } from "./model.ts";
import { PERMISSIONS, guildPermissions } from "./permissions.ts";

export interface Ping {
  kind: "user" | "role" | "everyone" | "here";
  /** Of the user or role; empty for everybody. */
  id: string;
  channelId: string;
  messageId: string;
  by: "post" | "edit";
}

/** What `allowed_mentions` leaves of a text's mentions. */
export interface Allowed {
  users: "all" | readonly string[];
  roles: "all" | readonly string[];
  everyone: boolean;
  repliedUser: boolean;
}

/** Nothing said: everything pings, the author of what is replied to as well. */
export function readAllowed(sent: unknown): Allowed {
  if (typeof sent !== "object" || sent === null) {
    return { users: "all", roles: "all", everyone: true, repliedUser: true };
  }
  const { parse, users, roles, replied_user: replied } = sent as Json;
  const parsed = Array.isArray(parse) ? parse : [];
  const listed = (list: unknown): string[] => (Array.isArray(list) ? list.map(String) : []);
  return {
    users: parsed.includes("users") ? "all" : listed(users),
    roles: parsed.includes("roles") ? "all" : listed(roles),
    everyone: parsed.includes("everyone"),
    repliedUser: replied === true,
  };
}

/** All that a message's reader sees as text, where a mention counts. */
export const mentionableText = (content: string, components: readonly Json[]): string =>
  [
    content,
    ...allOf(components)
      .filter(({ type }) => type === TYPES.text)
      .map((one) => String(one["content"])),
  ].join("\n");

export function mentionsIn(
  text: string,
  allowed: Allowed,
  guild: Guild | null,
  authorId: string,
): Mentions {
  const users = [...text.matchAll(/<@!?(\d+)>/g)].map(([, id = ""]) => id);
  const roles = [...text.matchAll(/<@&(\d+)>/g)].map(([, id = ""]) => id);
  const permissions = guild ? guildPermissions(guild, authorId) : 0n;
  const mayAll = (permissions & PERMISSIONS.MENTION_EVERYONE) !== 0n;
  const isAllowed = (list: "all" | readonly string[], id: string): boolean =>
    list === "all" || list.includes(id);
  const broadcast = /@(everyone|here)\b/.exec(text)?.[1] as "everyone" | "here" | undefined;
  return {
    users: [...new Set(users)].filter((id) => isAllowed(allowed.users, id)),
    roles: [...new Set(roles)].filter(
      (id) =>
        isAllowed(allowed.roles, id) && (mayAll || guild?.roles.get(id)?.mentionable === true),
    ),
    everyone: broadcast !== undefined && allowed.everyone && mayAll ? broadcast : null,
  };
}

export function pingsOf(message: Message, mentions: Mentions, by: Ping["by"]): Ping[] {
  const at = { channelId: message.channelId, messageId: message.id, by };
  return [
    ...mentions.users.map((id): Ping => ({ kind: "user", id, ...at })),
    ...mentions.roles.map((id): Ping => ({ kind: "role", id, ...at })),
    ...(mentions.everyone === null ? [] : [{ kind: mentions.everyone, id: "", ...at }]),
  ];
}
