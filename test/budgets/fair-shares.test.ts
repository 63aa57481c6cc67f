/** Who runs next, as Postgres decides it: many workers at once, without a queue or a model. */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { claimFairly, listReadyThreads, nextWaiting } from "../../src/store/claims.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { insertUserMessage } from "../../src/store/messages.ts";
import { insertLink } from "../../src/store/thread-links.ts";
import { insertThread } from "../../src/store/threads.ts";
import type { Lease } from "../../src/store/thread-leases.ts";
import { release } from "../../src/store/thread-leases.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { plantRfc } from "../support/plant-rfc.ts";

const BY = { owner: "worker", leaseMs: 600_000 };
let database: TestDatabase;
let sql: Sql;
let userId: string;
/** Wake-ups in their order, as the queue hands them out. */
let queue: string[];
const shareOf = new Map<string, string>();

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 12 });
  userId = await plantRfc(sql);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(async () => {
  queue = [];
  await sql`update threads set ready_at = null, lease_owner = null, lease_until = null`;
});

let places = 0;

/** A thread of the workspace in which somebody asks something. */
async function ask(workspaceId: string): Promise<string> {
  const at = { rfcSlug: "rfc", branchName: "main", kind: "discussion" as const };
  const { id } = await insertThread(sql, { ...at, title: null, anchor: null, createdBy: userId });
  places += 1;
  const place = { platform: "slack", workspaceId, place: `C1/${places}` };
  const saidIn = await insertLink(sql, id, place);
  const row = { threadId: id, authorUserId: userId, text: "Hello.", quote: null, modelId: null };
  await sql.begin((tx) => insertUserMessage(tx, { ...row, dedupKey: null, saidIn }));
  shareOf.set(id, workspaceId);
  queue.push(id);
  return id;
}

const askMany = async (workspaceId: string, count: number): Promise<void> => {
  const asked = Array.from({ length: count }, () => workspaceId);
  for (let at = 0; at < count; at += 10) await Promise.all(asked.slice(at, at + 10).map(ask));
};

/** All free places at work take a wake-up, at the same moment. */
async function fill(running: Lease[], slots: number, most: number | null): Promise<Lease[]> {
  const woken = queue.splice(0, slots - running.length);
  const leases = await Promise.all(woken.map((id) => claimFairly(sql, id, BY, most)));
  return [...running, ...leases.filter((lease) => lease !== null)];
}

const end = (lease: Lease): Promise<void> => release(sql, lease, null);

const count = (leases: readonly Lease[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { threadId } of leases) {
    const share = shareOf.get(threadId)!;
    counts[share] = (counts[share] ?? 0) + 1;
  }
  return counts;
};

describe("fair shares", () => {
  it("let five questions in before five hundred that were asked earlier elsewhere", async () => {
    await askMany("busy", 500);
    const slots = 8;
    let running = await fill([], slots, null);
    expect(count(running)).toEqual({ busy: 8 });
    await askMany("quiet", 5);
    const waits: number[] = [];
    // A length of a turn: every place ends the one that it has and takes another.
    for (let length = 1; length <= 3; length += 1) {
      for (const lease of [...running]) {
        await end(lease);
        const before = new Set(running);
        running = await fill(
          running.filter((one) => one !== lease),
          slots,
          null,
        );
        const [begun] = running.filter((one) => !before.has(one));
        if (shareOf.get(begun!.threadId) === "quiet") waits.push(length);
      }
    }
    // Half of the places at once, and the last as soon as one of these is done.
    expect(waits).toEqual([1, 1, 1, 1, 2]);
  });

  it("run everything once, even out, and never go over the cap, over any number of workers", async () => {
    const world = fc.record({
      asked: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
      slots: fc.integer({ min: 1, max: 7 }),
      most: fc.option(fc.integer({ min: 1, max: 3 })),
      dying: fc.integer({ min: 0, max: 3 }),
    });
    const check = async ({
      asked,
      slots,
      most,
      dying,
    }: Parameters<Parameters<typeof world.map>[0]>[0]): Promise<void> => {
      queue = [];
      for (const [at, many] of asked.entries()) await askMany(`w${at}`, many);
      const ended = new Set<string>();
      const all = queue.length;
      let deaths = dying;
      let running: Lease[] = [];
      for (let round = 0; ended.size < all; round += 1) {
        if (round > 4 * all) throw new Error(`stuck after ${ended.size} of ${all}`);
        running = await fill(running, slots, most);
        const counts = count(running);
        for (const turns of Object.values(counts)) {
          if (most !== null) expect(turns).toBeLessThanOrEqual(most);
        }
        for (const lease of running) {
          if (deaths > 0) {
            // Its worker dies: the lease runs out, and the sweep wakes the thread.
            deaths -= 1;
            await sql`update threads set lease_until = now() - interval '1 s' where id = ${lease.threadId}`;
            continue;
          }
          expect(ended.has(lease.threadId)).toBe(false);
          await end(lease);
          ended.add(lease.threadId);
          const next = most === null ? null : await nextWaiting(sql, lease.threadId);
          if (next !== null) queue.push(next);
        }
        running = [];
        if (queue.length === 0) queue.push(...(await listReadyThreads(sql, 0, 100, most)));
      }
      expect(await listReadyThreads(sql, 0, 100)).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(world, check), { numRuns: 15 });
  });

  it("give each workspace as many places as every other that waits", async () => {
    await askMany("a", 20);
    await askMany("b", 20);
    await askMany("c", 2);
    let running: Lease[] = [];
    // One after the other: each claim sees those before it.
    for (let slot = 1; slot <= 11; slot += 1) running = await fill(running, slot, null);
    expect(count(running)).toMatchObject({ c: 2 });
    const { a, b } = count(running);
    expect(Math.abs(a! - b!)).toBeLessThanOrEqual(1);
  });

  it("have the sweep pass over what is beyond a cap: it would be woken for nothing", async () => {
    await askMany("busy", 30);
    const running = await fill([], 2, 2);
    expect(running).toHaveLength(2);
    expect(await listReadyThreads(sql, 0, 500, 2)).toEqual([]);
    expect(await claimFairly(sql, queue[0]!, BY, 2)).toBeNull();
    await end(running[0]!);
    expect(await listReadyThreads(sql, 0, 500, 2)).toHaveLength(1);
    expect(await listReadyThreads(sql, 0, 500)).toHaveLength(28);
  });
});
