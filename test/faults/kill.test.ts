/**
 * Redline is killed with SIGKILL at twelve points, and started again at once on the same data and port. Where
 * a point lies inside the database, its moment is held there by Postgres itself.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createEmptyDatabase } from "../support/database.ts";
import { DatabaseHold } from "../support/database-hold.ts";
import { until } from "../support/test-app.ts";
import { isAlive } from "../../adapters/postgres/processes.ts";
import { createJobBackend } from "../../jobs/backend.ts";
import type { Logger } from "../../src/log.ts";
import { RedlineProcess } from "../support/redline-process.ts";
import { changeBlock, createGate } from "../fakes/reply-script.ts";
import type { ModelCall } from "../fakes/model-server.ts";
import { proseOf } from "../adapters/web/sse-reader.ts";
import { expectWhole, Rig } from "./rig.ts";

const EDIT = { original: "after one minute", proposed: "after two minutes", reason: "Too short." };
const SECOND_EDIT = { original: "lazy dog", proposed: "idle dog", reason: "Kinder." };

const QUIET: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const bothEdits = ({ tag }: ModelCall) => [
  "I would write:\n\n",
  changeBlock(tag, EDIT),
  changeBlock(tag, SECOND_EDIT),
  "Agreed?",
];

interface Row {
  state: string;
  attempt: number;
  text: string;
  status: string;
}

/** The turns of a rig with their answers, in order. */
const turnsOf = ({ sql }: Rig): Promise<Row[]> => sql<Row[]>`
  select u.state, u.attempt, m.text, m.status
  from turns u left join thread_messages m on m.turn_id = u.id and m.role = 'assistant'
  order by u.created_at`;

const changesOf = ({ sql }: Rig): Promise<{ state: string; attempt: number; proposed: string }[]> =>
  sql`select state, attempt, proposed from changes order by number`;

/** A thread with a pending change that is to be accepted. */
async function pendingChange({ client }: Rig): Promise<{ threadId: string; changeId: string }> {
  const threadId = await client.newThread();
  const { id } = await client.propose(threadId, EDIT.original, EDIT.proposed);
  return { threadId, changeId: id };
}

async function expectAccepted(rig: Rig, changeId: string): Promise<void> {
  const change = await rig.client.change(changeId);
  expect(change).toMatchObject({ state: "accepted", failure: null });
  expect(await rig.repository.log()).toHaveLength(2);
  expect(await rig.repository.readWorking("rfc.md")).toContain(EDIT.proposed);
  expect(await rig.repository.show("rfc.md")).toContain(EDIT.proposed);
}

// First, because these wait longest: a job of a dead process is taken up when its lock has lapsed.
describe.concurrent("kill -9 on the way to a commit", () => {
  it("7: after the accept is stored, before its job runs", async () => {
    await using rig = await Rig.start();
    const { threadId, changeId } = await pendingChange(rig);
    await using hold = await DatabaseHold.place(rig.databaseUrl, {
      table: "outbox",
      on: "delete",
    });
    expect(await rig.client.accept(changeId)).toMatchObject({ state: "accepting" });
    await hold.reached();
    await rig.redline.kill();
    await hold.release();
    expect(await rig.sql`select dedup_key from outbox`).toHaveLength(1);
    expect(await rig.repository.log()).toHaveLength(1);

    await rig.start();
    await rig.settled();
    await expectAccepted(rig, changeId);
    await expectWhole(rig, threadId);
  });

  it("8: after the commit object is written, before the branch moves", async () => {
    await using rig = await Rig.start();
    const { threadId, changeId } = await pendingChange(rig);
    rig.redline.order({ killAt: "announced" });
    await rig.client.accept(changeId);
    expect(await rig.redline.ended).toMatchObject({ signal: "SIGKILL" });
    expect(await rig.repository.git("fsck", "--unreachable", "--no-reflogs")).toContain("commit");
    expect(await rig.repository.log()).toHaveLength(1);

    await rig.start();
    await rig.settled();
    await expectAccepted(rig, changeId);
    await expectWhole(rig, threadId);
  });

  it("9: after the branch moved, before the working tree follows", async () => {
    await using rig = await Rig.start();
    const { threadId, changeId } = await pendingChange(rig);
    rig.redline.order({ killAt: "branch-moved" });
    await rig.client.accept(changeId);
    expect(await rig.redline.ended).toMatchObject({ signal: "SIGKILL" });
    expect(await rig.repository.log()).toHaveLength(2);
    expect(await rig.repository.dirty()).not.toEqual([]);

    await rig.start();
    await rig.settled();
    await expectAccepted(rig, changeId);
    await expectWhole(rig, threadId);
  });

  it("10: after the commit, before “accepted” is written", async () => {
    await using rig = await Rig.start();
    const { threadId, changeId } = await pendingChange(rig);
    await using hold = await DatabaseHold.place(rig.databaseUrl, {
      table: "changes",
      on: "update",
      when: "new.state = 'accepted'",
    });
    await rig.client.accept(changeId);
    await hold.reached();
    expect(await rig.repository.log()).toHaveLength(2);
    expect(await rig.repository.dirty()).toEqual([]);
    await rig.redline.kill();
    await hold.release();

    await rig.start();
    await rig.settled();
    await expectAccepted(rig, changeId);
    await expectWhole(rig, threadId);
  });

  it("11: in the dispatcher, between handing over and deleting", async () => {
    await using rig = await Rig.start();
    const { threadId, changeId } = await pendingChange(rig);
    // Or its worker would run the job at once, before it is killed.
    const queues = await createJobBackend({ databaseUrl: rig.databaseUrl, logger: QUIET });
    await queues.queue("commits").pause();
    await using hold = await DatabaseHold.place(rig.databaseUrl, {
      table: "outbox",
      on: "delete",
      at: "commit",
    });
    await rig.client.accept(changeId);
    await hold.reached();
    expect(await rig.sql`select 1 from bullmq.job where name = 'commit-change'`).toHaveLength(1);
    await rig.redline.kill();
    await hold.rollBack();
    expect(await rig.sql`select 1 from outbox`).toHaveLength(1);
    expect(await rig.repository.log()).toHaveLength(1);

    await rig.start();
    await queues.queue("commits").resume();
    await queues.close();
    await rig.settled();
    await expectAccepted(rig, changeId);
    await expectWhole(rig, threadId);
  });
});

