/**
 * The queue or the database goes away, or loses what it was given, while Redline is at work: what was begun
 * ends as it should, and nothing shows twice.
 */
import { dirname } from "node:path";
import { rm } from "node:fs/promises";
import { afterAll, describe, expect, it } from "vitest";
import { createGitDocumentHost } from "../../adapters/git/document-host.ts";
import { startEmbeddedPostgres } from "../../adapters/postgres/embedded-postgres.ts";
import { scratchFolder } from "../../adapters/postgres/shared-temp.ts";
import { createJobBackend } from "../../jobs/backend.ts";
import { noMetrics } from "../../src/metrics.ts";
import { noTracing } from "../../src/tracing.ts";
import { NO_LIMITS } from "../../src/budgets/limit.ts";
import { buildEngine } from "../../src/build-engine.ts";
import type { Engine } from "../../src/engine.ts";
import type { Logger } from "../../src/log.ts";
import type { Sql } from "../../src/store/database.ts";
import { claim, release, renew } from "../../src/store/thread-leases.ts";
import { beginTurn } from "../../src/store/turns.ts";
import { createTestDatabase } from "../support/database.ts";
import { markLeg } from "../support/legs.ts";
import { OPEN_GATE } from "../support/open-gate.ts";
import { startRedis } from "../support/redis.ts";
import { freePort } from "../support/ports.ts";
import { until } from "../support/test-app.ts";
import { changeBlock, createGate } from "../fakes/reply-script.ts";
import { ScriptedProvider } from "../fakes/scripted-provider.ts";
import { expectWhole, Rig } from "./rig.ts";

const QUIET: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const EDIT = { original: "after one minute", proposed: "after two minutes", reason: "Too short." };

const answersOf = ({
  sql,
}: Rig): Promise<{ state: string; attempt: number; text: string }[]> => sql`
  select u.state, u.attempt, m.text from turns u
  join thread_messages m on m.turn_id = u.id and m.role = 'assistant' order by m.created_at`;

/** An engine in this process whose wake-ups and live messages reach nobody. */
function muteEngine(sql: Sql): Engine {
  const { engine } = buildEngine({
    sql,
    relay: { publish() {}, subscribe: () => Promise.resolve(() => {}) },
    jobs: { wakeThread() {}, wakeEvents() {}, wakeDispatcher() {} },
    logger: QUIET,
    metrics: noMetrics,
    tracing: noTracing,
    hosts: [createGitDocumentHost()],
    accounts: null,
    pullRequestHosts: [],
    mergeWaitDays: 3,
    reviewSettings: { pollMs: 15_000, leaseMs: 10_000 },
    publicUrl: () => "http://127.0.0.1",
    providers: [new ScriptedProvider()],
    defaultModel: null,
    maintainer: { name: "Mute", email: "mute@example.org" },
    defaultLimits: NO_LIMITS,
    prices: {},
    turnSettings: {
      leaseMs: 2_000,
      saveMs: 400,
      maxAttempts: 5,
      backoffMs: 1_000,
      patienceMs: 0,
      historyTokens: 30_000,
      slots: 64,
      perWorkspace: null,
      maxTokens: 16_000,
    },
  });
  return engine;
}

const redis = await startRedis();
afterAll(() => redis?.stop());

describe.concurrent("the queue", () => {
  it("is not needed to find a thread or a commit that nobody was woken for", async () => {
    await using rig = await Rig.start();
    const threadId = await rig.client.newThread();
    const { id } = await rig.client.propose(threadId, EDIT.original, EDIT.proposed);
    const mute = muteEngine(rig.sql);
    const by = await mute.people.localMaintainer();
    await mute.threads.post(threadId, { text: "Does anybody hear me?" }, by);
    rig.posted.push({ threadId, text: "Does anybody hear me?" });
    await mute.changes.accept(id, by);
    await rig.settled();
    expect(await answersOf(rig)).toMatchObject([{ state: "done", attempt: 1 }]);
    expect(await rig.client.change(id)).toMatchObject({ state: "accepted" });
    await expectWhole(rig, threadId);
  });

  it.skipIf(redis === null)("may be flushed and killed at any moment", async () => {
    if (redis === null) return;
    markLeg("redis");
    await using rig = await Rig.start({ REDIS_URL: redis.url });
    const [first, second, third] = [
      await rig.client.newThread(),
      await rig.client.newThread(),
      await rig.client.newThread(),
    ];
    const silence = createGate();
    rig.model.reply(({ tag }) => [changeBlock(tag, EDIT), silence.wait, "Done."]);
    await rig.post(first);
    await silence.reached;
    await redis.flush();
    await rig.post(second);
    await until(async () => (await answersOf(rig)).length === 2, "the second turn");

    // Nothing waits in the outbox: the accept's job is known to the queue alone, and lost with it.
    const lost = await rig.client.propose(third, "lazy dog", "idle dog");
    const queues = await createJobBackend({
      databaseUrl: rig.databaseUrl,
      redisUrl: redis.url,
      logger: QUIET,
    });
    await queues.queue("commits").pause();
    await rig.client.accept(lost.id);
    await until(async () => (await rig.sql`select 1 from outbox`).length === 0, "the hand-over");
    await queues.close();
    redis.kill();
    const late = await rig.client.propose(third, "first item", "item one");
    expect(await rig.client.accept(late.id)).toMatchObject({ state: "accepting" });
    await rig.post(third);
    silence.open();
    await redis.restart();

    await rig.settled();
    expect(await answersOf(rig)).toMatchObject([
      { state: "done", attempt: 1, text: "\nDone." },
      { state: "done", attempt: 1, text: "\nDone." },
      { state: "done", attempt: 1, text: "\nDone." },
    ]);
    for (const { id } of [lost, late]) {
      expect(await rig.client.change(id)).toMatchObject({ state: "accepted" });
    }
    await expectWhole(rig, third);
  });
});

