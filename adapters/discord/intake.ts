/** Takes in what the gateway sends: answers what has to be answered at once, and has the rest stored. */
import { ChannelType } from "discord.js";
import type { REST } from "discord.js";
import type { OrderedIntake } from "../../src/chat/ordered-intake.ts";
import type { Json } from "../../src/json.ts";
import { record, text } from "../../src/json.ts";
import type { Logger } from "../../src/log.ts";
import type { KnownPlace } from "../../src/store/linked-places.ts";
import { pause } from "../../src/waiting.ts";
import { BackFill } from "./back-fill.ts";
import type { DiscordClient } from "./client.ts";
import type { KnownChannel } from "./directory.ts";
import { Directory } from "./directory.ts";
import { fetchChannel } from "./dispatch.ts";
import { readDispatch, readInteraction } from "./envelopes.ts";
import type { Envelope, Surroundings } from "./envelopes.ts";
import { isCompletion } from "./interactions.ts";
import type { Responder } from "./interactions.ts";
import { parsePlace, timeOfId } from "./place.ts";

export interface DiscordIntakeOptions {
  rest: REST;
  client: DiscordClient;
  queue: Pick<OrderedIntake, "add" | "below">;
  responder: Responder;
  /** Every linked place. */
  places(): Promise<readonly KnownPlace[]>;
  /** Whether what comes from the server, "" for direct messages, is this connection's. */
  serves(guildId: string): boolean;
  logger: Logger;
}

/** Ways to a channel that was not told of. */
const LOOKS = 3;
const LOOK_PAUSE_MS = 1_000;
/** A day more than Discord lets a thread stand without a word before it archives it, at the longest. */
const QUIET_MS = 8 * 24 * 60 * 60_000;

export class DiscordIntake {
  readonly #options: DiscordIntakeOptions;
  readonly #directory = new Directory();
  readonly #backFill: BackFill;
  /** Channels that are being asked for; what comes from there waits, in its order. */
  readonly #asking = new Map<string, Promise<void>>();

  /** Archived threads whose messages were not looked at, each with its server. */
  readonly #left = new Map<string, string>();

