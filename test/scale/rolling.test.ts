/**
 * A new release is rolled out while people write: every process is told to stop and replaced, one after
 * another. Nobody's message is lost or answered twice.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { changeBlock, createGate } from "../fakes/reply-script.ts";
import { expectWhole, Rig } from "../faults/rig.ts";
import type { RedlineProcess } from "../support/redline-process.ts";
import { until } from "../support/test-app.ts";
import { SplitRig } from "./split-rig.ts";

const EDIT = { original: "after one minute", proposed: "after two minutes" };
const WRITERS = 4;
/** Of the configuration and beyond it, as the command line has it. */
const GRACE_MS = 1_000;
const STOP_MS = 8_000;

/** As a load balancer or an orchestrator does: asks, and waits for the end. */
async function stopped(redline: RedlineProcess): Promise<void> {
  const asked = performance.now();
  redline.signal("SIGTERM");
  expect(await redline.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - asked).toBeLessThan(GRACE_MS + STOP_MS);
}

/** People who write, and send a message again under its key where nobody answered. */
class Writers {
  readonly #split: SplitRig;
  readonly #all: Promise<void>[];
  #isOver = false;

  constructor(split: SplitRig, threadIds: readonly string[]) {
    this.#split = split;
    this.#all = threadIds.map((threadId, writer) => this.#write(threadId, writer));
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#all);
  }

  async #write(threadId: string, writer: number): Promise<void> {
    for (let n = 0; !this.#isOver; n += 1) {
      const text = `writer ${writer} message ${n}`;
      await this.#post(threadId, text);
      this.#split.rig.posted.push({ threadId, text });
      await delay(20 * (writer + 1));
    }
  }

  async #post(threadId: string, text: string): Promise<void> {
    const key = randomUUID();
    await until(async () => {
      const response = await fetch(
        `${this.#split.rig.client.url}/api/threads/${threadId}/messages`,
        {
          method: "POST",
          headers: { "content-type": "application/json", "idempotency-key": key },
          body: JSON.stringify({ text }),
        },
      ).catch(() => null);
      await response?.body?.cancel();
      return response?.ok;
    }, "an answer to a message");
  }
}

describe.each(["Postgres", "Redis"] as const)("a rolling restart, on %s", (backend) => {
  it("loses and doubles nothing", async (context) => {
    await using split = await SplitRig.start(backend);
    if (split === null) return context.skip("no redis-server is installed");
    const { rig } = split;
    const threads = await Promise.all(
      Array.from({ length: WRITERS }, () => rig.client.newThread()),
    );

    // A turn that no grace period is long enough for.
    const long = await rig.client.newThread();
    const silence = createGate();
    let asked = 0;
    rig.model.reply(({ tag, messages }) => {
      if (!messages.at(-1)?.content.includes("take your time")) {
        return ["One ", () => delay(30), "two."];
      }
      asked += 1;
      const answer = [asked === 1 ? "Half\n" : "Whole\n", changeBlock(tag, EDIT)];
      return asked === 1 ? [...answer, silence.wait] : answer;
    });
    await rig.post(long, "take your time");
    await silence.reached;

    const writers = new Writers(split, threads);
    await stopped(split.ingest);
    split.ingest = await split.startOne("ingest");
    for (const worker of split.workers.splice(0)) {
      await stopped(worker);
      await split.startWorker();
    }
    await stopped(rig.redline);
    await rig.start();
    await writers.end();

    await expectWhole(rig, long);
    const turns = await rig.sql<{ attempt: number; state: string; isLong: boolean }[]>`
      select attempt, state, thread_id = ${long} as is_long from turns`;
    expect(turns.filter(({ state }) => state !== "done")).toEqual([]);
    expect(turns.find(({ isLong }) => isLong)).toMatchObject({ attempt: 2 });
    expect(rig.posted.length).toBeGreaterThan(WRITERS * 2);
    const changes = await rig.sql`
      select state, attempt from changes where thread_id = ${long} order by attempt`;
    expect(changes).toEqual([
      { state: "withdrawn", attempt: 1 },
      { state: "pending", attempt: 2 },
    ]);
  });
});

describe("a worker of the release before", () => {
  it("commits what the newer one asked for in words that it does not know", async () => {
    await using rig = await Rig.start();
    const threadId = await rig.client.newThread();
    const { id } = await rig.client.propose(threadId, EDIT.original, EDIT.proposed);
    // The first job is written as a newer release would; those of the sweeps are this one's own.
    await rig.sql`create table written as select 0 as jobs`;
    await rig.sql`
      create function write_newer() returns trigger language plpgsql as $$
      begin
        update written set jobs = jobs + 1;
        if (select jobs from written) = 1 then new.data = '{"v": 2, "changes": []}'; end if;
        return new;
      end $$`;
    await rig.sql`
      create trigger newer before insert on outbox for each row execute function write_newer()`;
    await rig.client.accept(id);
    await until(async () => (await rig.client.change(id)).state === "accepted", "the commit");
    const [written] = await rig.sql<{ jobs: number }[]>`select jobs from written`;
    expect(written!.jobs).toBeGreaterThan(1);
    await expectWhole(rig, threadId);
  });
});
