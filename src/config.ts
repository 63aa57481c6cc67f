/**
 * The one reader of the environment. Parsing, grouping and secrets are kept apart: `Config` may be printed,
 * `Secrets` never.
 */
import { resolve } from "node:path";
import type { DefaultLimits } from "./budgets/limit.ts";
import type { PriceList } from "./budgets/prices.ts";
import type { Environment } from "./config/parse.ts";
import { parse } from "./config/parse.ts";
import { assertTogether } from "./config/requirements.ts";
import type { SlackMode } from "./config/slack-mode.ts";
import { slackMode } from "./config/slack-mode.ts";
import type { Role, Values } from "./config/variables.ts";

export interface Config {
  /** Where the embedded Postgres and the sample live. */
  dataDir: string;
  /** What programs that are run, such as Git, see of the environment. */
  programs: { PATH: string | undefined; HOME: string | undefined };
  /** The folder that relative paths of the command line are meant from. */
  invokedFrom: string;
  roles: ReadonlySet<Role>;
  web: {
    host: string;
    port: number;
    /** Where people elsewhere reach the console; null: where it listens. */
    publicUrl: string | null;
    /** Addresses and networks of proxies that are believed about who calls. */
    trustProxy: readonly string[];
    /** Where a process that only works tells how it is; null: nowhere. */
    healthPort: number | null;
  };
  github: {
    apiUrl: string | null;
    /** Of the GitHub App, beside its private key. */
    appId: string | null;
    /** Of the App by which people connect their accounts; null: they cannot. */
    clientId: string | null;
    /** Between two looks at an open pull request where no webhooks come in. */
    pollMs: number;
  };
  slack: {
    /** Null: off. */
    mode: SlackMode | null;
    /** Where its Web API is; ends with a slash. */
    apiUrl: string;
    /** Of the app; set in the mode `oauth`. */
    clientId: string | null;
  };
  discord: {
    isOn: boolean;
    /** Where its REST API is, without a version or a slash at its end. */
    apiUrl: string;
    /** Whether the text of messages that do not mention the bot is asked for. */
    readsContent: boolean;
    /** The one server that is served; null for all that the bot is in. */
    guildId: string | null;
  };
  models: {
    default: string | null;
    anthropicBaseUrl: string | null;
    openAiBaseUrl: string | null;
    maxTokens: number;
    historyTokens: number;
    /** Null leaves it to the provider. */
    idleTimeoutMs: number | null;
    /** What tokens cost, by model. */
    prices: PriceList;
  };
  turns: {
    concurrency: number;
    leaseMs: number;
    /** Of one workspace at once, in all processes; null for any number. */
    perWorkspace: number | null;
  };
  /** What workspaces and people may use where nothing else is set for them. */
  budgets: DefaultLimits;
  /** Days that a proposal to merge waits where none are given. */
  mergeWaitDays: number;
  shutdownGraceMs: number;
  logLevel: "debug" | "info" | "warn" | "error" | "silent";
  /** Where spans are sent; null: nothing is traced. */
  tracing: { endpoint: string; serviceName: string } | null;
  maintainer: { name: string; email: string };
}

/** What must not be printed or logged. */
export interface Secrets {
  databaseUrl: string | null;
  redisUrl: string | null;
  anthropicApiKey: string | null;
  openAiApiKey: string | null;
  githubToken: string | null;
  /** PEM text. */
  githubPrivateKey: string | null;
  /** Of the App by which people sign in on the console. */
  githubClientSecret: string | null;
  /** What GitHub signs its webhooks with. */
  githubWebhookSecret: string | null;
  slackBotToken: string | null;
  /** Opens the connections of Socket Mode. */
  slackAppToken: string | null;
  slackClientSecret: string | null;
  /** What Slack signs its requests with. */
  slackSigningSecret: string | null;
  discordToken: string | null;
  /** What tokens in the database are encrypted with, and may still be; 32 bytes each. */
  encryptionKeys: { current: Buffer; previous: readonly Buffer[] } | null;
  /** Needed to use the console and the API on an address that is not loopback. */
  token: string | null;
  /** Lets an operator at `/admin/`; without it nothing is there. */
  adminToken: string | null;
}

