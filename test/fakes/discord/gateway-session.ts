/** One session of the gateway: it outlives its connections, and what they missed is replayed. */
import { randomBytes } from "node:crypto";

import type { WebSocket } from "ws";

import type { Dispatch } from "./dispatches.ts";
import { INTENTS } from "./intents.ts";
import type { Json } from "./model.ts";
import type { World } from "./world.ts";

/** The shard that a guild's events go to. */
export const shardOf = (guildId: string, shards: number): number =>
  Number((BigInt(guildId) >> 22n) % BigInt(shards));

/** Dispatches that are kept for a replay; a session that has missed more cannot be resumed. */
const MOST_KEPT = 10_000;

export class Session {
  readonly id = randomBytes(16).toString("hex");
  readonly shard: number;
  readonly shards: number;
  readonly intents: number;
  socket: WebSocket | null = null;
  /** Of the newest dispatch. */
  seq = 0;
  /** Of the newest dispatch that the app says it has had. */
  heard = 0;
  readonly #world: World;
  readonly #beats: (() => void)[] = [];
  readonly #sent: { t: string; s: number; d: Json }[] = [];

  constructor(
    world: World,
    { shard, shards, intents }: { shard: number; shards: number; intents: number },
  ) {
    this.#world = world;
    this.shard = shard;
    this.shards = shards;
    this.intents = intents;
  }

  get isWithContent(): boolean {
    return this.hasIntent(INTENTS.messageContent);
  }

  hasIntent(intent: number): boolean {
    return (this.intents & intent) === intent;
  }

  hasGuild(guildId: string): boolean {
    return shardOf(guildId, this.shards) === this.shard;
  }

  /** Whether it is told of that. */
  takes({ guildId, intent, isHidden }: Dispatch): boolean {
    if (isHidden || !this.hasIntent(intent)) return false;
    // Direct messages go to the first shard.
    return guildId === null ? this.shard === 0 : this.hasGuild(guildId);
  }

  /** The app's heartbeat, or the end of the connection. */
  beat(seq: number | null): void {
    this.heard = Math.max(this.heard, seq ?? 0);
    for (const settle of this.#beats.splice(0)) settle();
  }

  /** Resolves when the app has had all that was dispatched to it, or is connected no more. */
  async caughtUp(): Promise<void> {
    while (this.socket && this.heard < this.seq) {
      const beat = new Promise<void>((resolve) => void this.#beats.push(resolve));
      // It answers at once with the newest that it knows.
      this.socket.send(JSON.stringify({ op: 1, d: null, s: null, t: null }));
      await beat;
    }
  }

  send(t: string, d: Json): void {
    this.seq += 1;
    const dispatch = { t, s: this.seq, d };
    this.#sent.push(dispatch);
    if (this.#sent.length > MOST_KEPT) this.#sent.shift();
    this.#write(dispatch);
  }

  /** Whether all that came after `seq` is still kept. */
  canReplay(seq: number): boolean {
    return seq >= this.seq - this.#sent.length;
  }

  /** What came after `seq`, then RESUMED. */
  replay(seq: number): void {
    for (const dispatch of this.#sent) if (dispatch.s > seq) this.#write(dispatch);
    this.send("RESUMED", { _trace: [this.#world.app.name] });
  }

  #write(dispatch: { t: string; s: number; d: Json }): void {
    const { socket } = this;
    if (socket?.readyState === socket?.OPEN) socket?.send(JSON.stringify({ op: 0, ...dispatch }));
  }
}
