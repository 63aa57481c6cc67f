import { randomUUID } from "node:crypto";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { createJobBackend, type JobBackend } from "../../../../jobs/backend.ts";
import { startCommitWorker } from "../../../../jobs/commit-worker.ts";
import { createQueueBoard } from "../../../../jobs/queue-board.ts";
import { silent } from "../../../../src/log.ts";
import { launchBrowser } from "../../../support/browser.ts";
import { keepScreenshot, openConsole, WIDE } from "../../../support/console-page.ts";
import { createTestDatabase } from "../../../support/database.ts";
import { markLeg } from "../../../support/legs.ts";
import { startRedis } from "../../../support/redis.ts";
import { until } from "../../../support/test-app.ts";
import { startServer, type RunningServer } from "../running-server.ts";

const TOKEN = "an-operators-own-token";
const database = await createTestDatabase();
const redis = await startRedis();
const browser = await launchBrowser();
afterAll(async () => {
  await browser?.close();
  await redis?.stop();
  await database.drop();
});

const SERVERS = [
  { kind: "postgres", server: { databaseUrl: database.url } },
  ...(redis
    ? [{ kind: "redis", server: { databaseUrl: database.url, redisUrl: redis.url, prefix: "t" } }]
    : []),
];

const serve = (backend: JobBackend): Promise<RunningServer> =>
  startServer({
    admin: {
      token: TOKEN,
      publicUrl: () => "http://redline.example",
      queues: (path) => createQueueBoard(backend, path, []),
    },
  });
const BEARER = { authorization: `Bearer ${TOKEN}` };

describe.each(SERVERS)("the queues' board on $kind", ({ kind, server }) => {
  let backend: JobBackend;
  let failedId: string;
  /** Changes that the worker was given; the first one always fails. */
  const given: string[] = [];
  const stuck = randomUUID();
  const closers: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    if (kind === "redis") markLeg("redis");
    backend = await createJobBackend({ ...server, logger: silent });
    await backend.queue("turns").add("wake", { v: 1, threadId: randomUUID() });
    const job = await backend
      .queue("commits")
      .add("commit", { v: 1, changeId: stuck }, { attempts: 1 });
    failedId = job.id!;
    const worker = await startCommitWorker(backend, {
      concurrency: 1,
      onGiveUp: async () => {},
      async commitChange(changeId) {
        given.push(changeId);
        if (given.length === 1) throw new Error("the branch could not be reached");
      },
    });
    closers.push(() => worker.close(0));
    await until(async () => job.isFailed(), "the job to fail");
  });
  afterEach(async () => {
    for (const close of closers.splice(1)) await close();
  });
  afterAll(async () => {
    for (const close of closers) await close();
    await backend.close();
  });

  it("tells of what waits and what failed, and of nothing but ids", async () => {
    const web = await serve(backend);
    const { status, text } = await web.send("GET", "/admin/queues/api/queues?activeQueue=commits", {
      headers: BEARER,
    });
    expect(status).toBe(200);
    const { queues } = JSON.parse(text) as {
      queues: { name: string; counts: Record<string, number>; jobs: { data: unknown }[] }[];
    };
    const counts = new Map(queues.map((queue) => [queue.name, queue.counts]));
    expect(counts.get("turns")).toMatchObject({ waiting: 1 });
    expect(counts.get("commits")).toMatchObject({ failed: 1 });
    const shown = queues.find(({ name }) => name === "commits")!.jobs;
    expect(shown.map(({ data }) => data)).toEqual([{ v: 1, changeId: stuck }]);
  });

  it.skipIf(browser === null)("lets an operator in, who tries a failed job again", async () => {
    markLeg("browser");
    const web = await serve(backend);
    const opened = await openConsole(browser as Browser, `${web.url}/admin/queues`, {
      viewport: WIDE,
      colorScheme: kind === "redis" ? "dark" : "light",
    });
    closers.push(() => opened.close());
    const { page } = opened;
    await page.getByLabel(/Operator’s token/).fill("not the operator's token");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("That is not the token.").waitFor();
    await keepScreenshot(page, "admin-sign-in");
    await page.getByLabel(/Operator’s token/).fill(TOKEN);
    await page.keyboard.press("Enter");
    await page.getByText("commits").first().waitFor();
    await keepScreenshot(page, `admin-queues-${kind}`);
    await page.goto(`${web.url}/admin/queues/queue/commits/${failedId}`);
    await page.getByText("the branch could not be reached").first().waitFor();
    await keepScreenshot(page, `admin-failed-job-${kind}`);
    // Its editor has styles of its own. The board's buttons have no names.
    await page.locator("button:has(svg)").nth(-3).click();
    await page.getByRole("dialog").getByText(stuck).waitFor();
    await keepScreenshot(page, `admin-edit-job-${kind}`);
    await page.keyboard.press("Escape");
    await page.goto(`${web.url}/admin/queues/queue/commits?status=failed`);
    await page.getByRole("button", { name: "Retry all" }).click();
    await page.getByRole("button", { name: "Confirm" }).click();
    await until(async () => given.length === 2, "the job to run again");
    expect(given).toEqual([stuck, stuck]);
    // Signing out ends it, also for the board's own calls.
    await page.goto(`${web.url}/admin/sign-out`);
    await page.getByLabel(/Operator’s token/).waitFor();
    expect([...opened.errors, ...opened.refusals, ...opened.foreign]).toEqual([]);
  });
});
