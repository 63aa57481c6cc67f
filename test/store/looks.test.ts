import { afterAll, beforeEach, describe, expect, it } from "vitest";

import type { Look, LookKey } from "../../src/store/looks.ts";
import {
  askForLook,
  askForLooks,
  askForLooksAt,
  askForLooksWithProblems,
  claimLook,
  endAllLooks,
  endLook,
  listDueLooks,
  listLookProblems,
  lookProblem,
  renewLook,
  watchBranch,
} from "../../src/store/looks.ts";
import { ReviewWorld } from "../support/review-world.ts";

const LONG = 60_000;
/** A lease that is over as soon as it is taken: its worker has died. */
const OVER = -1;
const WELL: Parameters<typeof endLook>[2] = { inMs: LONG, problem: null, failed: false };

const world = await ReviewWorld.start();
afterAll(() => world[Symbol.asyncDispose]());
const { sql } = world;
let key: LookKey;

beforeEach(async () => {
  await sql`delete from pull_request_looks`;
  key = await world.branch();
});

const isDue = async (at: LookKey = key): Promise<boolean> =>
  (await listDueLooks(sql, 100)).some(({ rfcSlug }) => rfcSlug === at.rfcSlug);
const end = (look: Look, more: Partial<typeof WELL> = {}): Promise<boolean> =>
  endLook(sql, look, { ...WELL, ...more });
/** One look from its beginning to its end. */
const looked = async (more: Parameters<typeof end>[1] = {}, at: LookKey = key): Promise<Look> => {
  const look = await world.claim(at);
  await end(look, more);
  return look;
};
const slugs = (keys: readonly LookKey[]): string[] => keys.map(({ rfcSlug }) => rfcSlug).toSorted();

describe("a branch", () => {
  it("is looked at as soon as it is watched, and watched once", async () => {
    expect(await isDue()).toBe(true);
    await looked();
    expect(await isDue()).toBe(false);
    await watchBranch(sql, key);
    expect(await isDue()).toBe(false);
  });

  it("is looked at by one worker, of any number that ask at once", async () => {
    const asked = Array.from({ length: 10 }, (_, n) => claimLook(sql, key, `worker ${n}`, LONG));
    const taken = (await Promise.all(asked)).filter((look) => look !== null);
    expect(taken).toEqual([
      { ...key, epoch: 1, asked: expect.any(Number) as number, failures: 0, problem: null },
    ]);
    expect(await isDue()).toBe(false);
  });

  it("is looked at by nobody before its time", async () => {
    await looked();
    expect(await claimLook(sql, key, "early", LONG)).toBeNull();
    expect(await world.dueIn(key)).toBeGreaterThan(30);
  });

  it("goes to the next worker when the lease is over", async () => {
    const dead = await world.claim(key, OVER);
    expect(await isDue()).toBe(true);
    const own = await world.claim(key);
    expect(own.epoch).toBe(dead.epoch + 1);
    expect(await renewLook(sql, dead, LONG)).toBe(false);
    expect(await end(dead, { problem: "from the grave" })).toBe(false);
    expect(await lookProblem(sql, key)).toBeNull();
    expect(await renewLook(sql, own, LONG)).toBe(true);
    expect(await end(own)).toBe(true);
  });

  it("stays with its worker as long as that one renews", async () => {
    const own = await world.claim(key, OVER);
    expect(await renewLook(sql, own, LONG)).toBe(true);
    expect(await claimLook(sql, key, "other", LONG)).toBeNull();
    await end(own);
    expect(await renewLook(sql, own, LONG)).toBe(false);
  });

  it("is free again at the start of the only process", async () => {
    const dead = await world.claim(key);
    await endAllLooks(sql);
    const own = await world.claim(key);
    expect(own.epoch).toBeGreaterThan(dead.epoch + 1);
    expect(await end(dead)).toBe(false);
  });
});

describe("a wish for a look", () => {
  it("makes it due at once", async () => {
    await looked();
    await askForLook(sql, key);
    expect(await isDue()).toBe(true);
  });

  it("does not put off what is due already", async () => {
    const [before] = await listDueLooks(sql, 1);
    const due = await world.dueIn(key);
    await askForLook(sql, key);
    expect(await world.dueIn(key)).toBeLessThanOrEqual(due);
    expect(before).toEqual(key);
  });

  it("is not lost when it comes during a look", async () => {
    const look = await world.claim(key);
    await askForLook(sql, key);
    expect(await claimLook(sql, key, "other", LONG)).toBeNull();
    await end(look);
    expect(await isDue()).toBe(true);
    await looked();
    expect(await isDue()).toBe(false);
  });

  it("comes in the moment in which a look ends, and is not lost either", async () => {
    for (let round = 0; round < 20; round += 1) {
      const look = await world.claim(key);
      await Promise.all([end(look), askForLook(sql, key)]);
      expect(await isDue()).toBe(true);
    }
  });

  it("waits with the rest after a failure that it came before", async () => {
    const look = await world.claim(key);
    await askForLook(sql, key);
    await end(look, { failed: true, problem: "A problem." });
    expect(await isDue()).toBe(false);
    expect(await world.dueIn(key)).toBeGreaterThan(30);
  });

  it("concerns the branches of threads, and those alone", async () => {
    const other = await world.branch();
    const unwatched = await world.branch({ isWatched: false });
    await looked();
    await looked({}, other);
    const threads = [await world.thread(key), await world.thread(key)];
    await askForLooks(sql, [...threads, await world.thread(unwatched)]);
    expect(slugs(await listDueLooks(sql, 100))).toEqual(slugs([key]));
    await askForLooks(sql, []);
    expect(await isDue(other)).toBe(false);
  });
});

