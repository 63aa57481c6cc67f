/** A backup of Redline at work, and what becomes of it on an empty server. */
import { PassThrough, Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { App } from "../../src/app.ts";
import { listThreadChanges } from "../../src/store/changes.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { gatherInvariants } from "../../src/store/invariants.ts";
import { verifyRecordFile } from "../../src/record/verify-file.ts";
import { backUp, restore } from "../../src/upkeep/backup.ts";
import type { TestDatabase } from "../support/database.ts";
import { createEmptyDatabase } from "../support/database.ts";
import { TestApp, until } from "../support/test-app.ts";
import { LINED, broken, live, scriptLines, startOn } from "./lived-in.ts";

let test: TestApp;
let empty: TestDatabase;
let restored: Sql;
let app: App;
/** Accepted after the backup was made, and committed. */
let later: { id: string; commitSha: string };

beforeAll(async () => {
  test = await TestApp.start({ document: LINED });
  scriptLines(test.provider);
  await live(test);
  const thread = await test.newThread();
  const waits = await test.newThread();
  await test.engine.threads.post(waits, { text: "please wait" }, test.user);
  const file = await whileAtWork(thread, () => {
    const into = new PassThrough();
    return Promise.all([into.toArray() as Promise<Buffer[]>, backUp(test.app.sql, into)]);
  });
  const [pending] = await test.app.sql<{ id: string }[]>`
    select id from changes where state = 'pending' order by number limit 1`;
  await test.engine.changes.accept(pending!.id, test.user);
  later = await until(async () => {
    const change = await test.engine.changes.get(pending!.id);
    return change.commitSha !== null && { id: change.id, commitSha: change.commitSha };
  }, "the commit");
  await test.app.stop();
  empty = await createEmptyDatabase();
  restored = connect(empty.url);
  await restore(restored, Readable.from([Buffer.concat(file[0])]));
});

afterAll(async () => {
  await app?.stop();
  await restored.end();
  await empty.drop();
  await test[Symbol.asyncDispose]();
});

/** People ask and are answered all the while. */
async function whileAtWork<T>(threadId: string, work: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  let asked = 0;
  const asking = (async () => {
    while (!over.signal.aborted) {
      await test.ask(threadId, `Question ${asked}`);
      asked += 1;
    }
  })();
  await until(async () => asked > 0, "the first question");
  const result = await work().finally(() => over.abort());
  await asking;
  return result;
}

it("holds at once what must hold at any moment", async () => {
  const found = await gatherInvariants(restored, "settled");
  const wrong = found.filter(
    ({ invariant, counted }) => invariant.grace === null && counted?.wrong !== 0,
  );
  expect(wrong.flatMap(({ examples }) => examples)).toEqual([]);
  const [row] = await restored`select state from changes where id = ${later.id}`;
  expect(row!["state"]).toBe("pending");
});

it("goes on: what was owed is answered, and commits that are newer are found", async () => {
  test.provider.script = () => ["Here it is."];
  app = await startOn(empty.url, test.provider);
  await until(async () => {
    const [row] = await restored`
      select 1 from turns where state in ('queued', 'running')`;
    return row === undefined;
  }, "an answer to everything");
  const [answers] = await restored<{ n: number }[]>`
    select count(*)::int as n from thread_messages where text = 'Here it is.'`;
  expect(answers!.n).toBeGreaterThan(0);
  await until(async () => {
    const change = await app.engine.changes.get(later.id);
    return change.state === "accepted" && change.commitSha === later.commitSha;
  }, "the commit that is newer than the backup");
  await until(async () => (await broken(restored)).length === 0, "everything to be well");
  expect(await test.repository.log()).toHaveLength(3);
});

it("holds the record whole, and adds to it", async () => {
  const { body } = await app.engine.record.file("rfc", "json");
  const before = verifyRecordFile(body, null);
  expect(before).toMatchObject({ problem: null, erased: 0 });
  await app.engine.record.write("rfc", test.user);
  const after = verifyRecordFile(
    (await app.engine.record.file("rfc", "json")).body,
    before.headHash,
  );
  expect(after.problem).toBeNull();
  expect(after.entries).toBeGreaterThan(before.entries);
  const thread = await restored`select id from threads limit 1`;
  expect((await listThreadChanges(restored, thread[0]!["id"] as string)).length).toBeGreaterThan(0);
});
