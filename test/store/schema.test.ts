import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { dumpSchema } from "../support/schema-dump.ts";

const COMMITTED = new URL("../../migrations/schema.sql", import.meta.url);
const UPDATE = "UPDATE_SCHEMA=1 npx vitest run test/store/schema.test.ts";
const HEAD = `-- The schema that the migrations make, for readers and for review; it is not run.
-- Written by: ${UPDATE}

`;

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

test(`the migrations make the committed schema (to renew it: ${UPDATE})`, async () => {
  const dump = HEAD + (await dumpSchema(sql));
  if (process.env["UPDATE_SCHEMA"]) writeFileSync(COMMITTED, dump);
  expect(dump).toBe(readFileSync(COMMITTED, "utf8"));
});

test("the dump shows every kind of difference", async () => {
  await sql`create type mood as enum ('fine', 'so so')`;
  await sql`
    create table diary (
      id bigint generated always as identity primary key,
      day date not null default current_date,
      mood mood,
      year int generated always as (extract(year from day)::int) stored,
      unique (day, mood),
      check (day > '2000-01-01')
    )`;
  await sql`create index diary_days on diary (day desc) where mood is not null`;
  await sql`
    create function forbid() returns trigger language plpgsql as $$
    begin raise exception 'no'; end $$`;
  await sql`create trigger diary_forbid before delete on diary for each row execute function forbid()`;
  const dump = await dumpSchema(sql);
  expect(dump).toContain("create type mood as enum ('fine', 'so so');");
  expect(dump).toContain(`create table diary (
  id bigint not null generated always as identity,
  day date not null default CURRENT_DATE,
  mood mood,
  year integer generated always as (`);
  expect(dump).toContain("  constraint diary_pkey PRIMARY KEY (id)");
  expect(dump).toContain("  constraint diary_day_mood_key UNIQUE (day, mood)");
  expect(dump).toContain("  constraint diary_day_check CHECK (");
  expect(dump).toContain("CREATE INDEX diary_days ON public.diary USING btree (day DESC) WHERE");
  expect(dump).toContain("CREATE TRIGGER diary_forbid BEFORE DELETE ON public.diary");
  expect(dump).toContain("CREATE OR REPLACE FUNCTION public.forbid()");
  expect(await dumpSchema(sql)).toBe(dump);
});
