/**
 * The composition root: builds every part by hand, starts them in order and stops them in the reverse one.
 */
import { randomBytes } from "node:crypto";
import { createGitDocumentHost } from "../adapters/git/document-host.ts";
import type { GitHubCredentials } from "../adapters/github/credentials.ts";
import type { GitHub } from "../adapters/github/github.ts";
import { createOfflineProvider } from "../adapters/offline/provider.ts";
import { startEmbeddedPostgres } from "../adapters/postgres/embedded-postgres.ts";
import type { WebhookHandler } from "../adapters/web/options.ts";
import { createWebServer } from "../adapters/web/server.ts";
import { createJobBackend, migrateJobs } from "../jobs/backend.ts";
import type { JobBackend } from "../jobs/backend.ts";
import type { RedisScripts } from "../jobs/connection.ts";
import { startCommitWorker } from "../jobs/commit-worker.ts";
import { listQueuedCommits } from "../jobs/queued-commits.ts";
import { startDispatcher } from "../jobs/dispatcher.ts";
import { startReviewWorker } from "../jobs/review-worker.ts";
import { createStreamRelay } from "../jobs/relay.ts";
import type { SweepTask } from "../jobs/sweeper.ts";
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
import type { HostEvent } from "./reviews/host-event.ts";
import { connect } from "./store/database.ts";
import { guardDriver } from "./store/driver-guard.ts";
import type { Sql } from "./store/database.ts";
import { explainOpenFailure } from "./store/failures.ts";
import { listAccepting } from "./store/changes.ts";
import { endAllLooks, listDueLooks } from "./store/looks.ts";
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
  /** Milliseconds that the GitHub client keeps between requests of a kind. */
  gitHubMinTimes?: { write: number; notification: number; retry: number };
  turns?: Partial<EngineParts["turnSettings"]>;
}

export interface App {
  engine: Engine;
  sql: Sql;
  backend: JobBackend;
  relay: StreamRelay;
  /** Where it listens for people (`web`) and for webhooks; null without the roles `web` and `ingest`. */
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
  looks: 500,
  prune: 60 * 60_000,
  save: 400,
  backoff: 1_000,
};
const MAX_ATTEMPTS = 5;
const SWEEP_BATCH = 500;
const COMMIT_CONCURRENCY = 4;
const LOOK_CONCURRENCY = 8;

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

/** Documents and pull requests on GitHub; null where nothing gives access to it. Its packages are large. */
export async function createGitHubHosts(
  config: Config,
  secrets: Secrets,
  logger: Logger,
  throttle: { redis: RedisScripts | null; minTimes?: AppOverrides["gitHubMinTimes"] },
): Promise<GitHub | null> {
  const credentials = gitHubCredentials(config, secrets);
  if (credentials === null) return null;
  const { createGitHub } = await import("../adapters/github/github.ts");
  const { redis, minTimes } = throttle;
  return createGitHub({
    credentials,
    logger,
    ...(config.github.apiUrl !== null && { apiUrl: config.github.apiUrl }),
    throttle: { ...(redis && { redis }), ...(minTimes && { minTimes }) },
    // What a look at the pull request does not notice anyway; it asks for the tip first.
    lookEveryMs: 4 * config.github.pollMs,
  });
}

