import { Redis } from "ioredis";
import { afterAll, describe, expect, it } from "vitest";
import {
  createGitHubClient,
  type GitHubClient,
  type GitHubClientOptions,
} from "../../../adapters/github/client.ts";
import { explaining } from "../../../adapters/github/failures.ts";
import { HostBusy } from "../../../src/ports.ts";
import { startRedis } from "../../support/redis.ts";
import { sendJson, startScriptedServer, type ScriptedServer } from "./scripted-server.ts";

const REPOSITORY = "ada/rfcs";
const NO_WAITS = { write: 0, notification: 0, retry: 1 };
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const issue = { owner: "ada", repo: "rfcs", issue_number: 1 };

function clientOf(url: string, options: Partial<GitHubClientOptions> = {}): GitHubClient {
  return createGitHubClient({
    apiUrl: url,
    credentials: { kind: "token", token: "ghp_secret" },
    logger,
    throttle: { minTimes: NO_WAITS },
    ...options,
  });
}

const rejection = async (work: Promise<unknown>): Promise<unknown> =>
  await work.then(
    () => new Error("It succeeded."),
    (error: unknown) => error,
  );

/** What a person is told of a request. */
const explained = async <T>(work: () => Promise<T>): Promise<unknown> =>
  await rejection(explaining(REPOSITORY, work));

describe("who the client speaks to", () => {
  it.each([
    ["https://api.github.com", "https://github.com"],
    ["https://api.octocorp.ghe.com", "https://octocorp.ghe.com"],
    ["https://github.example.org/api/v3/", "https://github.example.org"],
    ["http://127.0.0.1:3001", "http://127.0.0.1:3001"],
  ])("%s is shown to people as %s", (apiUrl, webUrl) => {
    expect(clientOf(apiUrl).webUrl).toBe(webUrl);
  });

  it.each([
    ["ada/rfcs", true],
    ["ada-l/r.f_c-s", true],
    ["file:///srv/rfcs", false],
    ["https://github.com/ada/rfcs", false],
    ["ada/rfcs/docs", false],
    ["ada/..", false],
    ["ada", false],
  ])("serves %s: %s", (repository, isServed) => {
    expect(clientOf("https://api.github.com").serves(repository)).toBe(isServed);
  });
});

describe("requests that fail", () => {
  it.each<[string, (server: ScriptedServer["url"]) => Promise<unknown>]>([
    [
      "POST",
      async (url) => (await octokit(url)).rest.issues.createComment({ ...issue, body: "x" }),
    ],
    ["PATCH", async (url) => (await octokit(url)).rest.issues.update({ ...issue, title: "x" })],
    ["GraphQL", async (url) => (await octokit(url)).graphql("query { viewer { login } }")],
  ])("are sent once where they may have an effect: %s", async (_, send) => {
    for (const fail of [500, 502, 409, 429, 0]) {
      await using server = await startScriptedServer((request, response) => {
        if (fail === 0) request.socket.destroy();
        else sendJson(response, { message: "No" }, { status: fail });
      });
      expect(await rejection(send(server.url))).toBeInstanceOf(Error);
      expect(server.requests).toHaveLength(1);
    }
  });

  it("are repeated where they only read", async () => {
    await using server = await startScriptedServer((request, response, count) => {
      if (count === 1) request.socket.destroy();
      else if (count === 2) sendJson(response, { message: "Bad gateway" }, { status: 502 });
      else sendJson(response, { title: "Three" });
    });
    const { data } = await (await octokit(server.url)).rest.issues.get(issue);
    expect(data).toEqual({ title: "Three" });
  });

  it("tell people that GitHub has trouble, and when to go on", async () => {
    await using server = await startScriptedServer((_, response) => {
      sendJson(response, { message: "Server Error" }, { status: 503 });
    });
    const github = await octokit(server.url);
    const error = await explained(() => github.rest.issues.get(issue));
    expect(error).toBeInstanceOf(HostBusy);
    expect((error as HostBusy).message).toMatch(/^GitHub is having trouble .*503.*ada\/rfcs/);
    const wait = (error as HostBusy).retryAt.getTime() - Date.now();
    expect(wait).toBeGreaterThan(1_000);
    expect(wait).toBeLessThanOrEqual(30_000);
  });

  it("do not take an answer that breaks off for an empty one", async () => {
    await using server = await startScriptedServer((request, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write('{"title": "Th');
      setImmediate(() => request.socket.destroy());
    });
    const github = await octokit(server.url);
    expect(await explained(() => github.rest.issues.get(issue))).toBeInstanceOf(HostBusy);
    expect(server.requests).toHaveLength(3);
  });

  it("are given up when their time is over, and not sent from the queue after that", async () => {
    await using server = await startScriptedServer(() => {});
    const throttle = { minTimes: { write: 800, notification: 0, retry: 1 } };
    const github = await octokit(server.url, { timeoutMs: 600, throttle });
    const update = async (comment_id: number, request = {}) =>
      await explained(() =>
        github.rest.issues.updateComment({ ...comment, comment_id, body: "x", request }),
      );
    for (const error of await Promise.all([update(1), update(2)])) {
      expect(error).toBeInstanceOf(HostBusy);
    }
    // Its turn comes after that of the second one.
    await update(3, { timeoutMs: 30_000 });
    const path = "PATCH /repos/ada/rfcs/issues/comments";
    expect(server.requests).toEqual([`${path}/1`, `${path}/3`]);
  });

  it("leave nothing behind for those that come later: neither their time nor that they were writes", async () => {
    await using server = await startScriptedServer((_, response, count) => {
      sendJson(response, { title: `${count}` }, { status: count === 3 ? 502 : 200 });
    });
    const timeoutMs = 200;
    const github = await octokit(server.url, { timeoutMs });
    await github.rest.issues.get(issue);
    await github.rest.issues.update({ ...issue, title: "x" });
    // The time of the first ones is over.
    await new Promise((resolve) =>
      AbortSignal.timeout(timeoutMs + 50).addEventListener("abort", resolve),
    );
    const { data } = await github.rest.issues.get(issue);
    expect(data).toEqual({ title: "4" });
  });

  const comment = { owner: "ada", repo: "rfcs" };
});

