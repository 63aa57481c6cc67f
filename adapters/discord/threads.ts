/** Threads: begun, begun once, found again, and opened where they were archived. */
import type { ChatPlace } from "../../src/chat/chat-event.ts";
import { MessageGone, PlaceRefused } from "../../src/chat/chat-platform.ts";
import { list, record, text } from "../../src/json.ts";
import type { Json } from "../../src/json.ts";
import { excerptLine } from "../../src/one-line.ts";
import type { CallOptions, DiscordClient } from "./client.ts";
import type { Component } from "./components/component.ts";
import { textComponent } from "./components/content.ts";
import { numberOf } from "./components/key-ids.ts";
import { CODE, LOCKED, causeCodeOf } from "./errors.ts";
import { FLAGS, QUIET, nonceOf } from "./message-body.ts";
import { listSince } from "./reading.ts";
import { formatPlace, idAt, timeOfId } from "./place.ts";
import type { DiscordAddress } from "./place.ts";
import { saidNow } from "./said.ts";

/** Kinds of channels whose threads are posts. */
const FORUMS = new Set([15, 16]);
/** Discord's clock and ours differ by less. */
const SKEW_MS = 5_000;
const NAME = 90;

const READS: CallOptions = { kind: "read", needs: "View Channel" };
const BEGINS: CallOptions = { kind: "write", needs: "Create Public Threads" };

export class DiscordThreads {
  readonly #client: DiscordClient;

  constructor(client: DiscordClient) {
    this.#client = client;
  }

  /**
   * Begins a thread with a message of Redline's: in a forum a post, elsewhere a message with a thread.
   * @param since from when on it may have been done before, so that it is looked for first
   */
  async start(
    guildId: string,
    channel: string,
    markdown: string,
    key: string,
    since: Date | null,
  ): Promise<ChatPlace> {
    const said = saidNow()?.channel;
    const { type } = said?.id === channel ? said : await this.channel(channel);
    const isForum = FORUMS.has(Number(type));
    const given = { guildId, channel, markdown, key };
    const from = since && since.getTime() - SKEW_MS;
    const thread = isForum ? await this.#post(given, from) : await this.#branch(given, from);
    const place = formatPlace({ parent: channel, thread });
    return { platform: "discord", workspaceId: guildId, place };
  }

  async #post({ guildId, channel, markdown, key }: Start, from: number | null): Promise<string> {
    const found = from === null ? null : await this.#findPost(guildId, channel, key, from);
    if (found !== null) return found;
    const body = { name: nameOf(markdown), message: opening(markdown, key) };
    const made = await this.#client.call(
      { method: "POST", route: `/channels/${channel}/threads`, body },
      { ...BEGINS, needs: "Send Messages" },
    );
    return String(made["id"]);
  }

  async #findPost(
    guildId: string,
    channel: string,
    key: string,
    from: number,
  ): Promise<string | null> {
    const route = `/guilds/${guildId}/threads/active` as const;
    const [me, { threads }] = await Promise.all([
      this.#client.me(),
      this.#client.call({ method: "GET", route }, READS),
    ]);
    const own = list(threads)
      .map(record)
      .filter(({ parent_id: parent, owner_id: owner }) => parent === channel && owner === me)
      .map(({ id }) => String(id))
      .filter((id) => timeOfId(id) >= from);
    for (const id of own) {
      if (isOpening(await this.message(id, id), key)) return id;
    }
    return null;
  }

  async #branch({ channel, markdown, key }: Start, from: number | null): Promise<string> {
    const known = from === null ? [] : await listSince(this.#client, channel, idAt(from));
    const me = await this.#client.me();
    const found = known.find(
      (message) => record(message["author"])["id"] === me && isOpening(message, key),
    );
    const message = found ?? (await this.#send(channel, markdown, key));
    const id = String(message["id"]);
    await this.begin(channel, id, nameOf(markdown));
    return id;
  }

  #send(channel: string, markdown: string, key: string): Promise<Json> {
    const body = { ...opening(markdown, key), nonce: nonceOf(key), enforce_nonce: true };
    return this.#client.call(
      { method: "POST", route: `/channels/${channel}/messages`, body },
      { ...BEGINS, needs: "Send Messages" },
    );
  }

  /** Makes the thread of a message, which has the message's id; one that is there is as good. */
  async begin(channel: string, messageId: string, name: string): Promise<void> {
    try {
      const route = `/channels/${channel}/messages/${messageId}/threads` as const;
      await this.#client.call({ method: "POST", route, body: { name } }, BEGINS);
    } catch (error) {
      if (causeCodeOf(error) !== CODE.threadExists) throw error;
    }
  }

  /** Whether the place is a message whose thread is not made yet. */
  async isUnbegun({ parent, thread }: DiscordAddress): Promise<boolean> {
    if (parent === thread) return false;
    const root = await this.message(parent, thread);
    return root !== null && root["thread"] === undefined;
  }

  /** Null where there is none. */
  async message(channel: string, id: string): Promise<Json | null> {
    try {
      const route = `/channels/${channel}/messages/${id}` as const;
      return await this.#client.call({ method: "GET", route }, READS);
    } catch (error) {
      const isGone = error instanceof MessageGone || error instanceof PlaceRefused;
      if (isGone) return null;
      throw error;
    }
  }

  channel(id: string): Promise<Json> {
    return this.#client.call({ method: "GET", route: `/channels/${id}` }, READS);
  }

  /**
   * Does something in a thread; where it is archived it is opened once, and where it was not begun, it is.
   * @param name of the thread, where it may be begun for this; null where it may not
   */
  async inThread<T>(at: DiscordAddress, name: string | null, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      const code = causeCodeOf(error);
      if (code === CODE.archived) await this.#open(at);
      else if (code === CODE.unknownChannel && name !== null && (await this.isUnbegun(at))) {
        await this.begin(at.parent, at.thread, name);
      } else throw error;
      return await act();
    }
  }

  async #open(at: DiscordAddress): Promise<void> {
    const { thread_metadata: state } = await this.channel(at.thread);
    const isLocked = record(state)["locked"] === true;
    try {
      const body = { archived: false };
      const needs = isLocked ? "Manage Threads" : "Send Messages in Threads";
      await this.#client.call(
        { method: "PATCH", route: `/channels/${at.thread}`, body },
        { kind: "read", needs },
      );
    } catch (error) {
      if (!isLocked || !(error instanceof PlaceRefused)) throw error;
      throw new PlaceRefused("place", LOCKED, { cause: error });
    }
  }
}

interface Start {
  guildId: string;
  channel: string;
  markdown: string;
  key: string;
}

/** The number of its text says under which key it was posted. */
function opening(markdown: string, key: string): object {
  const components: Component[] = [textComponent(markdown, numberOf(key))];
  return { components, flags: FLAGS.componentsV2, ...QUIET };
}

const isOpening = (message: Json | null, key: string): boolean =>
  record(list(message?.["components"])[0])["id"] === numberOf(key);

/** The title that stands at the beginning of a sentence, as in a greeting, or the sentence's beginning. */
export function nameOf(markdown: string): string {
  const title =
    /^[^“\n]{0,30}“([^”]+)”/u.exec(markdown)?.[1] ?? markdown.replace(/[*_~`#>|[\]<]/gu, "");
  return text(excerptLine(title, NAME)) ?? "RFC";
}
