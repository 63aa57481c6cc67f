/** What comes of sessions and transactions that the database ends, also by what `bin/patch-packages.js` mends. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { explainDatabaseFailure } from "../../src/store/failures.ts";
import type { Sql, Tx } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { createGate } from "../fakes/reply-script.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { until } from "../support/test-app.ts";

let database: TestDatabase;
let sql: Sql;
let other: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 1, name: "to be ended" });
  other = connect(database.url, { max: 1 });
});
afterAll(async () => {
  await sql.end();
  await other.end();
  await database.drop();
});

it("what is asked after a session was ended is not answered with its error", async () => {
  for (let round = 0; round < 3; round += 1) {
    const asked = sql`select pg_sleep(60)`.then(
      () => null,
      (error: unknown) => explainDatabaseFailure(error)?.type,
    );
    await until(async () => {
      const [ended] = await other`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'to be ended' and state = 'active' and datname = current_database()`;
      return ended !== undefined;
    }, "a session at work");
    expect(await asked).toBe("not-ready");
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  }
});

it("of two transactions that wait for each other, one is to be tried again", async () => {
  await sql`insert into call_slots (key, next_at) values ('a', now()), ('b', now())`;
  const lock = (tx: Tx, key: string) => tx`select 1 from call_slots where key = ${key} for update`;
  const met = createGate();
  let begun = 0;
  const clash = (on: Sql, first: string, second: string) =>
    on
      .begin(async (tx) => {
        await lock(tx, first);
        begun += 1;
        if (begun === 2) met.open();
        await met.wait();
        await lock(tx, second);
        return "done";
      })
      .catch((error: unknown) => explainDatabaseFailure(error)?.type);
  const ends = await Promise.all([clash(sql, "a", "b"), clash(other, "b", "a")]);
  expect(new Set(ends)).toEqual(new Set(["done", "not-ready"]));
});