function gitHubCredentials(config: Config, secrets: Secrets): GitHubCredentials | null {
  const { appId } = config.github;
  const { githubPrivateKey: privateKey, githubToken: token } = secrets;
  if (appId !== null && privateKey !== null) return { kind: "app", appId, privateKey };
  return token === null ? null : { kind: "token", token };
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
  if (alone) await Promise.all([endAllLeases(sql), endAllLooks(sql)]);

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

  const gitHub = await createGitHubHosts(config, secrets, logger, {
    redis: backend.redis,
    minTimes: overrides.gitHubMinTimes,
  });
  let publicUrl = config.web.publicUrl ?? listenUrl(config);
  const parts = buildEngine({
    sql,
    relay,
    jobs: wakeUps,
    logger,
    hosts: [
      ...(overrides.hosts ?? [createGitHost(config, logger)]),
      ...(gitHub ? [gitHub.documents] : []),
    ],
    pullRequestHosts: gitHub ? [gitHub.pullRequests] : [],
    publicUrl: () => publicUrl,
    reviewSettings: { pollMs: config.github.pollMs, leaseMs: config.turns.leaseMs },
    providers: overrides.providers ?? (await createProviders(config, secrets, logger)),
    defaultModel: config.models.default,
    maintainer: config.maintainer,
    turnSettings: { ...turnSettings(config), ...overrides.turns },
  });
  teardown.add("streams", () => parts.streams[Symbol.asyncDispose]());

  if (works) await startWorkers(config, { sql, backend, relay, wakeUps, parts, logger, teardown });
  await overrides.prepare?.(parts.engine);
  const listens = config.roles.has("web") || config.roles.has("ingest");
  const url = listens ? await startWeb(config, secrets, parts, logger, teardown) : null;
  if (url !== null && config.web.publicUrl === null && config.roles.has("web")) publicUrl = url;
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
  const { backend, parts, logger, teardown } = given;
  const { runner, committer, looks } = parts;
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
  const reviews = await startReviewWorker(backend, {
    look: (branch) => looks.look(branch),
    concurrency: LOOK_CONCURRENCY,
  });
  const grace = config.shutdownGraceMs;
  teardown.add("the workers", async () => {
    // The runner ends or hands over its turns; the worker's jobs end with them.
    await Promise.all([
      runner.stop(grace),
      looks.stop(grace),
      turns.close(grace + 1_000),
      commits.close(grace),
      reviews.close(grace),
    ]);
  });
  const sweeper = startSweeper(sweepTasks(given), logger);
  teardown.add("the sweeper", () => sweeper.close());
}

/** What a wake-up or an event may have missed. */
function sweepTasks({ sql, backend, wakeUps, parts }: WorkerParts): SweepTask[] {
  const { sync, hostEvents } = parts;
  return [
    {
      name: "ready threads",
      everyMs: MS.readyThreads,
      run: async () => {
        for (const id of await listReadyThreads(sql, MS.wakeUp, SWEEP_BATCH))
          wakeUps.rewakeThread(id);
      },
    },
    {
      name: "pull requests",
      everyMs: MS.looks,
      run: async () => {
        for (const branch of await listDueLooks(sql, SWEEP_BATCH)) wakeUps.wakeReview(branch);
      },
    },
    { name: "old events", everyMs: MS.prune, run: () => hostEvents.prune() },
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
  ];
}

async function startWeb(
  config: Config,
  secrets: Secrets,
  { engine, hostEvents }: ReturnType<typeof buildEngine>,
  logger: Logger,
  teardown: Teardown,
): Promise<string> {
  const { host, port } = config.web;
  const secret = secrets.githubWebhookSecret;
  const webhooks: Record<string, WebhookHandler> = {};
  if (secret !== null) {
    const { createWebhookReceiver } = await import("../adapters/github/webhooks.ts");
    const store = (event: HostEvent) => hostEvents.receive(event);
    webhooks["/webhooks/github"] = createWebhookReceiver({ secret, store, logger });
  }
  const web = await createWebServer({
    engine,
    host,
    port,
    token: secrets.token,
    logger,
    servesPeople: config.roles.has("web"),
    webhooks,
  });
  teardown.add("the web server", () => web.close());
  return web.url;
}

const EVERYWHERE = ["0.0.0.0", "::", "[::]"];

/** Where the console of this configuration listens, in whatever process. */
function listenUrl({ web: { host, port } }: Config): string {
  const name = EVERYWHERE.includes(host) ? "localhost" : host;
  return `http://${name.includes(":") && !name.startsWith("[") ? `[${name}]` : name}:${port}`;
}
