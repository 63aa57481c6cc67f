/** Holds Discord's gateway: one connection after the other, and what is done with what comes in. */
import type { REST } from "discord.js";
import { SafeCallSlots } from "../../src/chat/call-slots.ts";
import { OrderedIntake } from "../../src/chat/ordered-intake.ts";
import type { CommandSuggestion, PartialCommand } from "../../src/chat/suggesting.ts";
import type { Json } from "../../src/json.ts";
import { list, record, text } from "../../src/json.ts";
import type { Logger } from "../../src/log.ts";
import type { Metrics } from "../../src/metrics.ts";
import type { Tracing } from "../../src/tracing.ts";
import { createCallSlots } from "../../src/store/call-slots.ts";
import type { Sql } from "../../src/store/database.ts";
import { listKnownPlaces } from "../../src/store/linked-places.ts";
import { pause, settledWithin } from "../../src/waiting.ts";
import { DiscordClient } from "./client.ts";
import { codeOf } from "./errors.ts";
import { GatewayRefused, ShardingRequired, runGatewayClient, toRefusal } from "./gateway-client.ts";
import { DiscordIntake, shardOf } from "./intake.ts";
import { Responder } from "./interactions.ts";
import { callDiscord, createDiscordRest } from "./rest.ts";
import { clearCommands, readApplication, syncCommands } from "./setup.ts";
import { Shards } from "./shards.ts";
import type { ShardsOptions } from "./shards.ts";

export interface GatewayOptions {
  token: string;
  apiUrl: string;
  /** Whether Discord is asked for the text of messages that do not concern the bot. */
  readsContent: boolean;
  /** The one server that is served; null for all. */
  guildId: string | null;
  sql: Sql;
  /** Told that there is something to work off. */
  wake(): void;
  suggest(partial: PartialCommand): Promise<readonly CommandSuggestion[]>;
  logger: Logger;
  metrics?: Metrics | undefined;
  tracing?: Tracing | undefined;
  /** Null where it is the only one. */
  shard: { id: number; count: number } | null;
  /** Told whenever a session has begun. */
  onReady(): void;
  /** Told what a new session says of the app. */
  onIdentity?(identity: Identity): void;
}

interface Identity {
  applicationId: string;
  guildIds: readonly string[];
}

const MS = {
  firstRetry: 1_000,
  longestRetry: 30_000,
  /** A connection that lasted so long was a good one. */
  lasting: 60_000,
  answers: 1_000,
  store: 2_000,
  identity: 10_000,
};

/** Servers in which commands of their own are looked for. */
const MOST_CLEARED = 100;

/** Until `ended` aborts. @throws GatewayRefused, ShardingRequired */
export async function runGateway(options: GatewayOptions, ended: AbortSignal): Promise<void> {
  const { sql, wake, logger, metrics, tracing, suggest } = options;
  const queue = new OrderedIntake({
    sql,
    source: "discord",
    wake,
    logger,
    metrics,
    tracing,
    onLost: () => intake.catchUp(),
  });
  // Answers to people must not wait behind what is fetched.
  const responder = new Responder({ rest: createDiscordRest(options), suggest, logger });
  const rest = createDiscordRest(options);
  const slots = new SafeCallSlots(createCallSlots(sql), logger);
  const intake = new DiscordIntake({
    rest,
    client: new DiscordClient({ rest, slots, logger }),
    queue,
    responder,
    places: () => listKnownPlaces(sql, "discord"),
    serves: (guildId) => serves(options, guildId),
    logger,
  });
  try {
    await keepConnecting(options, intake, ended);
  } finally {
    await responder.close(MS.answers);
    await intake.close();
    await queue.close(MS.store);
  }
}

async function keepConnecting(
  options: GatewayOptions,
  intake: DiscordIntake,
  ended: AbortSignal,
): Promise<void> {
  const { logger, onReady } = options;
  let failures = 0;
  while (!ended.aborted) {
    const began = performance.now();
    const client = {
      ...options,
      onDispatch: (name: string, data: Json, mark: string) => {
        if (name === "READY") options.onIdentity?.(identityOf(data));
        intake.take(name, data, mark);
      },
      onReady: () => {
        intake.catchUp();
        onReady();
      },
    };
    try {
      await runGatewayClient(client, ended);
    } catch (error) {
      if (error instanceof GatewayRefused || error instanceof ShardingRequired) throw error;
      failures = performance.now() - began > MS.lasting ? 1 : failures + 1;
      if (failures === 1)
        logger.warn({ err: error }, "no connection to Discord; it is tried again");
      const wait = MS.firstRetry * 2 ** Math.min(failures - 1, 10);
      await pause(Math.min(wait, MS.longestRetry), ended);
    }
  }
}

