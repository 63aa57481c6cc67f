/**
 * Brings linked places up to date with what was said while nobody listened. What happens meanwhile in a place
 * waits until that is done, so that everything is stored in the order in which it was said.
 */
import { MessageGone, PlaceRefused } from "../../src/chat/chat-platform.ts";
import type { OrderedIntake } from "../../src/chat/ordered-intake.ts";
import type { Json } from "../../src/json.ts";
import { list, record, text } from "../../src/json.ts";
import type { Logger } from "../../src/log.ts";
import type { PlaceEvent } from "../../src/store/inbox.ts";
import type { KnownPlace } from "../../src/store/linked-places.ts";
import { pause } from "../../src/waiting.ts";
import type { DiscordClient } from "./client.ts";
import { readDispatch } from "./envelopes.ts";
import type { Surroundings } from "./envelopes.ts";
import { idAt, parsePlace } from "./place.ts";
import { HISTORY, assertHistory } from "./reading.ts";

export interface BackFillOptions {
  client: DiscordClient;
  queue: Pick<OrderedIntake, "add" | "below">;
  /** The places that this connection hears of. */
  places(): Promise<readonly KnownPlace[]>;
  /** What is known beside the messages of a place. */
  around(place: KnownPlace): Surroundings;
  logger: Logger;
}

const PAGE = 100;
/** Places at the same time. */
const CONCURRENCY = 4;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;
const MOST_HELD = 10_000;
/** Of waiting events, before another page is fetched. */
const ROOM = 1_000;

/** Answers to people go first. */
const READS = { ...HISTORY, urgency: "preview", maxWaitMs: 5_000 } as const;

export class BackFill {
  readonly #options: BackFillOptions;
  readonly #closing = new AbortController();
  /** Lanes whose events wait; null while it is not known which. */
  #pending: Set<string> | null = new Set();
  #held: PlaceEvent[] = [];
  #isWanted = false;
  #running: Promise<void> | null = null;

  constructor(options: BackFillOptions) {
    this.#options = options;
  }

