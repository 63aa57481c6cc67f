import type { ChatPerson } from "../../src/chat/chat-event.ts";
import { PlaceRefused } from "../../src/chat/chat-platform.ts";
import { list, record, text } from "../../src/json.ts";
import type { Json } from "../../src/json.ts";
import { HostBusy } from "../../src/ports.ts";
import type { DiscordClient } from "./client.ts";
import { mayRunServer } from "./directory.ts";
import { CODE, causeCodeOf } from "./errors.ts";
import { isId } from "./place.ts";
import { saidNow, saidOf } from "./said.ts";

/** A server as far as it says who may do what. */
interface Guild {
  ownerId: string;
  /** By id; the role of everybody has the server's own. */
  roles: ReadonlyMap<string, { name: string; permissions: bigint }>;
}

interface Member {
  name: string;
  roles: readonly string[];
}

/** Milliseconds. */
const NAME_AGE = 10 * 60_000;
/** Rights are asked for at each decision; this only joins questions of one moment. */
const RIGHTS_AGE = 2_000;
const MAX_KNOWN = 5_000;

const NOBODY = new Set<number | null>([CODE.unknownMember, CODE.unknownUser]);

/** Who is who on the servers, and who may do what there. */
export class DiscordPeople {
  readonly #client: DiscordClient;
  readonly #members: Cache<Member | null>;
  readonly #guilds: Cache<Guild>;

  constructor(client: DiscordClient) {
    this.#client = client;
    this.#members = new Cache((key) => this.#askMember(key));
    this.#guilds = new Cache((key) => this.#askGuild(key));
  }

  /** The id where Discord does not tell the name. */
  async nameOf(person: ChatPerson): Promise<string> {
    if (!isId(person.id)) return person.id;
    const said = saidOf(person)?.name;
    if (said) return firstName([said]) || person.id;
    const key = keyOf(person);
    try {
      return (await this.#members.get(key, NAME_AGE))?.name || person.id;
    } catch (error) {
      if (!(error instanceof HostBusy || error instanceof PlaceRefused)) throw error;
      const known = this.#members.known(key)?.name;
      return known || firstName([saidNow()?.users.get(person.id)]) || person.id;
    }
  }

  /** The server's owner, administrators, and who may manage it. @throws HostBusy, PlaceRefused access */
  async isAdmin(person: ChatPerson): Promise<boolean> {
    const { workspaceId, id } = person;
    const said = saidOf(person)?.runsServer;
    if (typeof said === "boolean") return said;
    const roles = await this.rolesOf(person);
    if (!isId(workspaceId) || !isId(id)) return false;
    const guild = await this.#guilds.get(workspaceId, RIGHTS_AGE);
    if (guild.ownerId === id) return true;
    const isMember = (await this.#members.get(keyOf(person), RIGHTS_AGE)) !== null;
    const held = isMember ? [workspaceId, ...roles] : [];
    return held.some((role) => mayRunServer(guild.roles.get(role)?.permissions ?? 0n));
  }

  /** @throws HostBusy, PlaceRefused access */
  async rolesOf(person: ChatPerson): Promise<string[]> {
    if (!isId(person.workspaceId) || !isId(person.id)) return [];
    const said = saidOf(person);
    if (said) return [...said.roles];
    const member = await this.#members.get(keyOf(person), RIGHTS_AGE);
    return [...(member?.roles ?? [])];
  }

  /** Null where the server has no such role. @throws HostBusy, PlaceRefused access */
  async nameOfRole(guildId: string, roleId: string): Promise<string | null> {
    if (!isId(guildId)) return null;
    const said = saidNow()?.roles[roleId];
    if (said !== undefined) return said;
    const known = (await this.#guilds.get(guildId, RIGHTS_AGE)).roles.get(roleId);
    // It may have been made in this moment.
    return (known ?? (await this.#guilds.get(guildId, 0)).roles.get(roleId))?.name ?? null;
  }

  async #askMember(key: string): Promise<Member | null> {
    const [guildId = "", id = ""] = key.split("/");
    if (guildId === "") return this.#askUser(id);
    try {
      const found = await this.#read(`/guilds/${guildId}/members/${id}`);
      const name = firstName([found["nick"], ...namesOf(record(found["user"]))]);
      return { name, roles: list(found["roles"]).map(String) };
    } catch (error) {
      if (!NOBODY.has(causeCodeOf(error))) throw error;
      return null;
    }
  }

  async #askUser(id: string): Promise<Member | null> {
    try {
      return { name: firstName(namesOf(await this.#read(`/users/${id}`))), roles: [] };
    } catch (error) {
      if (!NOBODY.has(causeCodeOf(error))) throw error;
      return null;
    }
  }

  async #askGuild(id: string): Promise<Guild> {
    const found = await this.#read(`/guilds/${id}`);
    const roles = list(found["roles"]).map(record);
    return {
      ownerId: String(found["owner_id"]),
      roles: new Map(
        roles.map(({ id: role, name, permissions }) => [
          String(role),
          { name: text(name) ?? String(role), permissions: BigInt(text(permissions) ?? "0") },
        ]),
      ),
    };
  }

  #read(route: `/${string}`): Promise<Json> {
    return this.#client.call({ method: "GET", route }, { kind: "read", needs: "View Channel" });
  }
}

const keyOf = ({ workspaceId, id }: ChatPerson): string => `${workspaceId}/${id}`;
const namesOf = (user: Json): unknown[] => [user["global_name"], user["username"]];

/** It stands in what others write, which would not be taken with a NUL. */
function firstName(names: readonly unknown[]): string {
  const seen = names.map(
    (name) =>
      text(name)
        ?.replace(/\p{Cc}+/gu, " ")
        .trim() ?? "",
  );
  return seen.find((name) => name !== "") ?? "";
}

/** Answers for a while; many questions at a time are one. */
class Cache<T> {
  readonly #ask: (key: string) => Promise<T>;
  readonly #kept = new Map<string, { value: T; readAt: number }>();
  readonly #asking = new Map<string, Promise<T>>();

  constructor(ask: (key: string) => Promise<T>) {
    this.#ask = ask;
  }

  known(key: string): T | null {
    return this.#kept.get(key)?.value ?? null;
  }

  get(key: string, maxAge: number): Promise<T> {
    const kept = this.#kept.get(key);
    if (kept && performance.now() - kept.readAt < maxAge) return Promise.resolve(kept.value);
    const asking = this.#asking.get(key);
    if (asking) return asking;
    const asked = this.#learn(key).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asked);
    return asked;
  }

  async #learn(key: string): Promise<T> {
    const readAt = performance.now();
    const value = await this.#ask(key);
    if (this.#kept.size >= MAX_KNOWN) this.#kept.clear();
    this.#kept.set(key, { value, readAt });
    return value;
  }
}

/** The person that a mention such as `<@123>` names; null when it names none. */
export function parseMention(workspaceId: string, mention: string): ChatPerson | null {
  const [, id] = /^\s*<@!?(\d{1,20})>\s*$/u.exec(mention) ?? [];
  return id === undefined ? null : { platform: "discord", workspaceId, id };
}

/** The role that a mention such as `<@&123>` names; null when it names none, or everybody. */
export function parseRole(workspaceId: string, mention: string): string | null {
  const [, id] = /^\s*<@&(\d{1,20})>\s*$/u.exec(mention) ?? [];
  return id === undefined || id === workspaceId ? null : id;
}
