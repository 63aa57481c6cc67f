/**
 * The composition root: builds every part by hand, starts them in order and stops them in the reverse one.
 */
import type { SignInOptions } from "../adapters/web/options.ts";
import { startEmbeddedPostgres } from "../adapters/postgres/embedded-postgres.ts";
import { createJobBackend, migrateJobs } from "../jobs/backend.ts";
import type { JobBackend } from "../jobs/backend.ts";
import { startDispatcher } from "../jobs/dispatcher.ts";
import { createStreamRelay } from "../jobs/relay.ts";
import { createWakeUps } from "../jobs/wake-ups.ts";
import type { WakeUps } from "../jobs/wake-ups.ts";
import type { ChatSource } from "./build-chat.ts";
import { buildChat } from "./build-chat.ts";
import type { ChatPlatform } from "./chat/chat-platform.ts";
import type { Config, Secrets } from "./config.ts";
import type { Engine } from "./engine.ts";
import { buildEngine } from "./build-engine.ts";
import type { BuiltEngine, EngineParts } from "./build-engine.ts";
import type { Logger } from "./log.ts";
import type { Metrics, MetricsPage } from "./metrics.ts";
import { noMetrics } from "./metrics.ts";
import type { GitHubMinTimes } from "./main/hosts.ts";
import {
  createConnectedAccounts,
  createGitHost,
  createGitHubHosts,
  createProviders,
  createSignIn,
} from "./main/hosts.ts";
import type { Discord } from "./main/discord.ts";
import { createDiscord } from "./main/discord.ts";
import { listen, listenUrl } from "./main/listen.ts";
import { createMetrics } from "./main/metrics.ts";
import type { BuiltTracing } from "./main/tracing.ts";
import { createTracing } from "./main/tracing.ts";
import type { Slack } from "./main/slack.ts";
import { createSlack } from "./main/slack.ts";
import { startWorkers } from "./main/workers.ts";
import type { DocumentHost, ModelProvider, StreamRelay } from "./ports.ts";
import type { ConnectOptions } from "./store/database.ts";
import { connect, SILENCE_MS } from "./store/database.ts";
import { guardDriver } from "./store/driver-guard.ts";
import type { Sql } from "./store/database.ts";
import { explainOpenFailure } from "./store/failures.ts";
import { endAllLooks } from "./store/looks.ts";
import { endAllEventLeases } from "./store/inbox.ts";
import { endAllPlaces } from "./store/place-looks.ts";
import { migrate } from "./store/migrate.ts";
import { createOutbox } from "./store/outbox.ts";
import { endAllLeases } from "./store/thread-leases.ts";
import { Teardown } from "./teardown.ts";

/**
 * Of a process to Postgres, which all of its work shares. Each keeps every statement prepared: more of them cost
 * memory on both sides.
 */
const CONNECTIONS = 8;

/** What a test puts in place of the real part. */
export interface AppOverrides {
  /** Done before the console is served: what people find there at once. */
  prepare?: (engine: Engine) => Promise<void>;
  providers?: readonly ModelProvider[];
  hosts?: readonly DocumentHost[];
  gitHubMinTimes?: GitHubMinTimes;
  turns?: Partial<EngineParts["turnSettings"]>;
  rulesFreshMs?: number;
  platforms?: readonly ChatPlatform[];
  /** What Slack's own spacing of calls is multiplied by. */
  slackPaceFactor?: number;
  /** Milliseconds after which a stream of Slack's is closed and another begun. */
  slackStreamMs?: number;
  /** What Discord's own spacing of calls is multiplied by. */
  discordPaceFactor?: number;
  /** Milliseconds between the beginnings of two shards. */
  discordShardDelayMs?: number;
  /** Stands between the engine and who keeps its numbers. */
  metrics?: (kept: Metrics & MetricsPage) => Metrics & MetricsPage;
}

export interface App {
  engine: Engine;
  sql: Sql;
  backend: JobBackend;
  relay: StreamRelay;
  /**
   * Where it listens for people (`web`), for webhooks (`ingest`), or for questions about its health alone;
   * null where it does not listen.
   */
  url: string | null;
  /** Lets running work end within the grace period, hands the rest over, and stops everything. */
  stop(): Promise<void>;
}

const MS = { save: 400, backoff: 1_000, patience: 180_000 };
const MAX_ATTEMPTS = 5;

