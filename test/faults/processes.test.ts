/**
 * Several processes on one database, one that freezes, and one that is told to stop.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { HttpClient } from "../support/http-client.ts";
import { until } from "../support/test-app.ts";
import type { ModelCall } from "../fakes/model-server.ts";
import { changeBlock, createGate } from "../fakes/reply-script.ts";
import { expectWhole, Rig } from "./rig.ts";

const EDIT = { original: "after one minute", proposed: "after two minutes" };

/** How long a process may take to end, beyond its grace period. */
const STOP_MS = 8_000;
const GRACE_MS = 1_000;

const answersOf = ({
  sql,
}: Rig): Promise<{ state: string; attempt: number; text: string }[]> => sql`
  select u.state, u.attempt, m.text from turns u
  join thread_messages m on m.turn_id = u.id and m.role = 'assistant' order by m.created_at`;

describe.concurrent("a worker that freezes for longer than its lease", () => {
  it("loses the turn to another, and what it goes on to write is discarded", async () => {
    await using rig = await Rig.start();
    const threadId = await rig.client.newThread();
    const silence = createGate();
    rig.model.reply(({ tag }) => [
      "Stale words",
      silence.wait,
      " and more.\n",
      changeBlock(tag, EDIT),
    ]);
    await rig.post(threadId);
    await silence.reached;
    await until(async () => (await answersOf(rig))[0]?.text === "Stale words", "the partial text");
    rig.redline.signal("SIGSTOP");

    rig.model.reply(({ tag }) => ["Fresh words.\n", changeBlock(tag, EDIT)]);
    const other = await rig.startAnother();
    await rig.settled();
    const answer = { state: "done", attempt: 2, text: "Fresh words.\n\n" };
    expect(await answersOf(rig)).toMatchObject([answer]);

    silence.open();
    rig.redline.signal("SIGCONT");
    const [stale] = rig.model.requests;
    await stale!.outcome;
    // It answers, so it has read on; and it has noticed, once it asks for no lease any more.
    await until(async () => (await fetch(`${rig.client.url}/readyz`)).ok, "the thawed process");
    await expectWhole(rig, threadId);
    expect((await answersOf(rig))[0]).toMatchObject(answer);
    expect(await rig.sql`select state, attempt from changes`).toEqual([
      { state: "pending", attempt: 2 },
    ]);
    await other.kill();
    await expectWhole(rig, threadId);
  });
});

describe.concurrent("two processes on one database", () => {
  const THREADS = 30;
  const MESSAGES = 4;

  it("run one turn a thread at a time, in order, and answer everything once", async () => {
    await using rig = await Rig.start();
    const other = new HttpClient((await rig.startAnother()).url);
    const log = new ThreadLog();
    rig.model.reply((call) => log.reply(call));
    const ids = Array.from({ length: THREADS }, () => rig.client.newThread());
    await Promise.all(
      ids.map(async (made, thread) => {
        const threadId = await made;
        for (let message = 0; message < MESSAGES; message += 1) {
          const client = (thread + message) % 2 === 0 ? rig.client : other;
          const text = `thread ${thread} message ${message}`;
          await (await client.post(threadId, text)).leave();
          rig.posted.push({ threadId, text });
          // Some join a turn, some find none and make the next one.
          if (message % 2 === 1) await delay(20 * (thread % 5));
        }
      }),
    );
    await rig.settled();
    expect(log.overlaps).toEqual([]);
    for (let thread = 0; thread < THREADS; thread += 1) {
      const asked = log.asked.get(thread)!;
      const all = Array.from({ length: MESSAGES }, (_, index) => index);
      expect(asked.at(-1)).toEqual(all);
      for (const seen of asked) expect(seen).toEqual(all.slice(0, seen.length));
      expect(new Set(asked.map((seen) => seen.length)).size).toBe(asked.length);
    }
    await expectWhole(rig, await ids[0]!);
  });
});

/** What the model is asked in each thread, and whether it is asked twice at once. */
class ThreadLog {
  /** By thread, the numbers of the messages that each request held. */
  readonly asked = new Map<number, number[][]>();
  readonly overlaps: number[] = [];
  readonly #running = new Set<number>();

  reply({ messages }: ModelCall): (string | (() => unknown))[] {
    const said = messages.filter(({ role }) => role === "user").map(({ content }) => content);
    const found = [...said.join("\n").matchAll(/thread (\d+) message (\d+)/g)];
    const thread = Number(found[0]?.[1]);
    if (this.#running.has(thread)) this.overlaps.push(thread);
    this.#running.add(thread);
    const asked = this.asked.get(thread) ?? [];
    this.asked.set(thread, [...asked, found.map(([, , message]) => Number(message))]);
    const pause = (): Promise<void> => delay(10);
    return ["One ", pause, "two ", pause, "three.", () => this.#running.delete(thread)];
  }
}

describe.concurrent("SIGTERM", () => {
  async function endsInTime(rig: Rig, limitMs: number): Promise<void> {
    const asked = performance.now();
    rig.redline.signal("SIGTERM");
    expect(await rig.redline.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - asked).toBeLessThan(limitMs);
  }

  async function startCommand(): Promise<Rig> {
    const rig = await Rig.prepare({ database: await createTestDatabase() });
    await rig.startCommand("start", join(rig.repository.folder, "rfc.md"));
    return rig;
  }

  it("in the middle of a turn hands it over, and the next start finishes it at once", async () => {
    await using rig = await startCommand();
    const threadId = await rig.client.newThread();
    const silence = createGate();
    rig.model.reply(({ tag }) => ["Half\n", changeBlock(tag, EDIT), silence.wait]);
    await rig.post(threadId);
    await silence.reached;
    await endsInTime(rig, GRACE_MS + STOP_MS);
    expect(await rig.sql`select state, attempt from turns`).toEqual([
      { state: "running", attempt: 1 },
    ]);
    expect(
      await rig.sql`select lease_until, ready_at <= now() as ready from threads where id = ${threadId}`,
    ).toEqual([{ leaseUntil: null, ready: true }]);

    rig.model.reply(({ tag }) => ["Whole\n", changeBlock(tag, EDIT)]);
    await rig.startCommand("start");
    await rig.settled();
    expect(await answersOf(rig)).toMatchObject([{ state: "done", attempt: 2, text: "Whole\n\n" }]);
    await expectWhole(rig, threadId);
  });

  it("in the middle of a turn that ends within the grace period lets it end", async () => {
    await using rig = await startCommand();
    const threadId = await rig.client.newThread();
    const silence = createGate();
    rig.model.reply(["Half ", silence.wait, "and half."]);
    await rig.post(threadId);
    await silence.reached;
    const ended = endsInTime(rig, GRACE_MS + STOP_MS);
    silence.open();
    await ended;
    expect(await answersOf(rig)).toMatchObject([{ state: "done", text: "Half and half." }]);
  });

  it("while nothing is to be done ends it within seconds", async () => {
    await using rig = await startCommand();
    await endsInTime(rig, STOP_MS);
    expect(
      await rig.sql`select 1 from pg_stat_activity
      where datname = current_database() and application_name <> 'test'`,
    ).toEqual([]);
  });
});
