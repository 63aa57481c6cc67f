import { afterAll, beforeEach, describe, expect, it } from "vitest";

import { UserError } from "../../src/errors.ts";
import { HostBusy } from "../../src/ports.ts";
import { ReviewLooks } from "../../src/reviews/review-looks.ts";
import { HeadMoved } from "../../src/reviews/suggestion-desk.ts";
import type { LookKey } from "../../src/store/looks.ts";
import { askForLook, lookProblem } from "../../src/store/looks.ts";
import { listMessages } from "../../src/store/messages.ts";
import { ReviewWorld } from "../support/review-world.ts";
import type { LogLine } from "../support/test-app.ts";
import { memoryLogger, until } from "../support/test-app.ts";

const LEASE_MS = 60_000;

const world = await ReviewWorld.start();
afterAll(() => world[Symbol.asyncDispose]());
const { sql } = world;
let key: LookKey;
let threadId: string;
let log: LogLine[];

beforeEach(async () => {
  key = await world.branch();
  threadId = await world.thread(key);
  await world.change(threadId);
  log = [];
});

const looksWith = (review: () => Promise<number>, leaseMs = LEASE_MS): ReviewLooks =>
  new ReviewLooks({
    sql,
    relay: { publish() {}, subscribe: () => Promise.resolve(() => {}) },
    logger: memoryLogger(log),
    review,
    leaseMs,
  });
/** Looks as many times as there are outcomes, each as soon as it is asked for. */
async function look(...outcomes: (number | Error)[]): Promise<void> {
  for (const outcome of outcomes) {
    await askForLook(sql, key);
    const review = (): Promise<number> =>
      typeof outcome === "number" ? Promise.resolve(outcome) : Promise.reject(outcome);
    await looksWith(review).look(key);
  }
}
const problem = (): Promise<string | null> => lookProblem(sql, key);
const notes = async (thread = threadId): Promise<string[]> =>
  (await listMessages(sql, thread)).filter(({ role }) => role === "system").map(({ text }) => text);
const failures = async (): Promise<number> => {
  await askForLook(sql, key);
  const taken = await world.claim(key);
  await sql`
    update pull_request_looks set lease_until = null, lease_owner = null
    where rfc_slug = ${key.rfcSlug}`;
  return taken.failures;
};
const busyFor = (ms: number, says = "GitHub wants to be left alone."): HostBusy =>
  new HostBusy(says, new Date(Date.now() + ms));

describe("a look", () => {
  it("says when the next one is due", async () => {
    await look(40_000);
    const seconds = await world.dueIn(key);
    expect(seconds).toBeGreaterThan(20);
    expect(seconds).toBeLessThanOrEqual(40);
    expect(await problem()).toBeNull();
    expect(await notes()).toEqual([]);
  });

  it("is taken by one of those who are woken for it", async () => {
    let taken = 0;
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const review = async (): Promise<number> => {
      taken += 1;
      await held;
      return LEASE_MS;
    };
    const asked = Array.from({ length: 4 }, () => looksWith(review).look(key));
    await Promise.race(asked);
    letGo();
    await Promise.all(asked);
    await looksWith(review).look(key);
    expect(taken).toBe(1);
  });

  it("is renewed as long as it takes", async () => {
    const leases = new Set<number>();
    const looks = looksWith(async () => {
      await until(async () => {
        const [row] = await sql<{ leaseUntil: Date }[]>`
          select lease_until from pull_request_looks where rfc_slug = ${key.rfcSlug}`;
        return leases.add(row!.leaseUntil.getTime()).size > 3;
      });
      return LEASE_MS;
    }, 300);
    await looks.look(key);
    expect([...leases]).toEqual([...leases].toSorted((a, b) => a - b));
  });

  it("that another worker took over says nothing any more", async () => {
    await look(0);
    await looksWith(async () => {
      await sql`
        update pull_request_looks set lease_epoch = lease_epoch + 1
        where rfc_slug = ${key.rfcSlug}`;
      throw new UserError("unauthorized", "A problem of the past.");
    }).look(key);
    expect(await problem()).toBeNull();
    expect(await notes()).toEqual([]);
  });

  it("is none after the stop, which waits for those under way", async () => {
    const done: string[] = [];
    let begun = (): void => {};
    const running = new Promise<void>((resolve) => (begun = resolve));
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const looks = looksWith(async () => {
      begun();
      await held;
      done.push("looked");
      return 0;
    });
    const looking = looks.look(key);
    await running;
    const stopped = looks.stop(30_000).then(() => done.push("stopped"));
    letGo();
    await Promise.all([looking, stopped]);
    await looks.look(key);
    expect(done).toEqual(["looked", "stopped"]);
  });
});

