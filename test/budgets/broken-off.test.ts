/** What attempts used that did not end their turns. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";

import { ModelError } from "../../src/ports.ts";
import { connect } from "../../src/store/database.ts";
import { listSpent } from "../../src/store/spending.ts";
import { endAllLeases } from "../../src/store/thread-leases.ts";
import type { Sql } from "../../src/store/database.ts";
import { collect, TestApp, textOf, until } from "../support/test-app.ts";

let test: TestApp;
let threadId: string;
beforeAll(async () => {
  test = await TestApp.start();
});
afterAll(() => test[Symbol.asyncDispose]());
beforeEach(async () => {
  await test.app.sql`delete from spending`;
  threadId = await test.newThread();
});

const never = new Promise<void>(() => {});
/** Of a scripted answer in one piece. */
const WHOLE = 101;

const spent = async (sql: Sql = test.app.sql) =>
  (await listSpent(sql, [{ scope: "workspace", scopeId: "console" }]))[0]?.day ?? null;
const post = async (): Promise<string> =>
  (await test.engine.threads.post(threadId, { text: "go" }, test.user)).turnId;
const stream = (turnId: string) => test.engine.streams.turn(turnId);

it("an answer that is begun anew after a failure of our own is charged twice, and counted once", async () => {
  const before = test.provider.requests.length;
  test.provider.script = (_request, index) =>
    index === before ? ["Half an answer ", new Error("a bug")] : ["Whole."];
  await test.ask(threadId, "go");
  expect(test.provider.requests.length).toBe(before + 2);
  const { turns, tokens } = (await spent())!;
  expect(turns).toBe(1);
  // The prompt was estimated the first time.
  expect(tokens).toBeGreaterThan(WHOLE + 100);
});

it("what a worker used that lost its lease is charged as well", async () => {
  const before = test.provider.requests.length;
  test.provider.script = (_request, index) =>
    index === before ? ["stale words", never] : ["fresh words"];
  const turnId = await post();
  await collect(await stream(turnId), (all) => textOf(all) === "stale words");
  await endAllLeases(test.app.sql);
  await collect(await stream(turnId));
  await until(async () => (await spent())!.tokens > WHOLE + 100, "both charges");
  expect(await spent()).toMatchObject({ turns: 1 });
});

it("the prompt of an answer that was stopped before its first word is charged", async () => {
  const before = test.provider.requests.length;
  test.provider.script = () => [never];
  const turnId = await post();
  await until(async () => test.provider.requests.length > before, "the request");
  await test.engine.turns.cancel(turnId);
  await collect(await stream(turnId));
  const { turns, tokens } = (await spent())!;
  expect(turns).toBe(1);
  expect(tokens).toBeGreaterThan(100);
});

it("a request that the provider did not take is free", async () => {
  test.provider.script = () => [new ModelError("Overloaded; try again.")];
  await test.ask(threadId, "go");
  expect(await spent()).toBeNull();
});

it("what was used is charged when the answer is handed over", async () => {
  const environment = { SHUTDOWN_GRACE_SECONDS: "0" };
  const own = await TestApp.start({ environment });
  const sql = connect(own.database.url, { max: 1, name: "test reader" });
  try {
    own.provider.script = () => ["Half an answer ", never];
    const thread = await own.newThread();
    const { turnId } = await own.engine.threads.post(thread, { text: "go" }, own.user);
    const source = await own.engine.streams.turn(turnId);
    await collect(source, (all) => textOf(all) === "Half an answer ");
    await own.app.stop();
    const { turns, tokens } = (await spent(sql))!;
    expect(turns).toBe(0);
    expect(tokens).toBeGreaterThan(100);
  } finally {
    await sql.end();
    await own[Symbol.asyncDispose]();
  }
});