describe("an event on the host", () => {
  let other: LookKey;
  let elsewhere: LookKey;

  beforeEach(async () => {
    other = await world.branch({ branchName: "other" });
    elsewhere = await world.branch({ repository: "acme/others" });
    await world.pull(key, { number: 12 });
    await world.pull(other, { number: 13 });
    await world.pull(elsewhere, { number: 12 });
    for (const at of [key, other, elsewhere]) await looked({}, at);
  });

  const ask = async (at: {
    repository?: string;
    branch?: string;
    pullNumber?: number;
  }): Promise<string[]> => {
    const { repository = "acme/rfcs", branch = null, pullNumber = null } = at;
    const asked = await askForLooksAt(sql, { repository, branch, pullNumber });
    expect(slugs(asked)).toEqual(slugs(await listDueLooks(sql, 100)));
    return slugs(asked);
  };

  it("concerns the branch of its name", async () => {
    expect(await ask({ branch: "feature" })).toEqual(slugs([key]));
  });

  it("concerns the branch of its pull request", async () => {
    expect(await ask({ pullNumber: 13 })).toEqual(slugs([other]));
  });

  it("concerns both", async () => {
    expect(await ask({ branch: "feature", pullNumber: 13 })).toEqual(slugs([key, other]));
  });

  it("concerns all of the repository where it names neither", async () => {
    expect(await ask({})).toEqual(slugs([key, other]));
  });

  it("concerns the repository however it is written", async () => {
    expect(await ask({ repository: "Acme/RFCs", branch: "feature" })).toEqual(slugs([key]));
  });

  it("concerns nobody when nobody talks about it", async () => {
    expect(await ask({ branch: "Feature" })).toEqual([]);
    expect(await ask({ pullNumber: 99 })).toEqual([]);
    expect(await ask({ repository: "acme/rfc_" })).toEqual([]);
  });

  it("that changes what Redline may see concerns what failed", async () => {
    await askForLook(sql, other);
    await looked({ failed: true, problem: "No access." }, other);
    await askForLooksWithProblems(sql);
    expect(slugs(await listDueLooks(sql, 100))).toEqual(slugs([other]));
    expect((await world.claim(other)).failures).toBe(0);
  });
});

describe("a look that fails", () => {
  it("is counted until one succeeds, with what people are told", async () => {
    for (let failures = 0; failures < 3; failures += 1) {
      const look = await world.claim(key);
      expect(look).toMatchObject({ failures, problem: failures === 0 ? null : "A problem." });
      await end(look, { inMs: 0, problem: "A problem.", failed: true });
    }
    expect(await lookProblem(sql, key)).toBe("A problem.");
    await looked({ inMs: 0 });
    expect(await world.claim(key)).toMatchObject({ failures: 0, problem: null });
    expect(await lookProblem(sql, key)).toBeNull();
  });

  it("is told of its repository, each problem once", async () => {
    const branches = [await world.branch(), await world.branch(), await world.branch()];
    const elsewhere = await world.branch({ repository: "acme/others" });
    const problems = ["Second.", "First.", "Second."];
    for (const [index, at] of branches.entries()) {
      await looked({ problem: problems[index]!, failed: true }, at);
    }
    await looked({ problem: "Elsewhere.", failed: true }, elsewhere);
    expect(await listLookProblems(sql, "acme/rfcs")).toEqual(["First.", "Second."]);
    expect(await listLookProblems(sql, "acme/nothing")).toEqual([]);
    expect(await lookProblem(sql, { rfcSlug: "none", branchName: "none" })).toBeNull();
  });
});

it("looks are taken in the order in which they fell due", async () => {
  const [first, second, third] = [await world.branch(), await world.branch(), await world.branch()];
  for (const [at, minutes] of [
    [first, 1],
    [second, 3],
    [third, 2],
    [key, 0],
  ] as const) {
    await sql`
      update pull_request_looks set due_at = now() - ${minutes} * interval '1 minute'
      where rfc_slug = ${at.rfcSlug}`;
  }
  expect(await listDueLooks(sql, 3)).toEqual([second, third, first]);
});