describe.concurrent("kill -9 in a turn", () => {
  it("1: before the first delta", async () => {
    await using rig = await Rig.start();
    const threadId = await rig.client.newThread();
    const silence = createGate();
    rig.model.reply([silence.wait]);
    await rig.post(threadId);
    await silence.reached;
    expect(await turnsOf(rig)).toMatchObject([{ state: "running", attempt: 1, text: "" }]);
    await rig.redline.kill();

    rig.model.reply(["All of it."]);
    await rig.start();
    await rig.settled();
    expect(await turnsOf(rig)).toMatchObject([{ state: "done", attempt: 2, text: "All of it." }]);
    await expectWhole(rig, threadId);
  });

  it("2: between deltas; who watched reads on from where the line broke", async () => {
    await using rig = await Rig.start();
    const threadId = await rig.client.newThread();
    const silence = createGate();
    rig.model.reply(["The first half", silence.wait]);
    const reader = await rig.post(threadId);
    const seen = await reader.until((frame) => frame.event === null);
    await until(async () => (await turnsOf(rig))[0]?.text === "The first half", "the partial text");
    await rig.redline.kill();

    rig.model.reply(["Another first half ", "and the second."]);
    await rig.start();
    const stream = await rig.client.stream(threadId, seen.at(-1)!.id);
    const rest = await stream.until((frame) => frame.data === "DONE");
    const again = rest.slice(rest.findIndex((frame) => frame.event === "turn"));
    expect(proseOf(again)).toBe("Another first half and the second.");
    await stream.leave();
    await rig.settled();
    const [turn] = await turnsOf(rig);
    expect(turn).toMatchObject({ attempt: 2, text: "Another first half and the second." });
    await expectWhole(rig, threadId);
  });

  it("3: while a change row is written, by a statement that outlives the process", async () => {
    await using rig = await Rig.start();
    const threadId = await rig.client.newThread();
    rig.model.reply(bothEdits);
    await using hold = await DatabaseHold.place(rig.databaseUrl, {
      table: "changes",
      on: "insert",
    });
    await rig.post(threadId);
    await hold.reached();
    expect(await changesOf(rig)).toEqual([]);
    await rig.redline.kill();
    await hold.release();
    await until(async () => (await changesOf(rig)).length === 1, "the row");

    await rig.start();
    await rig.settled();
    expect(await changesOf(rig)).toEqual([
      { state: "withdrawn", attempt: 1, proposed: EDIT.proposed },
      { state: "pending", attempt: 2, proposed: EDIT.proposed },
      { state: "pending", attempt: 2, proposed: SECOND_EDIT.proposed },
    ]);
    await expectWhole(rig, threadId);
  });

  it("4: after a change row, before the rest", async () => {
    await using rig = await Rig.start();
    const threadId = await rig.client.newThread();
    const silence = createGate();
    rig.model.reply(({ tag }) => ["First:\n", changeBlock(tag, EDIT), silence.wait]);
    await rig.post(threadId);
    await until(async () => (await changesOf(rig)).length === 1, "the row");
    expect(await changesOf(rig)).toMatchObject([{ state: "pending", attempt: 1 }]);
    await rig.redline.kill();

    rig.model.reply(bothEdits);
    await rig.start();
    await rig.settled();
    expect((await changesOf(rig)).map(({ state }) => state)).toEqual([
      "withdrawn",
      "pending",
      "pending",
    ]);
    expect(await turnsOf(rig)).toMatchObject([{ text: "I would write:\n\n\n\nAgreed?" }]);
    await expectWhole(rig, threadId);
  });

  it("5: before finalising", async () => {
    await using rig = await Rig.start();
    const threadId = await rig.client.newThread();
    rig.model.reply(bothEdits);
    await using hold = await DatabaseHold.place(rig.databaseUrl, {
      table: "turns",
      on: "update",
      when: "new.state = 'done'",
    });
    await rig.post(threadId);
    await hold.reached();
    expect(await turnsOf(rig)).toMatchObject([{ state: "running", status: "streaming" }]);
    await rig.redline.kill();
    await hold.release();

    await rig.start();
    await rig.settled();
    expect(await turnsOf(rig)).toMatchObject([{ state: "done", attempt: 2, status: "complete" }]);
    expect((await changesOf(rig)).map(({ state }) => state)).toEqual([
      "withdrawn",
      "withdrawn",
      "pending",
      "pending",
    ]);
    await expectWhole(rig, threadId);
  });

  it("6: after finalising, before the next turn", async () => {
    await using rig = await Rig.start();
    const threadId = await rig.client.newThread();
    const silence = createGate();
    rig.model.replyOnce(["First answer.", silence.wait]);
    await rig.post(threadId);
    await silence.reached;
    await rig.post(threadId);
    await using hold = await DatabaseHold.place(rig.databaseUrl, {
      table: "turns",
      on: "update",
      when: "new.state = 'running'",
    });
    silence.open();
    await hold.reached();
    expect(await turnsOf(rig)).toMatchObject([
      { state: "done", text: "First answer." },
      { state: "queued" },
    ]);
    await rig.redline.kill();
    await hold.release();

    rig.model.reply(["Second answer."]);
    await rig.start();
    await rig.settled();
    expect(await turnsOf(rig)).toMatchObject([
      { state: "done", attempt: 1, text: "First answer." },
      { state: "done", attempt: 1, text: "Second answer." },
    ]);
    await expectWhole(rig, threadId);
  });
});

