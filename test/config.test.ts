import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";

import { BUILT_IN_PRICES } from "../src/budgets/prices.ts";
import { ConfigError } from "../src/config/config-error.ts";
import { hasSignIn, readConfig } from "../src/config.ts";
import { isLoopback } from "../src/loopback.ts";
import { SECRET_VARIABLES } from "../src/secret-files.ts";
import { variablesRead } from "./support/variables.ts";

type Environment = Record<string, string>;

const read = (environment: Environment = {}): ReturnType<typeof readConfig> =>
  readConfig(environment);
function refusal(environment: Environment): string {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("the environment was accepted");
}

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEM = privateKey.export({ type: "pkcs8", format: "pem" }).toString();

const KEY = "0123456789abcdef".repeat(4);
const OLD_KEY = "fedcba9876543210".repeat(4);

const OAUTH: Environment = {
  SLACK_CLIENT_ID: "1.2",
  SLACK_CLIENT_SECRET: "hunter2",
  SLACK_SIGNING_SECRET: "hunter2",
  ENCRYPTION_KEY: KEY,
};

const CONNECTING: Environment = {
  GITHUB_CLIENT_ID: "Iv23",
  GITHUB_TOKEN: "ghp_hunter2",
  ENCRYPTION_KEY: KEY,
};

const SECRETS: Environment = {
  DATABASE_URL: "postgres://user:hunter2@db/redline",
  REDIS_URL: "redis://:hunter2@redis",
  ANTHROPIC_API_KEY: "sk-hunter2",
  OPENAI_API_KEY: "hunter2",
  REDLINE_TOKEN: "hunter2hunter2hunter2",
  ADMIN_TOKEN: "hunter2hunter2hunter3",
  GITHUB_TOKEN: "ghp_hunter2",
  GITHUB_WEBHOOK_SECRET: "hunter2",
};

describe("without any variable", () => {
  it("Redline runs on this machine alone, with nothing else installed", () => {
    const { config, secrets } = read();
    expect(config).toEqual({
      dataDir: resolve(".redline"),
      programs: { PATH: undefined, HOME: undefined },
      invokedFrom: process.cwd(),
      roles: new Set(["ingest", "worker", "web"]),
      web: {
        host: "127.0.0.1",
        port: 3000,
        publicUrl: null,
        trustProxy: [],
        healthPort: null,
      },
      github: { apiUrl: null, appId: null, clientId: null, pollMs: 15_000 },
      slack: { mode: null, apiUrl: "https://slack.com/api/", clientId: null },
      discord: {
        isOn: false,
        apiUrl: "https://discord.com/api",
        readsContent: true,
        guildId: null,
      },
      models: {
        default: null,
        anthropicBaseUrl: null,
        openAiBaseUrl: null,
        maxTokens: 16_000,
        historyTokens: 30_000,
        idleTimeoutMs: null,
        prices: BUILT_IN_PRICES,
      },
      turns: { concurrency: 64, leaseMs: 10_000, perWorkspace: null },
      budgets: { workspace: [], person: [] },
      mergeWaitDays: 3,
      shutdownGraceMs: 10_000,
      logLevel: "info",
      tracing: null,
      maintainer: { name: "Local maintainer", email: "maintainer@localhost" },
    });
    expect(new Set(Object.values(secrets))).toEqual(new Set([null]));
  });

  it("a variable that is set to nothing is not set", () => {
    const empty = Object.fromEntries(variablesRead().map((name) => [name, ""]));
    expect(read(empty)).toEqual(read());
    const blank = Object.fromEntries(variablesRead().map((name) => [name, " \t"]));
    expect(read(blank)).toEqual(read());
  });
});

