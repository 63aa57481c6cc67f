/** One comment a change, and one commit an accept, whatever fails on the way. */
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { startApp } from "../../src/app.ts";
import { GitHubApp, PATH, WEBHOOK_SECRET } from "../support/github-app.ts";
import { RedlineProcess } from "../support/redline-process.ts";
import { HttpClient } from "../support/http-client.ts";
import { memoryLogger, until } from "../support/test-app.ts";

const SOON = { original: "after one minute", proposed: "after two minutes" };
const HEADER = { original: "carries a header", proposed: "carries a signed header" };

/** As many comments as changes, each said by its row to be live. */
async function expectOnce(world: GitHubApp, count: number): Promise<void> {
  await until(async () => {
    const rows = await world.app.sql`select 1 from suggestions where state = 'live'`;
    return rows.length === count;
  }, "as many live rows");
  await world.looked();
  await world.looked();
  const shown = world.suggestions().map(({ changeId }) => changeId);
  expect(shown).toHaveLength(count);
  expect(new Set(shown).size).toBe(count);
  world.github.expectConforming();
}

it.concurrent.each([
  ["a 502 after the effect", { status: 502 }],
  ["a connection that is cut after the effect", { dropConnection: true }],
  ["a 502 without the effect", { status: 502, afterEffect: false }],
])("%s of posting a review", async (_, fault) => {
  await using world = await GitHubApp.start();
  const threadId = await world.newThread();
  const path = /\/pulls\/\d+\/reviews$/;
  world.github.fault({ method: "POST", path, times: 2, afterEffect: true, ...fault });
  await world.propose(threadId, [SOON, HEADER]);
  await expectOnce(world, 2);
});

it.concurrent("comments that were posted twice after all are one again at the next look", async () => {
  await using world = await GitHubApp.start();
  const threadId = await world.newThread();
  await world.propose(threadId, [SOON]);
  const [comment] = await world.shown(1);
  await world.looked();
  await world.repository.commentOnLines(world.pull, "redline-bot", {
    path: PATH,
    line: 3,
    body: comment!.body,
  });
  await until(async () => world.suggestions().length === 1);
  expect(world.suggestions()[0]!.comment.id).toBe(comment!.id);
});

it.concurrent("a 502 after the commit of an accept has landed: one commit", async () => {
  await using world = await GitHubApp.start();
  const threadId = await world.newThread();
  await world.propose(threadId, [SOON]);
  const path = /\/contents\//;
  world.github.fault({ method: "PUT", path, times: 1, status: 502, afterEffect: true });
  const [change] = (await world.thread(threadId)).changes;
  await world.engine.changes.accept(change!.id, world.user);
  const done = await until(async () => {
    const now = await world.engine.changes.get(change!.id);
    return now.state === "accepted" && now;
  });
  const log = await world.repository.git("log", "--format=%H", "main..feature");
  expect(log.split("\n")[0]).toBe(done.commitSha);
  expect(log.split("\n")).toHaveLength(2);
});

it.concurrent("two processes that look at the same time post once", async () => {
  await using world = await GitHubApp.start();
  const { config, secrets } = readConfig(world.environment);
  const other = await startApp(config, secrets, memoryLogger([]), {
    providers: [world.provider],
    gitHubMinTimes: { write: 0, notification: 0, retry: 10 },
  });
  try {
    const threadId = await world.newThread();
    for (const edit of [SOON, HEADER]) await world.propose(threadId, [edit]);
    await expectOnce(world, 2);
  } finally {
    await other.stop();
  }
});

it.concurrent("two processes that know the console by different addresses leave each other's comments alone", async () => {
  await using world = await GitHubApp.start();
  const { config, secrets } = readConfig({
    ...world.environment,
    REDLINE_URL: "https://redline.example.org",
  });
  const other = await startApp(config, secrets, memoryLogger([]), {
    providers: [world.provider],
    gitHubMinTimes: { write: 0, notification: 0, retry: 10 },
  });
  try {
    const threadId = await world.newThread();
    await world.propose(threadId, [SOON]);
    await world.shown(1);
    for (let look = 0; look < 4; look += 1) await world.looked();
    expect(world.github.count({ method: "PATCH" })).toBe(0);
    expect(world.suggestions()[0]!.comment.body).not.toContain(".invalid");
  } finally {
    await other.stop();
  }
});

