/** Summaries, which have no turn to keep a reserve in. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { Budgets } from "../../src/budgets/gate.ts";
import { readLimit } from "../../src/budgets/limit.ts";
import { KnownRules } from "../../src/budgets/rules.ts";
import { Models } from "../../src/conversation/models.ts";
import { Summaries } from "../../src/conversation/summaries.ts";
import { noMetrics } from "../../src/metrics.ts";
import { ModelError } from "../../src/ports.ts";
import { putStop, readRules } from "../../src/store/budgets.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { listSpent } from "../../src/store/spending.ts";
import { noTracing } from "../../src/tracing.ts";
import { createGate } from "../fakes/reply-script.ts";
import { ScriptedProvider } from "../fakes/scripted-provider.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { until } from "../support/test-app.ts";

let database: TestDatabase;
let sql: Sql;
let provider: ScriptedProvider;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 4, name: "test" });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(async () => {
  await sql`delete from spending`;
  await sql`delete from answer_stop`;
  provider = new ScriptedProvider();
});

const charged = { share: "slack/T1", userId: null };
const spent = async () =>
  (await listSpent(sql, [{ scope: "workspace", scopeId: "slack/T1" }]))[0]?.day ?? null;
/** Of a dollar a thousand tokens. */
const costOf = (_model: string, used: { input: number; output: number }): number =>
  (used.input + used.output) * 1_000;

function summariesUnder(limit: string | null): Summaries {
  const workspace = limit === null ? [] : [readLimit(limit)!];
  const budgets = new Budgets({
    rules: new KnownRules(() => readRules(sql), 0),
    defaults: { workspace, person: [] },
    costOf,
  });
  const models = new Models([provider], "scripted-1");
  return new Summaries({ sql, models, budgets, metrics: noMetrics, tracing: noTracing, costOf });
}
const ask = (summaries: Summaries): Promise<string> =>
  summaries.summarise({ title: "RFC", modelId: null, said: [], older: 0 }, charged);

describe("summaries", () => {
  it("do not all begin together on the same rest, and are charged what they used", async () => {
    const gate = createGate();
    provider.script = () => ["In short.", gate.wait()];
    await using summaries = summariesUnder("tokens/day=1000");
    const asked = Array.from({ length: 8 }, () => ask(summaries));
    let refused = 0;
    const ended = asked.map((one) => one.catch(() => (refused += 1)));
    await until(async () => refused + provider.requests.length === asked.length, "all of them");
    expect(refused).toBe(6);
    gate.open();
    await Promise.all(ended);
    expect(await spent()).toMatchObject({ turns: 2, tokens: 202, microdollars: 202_000 });
  });

  it("are free where the provider refuses them", async () => {
    provider.script = () => [new ModelError("Overloaded; try again.")];
    await using summaries = summariesUnder("usd/day=20");
    await expect(ask(summaries)).rejects.toThrow("Overloaded");
    expect(await spent()).toMatchObject({ turns: 0, tokens: 0, microdollars: 0 });
  });

  it("are charged afterwards where nothing is limited", async () => {
    await using summaries = summariesUnder(null);
    expect(await ask(summaries)).toBe("Hello.");
    expect(await spent()).toMatchObject({ turns: 1, tokens: 101, microdollars: 101_000 });
  });

  it("end when all answers are stopped, and are charged as far as they came", async () => {
    provider.script = () => ["In ", new Promise(() => {})];
    await using summaries = summariesUnder("tokens/day=1000000");
    const summary = ask(summaries);
    await until(async () => provider.requests.length === 1, "the request");
    await putStop(sql, "the bill");
    await expect(summary).rejects.toThrow("has stopped all answers for now (the bill)");
    const { turns, tokens } = (await spent())!;
    expect(turns).toBe(1);
    expect(tokens).toBeGreaterThan(100);
    // Of the 500 that it might have written.
    expect(tokens).toBeLessThan(500);
  });
});
