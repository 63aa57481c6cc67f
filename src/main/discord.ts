/** Puts Discord's adapter together as the settings ask for it. Part of the composition root. */
import { fileURLToPath } from "node:url";
import type { ChatSource } from "../build-chat.ts";
import { SafeCallSlots } from "../chat/call-slots.ts";
import type { CommandSuggestion, PartialCommand } from "../chat/suggesting.ts";
import type { Config, Secrets } from "../config.ts";
import { ConfigError } from "../config/config-error.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Tracing } from "../tracing.ts";
import { createCallSlots } from "../store/call-slots.ts";
import type { Sql } from "../store/database.ts";
import { holdGateway } from "../store/gateway-lock.ts";
import { listWorkspaceRepositories } from "../store/workspaces.ts";
import { settledWithin } from "../waiting.ts";

export interface Discord extends ChatSource {
  /** Takes in what happens, as long as no other process does. */
  listen(listening: DiscordListening): DiscordGateway;
}

export interface DiscordListening {
  /** Told that there is something to work off. */
  wake(): void;
  suggest(partial: PartialCommand): Promise<readonly CommandSuggestion[]>;
}

export interface DiscordGateway {
  /**
   * Resolves once the connection is there or another process has it, or when neither was to be had in time.
   * Rejects with a ConfigError where Discord does not let the bot in.
   */
  begun: Promise<void>;
  close(): Promise<void>;
}

export interface DiscordParts {
  sql: Sql;
  databaseUrl: string;
  logger: Logger;
  metrics: Metrics;
  tracing: Tracing;
  paceFactor: number | undefined;
  shardDelayMs: number | undefined;
}

/** How long a start waits for Discord. */
const BEGIN_MS = 15_000;
const SHARD = fileURLToPath(new URL("../../bin/discord-shard.js", import.meta.url));

/** Null where Discord is off. Its packages are loaded only where they are used. */
export async function createDiscord(
  config: Config,
  secrets: Secrets,
  parts: DiscordParts,
): Promise<Discord | null> {
  const { discordToken: token } = secrets;
  if (!config.discord.isOn || token === null) return null;
  const [
    { createDiscordRest },
    { createDiscordPlatform },
    { createDiscordEvents },
    { readAsker },
    { warnOfStrangers },
  ] = await Promise.all([
    import("../../adapters/discord/rest.ts"),
    import("../../adapters/discord/platform.ts"),
    import("../../adapters/discord/dispatch.ts"),
    import("../../adapters/discord/asker.ts"),
    import("../../adapters/discord/access.ts"),
  ]);
  const { sql, logger, metrics, paceFactor } = parts;
  const rest = createDiscordRest({ token, apiUrl: config.discord.apiUrl, metrics });
  const platform = createDiscordPlatform({
    rest,
    slots: new SafeCallSlots(createCallSlots(sql), logger),
    logger,
    seesMessages: config.discord.readsContent,
    ...(paceFactor !== undefined && { paceFactor }),
  });
  const limits = config.discord.guildId === null ? await listWorkspaceRepositories(sql) : [];
  const isLimited = limits.some(({ platform: name }) => name === "discord");
  if (config.discord.guildId === null && !isLimited) void warnOfStrangers(rest, logger);
  return {
    platform,
    isOpen: !isLimited,
    dispatch: (handle) =>
      createDiscordEvents({ rest, handle, settle: platform.settle.bind(platform), logger }),
    askerOf: readAsker,
    listen: (listening) => openGateway({ ...parts, config, token, listening }),
  };
}

interface OpenParts extends DiscordParts {
  config: Config;
  token: string;
  listening: DiscordListening;
}

/** What holding the gateway tells while it goes on. */
interface Telling {
  onReady(): void;
  /** What is to be told that the lock is still held. */
  onShards(alive: () => void): void;
}

function openGateway(parts: OpenParts): DiscordGateway {
  const { databaseUrl, logger } = parts;
  let hasBegun = false;
  let begin: (refusal: Error | null) => void = () => {};
  const begun = new Promise<void>((resolve, reject) => {
    begin = (refusal) => (refusal ? reject(refusal) : resolve());
  });
  let alive = (): void => {};
  const telling: Telling = {
    onReady: () => begin(null),
    onShards: (tell) => (alive = tell),
  };
  const lock = holdGateway({
    databaseUrl,
    logger,
    onHeld: () => alive(),
    onWaiting: () => begin(null),
    hold: async (lost) => {
      const refusal = await hold(parts, telling, lost).finally(() => (alive = () => {}));
      if (refusal === null) return;
      // Nothing that is tried again would change it; everything else goes on without.
      void lock.close();
      begin(new ConfigError(refusal));
      if (hasBegun) logger.error({ refusal }, "Discord is off until this is mended");
    },
  });
  const inTime = settledWithin(begun, BEGIN_MS).then((isThere) => {
    hasBegun = true;
    if (isThere) return begun;
    logger.warn({}, "Discord does not answer yet; it is tried again");
  });
  inTime.catch(() => {});
  return { begun: inTime, close: () => lock.close() };
}

/** Until the lock is lost; answers with why Discord does not let the bot in. */
async function hold(parts: OpenParts, telling: Telling, lost: AbortSignal): Promise<string | null> {
  const { GatewayRefused, holdDiscord } = await import("../../adapters/discord/gateway.ts");
  const { config, token, sql, databaseUrl, listening, logger, shardDelayMs } = parts;
  const { metrics, tracing } = parts;
  const { apiUrl, readsContent, guildId } = config.discord;
  try {
    await holdDiscord(
      {
        token,
        apiUrl,
        readsContent,
        guildId,
        sql,
        logger,
        metrics,
        tracing,
        ...listening,
        ...telling,
        shards: {
          script: SHARD,
          environment: shardEnvironment(config, token, databaseUrl),
          ...(shardDelayMs !== undefined && { delayMs: shardDelayMs }),
        },
      },
      lost,
    );
    return null;
  } catch (error) {
    if (error instanceof GatewayRefused) return error.message;
    throw error;
  }
}

/** What a shard's process reads its settings from. */
function shardEnvironment(
  { discord, programs, logLevel }: Config,
  token: string,
  databaseUrl: string,
): Record<string, string> {
  const { apiUrl, readsContent, guildId } = discord;
  return {
    ...(programs.PATH !== undefined && { PATH: programs.PATH }),
    ...(programs.HOME !== undefined && { HOME: programs.HOME }),
    DATABASE_URL: databaseUrl,
    LOG_LEVEL: logLevel,
    DISCORD_TOKEN: token,
    DISCORD_API_URL: apiUrl,
    DISCORD_MESSAGE_CONTENT: readsContent ? "on" : "off",
    ...(guildId !== null && { DISCORD_GUILD_ID: guildId }),
  };
}
