/** Messages of Redline's own: posted, changed, removed and found again. */
import { randomUUID } from "node:crypto";

import type { ChatContent } from "../../src/chat/card.ts";
import { MessageGone, MessageTooOld, SendUncertain } from "../../src/chat/chat-platform.ts";
import type { CallGuard, OwnMessage, Urgency } from "../../src/chat/chat-platform.ts";
import { record, text } from "../../src/json.ts";
import type { Json } from "../../src/json.ts";
import { HostBusy } from "../../src/ports.ts";
import type { CallOptions, DiscordClient } from "./client.ts";
import { renderContent } from "./components/content.ts";
import { readKey } from "./components/key-ids.ts";
import { EditOrder } from "./edits.ts";
import { CODE, causeCodeOf, restOf } from "./errors.ts";
import { MessageAges } from "./message-ages.ts";
import { FLAGS, bodyOf, nonceOf, wordsOf } from "./message-body.ts";
import { idAt, isDirect, timeOfId } from "./place.ts";
import type { DiscordAddress } from "./place.ts";
import { listSince } from "./reading.ts";
import { DiscordThreads, nameOf } from "./threads.ts";

/** So often an old message may be refused as one call too many before it counts as too old. */
const OLD_TRIES = 3;
const MAX_KNOWN = 1_000;
/** Discord's clock and ours differ by less. */
const SKEW_MS = 5_000;
/** Of people and bots: what is said, replies, and answers to commands. */
const SAID = new Set([0, 19, 20, 23]);
/** Of what was found to be Redline's own, but is none of its deliveries. */
const NO_DELIVERY = "-";

export class DiscordMessages {
  readonly threads: DiscordThreads;
  readonly #client: DiscordClient;
  readonly #edits: EditOrder;
  readonly #ages = new MessageAges();
  /** How often edits of old messages were refused as too many. */
  readonly #refusals = new Map<string, number>();

  constructor(client: DiscordClient) {
    this.#client = client;
    this.threads = new DiscordThreads(client);
    this.#edits = new EditOrder({
      waitForRoom: (channel) => client.waitForRoom(channel),
      scaled: (ms) => client.scaled(ms),
    });
  }

  /** Answers with the message's id. */
  post(at: DiscordAddress, content: ChatContent, key: string, guard?: CallGuard): Promise<string> {
    const name = "markdown" in content ? nameOf(content.markdown) : "RFC";
    return this.threads.inThread(at, name, async () => {
      const posted = await this.#create(at, content, key, guard);
      const id = text(posted["id"]);
      if (id === null) throw new SendUncertain("Discord's answer has no id of the message");
      this.#ages.learn(id, Date.now());
      // One of the same key that is there already is answered with as it is.
      const { body } = bodyOf(renderContent(content));
      if (wordsOf(posted) !== wordsOf(record(body))) {
        await this.edit(at, id, () => content, "final");
      }
      return id;
    });
  }

  async #create(
    at: DiscordAddress,
    content: ChatContent,
    key: string,
    guard: CallGuard | undefined,
  ): Promise<Json> {
    try {
      return await this.#send(at, content, nonceOf(key), guard);
    } catch (error) {
      // One of the same key was posted lately, and removed since.
      if (!(error instanceof MessageGone)) throw error;
      return await this.#send(at, content, nonceOf(randomUUID()), guard);
    }
  }

  #send(
    { thread, guildId }: DiscordAddress,
    content: ChatContent,
    nonce: string,
    guard: CallGuard | undefined,
  ): Promise<Json> {
    const { body, files } = bodyOf(renderContent(content));
    const given = { ...record(body), nonce, enforce_nonce: true };
    const writes = guildId === null ? "Send Messages" : "Send Messages in Threads";
    return this.#client.call(
      {
        method: "POST",
        route: `/channels/${thread}/messages`,
        body: given,
        ...(files && { files }),
      },
      { kind: "write", needs: files ? `${writes}” and “Attach Files` : writes, guard },
    );
  }

  /** @throws MessageTooOld for a card of over an hour, and where Discord takes no more edits of a message */
  edit(
    at: DiscordAddress,
    id: string,
    take: () => ChatContent | null,
    urgency: Urgency,
  ): Promise<void> {
    return this.#edits.add(at.thread, id, urgency, () =>
      this.threads.inThread(at, null, () => this.#change(at, id, take, urgency)),
    );
  }

  async #change(
    { thread }: DiscordAddress,
    id: string,
    take: () => ChatContent | null,
    urgency: Urgency,
  ): Promise<void> {
    const isOld = this.#ages.isOld(id, Date.now());
    const route = `/channels/${thread}/messages/${id}` as const;
    const newest = (): ReturnType<typeof bodyOf> | null => {
      const content = take();
      if (content === null) return null;
      const isCard = content.kind === "card" || content.kind === "list";
      if (isOld && isCard) throw new MessageTooOld("a card of over an hour is not edited");
      return bodyOf(renderContent(content));
    };
    try {
      const options: CallOptions = { kind: "write", needs: "Attach Files", urgency };
      await this.#client.ask({ method: "PATCH", route }, options, newest);
      this.#refusals.delete(id);
    } catch (error) {
      throw isOld ? this.#ofOld(id, error) : error;
    }
  }

  /** The limit on edits of old messages may come as one call too many, time and again. */
  #ofOld(id: string, error: unknown): unknown {
    if (!(error instanceof HostBusy) || restOf(error.cause) === null) return error;
    if (this.#refusals.size >= MAX_KNOWN) this.#refusals.clear();
    const times = (this.#refusals.get(id) ?? 0) + 1;
    this.#refusals.set(id, times);
    if (times < OLD_TRIES) return error;
    return new MessageTooOld("Discord takes no more edits of this message", { cause: error });
  }

  /** One that is not there any more is left alone. */
  async remove(at: DiscordAddress, id: string): Promise<void> {
    const route = `/channels/${at.thread}/messages/${id}` as const;
    try {
      await this.threads.inThread(at, null, () =>
        this.#client.ask({ method: "DELETE", route }, { kind: "write", needs: "Manage Messages" }),
      );
    } catch (error) {
      if (!(error instanceof MessageGone)) throw error;
    }
  }

  async listOwn(at: DiscordAddress, since: Date): Promise<OwnMessage[]> {
    const oldest = since.getTime() - SKEW_MS;
    const me = await this.#client.me();
    let messages: Json[];
    try {
      messages = await listSince(this.#client, at.thread, idAt(oldest));
    } catch (error) {
      const isUnknown = causeCodeOf(error) === CODE.unknownChannel;
      // Nothing was said in a thread that is yet to be made.
      if (!isUnknown || isDirect(at) || !(await this.threads.isUnbegun(at))) throw error;
      return [];
    }
    return messages.map((message) => ownMessage(message, me)).filter((own) => own !== null);
  }
}

function ownMessage(message: Json, me: string): OwnMessage | null {
  const id = text(message["id"]);
  if (id === null || record(message["author"])["id"] !== me) return null;
  if (!SAID.has(Number(message["type"]))) return null;
  const isCard = (Number(message["flags"] ?? 0) & FLAGS.componentsV2) !== 0;
  const isAnswer = message["interaction_metadata"] !== undefined;
  const other = isCard || isAnswer ? NO_DELIVERY : null;
  return { id, key: readKey(message) ?? other, postedAt: new Date(timeOfId(id)) };
}
