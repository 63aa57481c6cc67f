/**
 * The composition root: builds every part by hand, starts them in order and stops them in the reverse one.
 */
import { randomBytes } from "node:crypto";
import { createGitDocumentHost } from "../adapters/git/document-host.ts";
import { createOfflineProvider } from "../adapters/offline/provider.ts";
import { startEmbeddedPostgres } from "../adapters/postgres/embedded-postgres.ts";
import { createWebServer } from "../adapters/web/server.ts";
import { createJobBackend, migrateJobs } from "../jobs/backend.ts";
import type { JobBackend } from "../jobs/backend.ts";
import { startCommitWorker } from "../jobs/commit-worker.ts";
import { listQueuedCommits } from "../jobs/queued-commits.ts";
import { startDispatcher } from "../jobs/dispatcher.ts";
import { createStreamRelay } from "../jobs/relay.ts";
import { startSweeper } from "../jobs/sweeper.ts";
import { startTurnWorker } from "../jobs/turn-worker.ts";
import { createWakeUps } from "../jobs/wake-ups.ts";
import type { WakeUps } from "../jobs/wake-ups.ts";
import { commitJob } from "./changes/commit-job.ts";
import type { Config, Secrets } from "./config.ts";
import type { Engine } from "./engine.ts";
import { buildEngine } from "./build-engine.ts";
import type { EngineParts } from "./build-engine.ts";
import type { Logger } from "./log.ts";
import type { DocumentHost, ModelProvider, StreamRelay } from "./ports.ts";
import { connect } from "./store/database.ts";
import { guardDriver } from "./store/driver-guard.ts";
import type { Sql } from "./store/database.ts";
import { explainOpenFailure } from "./store/failures.ts";
import { listAccepting } from "./store/changes.ts";
import { migrate } from "./store/migrate.ts";
import { createOutbox, enqueue } from "./store/outbox.ts";
import { endAllLeases, listReadyThreads } from "./store/turns.ts";
import { Teardown } from "./teardown.ts";

/** What a test puts in place of the real part. */
export interface AppOverrides {
  /** Done before the console is served: what people find there at once. */
  prepare?: (engine: Engine) => Promise<void>;
  providers?: readonly ModelProvider[];
  hosts?: readonly DocumentHost[];
  turns?: Partial<EngineParts["turnSettings"]>;
}

export interface App {
  engine: Engine;
  sql: Sql;
  backend: JobBackend;
  relay: StreamRelay;
  /** Address of the console and the API; null without the role `web`. */
  url: string | null;
  /** Lets running work end within the grace period, hands the rest over, and stops everything. */
  stop(): Promise<void>;
}

const MS = {
  /** A thread whose wake-up was lost waits at most about this long. */
  readyThreads: 1_000,
  /** A wake-up that takes longer than this counts as lost. */
  wakeUp: 1_000,
  /** A new tip is noticed within two seconds. */
  tips: 1_000,
  /** Accepts whose job went with the queue. */
  accepts: 5_000,
  acceptAge: 10_000,
  save: 400,
  backoff: 1_000,
};
const MAX_ATTEMPTS = 5;
const SWEEP_BATCH = 500;
const COMMIT_CONCURRENCY = 4;