describe("each variable", () => {
  it("has its place", () => {
    const { config, secrets } = read({
      ...SECRETS,
      GITHUB_CLIENT_SECRET: "hunter2",
      REDLINE_DATA_DIR: "/var/lib/redline",
      ANTHROPIC_BASE_URL: "https://claude.example.org",
      OPENAI_BASE_URL: "http://localhost:11434/v1",
      MODEL: "model-1",
      MODEL_MAX_TOKENS: "4000",
      MODEL_IDLE_SECONDS: "90",
      MODEL_PRICES: '{"model-*":{"input":3,"output":15,"cache_read":0.5}}',
      HISTORY_TOKENS: "500",
      HOST: "0.0.0.0",
      PORT: "0",
      HEALTH_PORT: "3001",
      REDLINE_URL: "https://redline.example.org/base",
      TRUST_PROXY: "10.0.0.5, fd00::/8,loopback",
      GITHUB_API_URL: "https://github.example.org/api/v3",
      GITHUB_APP_ID: "123456",
      GITHUB_CLIENT_ID: "Iv23liAbc",
      GITHUB_PRIVATE_KEY: PEM.replaceAll("\n", "\\n"),
      GITHUB_POLL_SECONDS: "30",
      ...OAUTH,
      SLACK_BOT_TOKEN: "xoxb-hunter2",
      SLACK_API_URL: "https://slack-gov.com/api",
      DISCORD_TOKEN: "Bot hunter2",
      DISCORD_API_URL: "https://discord.example.org/api/v10/",
      DISCORD_MESSAGE_CONTENT: "off",
      DISCORD_GUILD_ID: "100000000000000001",
      ENCRYPTION_KEY_PREVIOUS: OLD_KEY,
      ROLES: "web, worker",
      TURN_CONCURRENCY: "1",
      TURN_LEASE_SECONDS: "2",
      WORKSPACE_TURNS: "8",
      BUDGETS: "workspace usd/day=50; person tokens/month=2M",
      MERGE_WAIT_DAYS: "0",
      SHUTDOWN_GRACE_SECONDS: "0",
      LOG_LEVEL: "silent",
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
      OTEL_SERVICE_NAME: "redline-eu",
      REDLINE_USER_NAME: "Ada",
      REDLINE_USER_EMAIL: "ada@example.org",
      INIT_CWD: "/home/ada",
      PATH: "/bin",
      HOME: "/home/ada",
    });
    expect(config).toEqual({
      dataDir: "/var/lib/redline",
      programs: { PATH: "/bin", HOME: "/home/ada" },
      invokedFrom: "/home/ada",
      roles: new Set(["web", "worker"]),
      web: {
        host: "0.0.0.0",
        port: 0,
        publicUrl: "https://redline.example.org/base",
        trustProxy: ["10.0.0.5", "fd00::/8", "loopback"],
        healthPort: 3001,
      },
      github: {
        apiUrl: "https://github.example.org/api/v3",
        appId: "123456",
        clientId: "Iv23liAbc",
        pollMs: 30_000,
      },
      slack: { mode: "oauth", apiUrl: "https://slack-gov.com/api/", clientId: "1.2" },
      discord: {
        isOn: true,
        apiUrl: "https://discord.example.org/api",
        readsContent: false,
        guildId: "100000000000000001",
      },
      models: {
        default: "model-1",
        anthropicBaseUrl: "https://claude.example.org",
        openAiBaseUrl: "http://localhost:11434/v1",
        maxTokens: 4_000,
        historyTokens: 500,
        idleTimeoutMs: 90_000,
        prices: {
          ...BUILT_IN_PRICES,
          "model-*": { input: 3, output: 15, cacheRead: 0.5, cacheWrite: 3 },
        },
      },
      turns: { concurrency: 1, leaseMs: 2_000, perWorkspace: 8 },
      budgets: {
        workspace: [{ unit: "usd", period: "day", amount: 50_000_000 }],
        person: [{ unit: "tokens", period: "month", amount: 2_000_000 }],
      },
      mergeWaitDays: 0,
      shutdownGraceMs: 0,
      logLevel: "silent",
      tracing: { endpoint: "http://collector:4318", serviceName: "redline-eu" },
      maintainer: { name: "Ada", email: "ada@example.org" },
    });
    expect(secrets).toEqual({
      databaseUrl: SECRETS["DATABASE_URL"],
      redisUrl: SECRETS["REDIS_URL"],
      anthropicApiKey: SECRETS["ANTHROPIC_API_KEY"],
      openAiApiKey: SECRETS["OPENAI_API_KEY"],
      token: SECRETS["REDLINE_TOKEN"],
      adminToken: SECRETS["ADMIN_TOKEN"],
      githubToken: SECRETS["GITHUB_TOKEN"],
      githubPrivateKey: PEM,
      githubClientSecret: "hunter2",
      githubWebhookSecret: SECRETS["GITHUB_WEBHOOK_SECRET"],
      slackBotToken: "xoxb-hunter2",
      slackAppToken: null,
      slackClientSecret: "hunter2",
      slackSigningSecret: "hunter2",
      discordToken: "hunter2",
      encryptionKeys: {
        current: Buffer.from(KEY, "hex"),
        previous: [Buffer.from(OLD_KEY, "hex")],
      },
    });
  });

  it("is read without the white space around it", () => {
    expect(read({ PORT: " 8080\n" }).config.web.port).toBe(8080);
  });

  it("names proxies by their addresses, and never everybody", () => {
    for (const TRUST_PROXY of [
      "1",
      "true",
      "proxy.internal",
      "10.0.0.0/33",
      "0.0.0.0/0",
      "::/0",
      "10.0.0.1,",
    ]) {
      expect(refusal({ TRUST_PROXY })).toMatch(/^TRUST_PROXY must be addresses of proxies/);
    }
  });

  it("stands in the README's table of settings, and nothing else does", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const cells = readme.split("\n").flatMap((line) => /^\|([^|]*)\|/.exec(line)?.[1] ?? []);
    const told = cells.flatMap((cell) =>
      [...cell.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map((match) => match[1]!),
    );
    // The table has no row for the second form of each secret.
    const files: string[] = SECRET_VARIABLES.map((name) => `${name}_FILE`);
    const named = variablesRead().filter((name) => !files.includes(name));
    expect(told.toSorted()).toEqual(named.toSorted());
  });
});