describe("conditional requests", () => {
  const etag = '"abc"';
  const conditional = (log: (string | undefined)[], body: unknown = { title: "One" }) =>
    startScriptedServer((request, response) => {
      log.push(request.headers["if-none-match"]);
      if (request.headers["if-none-match"] === etag) response.writeHead(304, { etag }).end();
      else sendJson(response, body, { headers: { etag } });
    });

  it("tell an unchanged answer from memory", async () => {
    const sent: (string | undefined)[] = [];
    await using server = await conditional(sent, { title: "One", labels: ["a"] });
    const github = await octokit(server.url);
    const first = await github.rest.issues.get(issue);
    first.data.labels.pop();
    const second = await github.rest.issues.get(issue);
    expect(second).toMatchObject({ status: 200, data: { title: "One", labels: ["a"] } });
    expect(sent).toEqual([undefined, etag]);
  });

  it("keep apart what is asked for in another form", async () => {
    const sent: (string | undefined)[] = [];
    await using server = await conditional(sent);
    const github = await octokit(server.url);
    await github.rest.issues.get(issue);
    await github.rest.issues.get({ ...issue, mediaType: { format: "html" } });
    await github.rest.issues.get({ ...issue, issue_number: 2 });
    expect(sent).toEqual([undefined, undefined, undefined]);
  });
});

