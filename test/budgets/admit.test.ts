import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Known } from "../../src/budgets/admit.ts";
import type { Standing } from "../../src/budgets/limit.ts";
import { admit } from "../../src/budgets/admit.ts";
import { describeEnd } from "../../src/budgets/describe.ts";
import {
  beginOf,
  describeAmount,
  endOf,
  limitsFor,
  NOTHING_SPENT,
  readDefaults,
  readLimit,
  writeLimit,
} from "../../src/budgets/limit.ts";
import { KnownRules } from "../../src/budgets/rules.ts";

const NOW = new Date("2026-11-23T19:30:00Z");
const BY_HAND = "Changes can still be proposed, accepted and declined by hand.";

const standing = (limit: string, used: number, more: Partial<Standing> = {}): Standing => {
  const read = readLimit(limit)!;
  const isUsd = read.unit === "usd";
  return {
    scope: "workspace",
    scopeId: "slack/T1",
    limit: { ...read, amount: read.amount! },
    spent: { ...NOTHING_SPENT, tokens: isUsd ? 0 : used, microdollars: isUsd ? used : 0 },
    reserved: 0,
    ...more,
  };
};
const known = (more: Partial<Known> = {}): Known => {
  return { now: NOW, stop: null, modelId: "m-1", allowed: null, standings: [], ...more };
};

describe("a limit", () => {
  it.each([
    ["usd/day=20", { unit: "usd", period: "day", amount: 20_000_000 }],
    ["usd/month=0.35", { unit: "usd", period: "month", amount: 350_000 }],
    ["tokens/day=2M", { unit: "tokens", period: "day", amount: 2_000_000 }],
    ["tokens/month=1.5k", { unit: "tokens", period: "month", amount: 1_500 }],
    ["tokens/day=none", { unit: "tokens", period: "day", amount: null }],
    ["tokens/day=0", { unit: "tokens", period: "day", amount: 0 }],
  ])("reads %s", (text, limit) => {
    expect(readLimit(text)).toEqual(limit);
    expect(readLimit(writeLimit(readLimit(text)!))).toEqual(limit);
  });

  it.each([
    "",
    "usd=20",
    "usd/day",
    "usd/day=-1",
    "usd/week=1",
    "$20/day",
    "usd/day=1e9",
    "eur/day=1",
  ])("does not read %j", (text) => {
    expect(readLimit(text)).toBeNull();
  });

  it("holds in place of the default one of its unit and period, or as none", () => {
    const defaults = readDefaults("workspace usd/day=50 tokens/day=1M; person usd/day=5")!;
    const own = ["usd/day=10", "tokens/day=none"].map((text) => readLimit(text)!);
    expect(limitsFor(defaults.workspace, []).map(writeLimit)).toEqual([
      "usd/day=50",
      "tokens/day=1000000",
    ]);
    expect(limitsFor(defaults.workspace, own).map(writeLimit)).toEqual(["usd/day=10"]);
    expect(readDefaults("everybody usd/day=5")).toBeNull();
    expect(readDefaults("person usd/day=5; person usd/day=6")).toBeNull();
  });

  it("has periods that follow each other without a gap", () => {
    const date = fc.date({
      min: new Date("2020-01-01"),
      max: new Date("2035-01-01"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, fc.constantFrom("day" as const, "month" as const), (now, period) => {
        const end = endOf(period, now);
        expect(end > now).toBe(true);
        expect(beginOf(period, end)).toBe(end.toISOString().slice(0, 10));
        expect(beginOf(period, new Date(end.getTime() - 1))).toBe(beginOf(period, now));
      }),
    );
  });
});

describe("a turn that is to begin", () => {
  it("is let in exactly while nothing is used up, and no more is reserved than is left", () => {
    const one = fc.record({
      amount: fc.nat(1_000),
      used: fc.nat(1_000),
      reserved: fc.nat(1_000),
      month: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 4 }), (all) => {
        const standings = all.map(({ amount, used, reserved, month }) =>
          standing(`tokens/${month ? "month" : "day"}=${amount}`, used, { reserved }),
        );
        const fits = all.every(({ amount, used, reserved }) => used + reserved < amount);
        expect(admit(known({ standings })).admitted).toBe(fits);
      }),
    );
  });

  it("says what is used up, and when it begins anew", () => {
    const told = (one: Standing): unknown => admit(known({ standings: [one] }));
    expect(told(standing("usd/day=20", 20_000_001))).toEqual({
      admitted: false,
      type: "budget-reached",
      notice: {
        key: "budget:workspace:slack/T1:usd/day:2026-11-23:20000000",
        text: `The workspace where this was asked has used its budget for today. The message is kept; answers resume at 00:00 UTC (in 5 hours), ask again then. ${BY_HAND}`,
      },
    });
    const person = { scope: "person" as const, scopeId: "u1" };
    expect(told(standing("tokens/month=2M", 2_000_000, person))).toMatchObject({
      notice: {
        key: "budget:person:u1:tokens/month:2026-11-01:2000000",
        text: `Whoever asked has used their budget for this month. The message is kept; answers resume on 1 December, 00:00 UTC (in 8 days), ask again then. ${BY_HAND}`,
      },
    });
  });

  it("names the longest wait, and what is in use apart from what is used up", () => {
    const both = [standing("usd/day=1", 1_000_000), standing("usd/month=5", 6_000_000)];
    expect(admit(known({ standings: both }))).toMatchObject({
      notice: { key: "budget:workspace:slack/T1:usd/month:2026-11-01:5000000" },
    });
    const inUse = standing("tokens/day=100", 40, { reserved: 60 });
    expect(admit(known({ standings: [inUse] }))).toMatchObject({
      type: "budget-reached",
      notice: {
        text: expect.stringMatching(
          /^The workspace where this was asked has its budget for today in use by answers/,
        ),
      },
    });
  });

  it("names no end of a budget that is nothing, whatever else is used up", () => {
    const all = [standing("usd/month=5", 6_000_000), standing("tokens/day=0", 0)];
    expect(admit(known({ standings: all }))).toMatchObject({
      notice: {
        text: `The workspace where this was asked has no budget for answers. The message is kept; ask again once there is one. ${BY_HAND}`,
      },
    });
  });

  it("warns of a workspace's budget from four fifths on, and of nobody's own", () => {
    const warnings = (one: Standing): readonly unknown[] => {
      const admission = admit(known({ standings: [one] }));
      return admission.admitted ? admission.warnings.map(({ text }) => text) : ["refused"];
    };
    expect(warnings(standing("tokens/day=100", 79))).toEqual([]);
    expect(warnings(standing("tokens/day=100", 80))).toEqual([
      "For the maintainers: The workspace where this was asked has used at least 80 % of its budget for today. When it is used up, there are no answers until a new one begins at 00:00 UTC (in 5 hours).",
    ]);
    expect(warnings(standing("tokens/day=100", 80, { scope: "person" }))).toEqual([]);
  });

  it("is refused while answers are stopped, before anything else", () => {
    const stop = { reason: "the bill", since: NOW };
    const standings = [standing("usd/day=1", 1_000_000)];
    expect(admit(known({ stop, standings, allowed: ["x"] }))).toMatchObject({
      type: "answers-stopped",
      notice: {
        key: "stopped:2026-11-23T19:30:00.000Z",
        text: `Whoever runs Redline has stopped all answers for now (the bill). The message is kept; ask again once answers go on. ${BY_HAND}`,
      },
    });
  });

  it("is refused by a model that may not be used, with those that may", () => {
    expect(admit(known({ allowed: ["m-1"] })).admitted).toBe(true);
    expect(admit(known({ allowed: ["x", "m-*"] })).admitted).toBe(true);
    expect(admit(known({ allowed: ["claude-haiku-*", "m"] }))).toMatchObject({
      type: "model-not-allowed",
      notice: {
        text: "The model “m-1” may not be used here; choose one of any whose name begins with “claude-haiku-”, m.",
      },
    });
  });
});

