/** A whole conversation on every way, with secrets and words that are marked, and what the log has of it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRedactor, describeError } from "../../src/log.ts";
import { createLogger } from "../../src/main/logger.ts";
import { MirrorWorld } from "../mirroring/mirror-world.ts";
import { post } from "./driven.ts";

const WORDS = "Marmalade";
const TOKEN = "marked-console-token-0123456789";
const API_KEY = "marked-model-key-0123456789";

/** Pino's number. */
const DEBUG = 20;

interface Line extends Record<string, unknown> {
  level: number;
  msg: string;
}

describe("the log", () => {
  let world: MirrorWorld;
  let text = "";
  let lines: Line[];
  let secrets: string[];

  beforeAll(async () => {
    world = await MirrorWorld.start(
      {},
      {
        environment: { LOG_LEVEL: "debug", REDLINE_TOKEN: TOKEN, OPENAI_API_KEY: API_KEY },
        makeLogger: (config, given) =>
          createLogger(config, given, { write: (line: string) => void (text += line) }),
      },
    );
    secrets = [
      world.environment["SLACK_BOT_TOKEN"]!,
      world.environment["SLACK_APP_TOKEN"]!,
      world.environment["DISCORD_TOKEN"]!,
      TOKEN,
      API_KEY,
    ];
    await converse(world, secrets);
    lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it("has no secret in any line", () => {
    expect(lines.length).toBeGreaterThan(5);
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect(text).toContain("[hidden]");
  });

  it("has nothing of what people and the model wrote above debug", () => {
    const seen = lines.filter(({ level }) => level > DEBUG);
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.filter((line) => JSON.stringify(line).includes(WORDS))).toEqual([]);
  });

  it("names the turn, its thread and its RFC where a turn fails, also deep in it", () => {
    const failed = lines.find(({ msg }) => msg === "the turn broke");
    expect(failed).toMatchObject({
      turnId: expect.stringMatching(/^[\da-f-]{36}$/),
      threadId: expect.stringMatching(/^[\da-f-]{36}$/),
      rfcSlug: "rfc",
      branchName: world.repository.branch,
    });
    const { team, guild } = world.chats;
    expect([team.id, guild.id]).toContain(failed!["workspaceId"]);
    expect(failed).not.toHaveProperty("requestId");
  });

  it("names the event, its platform and its workspace where one is refused or fails", () => {
    const { team, guild } = world.chats;
    for (const [platform, { id }] of [
      ["slack", team],
      ["discord", guild],
    ] as const) {
      const told = lines.filter((line) => line["platform"] === platform && line["eventId"]);
      expect(told.length, platform).toBeGreaterThan(0);
      expect(new Set(told.map((line) => line["workspaceId"]))).toEqual(new Set([id]));
    }
  });

  it("names the workspace and the place where a message could not be shown", () => {
    const refused = lines.find(({ msg }) => msg === "Slack did not do as it was asked");
    expect(refused).toMatchObject({
      workspaceId: world.chats.team.id,
      channel: world.chats.slackChannel.id,
    });
  });

  it("names the request to the console", () => {
    const failed = lines.find(({ msg }) => msg === "request failed");
    expect(failed).toMatchObject({ requestId: expect.stringMatching(/^[\da-f-]{36}$/) });
  });
});

/** Asks in Slack, on Discord and in the console; on each way something fails on purpose. */
async function converse(world: MirrorWorld, secrets: readonly string[]): Promise<void> {
  const { app, chats, provider } = world;
  const at = await world.linkBoth();
  const { threads, rfcs } = app.engine;
  const kept = { post: threads.post, list: rfcs.list };
  let failures = 2;
  threads.post = (...given) => {
    failures -= 1;
    if (failures >= 0) return Promise.reject(new Error(`no way to ${addressWith(secrets)}`));
    threads.post = kept.post;
    return kept.post(...given);
  };
  provider.script = (_request, n) =>
    n === 0 ? [new Error(secrets.join(" "))] : [`${WORDS} it is.`];
  chats.slack.fail({ method: "chat.postMessage", error: "internal_error" });
  chats.discord.fail({ route: "POST /channels/{channel_id}/messages", status: 500 });
  chats.ada.says(chats.slackChannel, `${chats.team.mention} ${WORDS}?`, { threadTs: at.ts });
  chats.dirk.says(at.thread, `${chats.discord.mention} ${WORDS} again?`);
  await chats.shows(at.ts, `${WORDS} it is.`);
  await chats.shows(at.thread, `${WORDS} it is.`);
  await world.settled();
  await (
    await post(app.url!, `/api/threads/${at.threadId}/messages`, { text: `${WORDS} once more?` })
  ).text();
  rfcs.list = () => Promise.reject(new Error("broken on purpose"));
  expect((await fetch(`${app.url}/api/rfcs`)).status).toBe(500);
  rfcs.list = kept.list;
  await world.settled();
}

const addressWith = ([one, two]: readonly string[]): string =>
  `https://somebody:${one}@example.org/?token=${two}`;

describe("what is taken out of a line", () => {
  const redact = createRedactor(["hunter2-and-more", 'with"quote']);

  it.each([
    ["a known secret", "is hunter2-and-more, or so", "is [hidden], or so"],
    ["a known one in JSON", JSON.stringify({ a: 'with"quote' }), '{"a":"[hidden]"}'],
    ["a bot's token of Slack", "xoxb-1-2-abc", "[hidden]"],
    ["a token of GitHub", "ghs_16C7e42F292c6912E7710c838347Ae178B4a", "[hidden]"],
    ["a password in an address", "redis://:pa55@host:1/0", "redis://:[hidden]@host:1/0"],
    ["one with a user", "postgres://me:pa55@host/db", "postgres://me:[hidden]@host/db"],
    ["a query's token", "/?token=abc&x=1", "/?token=[hidden]&x=1"],
    ["a header", "Authorization: Bearer abcdefghij.k", "Authorization: Bearer [hidden]"],
    [
      "an address that answers a command",
      "https://discord.com/api/v10/webhooks/123/aW50ZXJhY3Rpb246MTIz/messages",
      "https://discord.com/api/v10/webhooks/123/[hidden]/messages",
    ],
  ])("%s", (_what, line, shown) => {
    expect(redact(line)).toBe(shown);
  });

  it("leaves everything else as it is", () => {
    const line = '{"level":30,"turnId":"0d9f5bc0-6cd4-4bd3-9be4-6f8b5c0c3c9f","msg":"a turn"}';
    expect(redact(line)).toBe(line);
  });
});

describe("an error in the log", () => {
  it("is told without what clients put beside it", () => {
    const error = Object.assign(new Error("no", { cause: new TypeError("inner") }), {
      code: "E_NO",
      status: 400,
      requestBody: { json: { content: WORDS } },
    });
    expect(describeError(error)).toEqual({
      type: "Error",
      message: "no",
      code: "E_NO",
      status: 400,
      stack: expect.stringMatching(/^\s+at /),
      cause: { type: "TypeError", message: "inner", stack: expect.any(String) },
    });
  });
});
