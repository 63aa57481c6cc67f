import { afterAll, beforeAll, expect, it } from "vitest";

import type { StatisticsJson } from "../../adapters/web/views/statistics-view.ts";
import { TestApp } from "../support/test-app.ts";

const TOKEN = "an-operators-own-token";
let test: TestApp;

beforeAll(async () => {
  test = await TestApp.start({ environment: { ADMIN_TOKEN: TOKEN } });
});
afterAll(() => test[Symbol.asyncDispose]());

it("Redline serves its queues to who has ADMIN_TOKEN", async () => {
  const queues = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return fetch(`${test.app.url}/admin/queues/api/queues`, { headers });
  };
  expect((await queues(`${TOKEN}!`)).status).toBe(401);
  const { queues: shown } = (await (await queues(TOKEN)).json()) as { queues: { name: string }[] };
  expect(shown.map(({ name }) => name)).toEqual(["turns", "reviews", "events", "commits"]);
});

it("knows when the first of an answer could be seen, and sums answers up", async () => {
  const thread = await test.newThread();
  test.provider.script = () => ["Yes, ", "and no."];
  await test.ask(thread, "Is it?");
  test.provider.script = () => [new Error("the model broke")];
  await test.ask(thread, "Is it not?").catch(() => {});
  const turns = await test.app.sql<{ state: string; isBetween: boolean | null }[]>`
    select state, first_text_at between started_at and finished_at as is_between
    from turns order by created_at`;
  expect(turns[0]).toEqual({ state: "done", isBetween: true });
  expect(turns[1]).toMatchObject({ isBetween: null });
  const answer = await fetch(`${test.app.url}/api/statistics?hours=2`);
  const { total, models, hours } = (await answer.json()) as StatisticsJson;
  expect(hours).toHaveLength(2);
  expect(total).toMatchObject({ messages: 2, turns: 2, failed: 1 });
  expect(total.first_text_ms!.median).toBeLessThanOrEqual(total.turn_ms!.median);
  expect(models.map(({ model_id: id }) => id)).toContain("scripted-1");
});