  /** Takes an event that has just come in. */
  pass(event: PlaceEvent): void {
    if (event.kind.startsWith("MESSAGE_") && this.#isPending(event)) {
      if (this.#held.length < MOST_HELD) this.#held.push(event);
      else this.#isWanted = true;
      return;
    }
    this.#options.queue.add(event);
  }

  /** From here on everything waits until `begin`: something was missed. */
  expect(): void {
    this.#pending = null;
  }

  begin(): void {
    this.expect();
    this.#isWanted = true;
    this.#running ??= this.#run().finally(() => (this.#running = null));
  }

  /** What is held is left to whoever takes over. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#held = [];
    await this.#running;
  }

  #isPending({ lane }: PlaceEvent): boolean {
    return this.#pending?.has(lane) ?? true;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let failures = 0;
    while (this.#isWanted && !signal.aborted) {
      this.#isWanted = false;
      let left = await this.#list();
      if (signal.aborted) return;
      this.#pending = new Set(left.map(laneOf));
      this.#release();
      while (left.length > 0 && !signal.aborted && !this.#isWanted) {
        left = await this.#fillAll(left);
        failures = left.length > 0 ? failures + 1 : 0;
        if (failures > 0) await pause(retryMs(failures), signal);
      }
    }
  }

  /** Answers with the places for which it is to be tried again. */
  async #fillAll(places: readonly KnownPlace[]): Promise<KnownPlace[]> {
    const left: KnownPlace[] = [];
    const rest = places.values();
    const work = async (): Promise<void> => {
      for (const place of rest) {
        if (!(await this.#fill(place))) {
          left.push(place);
          continue;
        }
        this.#pending?.delete(laneOf(place));
        this.#release();
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    return left;
  }

  /** Lets go of what need not wait any longer. */
  #release(): void {
    if (this.#closing.signal.aborted) return;
    const free = this.#held.filter((event) => !this.#isPending(event));
    this.#held = this.#held.filter((event) => this.#isPending(event));
    for (const event of free) this.#options.queue.add(event);
  }

  async #list(): Promise<readonly KnownPlace[]> {
    for (let failures = 0; !this.#closing.signal.aborted; failures += 1) {
      try {
        return await this.#options.places();
      } catch (error) {
        const { logger } = this.#options;
        if (failures === 0)
          logger.warn({ err: error }, "linked places cannot be listed; tried again");
        await pause(retryMs(failures + 1), this.#closing.signal);
      }
    }
    return [];
  }

  /** False where it is to be tried again. */
  async #fill(place: KnownPlace): Promise<boolean> {
    const { logger } = this.#options;
    if (this.#closing.signal.aborted) return false;
    try {
      await this.#catchUp(place);
      return true;
    } catch (error) {
      const about = { err: error, workspaceId: place.workspaceId, place: place.place };
      if (error instanceof PlaceRefused) {
        logger.warn(about, "a linked place could not be read again");
        return true;
      }
      logger.info(about, "what was missed in a linked place is fetched later");
      return false;
    }
  }

  /** Page by page, each in the queue before the next is fetched. */
  async #catchUp(place: KnownPlace): Promise<void> {
    const { client, queue } = this.#options;
    const thread = parsePlace(place.place)?.thread;
    if (thread === undefined) return;
    const linked = idAt(place.linkedAt.getTime());
    const known = new Set(place.messageIds.filter((id) => isAfter(id, linked)));
    const oldest = [...known].at(-1);
    let after = oldest === undefined ? linked : previous(oldest);
    let isEmpty = true;
    for (;;) {
      const query = new URLSearchParams({ after, limit: String(PAGE) });
      const route = `/channels/${thread}/messages` as const;
      const page = list(await client.ask({ method: "GET", route, query }, READS)).map(record);
      const messages = page.filter((one) => text(one["id"]) !== null).toSorted(byId);
      for (const message of messages) {
        const id = text(message["id"])!;
        if (known.delete(id)) this.#add("MESSAGE_UPDATE", message, place);
        else if (isAfter(id, linked)) this.#add("MESSAGE_CREATE", message, place);
      }
      after = text(messages.at(-1)?.["id"]) ?? after;
      isEmpty &&= page.length === 0;
      if (page.length < PAGE) break;
      await queue.below(ROOM);
      if (this.#closing.signal.aborted) return;
    }
    if (isEmpty) await assertHistory(client, thread, READS.urgency);
    // The first message of a thread that was begun from it stands in the channel.
    known.delete(thread);
    for (const id of known) {
      if (this.#closing.signal.aborted) return;
      if (await this.#isGone(thread, id)) this.#add("MESSAGE_DELETE", { id }, place);
    }
  }

  /** What Discord leaves out of a list need not be deleted. */
  async #isGone(thread: string, id: string): Promise<boolean> {
    const route = `/channels/${thread}/messages/${id}` as const;
    try {
      await this.#options.client.ask({ method: "GET", route }, READS);
      return false;
    } catch (error) {
      if (error instanceof MessageGone) return true;
      throw error;
    }
  }

  #add(name: string, message: Json, place: KnownPlace): void {
    const { queue, around } = this.#options;
    const { thread } = parsePlace(place.place)!;
    const inGuild = place.workspaceId !== "" && { guild_id: place.workspaceId };
    const d = { ...message, channel_id: thread, ...inGuild };
    for (const event of readDispatch(name, d, around(place))) queue.add(event);
  }
}

function laneOf({ workspaceId, place }: Pick<KnownPlace, "workspaceId" | "place">): string {
  return `${workspaceId}/${place}`;
}

function byId(one: Json, other: Json): number {
  return isAfter(text(one["id"])!, text(other["id"])!) ? 1 : -1;
}

function isAfter(id: string, other: string): boolean {
  return BigInt(id) > BigInt(other);
}

function previous(id: string): string {
  return (BigInt(id) - 1n).toString();
}

const retryMs = (failures: number): number =>
  Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10), LONGEST_RETRY_MS);
