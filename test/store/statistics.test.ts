import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { UserError } from "../../src/errors.ts";
import { StatisticsReader } from "../../src/rfcs/read-statistics.ts";
import { inSight } from "../../src/rfcs/statistics.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { readStatistics } from "../../src/store/statistics.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { until } from "../support/test-app.ts";

let database: TestDatabase;
let sql: Sql;
/** Ids by hand, so that a turn's rows find each other. */
const USER = randomUUID();
const THREADS = { plan: randomUUID(), secret: randomUUID() };
const NOW_HOUR = "date_trunc('hour', now(), 'UTC')";

interface Ended {
  /** Hours before the present one. */
  ago: number;
  model?: string;
  state?: "done" | "failed" | "cancelled";
  /** Seconds after it was asked. */
  firstS?: number;
  wholeS: number;
  usage?: { input: number; output: number; cacheRead: number; cacheWrite: number };
  cost?: number | null;
}

let seq = 0;

async function addTurn({ ago, model = "m-1", state = "done", ...turn }: Ended): Promise<void> {
  const id = randomUUID();
  seq += 2;
  await sql`
    with at as (select ${sql.unsafe(NOW_HOUR)} - ${ago} * interval '1 hour' as ended)
    insert into turns (id, thread_id, state, created_at, started_at, first_text_at, finished_at,
      error, usage, cost_microdollars)
    select ${id}, ${THREADS.plan}, ${state}, ended - ${turn.wholeS} * interval '1 second', ended,
      ended - ${turn.wholeS} * interval '1 second' + ${turn.firstS ?? null}::float8 * interval '1 second',
      ended, ${state === "failed" ? "It failed." : null},
      ${turn.usage ? sql.json(turn.usage) : null}, ${turn.cost ?? null}
    from at`;
  await sql`
    insert into thread_messages (thread_id, seq, role, model_id, text, turn_id)
    values (${THREADS.plan}, ${seq}, 'assistant', ${model}, 'Yes.', ${id})`;
  await sql`
    insert into thread_messages (thread_id, seq, role, author_user_id, text, created_at)
    values (${THREADS.plan}, ${seq + 1}, 'user', ${USER}, 'And?',
      ${sql.unsafe(NOW_HOUR)} - ${ago} * interval '1 hour')`;
}

async function addChange(
  slug: keyof typeof THREADS,
  state: "pending" | "declined" | "accepted",
  decidedAgo: number | null,
  isStale = false,
): Promise<void> {
  seq += 1;
  await sql`
    insert into changes (rfc_slug, number, branch_name, thread_id, kind, author_user_id, state,
      original, proposed, certainty, placement, base_blob_sha, drift, stale_since, commit_sha,
      created_at, decided_at)
    values (${slug}, ${seq}, 'main', ${THREADS[slug]}, 'manual', ${USER}, ${state}, 'a', 'b',
      'certain', '{}', 'b', ${isStale ? "stale" : "fresh"}, ${isStale ? sql`now()` : null},
      ${state === "accepted" ? "c" : null}, now() - interval '30 days',
      ${sql.unsafe(NOW_HOUR)} - ${decidedAgo}::float8 * interval '1 hour')`;
}

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 2 });
  await sql`insert into users (id, display_name) values (${USER}, 'Ada')`;
  await sql`insert into document_blobs (sha, body) values ('b', 'text')`;
  for (const [slug, id] of Object.entries(THREADS)) {
    await sql`
      insert into rfcs (slug, title, repository, path, default_branch)
      values (${slug}, ${`The ${slug}`}, 'acme/rfcs', ${`${slug}.md`}, 'main')`;
    await sql`
      insert into branches (rfc_slug, branch_name, head_sha, blob_sha)
      values (${slug}, 'main', 'h', 'b')`;
    await sql`
      insert into threads (id, rfc_slug, branch_name, thread_kind)
      values (${id}, ${slug}, 'main', 'discussion')`;
  }
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