describe("a wrong value", () => {
  it.each<[string, string, string]>([
    ["PORT", "80a", "a whole number from 0 to 65535. It is “80a”."],
    ["PORT", "65536", "a whole number from 0 to 65535. It is “65536”."],
    ["PORT", "-1", "a whole number from 0 to 65535. It is “-1”."],
    ["PORT", "1e3", "a whole number from 0 to 65535. It is “1e3”."],
    ["MODEL_MAX_TOKENS", "255", "a whole number from 256 to 128000. It is “255”."],
    ["MODEL_IDLE_SECONDS", "0", "a whole number from 1 to 3600. It is “0”."],
    ["HISTORY_TOKENS", "1", "a whole number from 500 to 1000000. It is “1”."],
    ["TURN_CONCURRENCY", "0", "a whole number from 1 to 1000. It is “0”."],
    ["TURN_LEASE_SECONDS", "1", "a whole number from 2 to 600. It is “1”."],
    ["WORKSPACE_TURNS", "0", "a whole number from 1 to 10000. It is “0”."],
    [
      "BUDGETS",
      "workspace 50/day",
      "limits of scopes with “;” between, such as “workspace usd/day=50 tokens/month=100M; person usd/day=5”. It is “workspace 50/day”.",
    ],
    ["MERGE_WAIT_DAYS", "91", "a whole number from 0 to 90. It is “91”."],
    ["SHUTDOWN_GRACE_SECONDS", "601", "a whole number from 0 to 600. It is “601”."],
    ["HOST", "my host", "a host name or an address. It is “my host”."],
    ["HOST", "http://localhost", "a host name or an address. It is “http://localhost”."],
    ["ROLES", "web,api", "one or more of ingest, worker, web. It is “web,api”."],
    ["ROLES", ",", "one or more of ingest, worker, web. It is “,”."],
    [
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      "collector:4318",
      "an http:// or https:// address. It is “collector:4318”.",
    ],
    ["LOG_LEVEL", "loud", "one of debug, info, warn, error, silent. It is “loud”."],
    ["LOG_LEVEL", "a\nb", "one of debug, info, warn, error, silent. It is “a b”."],
    ["DATABASE_URL", "mysql://root:hunter2@db", "a postgres:// address."],
    ["DATABASE_URL", "hunter2", "a postgres:// address."],
    [
      "REDIS_URL",
      "http://:hunter2@redis",
      "a redis:// or rediss:// address, or redis+cluster:// with nodes.",
    ],
    ["ANTHROPIC_BASE_URL", "hunter2", "an http:// or https:// address."],
    ["OPENAI_BASE_URL", "ftp://hunter2", "an http:// or https:// address."],
    ["REDLINE_TOKEN", "hunter2", "at least 16 characters."],
    ["ADMIN_TOKEN", "hunter2", "at least 16 characters."],
    ["REDLINE_URL", "hunter2.example.org", "an http:// or https:// address."],
    ["GITHUB_API_URL", "git@hunter2", "an http:// or https:// address."],
    ["GITHUB_APP_ID", "Iv1.abc", "the number of a GitHub App. It is “Iv1.abc”."],
    [
      "GITHUB_PRIVATE_KEY",
      "hunter2",
      "a private key in PEM (PKCS#1 or PKCS#8), or the path of a file that holds one.",
    ],
    ["GITHUB_POLL_SECONDS", "0", "a whole number from 1 to 3600. It is “0”."],
    ["SLACK_BOT_TOKEN", "xapp-hunter2", "the bot's token, which begins with xoxb-."],
    ["SLACK_APP_TOKEN", "xoxb-hunter2", "the app-level token, which begins with xapp-."],
    ["SLACK_API_URL", "hunter2", "an http:// or https:// address."],
    [
      "ENCRYPTION_KEY",
      "hunter2",
      "32 bytes in base64 or hex (“openssl rand -base64 32” makes such a key).",
    ],
    [
      "ENCRYPTION_KEY_PREVIOUS",
      `${KEY},hunter2`,
      "older keys like ENCRYPTION_KEY, with commas between.",
    ],
  ])("of %s (%j) is told in one line that says what it must be", (name, value, sentence) => {
    expect(refusal({ ...SECRETS, [name]: value })).toBe(`${name} must be ${sentence}`);
  });

  it.each([
    ["GITHUB_TOKEN, or GITHUB_APP_ID with GITHUB_PRIVATE_KEY,", { ENCRYPTION_KEY: KEY }],
    ["ENCRYPTION_KEY", { GITHUB_TOKEN: "hunter2" }],
  ])("is also that %s is missing where people connect accounts", (name, environment) => {
    expect(refusal({ ...environment, GITHUB_CLIENT_ID: "Iv23" })).toMatch(
      new RegExp(`^${name} must be set beside GITHUB_CLIENT_ID: [^\\n]*$`),
    );
  });

  it.each([
    ["GITHUB_CLIENT_ID", {}],
    ["REDLINE_URL", { ...CONNECTING, HOST: "0.0.0.0" }],
  ])("is also that %s is missing where people sign in", (name, environment) => {
    expect(refusal({ ...environment, GITHUB_CLIENT_SECRET: "hunter2" })).toMatch(
      new RegExp(`^${name} must be set beside GITHUB_CLIENT_SECRET: [^\\n]*$`),
    );
  });

  it.each([
    ["GITHUB_PRIVATE_KEY", { GITHUB_APP_ID: "1" }],
    ["GITHUB_APP_ID", { GITHUB_PRIVATE_KEY: PEM }],
  ])("is also that %s is missing beside the other half of an App", (name, environment) => {
    expect(refusal(environment)).toMatch(new RegExp(`^${name} must be set beside GITHUB_[^\\n]*$`));
  });

  it.each<[string, Environment]>([
    ["SLACK_BOT_TOKEN", { SLACK_APP_TOKEN: "xapp-1" }],
    ["SLACK_APP_TOKEN", { SLACK_BOT_TOKEN: "xoxb-1" }],
    ["SLACK_CLIENT_ID", { SLACK_SIGNING_SECRET: "s" }],
    ["SLACK_CLIENT_ID", { SLACK_CLIENT_SECRET: "c" }],
    ["SLACK_CLIENT_SECRET", { SLACK_CLIENT_ID: "1.2", SLACK_SIGNING_SECRET: "s" }],
    ["SLACK_SIGNING_SECRET", { SLACK_CLIENT_ID: "1.2", SLACK_CLIENT_SECRET: "c" }],
    [
      "ENCRYPTION_KEY",
      { SLACK_CLIENT_ID: "1.2", SLACK_CLIENT_SECRET: "c", SLACK_SIGNING_SECRET: "s" },
    ],
  ])("is also that %s is missing beside what Slack needs it for", (name, environment) => {
    expect(refusal(environment)).toMatch(new RegExp(`^${name} must be set beside SLACK_[^\\n]*$`));
  });

  it("is also an app token beside a client id", () => {
    expect(refusal({ ...OAUTH, SLACK_APP_TOKEN: "xapp-1" })).toMatch(
      /^SLACK_APP_TOKEN must not be set beside SLACK_CLIENT_ID: .*$/,
    );
  });

  it("is told of the first variable alone, and shortly", () => {
    expect(refusal({ PORT: "x".repeat(10_000), LOG_LEVEL: "loud" })).toMatch(
      /^PORT must be .{0,160}$/,
    );
  });
});