function serves({ guildId: only, shard }: GatewayOptions, guildId: string): boolean {
  if (only !== null && guildId !== "" && guildId !== only) return false;
  return shard === null || shardOf(guildId, shard.count) === shard.id;
}

export interface HoldOptions extends Omit<GatewayOptions, "shard"> {
  shards: Pick<ShardsOptions, "script" | "environment" | "delayMs">;
  /** Told what is to be told that the lock is still held. */
  onShards(alive: () => void): void;
}

/**
 * Holds the whole gateway until `ended` aborts: in this process, or in one for each shard where Discord wants
 * several. @throws GatewayRefused
 */
export async function holdDiscord(options: HoldOptions, ended: AbortSignal): Promise<void> {
  const { logger } = options;
  const rest = createDiscordRest(options);
  let onIdentity: (identity: Identity) => void = () => {};
  const identity = new Promise<Identity>((resolve) => (onIdentity = resolve));
  for (let least = 1; ;) {
    const recommended = await askUntil(() => recommendedShards(rest), logger, ended);
    if (recommended === null) return;
    if (least === 1) void registerCommands(options, rest, identity, ended);
    const count = Math.max(recommended, least);
    try {
      return await holdWith(count, { ...options, onIdentity }, ended);
    } catch (error) {
      if (!(error instanceof ShardingRequired)) throw error;
      logger.info({ count }, "Discord wants more connections");
      least = count + 1;
    }
  }
}

async function holdWith(count: number, options: HoldOptions, ended: AbortSignal): Promise<void> {
  if (count === 1) return runGateway({ ...options, shard: null }, ended);
  const shards = new Shards({ ...options, ...options.shards, count });
  options.onShards(() => shards.alive());
  return shards.run(ended);
}

/** How many connections Discord wants. */
async function recommendedShards(rest: REST): Promise<number> {
  const given = record(await callDiscord(rest, { method: "GET", route: "/gateway/bot" }));
  return Math.max(1, Number(given["shards"] ?? 1));
}

/** Never rejects. */
async function registerCommands(
  { guildId, logger }: HoldOptions,
  rest: REST,
  identity: Promise<Identity>,
  ended: AbortSignal,
): Promise<void> {
  const sync = async (): Promise<string> => syncCommands(rest, await ownId(), guildId);
  const ownId = async (): Promise<string> => {
    try {
      return (await readApplication(rest)).id;
    } catch (error) {
      if (toRefusal(error) instanceof GatewayRefused) throw error;
      if (!(await settledWithin(identity, MS.identity))) throw error;
      return (await identity).applicationId;
    }
  };
  try {
    const outcome = await askUntil(sync, logger, ended);
    if (outcome === "registered") logger.info({}, "the commands are registered with Discord");
  } catch (error) {
    logger.warn({ err: error }, "Discord does not take the commands");
  }
  const { applicationId, guildIds } = await identity;
  const others = guildId === null ? guildIds.slice(0, MOST_CLEARED) : [null];
  for (const other of others) {
    if (!ended.aborted) await clearCommands(rest, applicationId, other);
  }
}

function identityOf(ready: Json): Identity {
  return {
    applicationId: text(record(ready["application"])["id"]) ?? "",
    guildIds: list(ready["guilds"]).flatMap((guild) => text(record(guild)["id"]) ?? []),
  };
}

/**
 * Asks until Discord answers; null when that was not before `ended`.
 * @throws GatewayRefused, and what Discord's API refuses it with
 */
async function askUntil<T>(
  ask: () => Promise<T>,
  logger: Logger,
  ended: AbortSignal,
): Promise<T | null> {
  for (let failures = 0; !ended.aborted; failures += 1) {
    try {
      return await ask();
    } catch (error) {
      const refusal = toRefusal(error);
      if (refusal instanceof GatewayRefused || codeOf(error) !== null) throw refusal;
      if (failures === 0) logger.warn({ err: error }, "Discord does not answer; it is tried again");
      const wait = MS.firstRetry * 2 ** Math.min(failures, 10);
      await pause(Math.min(wait, MS.longestRetry), ended);
    }
  }
  return null;
}

export { GatewayRefused, ShardingRequired };
