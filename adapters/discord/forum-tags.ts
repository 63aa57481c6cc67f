import { MessageGone, PlaceRefused } from "../../src/chat/chat-platform.ts";
import type { PlaceState } from "../../src/chat/chat-platform.ts";
import { list, pick, record, text } from "../../src/json.ts";
import type { Json } from "../../src/json.ts";
import type { Logger } from "../../src/log.ts";
import type { DiscordClient } from "./client.ts";
import { CODE, causeCodeOf } from "./errors.ts";
import type { DiscordAddress } from "./place.ts";
import type { DiscordThreads } from "./threads.ts";

/** Discord's bounds: tags of a forum, and of a post. */
const MOST = { forum: 20, post: 5 };
const STATES: readonly PlaceState[] = ["open", "accepted", "closed"];
const FORUMS = new Set([15, 16]);
const MAX_KNOWN = 1_000;

/** Marks posts of forums with a tag that is named as their state; their other tags stay. */
export class ForumTags {
  readonly #client: DiscordClient;
  readonly #threads: DiscordThreads;
  readonly #logger: Logger;
  /** Forums whose tags Redline may not set, of which the log was told. */
  readonly #refused = new Set<string>();

  constructor(client: DiscordClient, threads: DiscordThreads, logger: Logger) {
    this.#client = client;
    this.#threads = threads;
    this.#logger = logger;
  }

  /** Does nothing outside of forums, and where Redline may not. @throws HostBusy */
  async mark(at: DiscordAddress, state: PlaceState): Promise<void> {
    if (at.guildId === null) return;
    try {
      const forum = await this.#threads.channel(at.parent);
      if (FORUMS.has(Number(forum["type"]))) await this.#markPost(at, forum, state);
    } catch (error) {
      if (!(error instanceof PlaceRefused || error instanceof MessageGone)) throw error;
      if (causeCodeOf(error) === CODE.unknownChannel) return;
      this.#sayOnce(at.parent, error.message);
    }
  }

  async #markPost(at: DiscordAddress, forum: Json, state: PlaceState): Promise<void> {
    const tags = await this.#withStates(at.parent, tagsOf(forum));
    const wanted = tags.find(({ name }) => name.toLowerCase() === state);
    if (!wanted)
      return this.#sayOnce(at.parent, `the forum has no tag “${state}”, and no room for one`);
    const ours = new Set(tags.filter(isState).map(({ id }) => id));
    const before = list((await this.#threads.channel(at.thread))["applied_tags"]).map(String);
    const others = before.filter((id) => !ours.has(id));
    if (others.length >= MOST.post) return this.#sayOnce(at.parent, "a post has five other tags");
    const after = [...others, wanted.id];
    if (after.length === before.length && after.every((id) => before.includes(id))) return;
    await this.#threads.inThread(at, null, () =>
      this.#change(at.thread, { applied_tags: after }, "Manage Threads"),
    );
  }

  /** The forum's tags, after those that are missing were made where there is room for them. */
  async #withStates(forum: string, tags: readonly Tag[]): Promise<readonly Tag[]> {
    const missing = STATES.filter(
      (state) => !tags.some(({ name }) => name.toLowerCase() === state),
    );
    const isRoom = tags.length + missing.length <= MOST.forum;
    if (missing.length === 0 || !isRoom || this.#refused.has(forum)) return tags;
    const kept = tags.map(({ all }) =>
      pick(all, ["id", "name", "moderated", "emoji_id", "emoji_name"]),
    );
    const made = missing.map((name) => ({ name, moderated: false }));
    try {
      const body = { available_tags: [...kept, ...made] };
      return tagsOf(await this.#change(forum, body, "Manage Channels"));
    } catch (error) {
      if (!(error instanceof PlaceRefused)) throw error;
      this.#sayOnce(forum, error.message);
      return tags;
    }
  }

  /** The same again changes nothing, so that a lost answer is as good as a late one. */
  #change(channel: string, body: object, needs: string): Promise<Json> {
    const route = `/channels/${channel}` as const;
    return this.#client.call({ method: "PATCH", route, body }, { kind: "read", needs });
  }

  #sayOnce(forum: string, why: string): void {
    if (this.#refused.has(forum)) return;
    if (this.#refused.size >= MAX_KNOWN) this.#refused.clear();
    this.#refused.add(forum);
    this.#logger.warn({ forum, why }, "posts of a forum are not marked with their state");
  }
}

interface Tag {
  id: string;
  name: string;
  all: Json;
}

const isState = ({ name }: Tag): boolean => STATES.some((state) => name.toLowerCase() === state);

function tagsOf(channel: Json): Tag[] {
  return list(channel["available_tags"])
    .map(record)
    .map((all) => ({ id: String(all["id"]), name: text(all["name"]) ?? "", all }));
}