describe.concurrent("the database", () => {
  it("may cut every connection in the middle of a turn and a commit", async () => {
    await using rig = await Rig.start();
    const threadId = await rig.client.newThread();
    const { id } = await rig.client.propose(threadId, EDIT.original, EDIT.proposed);
    const cut = async (): Promise<void> => {
      await rig.sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name <> 'test'`;
    };
    const [silence, end] = [createGate(), createGate()];
    const edit = { original: "lazy dog", proposed: "idle dog" };
    rig.model.reply(({ tag }) => [
      "Half ",
      silence.wait,
      "and half.\n",
      changeBlock(tag, edit),
      end.wait,
    ]);
    await rig.post(threadId);
    await silence.reached;
    await cut();
    // Who asks in that very moment may be told to ask again.
    await until(async () => {
      const answer = await rig.client.json("POST", `/api/changes/${id}/accept`, {});
      expect([200, 503]).toContain(answer.status);
      return answer.status === 200;
    }, "the accept");
    silence.open();
    await end.reached;
    await cut();
    end.open();
    await rig.settled();
    const [answer] = await answersOf(rig);
    expect(answer).toMatchObject({ state: "done", text: "Half and half.\n\n" });
    expect(await rig.client.change(id)).toMatchObject({ state: "accepted" });
    await expectWhole(rig, threadId);
  });

  it("may be stopped and started while a turn runs", async () => {
    const dataDir = scratchFolder();
    const port = String(await freePort());
    const launch = async () => startEmbeddedPostgres({ dataDir, settings: { port } });
    let server = await launch();
    const url = new URL(server.url());
    url.port = port;
    const drop = async (): Promise<void> => {
      await server.stop();
      await rm(dirname(server.folder), { recursive: true });
    };
    await using rig = await Rig.prepare({ database: { url: url.href, drop } });
    await rig.start();
    await rig.client.registerRfc(rig.repository);
    const threadId = await rig.client.newThread();
    const silence = createGate();
    rig.model.reply(({ tag }) => ["Half ", silence.wait, changeBlock(tag, EDIT), "and half."]);
    await rig.post(threadId);
    await silence.reached;
    await server.stop();
    const refused = await rig.client.json("POST", `/api/threads/${threadId}/messages`, {
      text: "Is anybody there?",
    });
    expect(refused).toMatchObject({
      status: 503,
      body: {
        type: "urn:redline:problem:not-ready",
        detail: "The database does not answer; try again in a moment.",
      },
    });
    expect((await rig.client.json("GET", "/readyz")).status).toBe(503);
    silence.open();
    server = await launch();
    await rig.settled();
    const [answer] = await answersOf(rig);
    expect(answer).toMatchObject({ state: "done", text: expect.stringContaining("and half.") });
    await expectWhole(rig, threadId);
    expect((await rig.client.json("GET", "/readyz")).status).toBe(200);
  });

  it("does not see a thread as taken when a heartbeat comes after the lease was given back", async () => {
    const database = await createTestDatabase();
    await using rig = await Rig.prepare({ database });
    const { sql } = rig;
    const mute = muteEngine(sql);
    const by = await mute.people.localMaintainer();
    const { url: repository, branch } = rig.repository;
    await mute.rfcs.register({ slug: "rfc", title: "The RFC", repository, path: "rfc.md", branch });
    const { id } = await mute.threads.create(
      { rfcSlug: "rfc", branchName: branch, kind: "discussion" },
      by,
    );
    await mute.threads.post(id, { text: "Hello" }, by);
    const lease = await claim(sql, id, "worker", 60_000);
    expect(await beginTurn(sql, lease!, "scripted-1", OPEN_GATE)).toMatchObject({
      turn: { state: "running" },
    });
    expect(await renew(sql, lease!, 60_000)).toMatchObject({ held: true });
    await release(sql, lease!, 0);
    expect(await renew(sql, lease!, 60_000)).toMatchObject({ held: false });
    expect(await claim(sql, id, "another", 60_000)).toMatchObject({ threadId: id });
  });
});