it.concurrent("webhooks that come twice, late and out of order do no harm", async () => {
  await using world = await GitHubApp.start({ webhooks: true });
  const threadId = await world.newThread();
  await world.propose(threadId, [SOON]);
  const [comment] = await world.shown(1);
  await world.looked();
  world.github.webhooks.hold();
  await world.repository.applySuggestion(comment!.id, "olive");
  world.repository.replyTo(comment!.id, "olive", "Thank you.");
  world.github.webhooks.release((held) => held.toReversed());
  await until(async () => (await world.thread(threadId)).changes[0]!.state === "accepted");
  await world.github.webhooks.settled();
  const notes = (await world.notes(threadId)).length;
  for (const delivery of [...world.github.webhooks.deliveries]) {
    world.github.webhooks.redeliver(delivery);
  }
  await world.github.webhooks.settled();
  await world.looked();
  const deliveries = new Set(world.github.webhooks.deliveries.map(({ id }) => id));
  const [{ stored }] = await world.app.sql<[{ stored: number }]>`
    select count(*)::int as stored from inbox where source = 'github'`;
  expect(stored).toBeLessThanOrEqual(deliveries.size);
  expect((await world.notes(threadId)).filter((note) => note.includes("replied"))).toHaveLength(1);
  expect((await world.notes(threadId)).length - notes).toBeLessThanOrEqual(1);
  expect((await world.thread(threadId)).decisions).toHaveLength(1);
});

describe.concurrent("kill -9", () => {
  /** The request in whose midst the process dies: GitHub has done it, and the answer is not read. */
  it.each([
    ["between a review and its bookkeeping", "POST", /\/reviews$/],
    ["while it asks what it has posted", "GET", /\/reviews\/\d+\/comments$/],
    ["while it looks what is there", "GET", /\/pulls\/\d+\/comments$/],
    ["between a commit and its bookkeeping", "PUT", /\/contents\//],
    ["between a comment's edit and its bookkeeping", "PATCH", /\/pulls\/comments\/\d+$/],
  ])("%s", async (_, method, path) => {
    await using world = await GitHubApp.start({ environment: { ROLES: "web" } });
    const worker = (): Promise<RedlineProcess> =>
      RedlineProcess.start({
        ...world.environment,
        ROLES: "web,worker",
        ANTHROPIC_API_KEY: "",
        LOG_LEVEL: "warn",
      });
    let first: RedlineProcess | null = await worker();
    try {
      let release = (): void => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      world.github.fault({ method, path, times: 1, status: 0, afterEffect: true, until: held });
      const client = new HttpClient(first.url);
      const thread = await client.newThread("feature");
      const reader = await client.post(
        thread,
        "replace “after one minute” with “after two minutes”",
      );
      await reader.until((frame) => frame.data === "DONE");
      if (method === "PUT" || method === "PATCH") {
        const [change] = (await world.thread(thread)).changes;
        await until(
          async () => (await world.engine.changes.get(change!.id)).shown?.state === "live",
        );
        await client.json("POST", `/api/changes/${change!.id}/accept`, {});
      }
      await until(async () => world.github.count({ method, path }) > 0);
      await first.kill();
      first = null;
      release();
      world.github.clearFaults();
      first = await worker();
      if (method === "PUT" || method === "PATCH") {
        await until(async () => (await world.thread(thread)).changes[0]!.state === "accepted");
        const log = await world.repository.git("log", "--format=%H", "main..feature");
        expect(log.split("\n")).toHaveLength(2);
        await until(async () => world.suggestions()[0]!.comment.body.includes("was accepted"));
        expect(world.suggestions()).toHaveLength(1);
      } else await expectOnce(world, 1);
    } finally {
      await first?.kill();
    }
  });
});

it.concurrent("a webhook that is not signed with the secret is refused, and nothing of it is stored", async () => {
  await using world = await GitHubApp.start({ webhooks: true });
  const send = (headers: Record<string, string>) =>
    fetch(`${world.app.url}/webhooks/github`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-github-event": "push",
        "x-github-delivery": "6f1c2f0e-6a43-4c0b-9a55-6f4a5d2a9b10",
        ...headers,
      },
      body: JSON.stringify({ ref: "refs/heads/feature", repository: { full_name: "acme/rfcs" } }),
    });
  const wrong = `sha256=${"0".repeat(64)}`;
  expect((await send({ "x-hub-signature-256": wrong })).status).toBe(401);
  expect((await send({})).status).toBe(401);
  expect((await send({ "x-hub-signature-256": WEBHOOK_SECRET })).status).toBe(401);
  expect(await world.app.sql`select 1 from inbox`).toHaveLength(0);
});
