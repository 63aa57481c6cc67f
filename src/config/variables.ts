import { z } from "zod";
import { BUDGETS_FORM, NO_LIMITS, readDefaults } from "../budgets/limit.ts";
import { readPrices } from "../budgets/price-file.ts";
import { BUILT_IN_PRICES } from "../budgets/prices.ts";
import { readEncryptionKey } from "../encryption.ts";
import { readPrivateKey } from "../private-key.ts";
import { readProxies } from "../proxy-addresses.ts";
import { readRedisAddress } from "../redis-address.ts";

export type Role = "ingest" | "worker" | "web";

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

/** What a function reads, which answers null to anything else. */
const readBy = <T>(read: (text: string) => T | null, what: string): z.ZodType<T, string> =>
  z.string().transform((text, context) => {
    const value = read(text);
    if (value !== null) return value;
    context.addIssue({ code: "custom", message: what });
    return z.NEVER;
  });

const ROLES = ["ingest", "worker", "web"] as const;
const roles = z
  .string()
  .transform((text) => text.split(",").map((role) => role.trim()))
  .pipe(z.array(z.enum(ROLES)).nonempty())
  .transform((list): ReadonlySet<Role> => new Set(list));

const privateKey = readBy(
  readPrivateKey,
  "a private key in PEM (PKCS#1 or PKCS#8), or the path of a file that holds one",
);

export const ENCRYPTION_KEY =
  "32 bytes in base64 or hex (“openssl rand -base64 32” makes such a key)";
const encryptionKey = readBy(readEncryptionKey, ENCRYPTION_KEY);
const previousKeys = readBy((text) => {
  const keys = text.split(",").map((key) => readEncryptionKey(key.trim()));
  return keys.every((key) => key !== null) ? keys : null;
}, "older keys like ENCRYPTION_KEY, with commas between");

const proxies = readBy(
  readProxies,
  "addresses of proxies, such as 10.0.0.5 or 10.0.0.0/24, with commas between",
);

const budgets = readBy(readDefaults, BUDGETS_FORM);

const prices = z.string().transform((text, context) => {
  const read = readPrices(text);
  if (typeof read !== "string") return read;
  context.addIssue({ code: "custom", message: read });
  return z.NEVER;
});

const http = "an http:// or https:// address";

/** Every variable, what it must be, and what it is when it is not set. */
export const VARIABLES = {
  DATABASE_URL: url("a postgres:// address", "postgres", "postgresql").optional(),
  REDIS_URL: z
    .string()
    .refine(
      (value) => readRedisAddress(value) !== null,
      "a redis:// or rediss:// address, or redis+cluster:// with nodes",
    )
    .optional(),
  REDLINE_DATA_DIR: z.string().default(".redline"),
  ANTHROPIC_API_KEY: z.string().optional(),
  ANTHROPIC_BASE_URL: url(http, "http", "https").optional(),
  OPENAI_BASE_URL: url(http, "http", "https").optional(),
  OPENAI_API_KEY: z.string().optional(),
  MODEL: z.string().optional(),
  MODEL_MAX_TOKENS: integer(256, 128_000).default(16_000),
  MODEL_IDLE_SECONDS: integer(1, 3_600).optional(),
  MODEL_PRICES: prices.default(BUILT_IN_PRICES),
  HISTORY_TOKENS: integer(500, 1_000_000).default(30_000),
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/, "a host name or an address")
    .default("127.0.0.1"),
  PORT: integer(0, 65_535).default(3_000),
  HEALTH_PORT: integer(0, 65_535).optional(),
  REDLINE_TOKEN: z.string().min(16, "at least 16 characters").optional(),
  ADMIN_TOKEN: z.string().min(16, "at least 16 characters").optional(),
  REDLINE_URL: url(http, "http", "https").optional(),
  TRUST_PROXY: proxies.default([]),
  GITHUB_TOKEN: z.string().optional(),
  GITHUB_APP_ID: z.string().regex(/^\d+$/, "the number of a GitHub App").optional(),
  GITHUB_PRIVATE_KEY: privateKey.optional(),
  GITHUB_CLIENT_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,255}$/, "the client id of a GitHub App or an OAuth App")
    .optional(),
  GITHUB_CLIENT_SECRET: z.string().optional(),
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
  WORKSPACE_TURNS: integer(1, 10_000).optional(),
  BUDGETS: budgets.default(NO_LIMITS),
  MERGE_WAIT_DAYS: integer(0, 90).default(3),
  SHUTDOWN_GRACE_SECONDS: integer(0, 600).default(10),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(http, "http", "https").optional(),
  OTEL_SERVICE_NAME: z.string().min(1, "a name").default("redline"),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  REDLINE_USER_NAME: z.string().default("Local maintainer"),
  REDLINE_USER_EMAIL: z.string().default("maintainer@localhost"),
};

export type Values = { [K in keyof typeof VARIABLES]: z.output<(typeof VARIABLES)[K]> };