describe("rate limits", () => {
  const reset = (seconds: number) => String(Math.ceil(Date.now() / 1_000) + seconds);

  it.each<[string, number, () => Record<string, string>, number]>([
    ["a primary one", 403, () => limit(reset(1_800)), 1_800],
    ["one with a time to wait", 403, () => ({ "retry-after": "900" }), 900],
    ["too many requests", 429, () => ({}), 60],
  ])("are told with the time at which it goes on: %s", async (_, status, headers, seconds) => {
    await using server = await startScriptedServer((_request, response) => {
      sendJson(response, { message: "API rate limit exceeded" }, { status, headers: headers() });
    });
    const github = await octokit(server.url);
    const error = await explained(() => github.rest.issues.get(issue));
    expect(error).toBeInstanceOf(HostBusy);
    const { retryAt, message } = error as HostBusy;
    expect(message).toMatch(/until \d\d:\d\d UTC/);
    expect(Math.abs(retryAt.getTime() - Date.now() - seconds * 1_000)).toBeLessThan(10_000);
    // Whoever goes on asking is banned.
    const again = await explained(() => github.rest.issues.get({ ...issue, issue_number: 2 }));
    expect(again).toBeInstanceOf(HostBusy);
    const write = await explained(() => github.rest.issues.createComment({ ...issue, body: "x" }));
    expect(write).toBeInstanceOf(HostBusy);
    expect(server.requests).toHaveLength(1);
  });

  it("are waited for once where a read need not wait long", async () => {
    await using server = await startScriptedServer((_, response, count) => {
      const headers = { "retry-after": "1" };
      const message = "You have exceeded a secondary rate limit.";
      if (count === 1) sendJson(response, { message }, { status: 403, headers });
      else sendJson(response, { title: "One" });
    });
    const github = await octokit(server.url);
    expect((await github.rest.issues.get(issue)).data).toEqual({ title: "One" });
    const [first = 0, second = 0] = server.times;
    expect(second - first).toBeGreaterThan(950);
  });

  it("are not waited for by a write", async () => {
    await using server = await startScriptedServer((_, response) => {
      const headers = { "retry-after": "1" };
      const message = "You have exceeded a secondary rate limit.";
      sendJson(response, { message }, { status: 403, headers });
    });
    const github = await octokit(server.url);
    const error = await explained(() => github.rest.issues.createComment({ ...issue, body: "x" }));
    expect(error).toBeInstanceOf(HostBusy);
    expect(server.requests).toHaveLength(1);
  });

  it("of GraphQL are told in the same way", async () => {
    await using server = await startScriptedServer((_, response) => {
      const errors = [{ type: "RATE_LIMITED", message: "API rate limit exceeded" }];
      sendJson(response, { errors }, { headers: limit(reset(1_800)) });
    });
    const github = await octokit(server.url);
    const error = await explained(() => github.graphql("query { viewer { login } }"));
    expect(error).toBeInstanceOf(HostBusy);
    expect((error as HostBusy).retryAt.getTime()).toBeGreaterThan(Date.now() + 1_700_000);
  });

  function limit(resetAt: string): Record<string, string> {
    return { "x-ratelimit-remaining": "0", "x-ratelimit-reset": resetAt };
  }
});

const redis = await startRedis();

describe.skipIf(redis === null)("several processes", () => {
  if (redis === null) return;
  const open: Redis[] = [];
  afterAll(async () => {
    for (const one of open) one.disconnect();
    await redis.stop();
  });
  const connect = (): Redis => {
    const one = new Redis(redis.url, { maxRetriesPerRequest: null });
    one.on("error", () => {});
    open.push(one);
    return one;
  };
  const minTimes = { write: 200, notification: 0, retry: 1 };
  const write = (github: GitHubClient) => async () => {
    const { rest } = await github.for(REPOSITORY);
    await rest.issues.update({ ...issue, title: "x" });
  };

  it("keep their writes apart together", async () => {
    await using server = await startScriptedServer((_, response) => sendJson(response, {}));
    // Each has a throttle of its own, as in processes of their own.
    const clients = [connect(), connect()].map((one) =>
      clientOf(server.url, { throttle: { redis: one, minTimes } }),
    );
    await Promise.all(clients.flatMap((one) => [write(one)(), write(one)(), write(one)()]));
    const gaps = server.times.slice(1).map((time, at) => time - (server.times[at] ?? 0));
    expect(gaps).toHaveLength(5);
    // A request may take a little longer than the one before it to arrive.
    for (const gap of gaps) expect(gap).toBeGreaterThan(minTimes.write / 2);
    const whole = (server.times.at(-1) ?? 0) - (server.times[0] ?? 0);
    expect(whole).toBeGreaterThan(minTimes.write * 5 - 100);
  });

  it("go on, each for itself, when Redis is gone", async () => {
    await using server = await startScriptedServer((_, response) => sendJson(response, {}));
    const client = clientOf(server.url, { throttle: { redis: connect(), minTimes } });
    await write(client)();
    redis.kill();
    await write(client)();
    expect(server.requests).toHaveLength(2);
  });
});

async function octokit(url: string, options: Partial<GitHubClientOptions> = {}) {
  return await clientOf(url, options).for(REPOSITORY);
}
