import { expect, onTestFinished, test } from "vitest";
import { connect } from "../../src/store/database.ts";
import { createTestDatabase } from "./database.ts";

test("databases of tests are apart, have both schemas, and go although somebody is connected", async () => {
  const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  onTestFinished(() => other.drop());
  const sql = connect(one.url);
  await sql`create table only_here ()`;
  const schemas = await sql`
    select distinct table_schema as name from information_schema.tables
    where table_schema in ('bullmq', 'public') order by 1`;
  expect(schemas.map((row) => row["name"])).toEqual(["bullmq", "public"]);
  const there = connect(other.url);
  await expect(there`select from only_here`).rejects.toThrow(/does not exist/);
  await there.end();

  await one.drop();
  const [database] = await connectedDatabases(other.url, one.url);
  expect(database).toBeUndefined();
  await sql.end({ timeout: 1 });
});

async function connectedDatabases(url: string, wanted: string): Promise<unknown[]> {
  const sql = connect(url);
  const name = new URL(wanted).pathname.slice(1);
  const rows = await sql`select datname from pg_database where datname = ${name}`;
  await sql.end();
  return [...rows];
}
