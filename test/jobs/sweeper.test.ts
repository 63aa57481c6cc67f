import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { startSweeper } from "../../jobs/sweeper.ts";
import type { Logger } from "../../src/log.ts";
import type { DueRows } from "../../src/store/due.ts";

const noneAsked = async () => [];
const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() } satisfies Logger;
const until = (check: () => unknown) => vi.waitFor(check, { timeout: 60_000, interval: 2 });

test("a task runs at once and again, never overlaps itself, and survives its errors", async () => {
  let [runs, running, most, others] = [0, 0, 0, 0];
  const sweeper = startSweeper(
    [
      {
        name: "slow",
        everyMs: 1,
        async run() {
          runs += 1;
          running += 1;
          most = Math.max(most, running);
          await sleep(5);
          running -= 1;
          throw new Error("no luck");
        },
      },
      {
        name: "other",
        everyMs: 1,
        run: async () => void (others += 1),
      },
    ],
    { whichAreDue: noneAsked, logger },
  );
  await until(() => expect(Math.min(runs, others)).toBeGreaterThan(5));
  await sweeper.close();
  expect(most).toBe(1);
  expect(logger.warn).toHaveBeenCalledWith(
    expect.objectContaining({ task: "slow", err: new Error("no luck") }),
    "a sweep failed",
  );
  // The same error many times in a row is one line.
  expect(logger.warn).toHaveBeenCalledTimes(1);
});

test("closing waits for the run under way and starts none", async () => {
  const events: string[] = [];
  let finish = () => {};
  const sweeper = startSweeper(
    [
      {
        name: "long",
        everyMs: 1,
        async run() {
          events.push("run");
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          events.push("end");
        },
      },
    ],
    { whichAreDue: noneAsked, logger },
  );
  await until(() => expect(events).toEqual(["run"]));
  const closed = sweeper.close().then(() => events.push("closed"));
  finish();
  await closed;
  expect(events).toEqual(["run", "end", "closed"]);
});

test("closing does not wait for the next interval", async () => {
  const run = vi.fn(async () => {});
  const sweeper = startSweeper([{ name: "rare", everyMs: 3_600_000, run }], {
    whichAreDue: noneAsked,
    logger,
  });
  await until(() => expect(run).toHaveBeenCalledTimes(1));
  await sweeper.close();
  expect(run).toHaveBeenCalledTimes(1);
});

test("what has to be due is asked for together, and runs only then", async () => {
  const runs: string[] = [];
  const [never, sometimes]: DueRows[] = [() => null!, () => null!];
  const asked: (readonly DueRows[])[] = [];
  const sweeper = startSweeper(
    [
      { name: "never", everyMs: 1, due: never!, run: async () => void runs.push("never") },
      { name: "always", everyMs: 1, run: async () => void runs.push("always") },
      {
        name: "sometimes",
        everyMs: 1,
        due: sometimes!,
        run: async () => void runs.push("sometimes"),
      },
    ],
    {
      whichAreDue: async (all) => {
        asked.push(all);
        return [false, asked.length === 2];
      },
      logger,
    },
  );
  await until(() => expect(asked.length).toBeGreaterThan(3));
  await sweeper.close();
  expect(asked.every((all) => all[0] === never && all[1] === sometimes)).toBe(true);
  expect(runs).toContain("always");
  expect(runs.filter((name) => name !== "always")).toEqual(["sometimes"]);
});

test("where it cannot be asked for, the rest runs, and it is asked for again", async () => {
  logger.warn.mockClear();
  const [due, rest] = [vi.fn(async () => {}), vi.fn(async () => {})];
  let asks = 0;
  const sweeper = startSweeper(
    [
      { name: "due", everyMs: 1, due: () => null!, run: due },
      { name: "rest", everyMs: 1, run: rest },
    ],
    {
      whichAreDue: async () => {
        asks += 1;
        if (asks < 4) throw new Error("away");
        return [true];
      },
      logger,
    },
  );
  await until(() => expect(due).toHaveBeenCalled());
  await sweeper.close();
  expect(rest.mock.calls.length).toBeGreaterThan(3);
  expect(logger.warn).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ err: new Error("away") }),
    "what is due could not be asked for",
  );
});

test("what needs no asking goes on while an answer does not come", async () => {
  const [due, rest] = [vi.fn(async () => {}), vi.fn(async () => {})];
  const sweeper = startSweeper(
    [
      { name: "due", everyMs: 1, due: () => null!, run: due },
      { name: "rest", everyMs: 1, run: rest },
    ],
    { whichAreDue: () => new Promise(() => {}), logger },
  );
  await until(() => expect(rest.mock.calls.length).toBeGreaterThan(3));
  void sweeper.close();
  expect(due).not.toHaveBeenCalled();
});

test("what still runs is asked for, and left to run", async () => {
  let [asks, runs] = [0, 0];
  const sweeper = startSweeper(
    [
      {
        name: "long",
        everyMs: 1,
        due: () => null!,
        run: () => new Promise(() => void (runs += 1)),
      },
    ],
    {
      whichAreDue: async (all) => {
        asks += 1;
        return all.map(() => true);
      },
      logger,
    },
  );
  await until(() => expect(asks).toBeGreaterThan(3));
  void sweeper.close();
  expect(runs).toBe(1);
});
