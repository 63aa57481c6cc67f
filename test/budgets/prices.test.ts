import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";

import { readPrices } from "../../src/budgets/price-file.ts";
import { BUILT_IN_PRICES, costOf } from "../../src/budgets/prices.ts";
import { countUsed, TurnUsage } from "../../src/budgets/turn-usage.ts";
import { noMetrics } from "../../src/metrics.ts";
import type { ModelUsage } from "../../src/ports.ts";

const usage = (input: number, output = 0, cacheRead = 0, cacheWrite = 0): ModelUsage => {
  return { input, output, cacheRead, cacheWrite };
};

describe("what tokens cost", () => {
  it.each<[string, ModelUsage, number | null]>([
    ["claude-opus-5-5", usage(1_000_000, 1_000_000, 1_000_000, 1_000_000), 29_200_000],
    ["claude-sonnet-4-5-20250929", usage(1_000, 100), 4_500],
    ["claude-opus-4-5-20251101", usage(1), 5],
    ["claude-opus-4-20250514", usage(1), 15],
    // A part of a millionth of a dollar is one.
    ["claude-haiku-5-5", usage(1), 1],
    ["claude-haiku-5-5", usage(100_000), 10_000],
    // The whole of a long request costs more, whatever its prompt is made of.
    ["claude-haiku-5-5", usage(1, 10, 100_000), 5_026],
    // A later model of a family is another model.
    ["claude-opus-6", usage(1_000), null],
    ["claude-opus-5-9", usage(1_000), null],
    ["offline", usage(0), null],
    ["__proto__", usage(1), null],
  ])("%s", (model, used, cost) => {
    expect(costOf(model, used)).toBe(cost);
  });

  it("is never a fraction, never less for more, and adds up to within a millionth", () => {
    const tokens = fc.nat(2_000_000);
    const anyUsage = fc.record({
      input: tokens,
      output: tokens,
      cacheRead: tokens,
      cacheWrite: tokens,
    });
    const model = fc.constantFrom("claude-opus-5-5", "claude-sonnet-5", "claude-haiku-4-5");
    fc.assert(
      fc.property(model, anyUsage, anyUsage, (id, a, b) => {
        const both = usage(
          a.input + b.input,
          a.output + b.output,
          a.cacheRead + b.cacheRead,
          a.cacheWrite + b.cacheWrite,
        );
        const [one, two, all] = [a, b, both].map((used) => costOf(id, used)!);
        expect(Number.isSafeInteger(all)).toBe(true);
        expect(all).toBeGreaterThanOrEqual(one!);
        expect(Math.abs(one! + two! - all!)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("is read from JSON or a file, over the built-in list, by the longest beginning", () => {
    const folder = mkdtempSync(join(tmpdir(), "redline-prices-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "prices.json");
    const json =
      '{"my-*":{"input":1,"output":2},"my-big*":{"input":10,"output":20,"cache_read":1}}';
    writeFileSync(file, json);
    expect(readPrices(file)).toEqual(readPrices(json));
    const prices = readPrices(json);
    if (typeof prices === "string") throw new Error(prices);
    expect(costOf("my-small", usage(100, 100, 100, 100), prices)).toBe(500);
    expect(costOf("my-big-1", usage(0, 0, 100), prices)).toBe(100);
    expect(costOf("your-1", usage(100), prices)).toBeNull();
    expect(prices).toMatchObject(BUILT_IN_PRICES);
    for (const wrong of [
      "{",
      "/no/such/file",
      '{"a":{"input":1}}',
      '{"a":{"input":-1,"output":1}}',
    ]) {
      expect(readPrices(wrong)).toMatch(/^JSON, or the path of a file/);
    }
  });
});

describe("what a turn used", () => {
  const request = {
    model: "m",
    stablePrompt: "x".repeat(1_000),
    turnPrompt: "",
    messages: [],
    maxTokens: 100,
  };
  const known = { usage: usage(10, 50, 200, 40), promptBytes: 500 };

  it("is what the provider counted, by request", () => {
    const used = new TurnUsage((one) => costOf("claude-haiku-5-5", one), known);
    for (const output of [4, 16]) {
      used.begin(request);
      used.read("Text.");
      used.count(usage(60_000, output));
    }
    used.settle("ended");
    expect(used.sum).toEqual({ ...usage(120_000, 20), promptBytes: 2_000 });
    // Both prompts are short ones, though their sum is not.
    expect(used.costMicrodollars).toBe(6_002 + 6_008);
  });

  it("is estimated where an answer was broken off, and nothing where there was none", () => {
    const used = new TurnUsage(() => null, known);
    used.begin(request);
    used.settle("ended");
    used.settle("broken off");
    expect(used.sum).toBeNull();
    used.begin(request);
    used.read("y".repeat(100));
    used.settle("ended");
    expect(used.sum).toEqual({ ...usage(20, 30, 400, 80), promptBytes: 1_000 });
    expect(used.costMicrodollars).toBeNull();
  });

  it("is the prompt where it was broken off before there was any text", () => {
    const used = new TurnUsage(() => null, null);
    used.begin(request);
    used.settle("broken off");
    used.settle("broken off");
    expect(used.sum).toEqual({ ...usage(300, 0), promptBytes: 1_000 });
  });

  it("is counted request by request, one that was broken off included", () => {
    const counted: string[] = [];
    const metrics = {
      ...noMetrics,
      count: (...[name, labels, by]: Parameters<typeof noMetrics.count>) =>
        void counted.push(`${name} ${Object.values(labels).join(" ")} ${by}`),
    };
    const price = (one: ModelUsage) => costOf("claude-haiku-5-5", one);
    const used = new TurnUsage(price, known, countUsed(metrics, "m"));
    used.begin(request);
    used.count(usage(60_000, 4, 3, 2));
    const first = counted.splice(0);
    expect(first.slice(0, 4)).toEqual([
      "model_tokens_total m input 60000",
      "model_tokens_total m output 4",
      "model_tokens_total m cache_read 3",
      "model_tokens_total m cache_write 2",
    ]);
    expect(first[4]).toBe(`model_cost_dollars_total m ${used.costMicrodollars! / 1e6}`);
    used.begin(request);
    used.read("y".repeat(100));
    used.settle("ended");
    expect(counted[1]).toBe("model_tokens_total m output 30");
  });
});