  constructor(options: DiscordIntakeOptions) {
    this.#options = options;
    this.#backFill = new BackFill({
      ...options,
      places: () => this.#places(),
      around: (place) => this.#aroundPlace(place),
    });
  }

  /** Never throws. */
  take(name: string, data: Json, mark: string): void {
    try {
      const open = isOfEverybody(name, data)
        ? this.#directory.publicChannels(guildOf(name, data))
        : [];
      this.#directory.apply(name, data);
      if (name.startsWith("THREAD_") && this.#isBack()) this.#backFill.begin();
      if (name === "READY") return this.#backFill.expect();
      const guildId = guildOf(name, data);
      if (!this.#options.serves(guildId)) return;
      if (name === "INTERACTION_CREATE") return this.#takeInteraction(data, guildId, mark);
      if (name.startsWith("MESSAGE_")) return this.#takeMessage(name, data, guildId, mark);
      this.#store(name, data, guildId, mark);
      for (const id of open)
        this.#store("CHANNEL_UPDATE", { id, guild_id: guildId }, guildId, mark);
    } catch (error) {
      this.#options.logger.error({ err: error, name }, "what Discord sent cannot be read");
    }
  }

  /** Fetches what was missed; until then what happens waits. */
  catchUp(): void {
    this.#backFill.begin();
  }

  close(): Promise<void> {
    return this.#backFill.close();
  }

  #takeInteraction(data: Json, guildId: string, mark: string): void {
    const { queue, responder } = this.#options;
    if (isCompletion(data)) {
      const read = readInteraction(data, guildId, this.#around(guildId, mark));
      if (read) responder.complete(read.payload as Envelope);
      return;
    }
    this.#store("INTERACTION_CREATE", data, guildId, mark);
    responder.defer(data, queue.below(1));
  }

  #takeMessage(name: string, data: Json, guildId: string, mark: string): void {
    const channelId = text(data["channel_id"]) ?? "";
    const asking = this.#asking.get(channelId);
    const isKnown = guildId === "" || this.#directory.channel(guildId, channelId) !== null;
    if (!asking && isKnown) return this.#store(name, data, guildId, mark);
    const asked = (asking ?? this.#askFor(guildId, channelId)).then(() => {
      this.#store(name, data, guildId, mark);
    });
    const last = asked.finally(() => {
      if (this.#asking.get(channelId) === last) this.#asking.delete(channelId);
    });
    this.#asking.set(channelId, last);
  }

  /** Never rejects: whoever works off what mentions Redline asks again. */
  async #askFor(guildId: string, channelId: string): Promise<void> {
    for (let look = 1; look <= LOOKS; look += 1) {
      try {
        const found = await fetchChannel(this.#options.rest, channelId);
        if (!found) return;
        return this.#directory.takeChannel(guildId, { ...found, id: channelId });
      } catch (error) {
        this.#options.logger.info({ err: error, channelId }, "a channel could not be looked up");
        await pause(LOOK_PAUSE_MS);
      }
    }
  }

  #store(name: string, data: Json, guildId: string, mark: string): void {
    for (const event of readDispatch(name, data, this.#around(guildId, mark))) {
      this.#backFill.pass(event);
    }
  }

  /** What was closed while nobody listened is closed now. */
  async #places(): Promise<KnownPlace[]> {
    const { places, serves } = this.#options;
    const served = (await places()).filter(({ workspaceId }) => serves(workspaceId));
    const open = served.filter(({ reach }) => reach === "workspace");
    const channels = open.map(
      ({ workspaceId, place }) => `${workspaceId}/${place.split("/", 1)[0]}`,
    );
    for (const one of new Set(channels)) {
      const [guildId = "", id = ""] = one.split("/");
      this.#store("CHANNEL_UPDATE", { id, guild_id: guildId }, guildId, `missed ${Date.now()}`);
    }
    this.#left.clear();
    return served.filter((place) => !this.#isQuiet(place));
  }

  /** Whether nothing was said there for so long that only what comes next is of concern. */
  #isQuiet({ workspaceId, place, linkedAt, messageIds }: KnownPlace): boolean {
    const directory = this.#directory;
    const { thread } = parsePlace(place) ?? {};
    const saidAt = Math.max(linkedAt.getTime(), timeOfId(messageIds[0] ?? ""));
    const isLate = Date.now() - saidAt > QUIET_MS && directory.knowsOpenThreads(workspaceId);
    if (thread === undefined || !isLate) return false;
    const open = directory.channel(workspaceId, thread);
    if (!open) this.#left.set(thread, workspaceId);
    return !open || (open.lastMessageId !== null && messageIds.includes(open.lastMessageId));
  }

  /** Whether a thread that was left out is open again. */
  #isBack(): boolean {
    const left = [...this.#left];
    return left.some(([thread, guildId]) => this.#directory.channel(guildId, thread) !== null);
  }

  #around(guildId: string, mark: string): Surroundings {
    const directory = this.#directory;
    return {
      me: { id: directory.me, roles: directory.ownRoles(guildId) },
      channel: (guild, id) => directory.channel(guild, id),
      roleName: (guild, id) => directory.roleName(guild, id),
      runsServer: (guild, user, roles) => directory.runsServer(guild, user, roles),
      mark,
    };
  }

  /** A thread that is archived is not told of. */
  #aroundPlace({ workspaceId, place }: KnownPlace): Surroundings {
    const around = this.#around(workspaceId, "");
    const { parent, thread } = parsePlace(place)!;
    const assumed: KnownChannel = {
      id: thread,
      parentId: parent,
      type: ChannelType.PublicThread,
      name: thread,
      isPublic: null,
      lastMessageId: null,
    };
    return {
      ...around,
      channel: (guild, id) => around.channel(guild, id) ?? (id === thread ? assumed : null),
    };
  }
}

/** Whether it says what everybody in a server may do: their role has the server's id. */
function isOfEverybody(name: string, data: Json): boolean {
  const role = record(data["role"]);
  return (
    name === "GUILD_ROLE_UPDATE" && role["id"] !== undefined && role["id"] === data["guild_id"]
  );
}

function guildOf(name: string, data: Json): string {
  const own = name === "GUILD_DELETE" || name === "GUILD_CREATE" ? data["id"] : data["guild_id"];
  return text(own) ?? "";
}

/** A server's shard. Source: Discord's gateway reference, "Sharding"; direct messages are the first one's. */
export function shardOf(guildId: string, shards: number): number {
  return guildId === "" ? 0 : Number((BigInt(guildId) >> 22n) % BigInt(shards));
}