describe("a look at a head that moved", () => {
  it("is taken again soon, and nobody hears of it", async () => {
    await look(new HeadMoved("acme/rfcs#12"));
    expect(await world.dueIn(key)).toBeLessThanOrEqual(1);
    expect(await problem()).toBeNull();
    expect(log).toEqual([]);
  });
});

describe("a problem that people can mend", () => {
  const revoked = new UserError("unauthorized", "The token was revoked.");

  it("is told once in the threads that wait, until it is over", async () => {
    await look(revoked, revoked, revoked);
    expect(await problem()).toBe("The token was revoked.");
    const note = "The pull request cannot be kept up to date for now. The token was revoked.";
    expect(await notes()).toEqual([note]);
    await look(0);
    expect(await problem()).toBeNull();
    await look(revoked);
    expect(await notes()).toEqual([note, note]);
  });

  it("is told again when it is another", async () => {
    await look(revoked, new UserError("repository-unavailable", "It is gone."));
    expect(await notes()).toHaveLength(2);
    expect(await problem()).toBe("It is gone.");
  });

  it("is tried again by itself", async () => {
    await look(revoked);
    const seconds = await world.dueIn(key);
    expect(seconds).toBeGreaterThan(10);
    expect(seconds).toBeLessThanOrEqual(60);
  });

  it("is told to nobody who waits for nothing", async () => {
    const idle = await world.thread(key);
    await sql`update changes set state = 'declined' where thread_id = ${threadId}`;
    await look(revoked);
    expect([...(await notes()), ...(await notes(idle))]).toEqual([]);
    expect(await problem()).toBe("The token was revoked.");
  });
});

describe("a host that wants to be left alone", () => {
  it("is, for as long as it says", async () => {
    await look(busyFor(3_600_000));
    expect(await world.dueIn(key)).toBeGreaterThan(3_500);
  });

  it("is told of once, however often it says another time", async () => {
    await look(busyFor(3_600_000, "Until 12:00."), busyFor(3_600_000, "Until 13:00."));
    expect(await notes()).toEqual([
      "The pull request cannot be kept up to date for now. Until 12:00.",
    ]);
    expect(await problem()).toBe("Until 13:00.");
  });

  it("is not worth a word for a moment, but for a row of them", async () => {
    await look(busyFor(2_000), busyFor(2_000));
    expect(await problem()).toBeNull();
    expect(await notes()).toEqual([]);
    await look(busyFor(2_000), busyFor(2_000));
    expect(await problem()).toBe("GitHub wants to be left alone.");
    expect(await notes()).toHaveLength(1);
    expect(await failures()).toBe(4);
  });

  it("whose time is over already is asked soon", async () => {
    await look(busyFor(-5_000));
    expect(await world.dueIn(key)).toBeLessThanOrEqual(5);
  });
});

describe("a failure of our own", () => {
  const broken = new Error("secret details");

  it("is tried again ever later, and told once when it lasts", async () => {
    const waits: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      await look(broken);
      waits.push(await world.dueIn(key));
      if (round < 2) expect([await problem(), ...(await notes())]).toEqual([null]);
    }
    expect(waits[0]).toBeLessThanOrEqual(2);
    expect(waits[5]).toBeGreaterThan(30);
    expect(waits[9]).toBeLessThanOrEqual(300);
    expect(await notes()).toHaveLength(1);
    expect(await problem()).toMatch(/^The pull request could not be looked at/);
    expect(await failures()).toBe(10);
    await look(0);
    expect(await failures()).toBe(0);
  });

  it("keeps its details to the log, where they are found by what people see", async () => {
    await look(broken, broken, broken);
    const errorId = /under ([0-9a-f]{8})\./.exec((await problem())!)![1];
    expect(await problem()).not.toContain("secret");
    expect(log).toHaveLength(3);
    expect(log[2]).toMatchObject({ level: "error", fields: { err: broken, errorId } });
  });
});
