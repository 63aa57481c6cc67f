/** What was said goes so many days after a conversation has ended, and rows that nobody needs go by their age. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { countExpired, listExpired, setRetention } from "../../src/store/retention.ts";
import { prune } from "../../src/upkeep/upkeep.ts";
import { updateThread } from "../../src/store/threads.ts";
import type { Scene } from "../store/invariant-scene.ts";
import { plantScene } from "../store/invariant-scene.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";

const T1 = { platform: "slack", workspaceId: "T1" } as const;

let database: TestDatabase;
let sql: Sql;
let ids: Scene;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 2 });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(async () => {
  ids = await plantScene(sql);
});

it("counts the days from when a conversation was closed, however long it was quiet before", async () => {
  await sql`
    update thread_messages set created_at = now() - interval '31 days',
      said_in = case when role = 'user' then ${ids.link}::uuid end`;
  await setRetention(sql, T1, 30);
  const close = () => updateThread(sql, ids.thread, { state: "closed" });
  const wait = () => sql`update threads set closed_at = closed_at - interval '31 days'`;
  const expired = async () => (await listExpired(sql, 9)).toSorted();
  await close();
  expect(await expired()).toEqual([]);
  await wait();
  expect(await expired()).toEqual([ids.question, ids.answer].toSorted());
  // Told again, or given another model, it has not been closed anew.
  await close();
  await updateThread(sql, ids.thread, { modelId: "m" });
  expect(await countExpired(sql, T1, 30)).toEqual({ messages: 2, threads: 1 });
  expect(await countExpired(sql, T1, 40)).toEqual({ messages: 0, threads: 0 });
  await updateThread(sql, ids.thread, { state: "open" });
  await close();
  expect(await expired()).toEqual([]);
});

it("keeps sums of budgets in one row a day once they are old, and no old warnings", async () => {
  await sql`truncate budget_warnings`;
  await sql`
    insert into spending (scope, scope_id, day, part, turns, tokens, microdollars, unpriced_tokens)
    select 'workspace', share, (now() at time zone 'utc')::date - back, part, 1, part, 10 * part, 2
    from unnest(array['console', 'slack/T1']) share, unnest(array[0, 31, 70]) back,
      generate_series(3, 7) part`;
  await sql`
    insert into budget_warnings (scope, scope_id, unit, period, begins, amount)
    select 'workspace', 'console', 'usd', 'day', (now() at time zone 'utc')::date - back, 1
    from unnest(array[1, 70]) back`;
  const sums = () => sql`
    select scope_id, day, sum(turns) as turns, sum(tokens) as tokens,
      sum(microdollars) as microdollars, sum(unpriced_tokens) as unpriced
    from spending group by 1, 2 order by 1, 2`;
  const before = await sums();
  await prune({ sql }, new Date());
  expect(await sums()).toEqual(before);
  const rows = await sql`
    select count(*)::int as rows from spending group by scope_id, day order by day, scope_id`;
  expect(rows.map((row) => row["rows"])).toEqual([1, 1, 5, 5, 5, 5]);
  expect(await sql`select 1 from budget_warnings`).toHaveLength(1);
});