it("tells amounts and waits in short", () => {
  expect(
    [20_000_000, 350_000, 12, 1_234_567_890_000].map((sum) => describeAmount("usd", sum)),
  ).toEqual(["$20", "$0.35", "$0.000012", "$1,234,567.89"]);
  expect(describeEnd("day", new Date("2026-11-23T23:50:00Z"))).toBe(
    "at 00:00 UTC (within an hour)",
  );
  expect(describeEnd("month", new Date("2026-12-31T10:00:00Z"))).toBe(
    "on 1 January, 00:00 UTC (in 14 hours)",
  );
});

it("reads the rules at most once a second, however many ask, and again after a failure", async () => {
  let now = 0;
  let reads = 0;
  let fails = false;
  const empty = { limits: [], models: [], stop: null };
  const read = () => {
    reads += 1;
    return fails ? Promise.reject(new Error("away")) : Promise.resolve(empty);
  };
  const rules = new KnownRules(read, 1_000, () => now);
  await Promise.all(Array.from({ length: 50 }, () => rules.current()));
  expect(reads).toBe(1);
  now = 999;
  await rules.current();
  expect(reads).toBe(1);
  now = 1_000;
  fails = true;
  await expect(rules.current()).rejects.toThrow("away");
  fails = false;
  await rules.current();
  expect(reads).toBe(3);
});
