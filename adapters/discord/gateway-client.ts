/** One connection to Discord's gateway, from its beginning to its end: discord.js's client, of which only the raw dispatches are used. */
import type { REST } from "discord.js";
import {
  Client,
  DiscordjsErrorCodes,
  Events,
  GatewayCloseCodes,
  GatewayOpcodes,
  Options,
  SimpleShardingStrategy,
} from "discord.js";
import type { Json } from "../../src/json.ts";
import { number, record, text } from "../../src/json.ts";
import type { Logger } from "../../src/log.ts";
import { pause, settledWithin } from "../../src/waiting.ts";
import { INVALID_TOKEN } from "./errors.ts";
import { intentsFor } from "./intents.ts";
import { createDiscordRest, refusesToken, restOptions } from "./rest.ts";

export interface GatewayClientOptions {
  token: string;
  apiUrl: string;
  readsContent: boolean;
  logger: Logger;
  /** Each dispatch in its order; must not throw. `session` is that of its numbers. */
  onDispatch(name: string, data: Json, mark: string): void;
  /** The session has begun anew, and its servers are known: what came before it may have been missed. */
  onReady(): void;
}

/** Discord will not let the bot in until somebody mends what `message` says. */
export class GatewayRefused extends Error {
  override readonly name = "GatewayRefused";
}

/** Discord wants the servers spread over more connections. */
export class ShardingRequired extends Error {
  override readonly name = "ShardingRequired";

  constructor() {
    super("Discord wants more connections for so many servers");
  }
}

export const CONTENT_SWITCH =
  "Discord does not let Redline read the text of messages: switch on “Message Content Intent” for the bot in Discord's developer portal, or set DISCORD_MESSAGE_CONTENT=off.";

const MS = {
  /** It is worth a word from then on. */
  gone: 30_000,
  /** A client that has found no way back by then is given up for another. */
  stuck: 120_000,
  look: 1_000,
  close: 1_000,
  /** After so long without a word Discord is asked for one, and is gone when none has come by then. */
  quiet: 10_000,
  dead: 15_000,
  /** Of the first words of a new connection; discord.js would wait for a minute. */
  hello: 10_000,
};

/**
 * Until `ended` aborts, or until the connection cannot be kept.
 * @throws GatewayRefused, or what it failed with
 */
export async function runGatewayClient(
  options: GatewayClientOptions,
  ended: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const connection = new Connection(options, over);
  const either = AbortSignal.any([ended, over.signal]);
  try {
    await Promise.race([connection.login(), pause(MS.stuck, either)]);
    await connection.watch(either);
  } finally {
    await connection.close();
  }
  if (!ended.aborted) throw over.signal.reason;
}

type Socket = Parameters<NonNullable<NonNullable<Client["options"]["ws"]>["buildStrategy"]>>[0];

class Connection {
  readonly #options: GatewayClientOptions;
  readonly #over: AbortController;
  readonly #client: Client;
  /** Beside the client's own, which forgets a token that was refused once. */
  readonly #rest: REST;
  #socket: Socket | null = null;
  #strategy: SimpleShardingStrategy | null = null;
  readonly #guarded = new WeakSet<object>();
  #session = "";
  /** Since when there is no connection; null while there is one. */
  #goneAt: number | null = performance.now();
  #heardAt = performance.now();
  #isAsked = false;
  #isClosed = false;