/** The database that everything else needs: the one that is given, else the embedded one. */
export async function openDatabase(
  config: Config,
  secrets: Secrets,
  teardown: Teardown,
  logger?: Logger,
  connecting: Pick<ConnectOptions, "silenceMs"> = {},
): Promise<{ sql: Sql; url: string; alone: boolean }> {
  let url = secrets.databaseUrl;
  if (url === null) {
    const onAccident = (error: unknown): void =>
      logger?.error({ err: error }, "the embedded Postgres ended by accident; it is started again");
    const server = await startEmbeddedPostgres({ dataDir: config.dataDir, onAccident });
    teardown.add("the embedded Postgres", () => server.stop());
    url = server.url();
  }
  const sql = connect(url, { max: CONNECTIONS, ...connecting });
  teardown.add("the database connections", () => sql.end({ timeout: 5 }));
  try {
    await sql`select 1`;
  } catch (error) {
    throw explainOpenFailure(error, url);
  }
  // A data folder is served to one process at a time, so the embedded database has no other client.
  return { sql, url, alone: secrets.databaseUrl === null };
}

export async function migrateAll(sql: Sql, url: string, usesRedis: boolean): Promise<string[]> {
  try {
    const { applied } = await migrate(sql);
    if (!usesRedis) await migrateJobs(url);
    return applied;
  } catch (error) {
    throw explainOpenFailure(error, url);
  }
}

