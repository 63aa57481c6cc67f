/** response_url: five messages in thirty minutes, into the place that it came from. */
import { randomBytes } from "node:crypto";

import { blockErrors, withIds } from "./blocks.ts";
import type { Channel, Ephemeral, Json, Message, TeamState } from "./model.ts";
import type { World } from "./world.ts";

const USES = 5;

interface ResponsePlace {
  team: TeamState;
  channel: Channel;
  userId: string;
  threadTs: string | null;
  /** What a click or a shortcut came from. */
  source: Message | Ephemeral | null;
  at: number;
  used: number;
}

export class ResponseUrls {
  readonly #world: World;
  readonly #origin: () => string;
  readonly #places = new Map<string, ResponsePlace>();

  constructor(world: World, origin: () => string) {
    this.#world = world;
    this.#origin = origin;
  }

  make(place: Omit<ResponsePlace, "at" | "used">): string {
    const key = randomBytes(12).toString("hex");
    this.#places.set(key, { ...place, at: this.#world.clock.now(), used: 0 });
    return `${this.#origin()}/response/${place.team.id}/${key}`;
  }

  /** One use of an address, by what follows `/response/`. */
  use(path: string, body: unknown): { status: number; text: string; violation?: string } {
    const place = this.#places.get(path.split("/").at(-1) ?? "");
    if (!place) return { status: 404, text: "no_service" };
    const isOld = this.#world.clock.now() - place.at > this.#world.sizes.responseUrlLifetime;
    if (isOld) return { status: 404, text: "expired_url" };
    if (place.used >= USES) return { status: 404, text: "used_url" };
    place.used += 1;
    if (typeof body !== "object" || body === null) {
      return { status: 500, text: "invalid_payload", violation: "response_url: no JSON object" };
    }
    const error = this.respond(place, body as Json);
    if (error === null) return { status: 200, text: '{"ok":true}' };
    return { status: 400, text: error, violation: `response_url: ${error}` };
  }

  /** Also what a command's or a click's own acknowledgement says. Null, or what is wrong. */
  respond(place: Omit<ResponsePlace, "at" | "used">, body: Json): string | null {
    const blocks = Array.isArray(body["blocks"]) ? (body["blocks"] as Json[]) : null;
    const [wrong] = blockErrors(blocks ?? [], "message");
    if (wrong !== undefined) return `invalid_blocks: ${wrong}`;
    const text = typeof body["text"] === "string" ? body["text"] : "";
    if (body["delete_original"] === true) {
      this.#removeSource(place);
      return null;
    }
    if (text === "" && !blocks) return "no_text";
    const { source } = place;
    if (body["replace_original"] === true && source) {
      this.#replace(source, text, blocks);
      return null;
    }
    this.#post(place, body, text, blocks);
    return null;
  }

  #post(
    place: Omit<ResponsePlace, "at" | "used">,
    body: Json,
    text: string,
    blocks: Json[] | null,
  ): void {
    const { channel, team, userId } = place;
    const threadTs = typeof body["thread_ts"] === "string" ? body["thread_ts"] : place.threadTs;
    const bot = team.users.get(team.install?.botUserId ?? "");
    if (body["response_type"] === "in_channel" && bot) {
      this.#world.post(channel, bot, { text, blocks, threadTs });
      return;
    }
    const ts = this.#world.nextTs();
    const stored = blocks && withIds(blocks);
    channel.ephemerals.push({ ts, userId, text, blocks: stored, threadTs });
    this.#world.notePings(channel, ts, "ephemeral", { text, blocks, linksNames: false });
  }

  #replace(source: Message | Ephemeral, text: string, blocks: Json[] | null): void {
    const change = (): void => {
      source.text = text;
      source.blocks = blocks && withIds(blocks);
    };
    if (isMessage(source)) this.#world.change(source, change);
    else change();
  }

  #removeSource({ source, channel }: Omit<ResponsePlace, "at" | "used">): void {
    if (!source) return;
    if (isMessage(source)) this.#world.remove(source);
    else channel.ephemerals.splice(channel.ephemerals.indexOf(source), 1);
  }
}

export const isMessage = (source: Message | Ephemeral): source is Message => "channelId" in source;