/** The database that everything else needs: the one that is given, else the embedded one. */
export async function openDatabase(
  config: Config,
  secrets: Secrets,
  teardown: Teardown,
  logger?: Logger,
): Promise<{ sql: Sql; url: string; alone: boolean }> {
  let url = secrets.databaseUrl;
  if (url === null) {
    const onAccident = (error: unknown): void =>
      logger?.error({ err: error }, "the embedded Postgres ended by accident; it is started again");
    const server = await startEmbeddedPostgres({ dataDir: config.dataDir, onAccident });
    teardown.add("the embedded Postgres", () => server.stop());
    url = server.url();
  }
  const sql = connect(url, { max: 16 });
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

/** One a process: its commits to one repository wait for each other. */
export function createGitHost(config: Config, logger: Logger): DocumentHost {
  return createGitDocumentHost({
    ...(config.programs.PATH !== undefined && { environment: config.programs }),
    log: (text) => logger.info({}, text),
  });
}

/** The configured providers. Their packages are loaded only where they are used: they are large. */
export async function createProviders(
  config: Config,
  secrets: Secrets,
  logger: Logger,
): Promise<ModelProvider[]> {
  const { anthropicBaseUrl, openAiBaseUrl } = config.models;
  const idleTimeoutMs = config.models.idleTimeoutMs ?? undefined;
  const providers: ModelProvider[] = [];
  if (secrets.anthropicApiKey !== null) {
    const { createAnthropicProvider } = await import("../adapters/anthropic/provider.ts");
    const baseUrl = anthropicBaseUrl ?? undefined;
    const apiKey = secrets.anthropicApiKey;
    providers.push(createAnthropicProvider({ apiKey, baseUrl, idleTimeoutMs, logger }));
  }
  if (openAiBaseUrl !== null) {
    const { createOpenAiProvider } = await import("../adapters/openai/provider.ts");
    const apiKey = secrets.openAiApiKey ?? undefined;
    providers.push(createOpenAiProvider({ apiKey, baseUrl: openAiBaseUrl, idleTimeoutMs, logger }));
  }
  return providers.length > 0 ? providers : [createOfflineProvider()];
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
  const unguard = guardDriver(logger);
  teardown.add("the guard", () => Promise.resolve(unguard()));
  const { sql, url: databaseUrl, alone } = await openDatabase(config, secrets, teardown, logger);
  const redisUrl = secrets.redisUrl ?? undefined;
  await migrateAll(sql, databaseUrl, redisUrl !== undefined);
  if (alone) await endAllLeases(sql);

  const backend = await createJobBackend({ databaseUrl, redisUrl, logger });
  teardown.add("the job backend", () => backend.close());
  const relay = createStreamRelay({ backend, alone, logger });
  teardown.add("the relay", () => relay.close());

  const works = config.roles.has("worker");
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

  const parts = buildEngine({
    sql,
    relay,
    jobs: wakeUps,
    logger,
    hosts: overrides.hosts ?? [createGitHost(config, logger)],
    providers: overrides.providers ?? (await createProviders(config, secrets, logger)),
    defaultModel: config.models.default,
    maintainer: config.maintainer,
    turnSettings: { ...turnSettings(config), ...overrides.turns },
  });
  teardown.add("streams", () => parts.streams[Symbol.asyncDispose]());

  if (works) await startWorkers(config, { sql, backend, relay, wakeUps, parts, logger, teardown });
  await overrides.prepare?.(parts.engine);
  const url = config.roles.has("web")
    ? await startWeb(config, secrets, parts.engine, logger, teardown)
    : null;
  return { engine: parts.engine, sql, backend, relay, url, stop: () => teardown.run() };
}

function turnSettings(config: Config): EngineParts["turnSettings"] {
  return {
    leaseMs: config.turns.leaseMs,
    saveMs: MS.save,
    maxAttempts: MAX_ATTEMPTS,
    backoffMs: MS.backoff,
    historyTokens: config.models.historyTokens,
    maxTokens: config.models.maxTokens,
  };
}

interface WorkerParts {
  sql: Sql;
  backend: JobBackend;
  relay: StreamRelay;
  wakeUps: WakeUps;
  parts: ReturnType<typeof buildEngine>;
  logger: Logger;
  teardown: Teardown;
}

async function startWorkers(config: Config, given: WorkerParts): Promise<void> {
  const { sql, backend, wakeUps, parts, logger, teardown } = given;
  const { runner, committer, sync } = parts;
  await runner.start();
  const turns = await startTurnWorker(backend, {
    runThread: (threadId) => runner.runThread(threadId),
    concurrency: config.turns.concurrency,
  });
  const commits = await startCommitWorker(backend, {
    commitChange: (changeId) => committer.commit(changeId),
    onGiveUp: (changeId, error) => {
      const errorId = randomBytes(4).toString("hex");
      logger.error({ err: error, changeId, errorId }, "an accepted change could not be committed");
      return committer.giveUp(changeId, errorId);
    },
    concurrency: COMMIT_CONCURRENCY,
  });
  const grace = config.shutdownGraceMs;
  teardown.add("the workers", async () => {
    // The runner ends or hands over its turns; the worker's jobs end with them.
    await Promise.all([runner.stop(grace), turns.close(grace + 1_000), commits.close(grace)]);
  });
  const sweeper = startSweeper(
    [
      {
        name: "ready threads",
        everyMs: MS.readyThreads,
        run: async () => {
          for (const id of await listReadyThreads(sql, MS.wakeUp, SWEEP_BATCH))
            wakeUps.rewakeThread(id);
        },
      },
      { name: "branch tips", everyMs: MS.tips, run: () => sync.syncAll() },
      {
        name: "accepted changes",
        everyMs: MS.accepts,
        run: async () => {
          const accepting = await listAccepting(sql, MS.acceptAge);
          if (accepting.length === 0) return;
          const queued = await listQueuedCommits(backend);
          const lost = accepting.filter((id) => !queued.has(id));
          for (const id of lost) await enqueue(sql, commitJob(id));
        },
      },
    ],
    logger,
  );
  teardown.add("the sweeper", () => sweeper.close());
}

async function startWeb(
  config: Config,
  secrets: Secrets,
  engine: Engine,
  logger: Logger,
  teardown: Teardown,
): Promise<string> {
  const { host, port } = config.web;
  const web = await createWebServer({ engine, host, port, token: secrets.token, logger });
  teardown.add("the web server", () => web.close());
  return web.url;
}