  constructor(options: GatewayClientOptions, over: AbortController) {
    this.#options = options;
    this.#over = over;
    this.#rest = createDiscordRest(options);
    this.#client = new Client({
      intents: intentsFor(options.readsContent),
      rest: restOptions(options),
      allowedMentions: { parse: [], repliedUser: false },
      makeCache: Options.cacheWithLimits({
        ...Options.DefaultMakeCacheSettings,
        MessageManager: 0,
        ReactionManager: 0,
        UserManager: { maxSize: 0, keepOverLimit: ({ id, client }) => id === client.user.id },
        GuildMemberManager: {
          maxSize: 0,
          keepOverLimit: ({ id, client }) => id === client.user.id,
        },
      }),
      ws: {
        buildStrategy: (socket) => {
          this.#socket = socket;
          Object.assign(socket.options, { handshakeTimeout: MS.hello, helloTimeout: MS.hello });
          this.#strategy = new SimpleShardingStrategy(socket);
          // Its acknowledgement of a heartbeat, of whosever.
          (socket as NodeJS.EventEmitter).on("heartbeat", () => this.#heard());
          // Said just before a connection is made, among other things.
          (socket as NodeJS.EventEmitter).on("debug", () => queueMicrotask(() => this.#guard()));
          return this.#strategy;
        },
      },
    });
    guardHandlers(this.#client, options.logger);
    this.#listen();
  }

  async login(): Promise<void> {
    try {
      await this.#client.login(this.#options.token);
    } catch (error) {
      const isDoubtful = isUnauthorized(error) && !(await refusesToken(this.#rest));
      this.#end(isDoubtful ? new Error("Discord refused a token that it takes") : toRefusal(error));
    }
  }

  /** Until the signal aborts; says once when it is gone for long, and once when it is back. */
  async watch(ended: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    let isSaid = false;
    while (!ended.aborted) {
      await pause(MS.look, ended);
      const goneMs = this.#goneAt === null ? 0 : performance.now() - this.#goneAt;
      if (isSaid && goneMs === 0) logger.info({}, "the connection to Discord is back");
      if (goneMs === 0) isSaid = false;
      else if (!isSaid && goneMs > MS.gone) {
        logger.warn({}, "there is no connection to Discord; it is tried again");
        isSaid = true;
      }
      if (goneMs > MS.stuck) this.#end(new Error("discord.js found no way back"));
      if (goneMs === 0) await this.#listenForLife();
    }
  }

  /**
   * A connection whose other side is gone without a word is noticed by discord.js with its second heartbeat that
   * is not answered, after up to 80 s.
   */
  async #listenForLife(): Promise<void> {
    const quietMs = performance.now() - this.#heardAt;
    if (quietMs > MS.dead && this.#isAsked) {
      this.#options.logger.warn({ quietMs }, "Discord does not answer; it is connected to anew");
      for (const { connection } of openShards(this.#strategy)) connection?.terminate();
      this.#heard();
    } else if (quietMs > MS.quiet && !this.#isAsked) {
      this.#isAsked = true;
      for (const shard of openShards(this.#strategy)) {
        const session = await this.#socket?.options.retrieveSessionInfo(shard.id);
        const heartbeat = { op: GatewayOpcodes.Heartbeat, d: session?.sequence ?? null };
        // Where there is no connection any more, discord.js makes one.
        await shard.send(heartbeat).catch(() => {});
      }
    }
  }

  /**
   * discord.js hears nothing more of a connection that it gives up before it is open, so that an error of it,
   * such as that nobody answers the handshake, would end the process.
   */
  #guard(): void {
    for (const { connection } of openShards(this.#strategy)) {
      if (!connection || this.#guarded.has(connection)) continue;
      this.#guarded.add(connection);
      connection.on("error", () => {});
    }
  }

  #heard(): void {
    this.#heardAt = performance.now();
    this.#isAsked = false;
  }

  /** Ends the session at once; nothing is taken in from here on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // discord.js would connect again where it is closed while it waits for the next try.
    if (this.#socket) this.#socket.options.retrieveSessionInfo = () => new Promise(() => {});
    const sockets = openShards(this.#strategy).flatMap(({ connection }) => connection ?? []);
    await settledWithin(this.#client.destroy(), MS.close);
    // And waits for half a minute for an answer that may never come.
    for (const socket of sockets) socket.terminate();
  }

  #listen(): void {
    const client = this.#client;
    const { logger, onDispatch, onReady } = this.#options;
    client.on(Events.Raw, (packet: unknown) => {
      if (this.#isClosed) return;
      this.#heard();
      const { t, d, s } = record(packet);
      if (typeof t !== "string") return;
      if (t === "READY") this.#session = text(record(d)["session_id"]) ?? "";
      if (t === "READY" || t === "RESUMED") this.#goneAt = null;
      onDispatch(t, record(d), `${this.#session}:${number(s) ?? ""}`);
    });
    client.on(Events.ShardReady, () => {
      if (!this.#isClosed) onReady();
    });
    client.on(Events.ShardReconnecting, () => (this.#goneAt ??= performance.now()));
    client.on(Events.ShardDisconnect, ({ code }) => this.#end(refusalOf(code)));
    client.on(Events.ShardError, (error) => logger.debug({ err: error }, "the gateway's socket"));
    client.on(Events.Error, (error) => logger.warn({ err: error }, "discord.js reports an error"));
  }

  #end(error: Error): void {
    if (!this.#over.signal.aborted) this.#over.abort(error);
  }
}

/** Nobody awaits what discord.js does with a packet: an exception there would end the process. */
function guardHandlers(client: Client, logger: Logger): void {
  const socket = client.ws as unknown as { handlePacket(...given: unknown[]): boolean };
  const handle = socket.handlePacket.bind(socket);
  socket.handlePacket = (...given) => {
    try {
      return handle(...given);
    } catch (error) {
      logger.warn({ err: error }, "discord.js could not read a packet");
      return false;
    }
  };
}

interface OpenShard {
  id: number;
  connection?: (NodeJS.EventEmitter & { terminate(): void }) | null;
  send(payload: { op: GatewayOpcodes; d: number | null }): Promise<void>;
}

/** Those that discord.js keeps to itself. */
function openShards(strategy: SimpleShardingStrategy | null): OpenShard[] {
  const { shards } = (strategy ?? {}) as unknown as { shards?: Map<number, OpenShard> };
  return [...(shards?.values() ?? [])];
}

const SHARDING_REQUIRED: number = GatewayCloseCodes.ShardingRequired;

const REFUSALS: Readonly<Record<number, string>> = {
  [GatewayCloseCodes.AuthenticationFailed]: INVALID_TOKEN,
  [GatewayCloseCodes.DisallowedIntents]: CONTENT_SWITCH,
};

function refusalOf(code: number): Error {
  if (code === SHARDING_REQUIRED) return new ShardingRequired();
  const words = REFUSALS[code];
  return words === undefined
    ? new Error(`Discord's gateway closed for good (${code})`)
    : new GatewayRefused(words);
}

/** Of a login that failed: discord.js has words of its own for what came as a close code. */
export function toRefusal(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (isUnauthorized(error)) {
    return new GatewayRefused(INVALID_TOKEN, { cause: error });
  }
  if (error.message === "Authentication failed") return new GatewayRefused(INVALID_TOKEN);
  if (error.message === "Used disallowed intents") return new GatewayRefused(CONTENT_SWITCH);
  return error;
}

function isUnauthorized(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, status } = error as { code?: unknown; status?: unknown };
  return code === DiscordjsErrorCodes.TokenInvalid || status === 401;
}
