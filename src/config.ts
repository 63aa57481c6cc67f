/**
 * The one reader of the environment. Parsing, grouping and secrets are kept apart: `Config` may be printed,
 * `Secrets` never.
 */
import { resolve } from "node:path";
import { z } from "zod";
import { readEncryptionKey } from "./encryption.ts";
import { readPrivateKey } from "./private-key.ts";
import { fileVariable, readSecretFile } from "./secret-files.ts";

/** A wrong value; the message is one line that names the variable and what it must be. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export type Role = "ingest" | "worker" | "web";

/**
 * How Slack reaches this installation: `socket` and `http` serve the one workspace of the bot's token,
 * `oauth` every workspace that installs the app.
 */
export type SlackMode = "socket" | "http" | "oauth";

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
  };
  turns: { concurrency: number; leaseMs: number };
  /** Days that a proposal to merge waits where none are given. */
  mergeWaitDays: number;
  shutdownGraceMs: number;
  logLevel: "debug" | "info" | "warn" | "error" | "silent";
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
}

type Environment = Record<string, string | undefined>;

const integer = (min: number, max: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d+$/, `a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `a whole number from ${min} to ${max}`);

const url = (what: string, ...protocols: string[]): z.ZodType<string, string> =>
  z.string().refine((value) => {
    return URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1));
  }, what);

const ROLES = ["ingest", "worker", "web"] as const;
const roles = z
  .string()
  .transform((text) => text.split(",").map((role) => role.trim()))
  .pipe(z.array(z.enum(ROLES)).nonempty())
  .transform((list): ReadonlySet<Role> => new Set(list));

const privateKey = z.string().transform((text, context) => {
  const pem = readPrivateKey(text);
  if (pem !== null) return pem;
  context.addIssue({
    code: "custom",
    message: "a private key in PEM (PKCS#1 or PKCS#8), or the path of a file that holds one",
  });
  return z.NEVER;
});

const ENCRYPTION_KEY = "32 bytes in base64 or hex (“openssl rand -base64 32” makes such a key)";
const encryptionKey = z.string().transform((text, context) => {
  const key = readEncryptionKey(text);
  if (key !== null) return key;
  context.addIssue({ code: "custom", message: ENCRYPTION_KEY });
  return z.NEVER;
});
const previousKeys = z.string().transform((text, context) => {
  const keys = text.split(",").map((key) => readEncryptionKey(key.trim()));
  if (keys.every((key) => key !== null)) return keys;
  context.addIssue({
    code: "custom",
    message: "older keys like ENCRYPTION_KEY, with commas between",
  });
  return z.NEVER;
});

const http = "an http:// or https:// address";

/** Every variable, what it must be, and what it is when it is not set. */
const VARIABLES = {
  DATABASE_URL: url("a postgres:// address", "postgres", "postgresql").optional(),
  REDIS_URL: url("a redis:// or rediss:// address", "redis", "rediss").optional(),
  REDLINE_DATA_DIR: z.string().default(".redline"),
  ANTHROPIC_API_KEY: z.string().optional(),
  ANTHROPIC_BASE_URL: url(http, "http", "https").optional(),
  OPENAI_BASE_URL: url(http, "http", "https").optional(),
  OPENAI_API_KEY: z.string().optional(),
  MODEL: z.string().optional(),
  MODEL_MAX_TOKENS: integer(256, 128_000).default(16_000),
  MODEL_IDLE_SECONDS: integer(1, 3_600).optional(),
  HISTORY_TOKENS: integer(500, 1_000_000).default(30_000),
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/, "a host name or an address")
    .default("127.0.0.1"),
  PORT: integer(0, 65_535).default(3_000),
  HEALTH_PORT: integer(0, 65_535).optional(),
  REDLINE_TOKEN: z.string().min(16, "at least 16 characters").optional(),
  REDLINE_URL: url(http, "http", "https").optional(),
  GITHUB_TOKEN: z.string().optional(),
  GITHUB_APP_ID: z.string().regex(/^\d+$/, "the number of a GitHub App").optional(),
  GITHUB_PRIVATE_KEY: privateKey.optional(),
  GITHUB_CLIENT_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,255}$/, "the client id of a GitHub App or an OAuth App")
    .optional(),
  GITHUB_WEBHOOK_SECRET: z.string().optional(),
  GITHUB_API_URL: url(http, "http", "https").optional(),
  GITHUB_POLL_SECONDS: integer(1, 3_600).default(15),
  SLACK_BOT_TOKEN: z
    .string()
    .regex(/^(?!xapp-)/, "the bot's token, which begins with xoxb-")
    .optional(),
  SLACK_APP_TOKEN: z
    .string()
    .regex(/^(?!xox)/, "the app-level token, which begins with xapp-")
    .optional(),
  SLACK_CLIENT_ID: z.string().optional(),
  SLACK_CLIENT_SECRET: z.string().optional(),
  SLACK_SIGNING_SECRET: z.string().optional(),
  SLACK_API_URL: url(http, "http", "https").default("https://slack.com/api/"),
  DISCORD_TOKEN: z
    .string()
    .transform((token) => token.replace(/^Bot\s+/i, ""))
    .pipe(z.string().regex(/^\S+$/, "the bot's token, from Discord's developer portal"))
    .optional(),
  DISCORD_API_URL: url(http, "http", "https").default("https://discord.com/api"),
  DISCORD_MESSAGE_CONTENT: z.enum(["on", "off"]).default("on"),
  DISCORD_GUILD_ID: z
    .string()
    .regex(/^\d{1,20}$/, "the id of a server, a number of up to 20 digits")
    .optional(),
  ENCRYPTION_KEY: encryptionKey.optional(),
  ENCRYPTION_KEY_PREVIOUS: previousKeys.default([]),
  ROLES: roles.default(new Set(ROLES)),
  TURN_CONCURRENCY: integer(1, 1_000).default(64),
  TURN_LEASE_SECONDS: integer(2, 600).default(10),
  MERGE_WAIT_DAYS: integer(0, 90).default(3),
  SHUTDOWN_GRACE_SECONDS: integer(0, 600).default(10),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  REDLINE_USER_NAME: z.string().default("Local maintainer"),
  REDLINE_USER_EMAIL: z.string().default("maintainer@localhost"),
};

type Values = { [K in keyof typeof VARIABLES]: z.output<(typeof VARIABLES)[K]> };

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
    },
    turns: { concurrency: values.TURN_CONCURRENCY, leaseMs: values.TURN_LEASE_SECONDS * 1_000 },
    mergeWaitDays: values.MERGE_WAIT_DAYS,
    shutdownGraceMs: values.SHUTDOWN_GRACE_SECONDS * 1_000,
    logLevel: values.LOG_LEVEL,
    maintainer: { name: values.REDLINE_USER_NAME, email: values.REDLINE_USER_EMAIL },
  };
  const secrets = secretsOf(values);
  assertApp(config, secrets);
  assertConnecting(config, secrets);
  return { config, secrets };
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
  };
}

function discordConfig(values: Values): Config["discord"] {
  return {
    isOn: values.DISCORD_TOKEN !== undefined,
    apiUrl: values.DISCORD_API_URL.replace(/\/*(?:v\d+\/*)?$/, ""),
    readsContent: values.DISCORD_MESSAGE_CONTENT === "on",
    guildId: values.DISCORD_GUILD_ID ?? null,
  };
}

/** An App is its number and its key. @throws ConfigError */
function assertApp({ github }: Config, { githubPrivateKey }: Secrets): void {
  if ((github.appId === null) === (githubPrivateKey === null)) return;
  throw new ConfigError(
    github.appId === null
      ? "GITHUB_APP_ID must be set beside GITHUB_PRIVATE_KEY: the number of the GitHub App."
      : "GITHUB_PRIVATE_KEY must be set beside GITHUB_APP_ID: the App's private key in PEM, or its file.",
  );
}

/** People connect accounts to decide with them, and what shows that they may is kept. @throws ConfigError */
function assertConnecting({ github }: Config, secrets: Secrets): void {
  if (github.clientId === null) return;
  if (secrets.githubToken === null && secrets.githubPrivateKey === null) {
    throw new ConfigError(
      "GITHUB_TOKEN, or GITHUB_APP_ID with GITHUB_PRIVATE_KEY, must be set beside GITHUB_CLIENT_ID: with it GitHub is asked who may write.",
    );
  }
  if (secrets.encryptionKeys === null) {
    throw new ConfigError(
      `ENCRYPTION_KEY must be set beside GITHUB_CLIENT_ID: ${ENCRYPTION_KEY}, for the tokens of people's accounts.`,
    );
  }
}

