/** The gateway: who is connected, what each session is told, and what goes wrong with it on purpose. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";

import type { Contract } from "./contract.ts";
import { dispatchesOf } from "./dispatches.ts";
import type { Dispatch } from "./dispatches.ts";
import { Session } from "./gateway-session.ts";
import { INTENTS, privilegedBeyond } from "./intents.ts";
import type { Json } from "./model.ts";
import { applicationFlags, guildCreateJson, ownUserJson } from "./wire.ts";
import type { Happening, World } from "./world.ts";

export interface GatewayOptions {
  /** Shards that GET /gateway/bot recommends. */
  shards: number;
  /** Identifies a day. */
  starts: number;
  /** Shards that may identify at once. */
  maxConcurrency: number;
  /** Milliseconds between identifies of one of them; 5 s. */
  identifyInterval: number;
  heartbeatInterval: number;
}

export const GATEWAY: GatewayOptions = {
  shards: 1,
  starts: 1_000,
  maxConcurrency: 1,
  identifyInterval: 5_000,
  heartbeatInterval: 41_250,
};

/** Guilds of one shard at which Discord asks for more of them. */
const MOST_GUILDS = 2_500;
const DAY = 86_400_000;

interface Frame {
  op: number;
  d?: unknown;
}

export class Gateway {
  readonly options: GatewayOptions;
  readonly sessions = new Map<string, Session>();
  /** Everything that was dispatched, in order. */
  readonly dispatched: Dispatch[] = [];
  readonly #world: World;
  readonly #contract: Contract;
  readonly #note: (violation: string) => void;
  readonly #origin: () => string;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #sockets = new Map<WebSocket, Session | null>();
  readonly #starts: number[] = [];
  readonly #lastIdentify = new Map<number, number>();
  #held: Dispatch[] | null = null;
  #loses: ((dispatch: Dispatch) => boolean) | null = null;
  #isDown = false;
  #isDeaf = false;
  #copies = 1;

  constructor(
    world: World,
    contract: Contract,
    options: GatewayOptions,
    origin: () => string,
    note: (violation: string) => void,
  ) {
    this.#world = world;
    this.#contract = contract;
    this.options = options;
    this.#origin = origin;
    this.#note = note;
  }

  /** Of GET /gateway/bot. */
  limitsJson(): Json {
    const now = this.#world.clock.now();
    const used = this.#starts.filter((at) => at > now - DAY);
    return {
      shards: this.options.shards,
      session_start_limit: {
        total: this.options.starts,
        remaining: Math.max(0, this.options.starts - used.length),
        reset_after: used[0] === undefined ? 0 : Math.ceil(used[0] + DAY - now),
        max_concurrency: this.options.maxConcurrency,
      },
    };
  }