describe.concurrent("kill -9 in a migration", () => {
  it("12: leaves nothing of it, and the next start makes it whole", async () => {
    await using rig = await Rig.prepare({ database: await createEmptyDatabase() });
    // A table of the same name that is not committed yet: the migration has to wait for it.
    const blocker = await rig.sql.reserve();
    await blocker.unsafe("begin; create table decisions ()");
    await using first = RedlineProcess.spawn(rig.environment);
    const [own] = await blocker<{ pid: number }[]>`select pg_backend_pid() as pid`;
    await until(async () => {
      const waiting = await rig.sql`
        select 1 from pg_stat_activity where ${own!.pid} = any(pg_blocking_pids(pid))`;
      return waiting.length > 0;
    }, "the migration at its table");
    await first.kill();
    await blocker.unsafe("rollback");
    blocker.release();
    expect(await rig.sql`select * from schema_migrations`).toEqual([]);
    expect(await rig.sql`select to_regclass('threads') as threads`).toEqual([{ threads: null }]);

    await rig.start();
    const migrations = readdirSync(new URL("../../migrations/", import.meta.url)).filter((name) =>
      /^\d/.test(name),
    );
    expect(await rig.sql`select version from schema_migrations`).toHaveLength(migrations.length);
    await rig.client.registerRfc(rig.repository);
    await expectWhole(rig, await rig.client.newThread());
  });
});

describe.concurrent("kill -9 on the embedded Postgres", () => {
  it("an immediate start finishes what was under way, and none leaves a Postgres behind", async () => {
    await using rig = await Rig.startEmbedded();
    const threadId = await rig.client.newThread();
    const silence = createGate();
    rig.model.reply(({ tag }) => ["First:\n", changeBlock(tag, EDIT), silence.wait]);
    await rig.post(threadId);
    await until(async () => (await changesOf(rig)).length === 1, "the row");
    const first = await postmasterOf(rig);
    await rig.redline.kill();

    rig.model.reply(bothEdits);
    await rig.start();
    expect(isAlive(first)).toBe(false);
    await rig.settled();
    expect((await changesOf(rig)).map(({ state }) => state)).toEqual([
      "withdrawn",
      "pending",
      "pending",
    ]);
    await expectWhole(rig, threadId);
    const second = await postmasterOf(rig);
    await rig.redline.kill();
    await until(() => Promise.resolve(!isAlive(second)), "the end of Postgres");
  });
});

async function postmasterOf({ sql }: Rig): Promise<number> {
  const [row] = await sql<{ folder: string }[]>`
    select current_setting('data_directory') as folder`;
  return Number(readFileSync(join(row!.folder, "postmaster.pid"), "utf8").split("\n")[0]);
}