/** On a connection that waits for as long as a migration, or another process's, takes. */
async function migratePatiently(url: string, usesRedis: boolean): Promise<void> {
  const sql = connect(url, { max: 1 });
  try {
    await migrateAll(sql, url, usesRedis);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Builds and starts everything that the roles ask for. What was started is stopped when a part fails. */
export async function startApp(
  config: Config,
  secrets: Secrets,
  logger: Logger,
  overrides: AppOverrides = {},
): Promise<App> {
  const teardown = new Teardown(logger);
  try {
    return await start(config, secrets, logger, overrides, teardown);
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

async function start(
  config: Config,
  secrets: Secrets,
  logger: Logger,
  overrides: AppOverrides,
  teardown: Teardown,
): Promise<App> {
  const { tracing, telemetry } = await createTracing(config, logger, teardown);
  const { sql, databaseUrl, backend, relay } = await openStores(config, secrets, {
    logger,
    telemetry,
    teardown,
  });
  const works = config.roles.has("worker");
  const wakeUps = await openWakeUps(backend, { sql, works, logger, teardown });

  const kept = await createMetrics(config, { sql, backend });
  const page = kept && (overrides.metrics?.(kept) ?? kept);
  const metrics = page ?? noMetrics;
  let publicUrl = config.web.publicUrl ?? listenUrl(config);
  const telling = { logger, metrics, tracing };
  const ground = { sql, relay, jobs: wakeUps, publicUrl: () => publicUrl, ...telling };
  const { parts, accounts, pullRequestHosts, signIn } = await createEngine(
    config,
    secrets,
    overrides,
    { ...ground, redis: backend.redis, teardown },
  );

  const given = { sql, databaseUrl, ...telling };
  const { slack, discord, sources } = await createChats(config, secrets, given, overrides);
  const { leaseMs } = config.turns;
  const hosts = { accounts, pullRequestHosts };
  const chat = buildChat({ ...ground, ...hosts, built: parts, sources, works, leaseMs });

  if (works) await startWorkers(config, { sql, backend, wakeUps, parts, chat, logger, teardown });
  await overrides.prepare?.(parts.engine);
  const receives = slack && { slack, intake: chat.intakeOf("slack") };
  const listening = { wake: chat.wakeFor("discord"), suggest: chat.desk.suggest.bind(chat.desk) };
  const hears = discord && { discord, listening };
  const url = await listen(config, secrets, parts, {
    receives,
    hears,
    backend,
    signIn,
    metrics: page,
    tracing,
    publicUrl: () => publicUrl,
    logger,
    teardown,
  });
  if (url !== null && config.web.publicUrl === null && config.roles.has("web")) publicUrl = url;
  return { engine: parts.engine, sql, backend, relay, url, stop: () => teardown.run() };
}

type Ground = Pick<
  EngineParts,
  "sql" | "relay" | "jobs" | "logger" | "metrics" | "tracing" | "publicUrl"
> & {
  redis: JobBackend["redis"];
  teardown: Teardown;
};

/** The engine, with the hosts and the models that are on. */
async function createEngine(
  config: Config,
  secrets: Secrets,
  overrides: AppOverrides,
  { redis, teardown, ...ground }: Ground,
): Promise<
  Pick<EngineParts, "accounts" | "pullRequestHosts"> & {
    parts: BuiltEngine;
    signIn: SignInOptions | null;
  }
> {
  const { sql, logger } = ground;
  const gitHub = await createGitHubHosts(config, secrets, logger, {
    redis,
    metrics: ground.metrics,
    minTimes: overrides.gitHubMinTimes,
  });
  const accounts = createConnectedAccounts(secrets, gitHub, { sql, logger });
  const pullRequestHosts = gitHub ? [gitHub.pullRequests] : [];
  const parts = buildEngine({
    ...ground,
    hosts: [
      ...(overrides.hosts ?? [createGitHost(config, logger)]),
      ...(gitHub ? [gitHub.documents] : []),
    ],
    pullRequestHosts,
    accounts,
    mergeWaitDays: config.mergeWaitDays,
    reviewSettings: { pollMs: config.github.pollMs, leaseMs: config.turns.leaseMs },
    providers:
      overrides.providers ?? (await createProviders(config, secrets, logger, ground.metrics)),
    defaultModel: config.models.default,
    maintainer: config.maintainer,
    defaultLimits: config.budgets,
    prices: config.models.prices,
    rulesFreshMs: overrides.rulesFreshMs,
    turnSettings: { ...turnSettings(config), ...overrides.turns },
  });
  teardown.add("streams", () => parts.streams[Symbol.asyncDispose]());
  teardown.add("summaries", () => parts.summaries[Symbol.asyncDispose]());
  const signIn = createSignIn(config, secrets, gitHub, { sql, accounts, logger });
  return { parts, accounts, pullRequestHosts, signIn };
}

/** The chat platforms that are on. */
async function createChats(
  config: Config,
  secrets: Secrets,
  given: { sql: Sql; databaseUrl: string } & Pick<Ground, "logger" | "metrics" | "tracing">,
  overrides: AppOverrides,
): Promise<{ slack: Slack | null; discord: Discord | null; sources: ChatSource[] }> {
  const slack = await createSlack(config, secrets, {
    ...given,
    paceFactor: overrides.slackPaceFactor,
    streamMs: overrides.slackStreamMs,
  });
  const discord = await createDiscord(config, secrets, {
    ...given,
    paceFactor: overrides.discordPaceFactor,
    shardDelayMs: overrides.discordShardDelayMs,
  });
  const replaced = (overrides.platforms ?? []).map((platform) => {
    return { platform, isOpen: true, dispatch: null };
  });
  const sources = [...replaced, ...(slack ? [slack] : []), ...(discord ? [discord] : [])];
  return { slack, discord, sources };
}

/** The database, the queues and the relay, all up to date. */
async function openStores(
  config: Config,
  secrets: Secrets,
  given: { logger: Logger; telemetry: BuiltTracing["telemetry"]; teardown: Teardown },
): Promise<{ sql: Sql; databaseUrl: string; backend: JobBackend; relay: StreamRelay }> {
  const { logger, telemetry, teardown } = given;
  const unguard = guardDriver(logger);
  teardown.add("the guard", () => Promise.resolve(unguard()));
  const connecting = { silenceMs: SILENCE_MS };
  const opened = await openDatabase(config, secrets, teardown, logger, connecting);
  const { sql, url: databaseUrl, alone } = opened;
  const redisUrl = secrets.redisUrl ?? undefined;
  await migratePatiently(databaseUrl, redisUrl !== undefined);
  if (alone) {
    await Promise.all([
      endAllLeases(sql),
      endAllLooks(sql),
      endAllPlaces(sql),
      endAllEventLeases(sql),
    ]);
  }

  const backend = await createJobBackend({ databaseUrl, redisUrl, logger, telemetry });
  teardown.add("the job backend", () => backend.close());
  const relay = createStreamRelay({ backend, alone, logger });
  teardown.add("the relay", () => relay.close());
  return { sql, databaseUrl, backend, relay };
}

/** Wake-ups; where this process works, with a dispatcher of what is to be done. */
async function openWakeUps(
  backend: JobBackend,
  given: { sql: Sql; works: boolean; logger: Logger; teardown: Teardown },
): Promise<WakeUps> {
  const { sql, works, logger, teardown } = given;
  const dispatcher = works
    ? await startDispatcher({ backend, outbox: createOutbox(sql), logger })
    : null;
  if (dispatcher) teardown.add("the dispatcher", () => dispatcher.close());
  const wakeUps = createWakeUps({
    backend,
    logger,
    ...(dispatcher && { wakeDispatcher: () => dispatcher.wake() }),
  });
  teardown.add("wake-ups", () => wakeUps.close());
  return wakeUps;
}

function turnSettings(config: Config): EngineParts["turnSettings"] {
  return {
    leaseMs: config.turns.leaseMs,
    saveMs: MS.save,
    maxAttempts: MAX_ATTEMPTS,
    backoffMs: MS.backoff,
    patienceMs: MS.patience,
    historyTokens: config.models.historyTokens,
    slots: config.turns.concurrency,
    perWorkspace: config.turns.perWorkspace,
    maxTokens: config.models.maxTokens,
  };
}
