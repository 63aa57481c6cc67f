/** What one person is told outside of all places: in their direct messages with the bot. */
import type { ChatPerson } from "../../src/chat/chat-event.ts";
import { PersonUnreachable, PlaceRefused } from "../../src/chat/chat-platform.ts";
import type { PrivateSending } from "../../src/chat/chat-platform.ts";
import { list, record, text } from "../../src/json.ts";
import type { Json } from "../../src/json.ts";
import type { DiscordClient } from "./client.ts";
import { textComponent } from "./components/content.ts";
import { numberOf } from "./components/key-ids.ts";
import { CODE, causeCodeOf } from "./errors.ts";
import { FLAGS, QUIET, nonceOf } from "./message-body.ts";
import { idAt, isId } from "./place.ts";
import { listSince } from "./reading.ts";

const MAX_KNOWN = 5_000;
/** Discord's clock and ours differ by less. */
const SKEW_MS = 5_000;
const READS = { kind: "read", needs: "Send Messages" } as const;

const NOBODY = "Discord knows nobody by this id any more.";
/** Source: Discord's API reference, "JSON Error Codes", and discord/discord-api-docs issue 8238. */
const UNREACHABLE: Readonly<Record<number, string>> = {
  [CODE.noDirectMessages]: "The person has blocked the bot, or takes no direct messages from it.",
  [CODE.noDirectMessagesFromServer]:
    "The person takes no direct messages from their servers, or shares none with the bot any more.",
  [CODE.unknownUser]: NOBODY,
};

/** The channels of direct messages, each opened once. */
export class DirectChannels {
  readonly #client: DiscordClient;
  /** By person. */
  readonly #known = new Map<string, string>();

  constructor(client: DiscordClient) {
    this.#client = client;
  }

  async of(person: string): Promise<string> {
    const known = this.#known.get(person);
    if (known !== undefined) return known;
    const body = { recipient_id: person };
    const request = { method: "POST", route: "/users/@me/channels", body } as const;
    const id = text((await this.#client.call(request, READS))["id"]);
    if (id === null) throw new PlaceRefused("content", "Discord opened no direct messages.");
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(person, id);
    return id;
  }
}

export class DiscordPrivateMessages {
  readonly #client: DiscordClient;
  readonly #directs: DirectChannels;

  constructor(client: DiscordClient, directs: DirectChannels) {
    this.#client = client;
    this.#directs = directs;
  }

  async send(
    { id }: ChatPerson,
    markdown: string,
    key: string,
    { since, guard }: PrivateSending,
  ): Promise<string> {
    if (!isId(id)) throw new PersonUnreachable(NOBODY);
    try {
      const channel = await this.#directs.of(id);
      const found = since && (await this.#find(channel, key, since));
      return found ?? (await this.#post(channel, markdown, key, guard));
    } catch (error) {
      const why = UNREACHABLE[causeCodeOf(error) ?? 0];
      throw why === undefined ? error : new PersonUnreachable(why, { cause: error });
    }
  }

  async #find(channel: string, key: string, since: Date): Promise<string | null> {
    const me = await this.#client.me();
    const sent = await listSince(this.#client, channel, idAt(since.getTime() - SKEW_MS));
    const found = sent.find(
      (message) => record(message["author"])["id"] === me && has(message, key),
    );
    return found ? text(found["id"]) : null;
  }

  /** With components, so that it is never taken for a message of the conversation; their number is the key's. */
  async #post(
    channel: string,
    markdown: string,
    key: string,
    guard: PrivateSending["guard"],
  ): Promise<string> {
    const body = {
      components: [textComponent(markdown, numberOf(key))],
      flags: FLAGS.componentsV2,
      nonce: nonceOf(key),
      enforce_nonce: true,
      ...QUIET,
    };
    const posted = await this.#client.call(
      { method: "POST", route: `/channels/${channel}/messages`, body },
      { kind: "write", needs: "Send Messages", guard },
    );
    return String(posted["id"]);
  }
}

function has(message: Json, key: string): boolean {
  return list(message["components"]).some((part) => record(part)["id"] === numberOf(key));
}