/** What goes with what, in the words of the person who sets it. @throws ConfigError */
function slackMode(values: Values): SlackMode | null {
  const need = (name: keyof Values, beside: string, what: string): void => {
    if (values[name] !== undefined) return;
    throw new ConfigError(`${name} must be set beside ${beside}: ${what}.`);
  };
  if (values.SLACK_CLIENT_ID !== undefined || values.SLACK_CLIENT_SECRET !== undefined) {
    const beside = values.SLACK_CLIENT_ID === undefined ? "SLACK_CLIENT_SECRET" : "SLACK_CLIENT_ID";
    need("SLACK_CLIENT_ID", beside, "the client id of the Slack app");
    need("SLACK_CLIENT_SECRET", beside, "the client secret of the Slack app");
    need("SLACK_SIGNING_SECRET", beside, "the signing secret of the Slack app");
    need("ENCRYPTION_KEY", beside, `${ENCRYPTION_KEY}, for the tokens of workspaces`);
    if (values.SLACK_APP_TOKEN === undefined) return "oauth";
    throw new ConfigError(
      "SLACK_APP_TOKEN must not be set beside SLACK_CLIENT_ID: Socket Mode serves one workspace, OAuth many.",
    );
  }
  if (values.SLACK_APP_TOKEN !== undefined) {
    need("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "the bot's token, which begins with xoxb-");
    return "socket";
  }
  if (values.SLACK_BOT_TOKEN === undefined) {
    if (values.SLACK_SIGNING_SECRET === undefined) return null;
    const beside = "SLACK_SIGNING_SECRET";
    need("SLACK_CLIENT_ID", beside, "the client id of the Slack app, or SLACK_BOT_TOKEN");
    return null;
  }
  if (values.SLACK_SIGNING_SECRET !== undefined) return "http";
  const what = "the app-level token, which begins with xapp- (or SLACK_SIGNING_SECRET, for HTTP)";
  need("SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", what);
  return null;
}

function parse(environment: Environment): Values {
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(VARIABLES)) {
    const { given, file } = lookUp(environment, name);
    const result = schema.safeParse(given);
    if (!result.success) throw new ConfigError(describe(name, file, given, result.error));
    values[name] = result.data;
  }
  return values as Values;
}

