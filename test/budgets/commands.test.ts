import { describe, expect, it } from "vitest";

import { describeOverview, toJson } from "../../src/main/budgets.ts";
import { NOTHING_SPENT, readLimit } from "../../src/budgets/limit.ts";
import { readArguments } from "../../src/main/arguments.ts";
import { createTestDatabase } from "../support/database.ts";
import { runRedline } from "../support/command-line.ts";

describe("the words of the commands", () => {
  it.each<[string, object | null]>([
    ["budget", { name: "budget", change: null, json: false }],
    ["budget --json", { name: "budget", change: null, json: true }],
    [
      "budget set slack T01 usd/day=20 tokens/month=none",
      {
        name: "budget",
        json: false,
        change: {
          scope: "workspace",
          scopeId: "slack/T01",
          limits: [readLimit("usd/day=20"), readLimit("tokens/month=none")],
        },
      },
    ],
    [
      "budget clear person slack/T01/U2",
      {
        name: "budget",
        json: false,
        change: { scope: "person", scopeId: "slack/T01/U2", limits: null },
      },
    ],
    [
      "models allow console claude-haiku-*",
      {
        name: "models",
        json: false,
        change: { allowed: true, share: "console", pattern: "claude-haiku-*" },
      },
    ],
    ["stop-answers the bill is too high", { name: "stop-answers", reason: "the bill is too high" }],
    ["stop-answers", { name: "stop-answers", reason: null }],
    ["resume-answers", { name: "resume-answers" }],
    ["budget set slack T01", null],
    ["budget set slack T01 20usd", null],
    ["budget set teams T01 usd/day=1", null],
    ["budget clear slack T01 usd/day=1", null],
    ["models allow person u1 m", null],
    ["models allow slack T01 *m", null],
    ["resume-answers now", null],
  ])("%s", (words, command) => {
    expect(readArguments(words.split(" "))).toEqual(command);
  });
});

it("lists what is used and allowed, for people and for programs", () => {
  const spent = { turns: 2, tokens: 34_000, microdollars: 1_200_000, unpricedTokens: 1_000 };
  const overview = {
    stop: { reason: "the bill", since: new Date("2026-11-23T10:00:00Z") },
    budgets: [
      {
        scope: "workspace" as const,
        scopeId: "slack/T01",
        name: "Acme",
        spent: { day: NOTHING_SPENT, month: spent },
        limits: [{ unit: "usd" as const, period: "month" as const, amount: 20_000_000 }],
        models: ["claude-haiku-*"],
      },
    ],
  };
  expect(describeOverview(overview).split("\n").slice(1)).toEqual([
    "Stopped since 2026-11-23T10:00:00.000Z.",
    "",
    "workspace slack/T01  Acme",
    "  today: $0, 0 tokens",
    "  this month: $1.20 of $20, 34,000 tokens (1,000 tokens of models without a known price)",
    "  limits: usd/month=20",
    "  models: any whose name begins with “claude-haiku-”",
  ]);
  expect(JSON.parse(toJson(overview))).toMatchObject({
    stop: { reason: "the bill" },
    budgets: [
      {
        id: "slack/T01",
        month: { turns: 2, tokens: 34_000, usd: 1.2, unpriced_tokens: 1_000 },
        limits: [{ unit: "usd", period: "month", amount: 20 }],
        models: ["claude-haiku-*"],
      },
    ],
  });
  expect(describeOverview({ stop: null, budgets: [] })).toBe("Nothing was used this month.");
});

it("stops answers, and says so until they go on", async () => {
  const database = await createTestDatabase();
  try {
    const run = (...args: string[]) => runRedline(args, { DATABASE_URL: database.url });
    expect(await run("stop-answers", "the", "bill")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Answers are stopped: running ones end within seconds/),
    });
    expect((await run("budget", "set", "console", "usd/day=20")).stdout).toMatch(
      /^Whoever runs Redline has stopped all answers for now \(the bill\)[^]*\nworkspace console {2}The console\n[^]*limits: usd\/day=20\n$/,
    );
    expect((await run("budget", "set", "person", "slack/T1/U1", "usd/day=20")).errors).toEqual([
      expect.stringMatching(/^redline: Nobody is known as “slack\/T1\/U1”: write a person's id/),
    ]);
    expect((await run("resume-answers")).stdout).toMatch(/^Answers go on\./);
    expect((await run("resume-answers")).stdout).toBe("Answers were not stopped.\n");
  } finally {
    await database.drop();
  }
});