it("has every hour, also where nothing happened at all", async () => {
  const statistics = await readStatistics(sql, 24);
  expect(statistics.hours).toHaveLength(24);
  expect(statistics.hours[0]!.at).toEqual(statistics.from);
  const gaps = statistics.hours.slice(1).map(({ at }, n) => +at - +statistics.hours[n]!.at);
  expect(new Set(gaps)).toEqual(new Set([3_600_000]));
  expect(+statistics.at - +statistics.hours.at(-1)!.at).toBeLessThan(3_600_000);
  expect(statistics.total).toMatchObject({ turns: 0, firstTextMs: null, costMicrodollars: 0 });
  expect(statistics.backlog.map(({ count }) => count)).toEqual([0, 0, 0, 0, 0, 0, 0]);
});

describe("with a day's work", () => {
  const usage = { input: 100, output: 10, cacheRead: 300, cacheWrite: 20 };

  beforeAll(async () => {
    for (let n = 1; n <= 20; n += 1) {
      await addTurn({ ago: 2, firstS: n / 10, wholeS: n, usage, cost: 1_000 });
    }
    await addTurn({ ago: 0, model: "m-2", firstS: 4, wholeS: 60, usage });
    await addTurn({ ago: 0, state: "failed", wholeS: 600, usage, cost: 500 });
    await addTurn({ ago: 0, state: "cancelled", firstS: 1, wholeS: 600 });
    await addTurn({ ago: 23, firstS: 1, wholeS: 2 });
    await addTurn({ ago: 24, firstS: 1, wholeS: 2, usage, cost: 9_000_000 });
    await sql`
      insert into turns (thread_id, state, created_at)
      values (${THREADS.plan}, 'queued', now() - interval '40 seconds')`;
    await sql`
      insert into inbox (source, event_id, kind, subject, payload, state, received_at)
      select 'slack', n::text, 'message', '', '{}', case when n < 3 then 'waiting' else 'done' end,
        ${sql.unsafe(NOW_HOUR)} - (n % 3) * interval '12 hours'
      from generate_series(0, 11) n`;
    await addChange("plan", "accepted", 1);
    await addChange("plan", "declined", 2);
    await addChange("plan", "declined", 30);
    await addChange("plan", "pending", null);
    await addChange("secret", "pending", null);
    await addChange("secret", "pending", null, true);
  });

  it("tells of each hour what happened, how fast and at what cost", async () => {
    const { hours, total } = await readStatistics(sql, 24);
    expect(hours.at(-3)).toMatchObject({
      messages: 20,
      turns: 20,
      failed: 0,
      tokens: 20 * 430,
      costMicrodollars: 20_000,
    });
    const { firstTextMs, turnMs } = hours.at(-3)!;
    expect(turnMs!.median).toBeCloseTo(10_500, 3);
    expect(turnMs!.p95).toBeCloseTo(19_050, 3);
    expect(firstTextMs!.median).toBeCloseTo(1_050, 3);
    expect(firstTextMs!.p95).toBeCloseTo(1_905, 3);
    // How long a failed answer, or one that somebody stopped, took says nothing about how fast answers are.
    expect(hours.at(-1)).toMatchObject({ turns: 3, failed: 1, turnMs: { median: 60_000 } });
    expect(hours[0]).toMatchObject({ turns: 1, events: 0 });
    expect(hours.map(({ events }) => events).filter((count) => count > 0)).toEqual([4, 4]);
    expect(total).toMatchObject({ turns: 24, messages: 24, events: 8, costMicrodollars: 20_500 });
  });

  it("tells of each model what it used; without a price, no cost", async () => {
    const { models } = await readStatistics(sql, 24);
    expect(models).toEqual([
      {
        modelId: "m-1",
        turns: 21,
        input: 2_100,
        output: 210,
        cacheRead: 6_300,
        cacheWrite: 420,
        costMicrodollars: 20_500,
      },
      { modelId: "m-2", turns: 1, ...usage, costMicrodollars: null },
    ]);
  });

  it("tells of each RFC what was decided, and names only what may be seen", async () => {
    const statistics = await readStatistics(sql, 24);
    const plan = {
      slug: "plan",
      title: "The plan",
      accepted: 1,
      declined: 1,
      pending: 1,
      stale: 0,
    };
    expect(inSight(statistics, null).rfcs).toEqual([
      plan,
      { slug: "secret", title: "The secret", accepted: 0, declined: 0, pending: 1, stale: 1 },
    ]);
    const seen = inSight(statistics, { userId: USER, rfcSlugs: ["plan"] });
    expect(seen.rfcs).toEqual([plan]);
    expect(JSON.stringify(seen)).not.toContain("secret");
  });

  it("tells what waits, and for how long", async () => {
    const { backlog } = await readStatistics(sql, 24);
    const of = (what: string) => backlog.find((one) => one.what === what)!;
    expect(of("answers")).toMatchObject({ count: 1, oldestS: expect.closeTo(40, -2) });
    expect(of("events").count).toBe(3);
    expect(of("events").oldestS).toBeGreaterThanOrEqual(24 * 3_600);
    expect(of("commits")).toEqual({ what: "commits", count: 0, oldestS: null });
  });

  it("is summed up once for all who ask at the same time, and again after a failure", async () => {
    const reader = new StatisticsReader(sql);
    const [first, second] = [reader.read(24), reader.read(24)];
    expect(second).toBe(first);
    expect((await reader.read(3)).hours).toHaveLength(3);
    const ended = connect(database.url);
    await ended.end();
    const failing = new StatisticsReader(ended);
    const failed = failing.read(24);
    await expect(failed).rejects.toThrow();
    const again = failing.read(24);
    expect(again).not.toBe(failed);
    await expect(again).rejects.toThrow();
  });

  it("is not summed up a second time while the first takes long", async () => {
    const clock = vi.spyOn(performance, "now");
    const turns = await hold("turns");
    const reader = new StatisticsReader(sql);
    const first = reader.read(24);
    const begun = performance.now();
    clock.mockReturnValue(begun + 60_000);
    expect(reader.read(24)).toBe(first);
    clock.mockReturnValue(begun);
    await turns.release();
    await first;
    // Fresh for ten seconds from when it was there.
    clock.mockReturnValue(begun + 9_000);
    expect(reader.read(24)).toBe(first);
    clock.mockReturnValue(begun + 11_000);
    const again = reader.read(24);
    clock.mockRestore();
    expect(again).not.toBe(first);
    await again;
  });

  it("is given up after a time for all of its questions together", async () => {
    const [turns, changes] = [await hold("turns"), await hold("changes")];
    const longestMs = 600_000;
    const reading = readStatistics(sql, 24, longestMs).catch((error: unknown) => error);
    await isWaitedFor("turns");
    const late = performance.now() + longestMs;
    const clock = vi.spyOn(performance, "now").mockReturnValue(late);
    await turns.release();
    const error = await reading;
    clock.mockRestore();
    await changes.release();
    expect(error).toMatchObject({ type: "not-ready" });
  });

  it("is given up where the database needs too long for it", async () => {
    const turns = await hold("turns");
    const error = await readStatistics(sql, 24, 100).catch((reason: unknown) => reason);
    await turns.release();
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).type).toBe("not-ready");
  });
});

/** Has whoever reads a table wait. */
async function hold(table: string): Promise<{ release(): Promise<void> }> {
  const holder = connect(database.url, { max: 1 });
  const locked = await holder.reserve();
  await locked`begin`;
  await locked`lock table ${locked(table)} in access exclusive mode`;
  return {
    async release() {
      await locked`rollback`;
      locked.release();
      await holder.end();
    },
  };
}

async function isWaitedFor(table: string): Promise<void> {
  await until(async () => {
    const waiting = await sql`
      select 1 from pg_locks where relation = ${table}::regclass and not granted`;
    return waiting.length > 0;
  }, `somebody to wait for ${table}`);
}
