import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";

import { readConfig } from "../../src/config.ts";
import { banner } from "../../src/main/banner.ts";

const linesFor = (environment: Record<string, string>, url: string | null = null): string[] => {
  const { config, secrets } = readConfig(environment);
  return banner(config, secrets, url, ".redline").split("\n");
};
/** The line of one part, with its spaces made one. */
const part = (name: string, environment: Record<string, string> = {}): string | undefined =>
  linesFor(environment)
    .map((line) => line.trim().replace(/\s+/g, " "))
    .find((line) => line.startsWith(`on ${name} `) || line.startsWith(`off ${name} `));

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEM = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const APP = { GITHUB_APP_ID: "123", GITHUB_PRIVATE_KEY: PEM };

describe("the banner", () => {
  it("says where the console is, and how to stop", () => {
    expect(linesFor({}, "http://127.0.0.1:3000/rfcs/sample")).toContain(
      "Redline is ready: http://127.0.0.1:3000/rfcs/sample",
    );
    expect(linesFor({ ROLES: "worker" })).toContain("Redline is ready.");
    expect(linesFor({}).at(-2)).toMatch(/^Ctrl-C stops it/);
  });

  it.each<[string, Record<string, string>, string]>([
    [
      "database",
      {},
      "on database embedded Postgres, data in .redline (DATABASE_URL names another server)",
    ],
    ["database", { DATABASE_URL: "postgres://db" }, "on database Postgres at DATABASE_URL"],
    ["jobs", {}, "on jobs BullMQ in Postgres (REDIS_URL moves the queue to Redis)"],
    ["jobs", { REDIS_URL: "redis://r" }, "on jobs BullMQ on Redis at REDIS_URL"],
    ["answers", {}, "on answers in this process"],
    [
      "answers",
      { ROLES: "web" },
      "off answers ROLES without “worker”: another process has to do it",
    ],
    [
      "web console",
      { ROLES: "worker" },
      "off web console ROLES without “web”: another process has to do it",
    ],
    ["web console", {}, "on web console in this process"],
    [
      "web console",
      { HOST: "0.0.0.0", REDLINE_TOKEN: "hunter2hunter2hunter2" },
      "on web console in this process; lets in with “?token=” and REDLINE_TOKEN behind its address",
    ],
    ["Claude", {}, "off Claude ANTHROPIC_API_KEY turns it on"],
    ["Claude", { ANTHROPIC_API_KEY: "k" }, "on Claude ANTHROPIC_API_KEY is set"],
    [
      "Claude",
      { ANTHROPIC_API_KEY: "k", MODEL: "m" },
      "on Claude ANTHROPIC_API_KEY is set, by default m (MODEL)",
    ],
    ["OpenAI-compatible model", {}, "off OpenAI-compatible model OPENAI_BASE_URL turns it on"],
    [
      "OpenAI-compatible model",
      { OPENAI_BASE_URL: "http://localhost:8000/v1" },
      "on OpenAI-compatible model at OPENAI_BASE_URL",
    ],
    [
      "offline editor",
      {},
      "on offline editor no language model; it understands plain edit requests only",
    ],
    [
      "offline editor",
      { ANTHROPIC_API_KEY: "k" },
      "off offline editor not needed: a language model answers",
    ],
    ["documents", {}, "on documents local Git repositories"],
    [
      "Slack",
      {},
      "off Slack SLACK_BOT_TOKEN with SLACK_APP_TOKEN turns it on (“redline setup slack” makes the app)",
    ],
    [
      "Slack",
      { SLACK_BOT_TOKEN: "xoxb-1", SLACK_APP_TOKEN: "xapp-1" },
      "on Slack one workspace, by Socket Mode",
    ],
    [
      "Slack",
      { SLACK_BOT_TOKEN: "xoxb-1", SLACK_SIGNING_SECRET: "s" },
      "on Slack one workspace, events at /slack/events",
    ],
    [
      "Discord",
      {},
      "off Discord DISCORD_TOKEN turns it on (“redline setup discord” prints the invite link)",
    ],
    ["Discord", { DISCORD_TOKEN: "t" }, "on Discord every server that the bot is in"],
    [
      "Discord",
      { DISCORD_TOKEN: "t", DISCORD_GUILD_ID: "123456", DISCORD_MESSAGE_CONTENT: "off" },
      "on Discord the server 123456, mentions alone (DISCORD_MESSAGE_CONTENT is off)",
    ],
    [
      "GitHub",
      {},
      "off GitHub GITHUB_TOKEN, or GITHUB_APP_ID with GITHUB_PRIVATE_KEY, turns it on",
    ],
    [
      "GitHub",
      { GITHUB_WEBHOOK_SECRET: "hunter2" },
      "off GitHub GITHUB_TOKEN, or GITHUB_APP_ID with GITHUB_PRIVATE_KEY, turns it on",
    ],
    [
      "GitHub",
      { GITHUB_TOKEN: "hunter2", GITHUB_POLL_SECONDS: "20" },
      "on GitHub with GITHUB_TOKEN, asked every 20 s (GITHUB_WEBHOOK_SECRET turns webhooks on)",
    ],
    [
      "GitHub",
      { ...APP, GITHUB_TOKEN: "hunter2", GITHUB_WEBHOOK_SECRET: "hunter2" },
      "on GitHub as App 123, webhooks at /webhooks/github",
    ],
    [
      "accounts on GitHub",
      {},
      "off accounts on GitHub GITHUB_CLIENT_ID turns it on: who may write to a repository decides on its RFCs",
    ],
    [
      "accounts on GitHub",
      { GITHUB_TOKEN: "hunter2", GITHUB_CLIENT_ID: "Iv23", ENCRYPTION_KEY: "ab".repeat(32) },
      "on accounts on GitHub people show with “connect” whose they are; who may write to a repository decides on its RFCs",
    ],
    [
      "signing in",
      {},
      "off signing in GITHUB_CLIENT_SECRET with REDLINE_URL turns it on: people see what their account on GitHub may read",
    ],
    [
      "signing in",
      {
        GITHUB_TOKEN: "hunter2",
        GITHUB_CLIENT_ID: "Iv23",
        GITHUB_CLIENT_SECRET: "hunter2",
        REDLINE_URL: "https://redline.example.org",
        ENCRYPTION_KEY: "ab".repeat(32),
      },
      "on signing in with GitHub at https://redline.example.org; REDLINE_TOKEN is for whoever runs Redline",
    ],
  ])("says of the %s what is on and which variable changes it: %o", (name, environment, line) => {
    expect(part(name, environment)).toBe(line);
  });

  it("shows no secret", () => {
    const shown = linesFor({
      DATABASE_URL: "postgres://u:hunter2@db/redline",
      REDIS_URL: "redis://:hunter2@redis",
      ANTHROPIC_API_KEY: "hunter2",
      OPENAI_BASE_URL: "http://hunter2@localhost/v1",
      OPENAI_API_KEY: "hunter2",
      REDLINE_TOKEN: "hunter2hunter2hunter2",
      GITHUB_TOKEN: "hunter2",
      GITHUB_WEBHOOK_SECRET: "hunter2",
      ...APP,
    });
    expect(shown.join("\n")).not.toContain("hunter2");
    expect(shown.join("\n")).not.toContain("PRIVATE KEY-");
  });
});