describe("signing in on the console", () => {
  const signIn = { ...CONNECTING, GITHUB_CLIENT_SECRET: "hunter2" };
  it.each([
    [false, "no client secret", { ...CONNECTING, REDLINE_URL: "https://redline.example.org" }],
    [false, "this machine alone", signIn],
    [true, "an address", { ...signIn, REDLINE_URL: "https://redline.example.org" }],
  ])("is %s with %s", (isOn, _with, environment) => {
    const { config, secrets } = read(environment);
    expect(hasSignIn(config, secrets)).toBe(isOn);
  });
});

describe("a secret in a file", () => {
  /** A file with the text in it, removed after the test. */
  function file(text: string): string {
    const folder = mkdtempSync(join(tmpdir(), "redline-secret-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "secret");
    writeFileSync(path, text);
    return path;
  }

  const VALUES: Record<(typeof SECRET_VARIABLES)[number], string> = {
    DATABASE_URL: "postgres://user:hunter2@db/redline",
    REDIS_URL: "redis://:hunter2@redis",
    ANTHROPIC_API_KEY: "sk-hunter2",
    OPENAI_API_KEY: "hunter2",
    REDLINE_TOKEN: "hunter2hunter2hunter2",
    ADMIN_TOKEN: "hunter2hunter2hunter3",
    GITHUB_TOKEN: "ghp_hunter2",
    GITHUB_PRIVATE_KEY: PEM,
    GITHUB_CLIENT_SECRET: "hunter2",
    GITHUB_WEBHOOK_SECRET: "hunter2",
    SLACK_BOT_TOKEN: "xoxb-hunter2",
    SLACK_APP_TOKEN: "xapp-hunter2",
    SLACK_CLIENT_SECRET: "hunter2",
    SLACK_SIGNING_SECRET: "hunter2",
    DISCORD_TOKEN: "hunter2",
    ENCRYPTION_KEY: KEY,
    ENCRYPTION_KEY_PREVIOUS: OLD_KEY,
  };
  /** What has to be set beside some of them. */
  const BESIDE: Record<string, Environment> = {
    GITHUB_PRIVATE_KEY: { GITHUB_APP_ID: "1" },
    GITHUB_CLIENT_SECRET: CONNECTING,
    SLACK_BOT_TOKEN: { SLACK_APP_TOKEN: "xapp-1" },
    SLACK_APP_TOKEN: { SLACK_BOT_TOKEN: "xoxb-1" },
    SLACK_CLIENT_SECRET: { ...OAUTH },
    SLACK_SIGNING_SECRET: { SLACK_BOT_TOKEN: "xoxb-1" },
    ENCRYPTION_KEY_PREVIOUS: { ENCRYPTION_KEY: KEY },
  };
  const others = (name: string): Environment => {
    const { [name]: _, ...rest } = BESIDE[name] ?? {};
    return rest;
  };

  it.each(Object.entries(VALUES))("%s is what the file holds", (name, value) => {
    const inVariable = read({ ...others(name), [name]: value });
    const inFile = read({ ...others(name), [`${name}_FILE`]: file(`${value}\n`) });
    expect(inFile).toEqual(inVariable);
    expect(inFile.secrets).not.toEqual(read().secrets);
  });

  it("is one of every secret, and of nothing else", () => {
    const files = variablesRead().filter((name) => name.endsWith("_FILE"));
    expect(files.toSorted()).toEqual(SECRET_VARIABLES.map((name) => `${name}_FILE`).toSorted());
    const all = Object.assign({}, ...Object.values(BESIDE), VALUES) as Environment;
    delete all["SLACK_APP_TOKEN"];
    const set = Object.values(read(all).secrets).filter((secret) => secret !== null);
    // The two keys are one; the app token stands beside no client secret.
    expect(set).toHaveLength(SECRET_VARIABLES.length - 2);
  });

  it.each<[string, () => string, string]>([
    ["is not there", () => "/nowhere/hunter2", "there is no such file"],
    ["is a folder", () => tmpdir(), "that is a folder"],
    ["is empty", () => file(" \n"), "that file is empty"],
  ])("that %s is told in one line", (_, path, reason) => {
    expect(refusal({ REDLINE_TOKEN_FILE: path() })).toBe(
      `REDLINE_TOKEN_FILE must be the path of a file with REDLINE_TOKEN in it: ${reason}.`,
    );
  });

  it("is refused beside the variable itself", () => {
    expect(refusal({ GITHUB_TOKEN: "hunter2", GITHUB_TOKEN_FILE: "/nowhere" })).toBe(
      "GITHUB_TOKEN_FILE must not be set beside GITHUB_TOKEN: keep one of the two.",
    );
  });

  it("is told by its own variable where it is wrong, and not shown", () => {
    expect(refusal({ ENCRYPTION_KEY_FILE: file("hunter2") })).toBe(
      "ENCRYPTION_KEY_FILE must hold 32 bytes in base64 or hex (“openssl rand -base64 32” makes such a key).",
    );
  });
});

describe("how Slack reaches it", () => {
  it.each<[string | null, Environment]>([
    [null, {}],
    ["socket", { SLACK_BOT_TOKEN: "xoxb-1", SLACK_APP_TOKEN: "xapp-1" }],
    ["http", { SLACK_BOT_TOKEN: "xoxb-1", SLACK_SIGNING_SECRET: "s" }],
    ["oauth", OAUTH],
  ])("is %s", (mode, environment) => {
    expect(read(environment).config.slack.mode).toBe(mode);
  });

  it("takes the key in hex or base64, and older ones beside it", () => {
    const bytes = Buffer.from(KEY, "hex");
    const given = {
      ENCRYPTION_KEY: bytes.toString("base64"),
      ENCRYPTION_KEY_PREVIOUS: `${OLD_KEY}, ${KEY}`,
    };
    expect(read(given).secrets.encryptionKeys).toEqual({
      current: bytes,
      previous: [Buffer.from(OLD_KEY, "hex"), bytes],
    });
  });
});

it("keeps secrets out of what may be printed", () => {
  const app = { GITHUB_APP_ID: "1", GITHUB_PRIVATE_KEY: PEM };
  const shown = JSON.stringify(read({ ...SECRETS, ...app }).config);
  expect(shown).not.toContain("hunter2");
  expect(shown).not.toContain("PRIVATE KEY");
});

describe("a host that is this machine alone", () => {
  it.each(["127.0.0.1", "127.8.9.10", "localhost", "::1"])("%s", (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(["0.0.0.0", "::", "192.168.0.1", "127.0.0.1.example.org", "localhost.example.org", ""])(
    "is not %j",
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