/** A variable that is set to nothing, as `.env` files have it, is not set. */
const valueOf = (environment: Environment, name: string): string | undefined =>
  environment[name]?.trim() || undefined;

/** A variable's value, with the variable of the file in which it was found. @throws ConfigError */
function lookUp(
  environment: Environment,
  name: string,
): { given: string | undefined; file: string | null } {
  const given = valueOf(environment, name);
  const file = fileVariable(name);
  const path = file === null ? undefined : valueOf(environment, file);
  if (file === null || path === undefined) return { given, file: null };
  if (given !== undefined) {
    throw new ConfigError(`${file} must not be set beside ${name}: keep one of the two.`);
  }
  const found = readSecretFile(path);
  if ("text" in found) return { given: found.text, file };
  throw new ConfigError(`${file} must be the path of a file with ${name} in it: ${found.wrong}.`);
}

/** Values are shown only of variables that hold no secret. */
const SECRET = /KEY|TOKEN$|SECRET$|_URL$/;

function describe(
  name: string,
  file: string | null,
  given: string | undefined,
  error: z.ZodError,
): string {
  const issue = error.issues[0];
  const message = issue?.message ?? "something else";
  const options = /expected one of (.*)$/
    .exec(message)?.[1]
    ?.replaceAll("|", ", ")
    .replaceAll('"', "");
  // An option inside of a list has a path.
  const which = issue?.path.length ? "one or more of" : "one of";
  const shown = SECRET.test(name) ? "" : ` It is “${given?.replace(/\s+/g, " ").slice(0, 100)}”.`;
  const subject = file === null ? `${name} must be` : `${file} must hold`;
  return `${subject} ${options ? `${which} ${options}` : message}.${shown}`;
}