/** @throws ConfigError for the first wrong value */
export function readConfig(environment: Environment = process.env): {
  config: Config;
  secrets: Secrets;
} {
  const values = parse(environment);
  const config: Config = {
    dataDir: resolve(values.REDLINE_DATA_DIR),
    programs: { PATH: environment["PATH"], HOME: environment["HOME"] },
    // npm runs scripts in the project's folder, and says here where it was called.
    invokedFrom: environment["INIT_CWD"] ?? process.cwd(),
    roles: values.ROLES,
    web: {
      host: values.HOST,
      port: values.PORT,
      publicUrl: values.REDLINE_URL ?? null,
      trustProxy: values.TRUST_PROXY,
      healthPort: values.HEALTH_PORT ?? null,
    },
    github: {
      apiUrl: values.GITHUB_API_URL ?? null,
      appId: values.GITHUB_APP_ID ?? null,
      clientId: values.GITHUB_CLIENT_ID ?? null,
      pollMs: values.GITHUB_POLL_SECONDS * 1_000,
    },
    slack: {
      mode: slackMode(values),
      apiUrl: values.SLACK_API_URL.replace(/\/*$/, "/"),
      clientId: values.SLACK_CLIENT_ID ?? null,
    },
    discord: discordConfig(values),
    models: {
      default: values.MODEL ?? null,
      anthropicBaseUrl: values.ANTHROPIC_BASE_URL ?? null,
      openAiBaseUrl: values.OPENAI_BASE_URL ?? null,
      maxTokens: values.MODEL_MAX_TOKENS,
      historyTokens: values.HISTORY_TOKENS,
      idleTimeoutMs:
        values.MODEL_IDLE_SECONDS === undefined ? null : values.MODEL_IDLE_SECONDS * 1_000,
      prices: values.MODEL_PRICES,
    },
    turns: {
      concurrency: values.TURN_CONCURRENCY,
      leaseMs: values.TURN_LEASE_SECONDS * 1_000,
      perWorkspace: values.WORKSPACE_TURNS ?? null,
    },
    budgets: values.BUDGETS,
    mergeWaitDays: values.MERGE_WAIT_DAYS,
    shutdownGraceMs: values.SHUTDOWN_GRACE_SECONDS * 1_000,
    logLevel: values.LOG_LEVEL,
    tracing: tracingConfig(values),
    maintainer: { name: values.REDLINE_USER_NAME, email: values.REDLINE_USER_EMAIL },
  };
  assertTogether(values);
  return { config, secrets: secretsOf(values) };
}

/** Kept apart from what may be printed. */
function secretsOf(values: Values): Secrets {
  return {
    databaseUrl: values.DATABASE_URL ?? null,
    redisUrl: values.REDIS_URL ?? null,
    anthropicApiKey: values.ANTHROPIC_API_KEY ?? null,
    openAiApiKey: values.OPENAI_API_KEY ?? null,
    githubToken: values.GITHUB_TOKEN ?? null,
    githubPrivateKey: values.GITHUB_PRIVATE_KEY ?? null,
    githubClientSecret: values.GITHUB_CLIENT_SECRET ?? null,
    githubWebhookSecret: values.GITHUB_WEBHOOK_SECRET ?? null,
    slackBotToken: values.SLACK_BOT_TOKEN ?? null,
    slackAppToken: values.SLACK_APP_TOKEN ?? null,
    slackClientSecret: values.SLACK_CLIENT_SECRET ?? null,
    slackSigningSecret: values.SLACK_SIGNING_SECRET ?? null,
    discordToken: values.DISCORD_TOKEN ?? null,
    encryptionKeys: values.ENCRYPTION_KEY
      ? { current: values.ENCRYPTION_KEY, previous: values.ENCRYPTION_KEY_PREVIOUS }
      : null,
    token: values.REDLINE_TOKEN ?? null,
    adminToken: values.ADMIN_TOKEN ?? null,
  };
}

function tracingConfig(values: Values): Config["tracing"] {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: serviceName } = values;
  return endpoint === undefined ? null : { endpoint, serviceName };
}

function discordConfig(values: Values): Config["discord"] {
  return {
    isOn: values.DISCORD_TOKEN !== undefined,
    apiUrl: values.DISCORD_API_URL.replace(/\/*(?:v\d+\/*)?$/, ""),
    readsContent: values.DISCORD_MESSAGE_CONTENT === "on",
    guildId: values.DISCORD_GUILD_ID ?? null,
  };
}

/**
 * Whether people sign in on the console with their accounts on GitHub. On this machine's own address whoever sits
 * there is let in, unless it is said where others reach it.
 */
export function hasSignIn({ web }: Config, { githubClientSecret }: Secrets): boolean {
  return githubClientSecret !== null && web.publicUrl !== null;
}