  /** Sessions with a live connection. */
  get connected(): Session[] {
    return [...this.#sockets.values()].filter((one) => one !== null);
  }

  /** Sessions that were begun, not resumed. */
  get identifies(): number {
    return this.#starts.length;
  }

  tell(happening: Happening): void {
    for (const dispatch of dispatchesOf(this.#world, happening)) this.dispatch(dispatch);
  }

  dispatch(dispatch: Dispatch): void {
    this.#validate(dispatch);
    this.dispatched.push(dispatch);
    if (this.#loses?.(dispatch)) return;
    if (this.#held) this.#held.push(dispatch);
    else for (let copy = 0; copy < this.#copies; copy += 1) this.#send(dispatch);
  }

  /** Once more, as Discord does now and then. */
  again(dispatch: Dispatch): void {
    this.#send(dispatch);
  }

  /** Until it is called with 1, each dispatch comes so often. */
  repeat(copies: number): void {
    this.#copies = copies;
  }

  /** Dispatches that fit are lost, until it is called with null. */
  lose(fits: ((dispatch: Dispatch) => boolean) | null): void {
    this.#loses = fits;
  }

  /** Until `release`, nothing is dispatched. */
  hold(): void {
    this.#held ??= [];
  }

  release(order: (held: Dispatch[]) => readonly Dispatch[] = (held) => held): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const dispatch of order([...held])) this.#send(dispatch);
  }

  /** Cuts the connections (of one shard) without a word; the sessions can be resumed. */
  drop(shard?: number): void {
    for (const socket of this.#of(shard)) {
      this.#leave(socket);
      socket.terminate();
    }
  }

  /** Closes them with a code: 4000 (resume), 4004, 4014, … */
  closeAll(code: number, reason = "", shard?: number): void {
    for (const socket of this.#of(shard)) socket.close(code, reason);
  }

  /** Asks them to come again. */
  reconnect(shard?: number): void {
    for (const socket of this.#of(shard)) this.#write(socket, { op: 7, d: null });
  }

  /** Tells them that the session is invalid; unless it can be resumed, it is forgotten. */
  invalidate(canResume: boolean, shard?: number): void {
    for (const socket of this.#of(shard)) {
      const session = this.#leave(socket);
      if (!canResume && session) this.sessions.delete(session.id);
      // It may resume, or identify, on the same connection.
      this.#sockets.set(socket, null);
      this.#write(socket, { op: 9, d: canResume });
    }
  }

  /** No session can be resumed any more. */
  forget(): void {
    this.sessions.clear();
  }

  /** Gone: cuts what there is, and takes no connection until `up`. */
  down(): void {
    this.#isDown = true;
    this.drop();
  }

  up(): void {
    this.#isDown = false;
  }

  /** Resolves when everybody who is connected has had all that was dispatched. */
  async caughtUp(): Promise<void> {
    await Promise.all(this.connected.map((session) => session.caughtUp()));
  }

  /** Whether heartbeats are left without an answer. */
  set deaf(isDeaf: boolean) {
    this.#isDeaf = isDeaf;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (this.#isDown || !/^\/gateway\/?$/.test(url.pathname)) {
      socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\n");
      return;
    }
    if (url.searchParams.get("encoding") !== "json" || url.searchParams.has("compress")) {
      this.#note(`the fake's gateway speaks plain JSON: ${url.search}`);
    }
    this.#server.handleUpgrade(request, socket, head, (opened) => {
      if (url.searchParams.get("v") !== "10") opened.close(4012, "Invalid API version");
      else this.#open(opened);
    });
  }

  close(): void {
    this.#isDown = true;
    for (const socket of this.#sockets.keys()) socket.terminate();
    this.#server.close();
  }

  /** The connection is no session's any more; returns whose it was. */
  #leave(socket: WebSocket): Session | null {
    const session = this.#sockets.get(socket) ?? null;
    this.#sockets.delete(socket);
    if (session?.socket === socket) {
      session.socket = null;
      session.beat(null);
    }
    return session;
  }

  #of(shard: number | undefined): WebSocket[] {
    return [...this.#sockets]
      .filter(([, session]) => shard === undefined || session?.shard === shard)
      .map(([socket]) => socket);
  }

  #open(socket: WebSocket): void {
    this.#sockets.set(socket, null);
    socket.on("message", (data: Buffer) => this.#hear(socket, data.toString("utf8")));
    socket.on("error", () => {});
    socket.on("close", (code) => {
      const session = this.#leave(socket);
      // The app said that it is done with it.
      if (session && (code === 1000 || code === 1001)) this.sessions.delete(session.id);
    });
    const { heartbeatInterval } = this.options;
    this.#write(socket, { op: 10, d: { heartbeat_interval: heartbeatInterval, _trace: ["[]"] } });
  }

  #hear(socket: WebSocket, text: string): void {
    let frame: Frame;
    try {
      frame = JSON.parse(text) as Frame;
    } catch {
      this.#refuse(socket, 4002, "Decode error");
      return;
    }
    const session = this.#sockets.get(socket) ?? null;
    if (frame.op === 1) {
      session?.beat(typeof frame.d === "number" ? frame.d : null);
      if (!this.#isDeaf) this.#write(socket, { op: 11, d: null });
    } else if (frame.op === 2) {
      if (session) this.#refuse(socket, 4005, "Already authenticated");
      else this.#identify(socket, frame.d as Json);
    } else if (frame.op === 6) {
      if (session) this.#refuse(socket, 4005, "Already authenticated");
      else this.#resume(socket, frame.d as Json);
    } else if (!session) this.#refuse(socket, 4003, "Not authenticated");
    // Presence, voice and members: nothing here depends on them.
    else if (![3, 4, 8].includes(frame.op)) this.#refuse(socket, 4001, "Unknown opcode");
  }

  #refuse(socket: WebSocket, code: number, reason: string): void {
    this.#note(`gateway: ${code} ${reason}`);
    socket.close(code, reason);
  }

  #identify(socket: WebSocket, sent: Json): void {
    const { app, clock, joined } = this.#world;
    if (sent["token"] !== app.token) {
      socket.close(4004, "Authentication failed.");
      return;
    }
    if (typeof sent["properties"] !== "object") this.#note("gateway: identify without properties");
    const intents = Number(sent["intents"]);
    if (!Number.isInteger(intents) || intents < 0 || intents >= 1 << 26) {
      socket.close(4013, "Invalid intent(s).");
      return;
    }
    if (privilegedBeyond(intents, app.privileged)) {
      socket.close(4014, "Disallowed intent(s).");
      return;
    }
    const [shard, shards] = (sent["shard"] as [number, number] | undefined) ?? [0, 1];
    if (!(shard >= 0 && shard < shards)) {
      socket.close(4010, "Invalid shard.");
      return;
    }
    if (joined.size / shards > MOST_GUILDS) {
      socket.close(4011, "Sharding required.");
      return;
    }
    const key = shard % this.options.maxConcurrency;
    const now = clock.now();
    const last = this.#lastIdentify.get(key);
    if (last !== undefined && now - last < this.options.identifyInterval) {
      this.#write(socket, { op: 9, d: false });
      return;
    }
    this.#lastIdentify.set(key, now);
    this.#starts.push(now);
    const session = new Session(this.#world, { shard, shards, intents });
    this.sessions.set(session.id, session);
    this.#attach(socket, session);
    this.#greet(session);
  }

  #greet(session: Session): void {
    const { app, joined } = this.#world;
    const guilds = [...joined].filter((id) => session.hasGuild(id));
    session.send("READY", {
      v: 10,
      user: ownUserJson(this.#world.user(app.botId)),
      guilds: guilds.map((id) => ({ id, unavailable: true })),
      session_id: session.id,
      resume_gateway_url: `${this.#origin().replace("http", "ws")}/gateway/`,
      session_type: "normal",
      private_channels: [],
      relationships: [],
      presences: [],
      guild_join_requests: [],
      geo_ordered_rtc_regions: [],
      shard: [session.shard, session.shards],
      application: { id: app.id, flags: applicationFlags(this.#world) },
      _trace: [],
    });
    if (!session.hasIntent(INTENTS.guilds)) return;
    for (const id of guilds) {
      session.send("GUILD_CREATE", guildCreateJson(this.#world, this.#world.guild(id)));
    }
  }

  #resume(socket: WebSocket, sent: Json): void {
    if (sent["token"] !== this.#world.app.token) {
      socket.close(4004, "Authentication failed.");
      return;
    }
    const session = this.sessions.get(String(sent["session_id"]));
    const seq = Number(sent["seq"]);
    if (!session?.canReplay(seq)) {
      this.#write(socket, { op: 9, d: false });
      return;
    }
    if (seq > session.seq) {
      this.#refuse(socket, 4007, "Invalid seq");
      return;
    }
    this.#attach(socket, session);
    session.replay(seq);
  }

  #attach(socket: WebSocket, session: Session): void {
    session.socket?.terminate();
    session.socket = socket;
    this.#sockets.set(socket, session);
  }

  #send(dispatch: Dispatch): void {
    for (const session of this.sessions.values()) {
      if (!session.takes(dispatch)) continue;
      session.send(dispatch.t, dispatch.data(session.isWithContent));
    }
  }

  #validate(dispatch: Dispatch): void {
    if (dispatch.shape === null) return;
    const wrong = this.#contract.shapeError(dispatch.shape, dispatch.data(true));
    if (wrong !== null) this.#note(`gateway ${dispatch.t}: ${wrong}`);
  }

  #write(socket: WebSocket, frame: Json): void {
    if (socket.readyState === socket.OPEN) {
      socket.send(JSON.stringify({ t: null, s: null, ...frame }));
    }
  }
}
