/**
 * What Discord said along with an event of who did it and where: asked first while it is worked off, so that a
 * permission is as of that moment, and that an API with fewer endpoints is enough.
 */
import { AsyncLocalStorage } from "node:async_hooks";

import type { ChatPerson } from "../../src/chat/chat-event.ts";
import { list, record, text } from "../../src/json.ts";
import { nameOf } from "./envelope-events.ts";
import type { Envelope, EnvelopeChannel } from "./envelopes.ts";
import { timeOfId } from "./place.ts";

/** Somebody on a server, as an event has them. */
export interface SaidMember {
  workspaceId: string;
  id: string;
  name: string | null;
  roles: readonly string[];
  /** Whether they own, administer or manage the server; null where that was not known. */
  runsServer: boolean | null;
}

export interface Said {
  /** The bot's own user id; empty where it was not known. */
  me: string;
  member: SaidMember | null;
  /** Names by id, of whom it mentions. */
  users: ReadonlyMap<string, string>;
  /** The same of roles. */
  roles: Readonly<Record<string, string>>;
  channel: EnvelopeChannel | null;
  /** Milliseconds since 1970; Discord's time. */
  at: number;
}

/** What is handled later is asked for again. */
const FRESH_MS = 60_000;

const current = new AsyncLocalStorage<Said>();

/** Does something for an event. */
export function handling<T>(envelope: Envelope, act: () => Promise<T>): Promise<T> {
  return current.run(readSaid(envelope), act);
}

/** Null outside of events. */
export function saidNow(): Said | null {
  return current.getStore() ?? null;
}

/** Null where nothing was said of them, or not just now. */
export function saidOf({ workspaceId, id }: ChatPerson): SaidMember | null {
  const said = current.getStore();
  if (!said?.member || Math.abs(Date.now() - said.at) > FRESH_MS) return null;
  const { member } = said;
  return member.workspaceId === workspaceId && member.id === id ? member : null;
}

/** Pure. */
function readSaid({ d, guildId, by, me, names, channel }: Envelope): Said {
  const author = record(d["user"] ?? d["author"]);
  const id = text(author["id"]);
  const resolved = Object.values(record(record(record(d["data"])["resolved"])["roles"]));
  const called = resolved.map(record).flatMap(({ id: role, name }) => {
    const roleId = text(role);
    return roleId === null ? [] : [[roleId, text(name) ?? roleId] as const];
  });
  const given = record(record(record(d["data"])["resolved"])["users"]);
  const users = [...list(d["mentions"]), ...Object.values(given)].map(record);
  return {
    me: me.id,
    users: new Map(
      users.flatMap((user) => [[text(user["id"]) ?? "", nameOf(user) ?? ""] as const]),
    ),
    member:
      by && id !== null && guildId !== ""
        ? { ...by, workspaceId: guildId, id, name: by.nick ?? nameOf(author) }
        : null,
    roles: { ...names.roles, ...Object.fromEntries(called) },
    channel,
    at: timeOfId(text(d["id"]) ?? "0"),
  };
}
