import type { ChatPerson } from "../../src/chat/chat-event.ts";
import { PlaceRefused } from "../../src/chat/chat-platform.ts";
import { HostBusy } from "../../src/ports.ts";
import type { SlackClient } from "./client.ts";
import { record, text } from "../../src/json.ts";

interface Profile {
  name: string;
  isAdmin: boolean;
  timeZone: string | null;
  readAt: number;
}

/** Milliseconds. */
const NAME_AGE = 10 * 60_000;
const RIGHTS_AGE = 60_000;
const MAX_PROFILES = 5_000;

/** Who is who in the workspaces. */
export class SlackPeople {
  readonly #client: SlackClient;
  readonly #profiles = new Map<string, Profile>();
  /** Questions under way: many messages of one person are one question. */
  readonly #asking = new Map<string, Promise<Profile | null>>();

  constructor(client: SlackClient) {
    this.#client = client;
  }

  /** The id where Slack does not tell the name. */
  async nameOf(person: ChatPerson): Promise<string> {
    try {
      const profile = await this.#read(person, NAME_AGE);
      return profile?.name || person.id;
    } catch (error) {
      if (!(error instanceof HostBusy || error instanceof PlaceRefused)) throw error;
      return this.#profiles.get(keyOf(person))?.name || person.id;
    }
  }

  /** As of when the name was last asked for. Never rejects. */
  async timeZoneOf(person: ChatPerson): Promise<string | null> {
    try {
      return (await this.#read(person, NAME_AGE))?.timeZone ?? null;
    } catch {
      return null;
    }
  }

  /** Nobody is an admin of whom Slack knows nothing. @throws HostBusy, PlaceRefused access */
  async isAdmin(person: ChatPerson): Promise<boolean> {
    const profile = await this.#read(person, RIGHTS_AGE);
    return profile?.isAdmin ?? false;
  }

  async #read(person: ChatPerson, maxAge: number): Promise<Profile | null> {
    const key = keyOf(person);
    const known = this.#profiles.get(key);
    if (known && performance.now() - known.readAt < maxAge) return known;
    const asking = this.#asking.get(key);
    if (asking) return asking;
    const asked = this.#learn(key, person).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asked);
    return asked;
  }

  async #learn(key: string, { workspaceId, id }: ChatPerson): Promise<Profile | null> {
    const profile = await this.#ask(workspaceId, id);
    if (this.#profiles.size >= MAX_PROFILES) this.#profiles.clear();
    if (profile) this.#profiles.set(key, profile);
    return profile;
  }

  async #ask(teamId: string, user: string): Promise<Profile | null> {
    try {
      const answer = await this.#client.call(teamId, "users.info", { user }, { kind: "read" });
      const found = record(answer["user"]);
      const profile = record(found["profile"]);
      const names = [profile["display_name"], found["real_name"], found["name"]]
        .map(text)
        // It stands in what others write, which would not be taken with a NUL.
        .map((name) => name?.replace(/\p{Cc}+/gu, " ").trim() ?? null);
      return {
        name: names.find((name) => name !== null && name.trim() !== "") ?? "",
        // Of another workspace, in a channel that is shared with it: the rights there are none here.
        isAdmin:
          (found["is_admin"] === true || found["is_owner"] === true) &&
          (found["team_id"] === undefined || found["team_id"] === teamId),
        timeZone: text(found["tz"]),
        readAt: performance.now(),
      };
    } catch (error) {
      // Such as `user_not_found`.
      if (error instanceof PlaceRefused && error.scope === "content") return null;
      throw error;
    }
  }
}

const keyOf = ({ workspaceId, id }: ChatPerson): string => `${workspaceId}/${id}`;

/** The person that a mention such as `<@U123|ann>` names; null when it names none. */
export function parseMention(workspaceId: string, mention: string): ChatPerson | null {
  const [, id] = /^\s*<@([UW][A-Z0-9]+)(?:\|[^>]*)?>\s*$/u.exec(mention) ?? [];
  return id === undefined ? null : { platform: "slack", workspaceId, id };
}
