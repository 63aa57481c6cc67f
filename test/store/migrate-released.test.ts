/** Databases of every release, with data in them, are brought to the newest schema. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sql, Tx } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import {
  addForeignKeys,
  dropForeignKeys,
  listTables,
  readRows,
  readTypes,
  writeRows,
} from "../../src/store/backup.ts";
import { gatherInvariants } from "../../src/store/invariants.ts";
import { migrate, migrateTo, readMigrations, schemaState } from "../../src/store/migrate.ts";
import { verifyRecordFile } from "../../src/record/verify-file.ts";
import type { TestDatabase } from "../support/database.ts";
import { createEmptyDatabase } from "../support/database.ts";
import { fillTables } from "../support/fill-tables.ts";
import { dumpSchema } from "../support/schema-dump.ts";
import { TestApp, until } from "../support/test-app.ts";
import { LINED, broken, live, scriptLines, startOn } from "../upkeep/lived-in.ts";

let newestSchema: string;
beforeAll(() =>
  withLevel(NEWEST, async (sql) => {
    newestSchema = await dumpSchema(sql);
  }),
);

const LEVELS = (await readMigrations()).map(({ version, name }) => ({ version, name }));
const NEWEST = LEVELS.length;

async function withLevel(
  version: number,
  work: (sql: Sql, database: TestDatabase) => Promise<void>,
): Promise<void> {
  const database = await createEmptyDatabase();
  const sql = connect(database.url, { max: 2 });
  try {
    await migrateTo(sql, version);
    await work(sql, database);
  } finally {
    await sql.end();
    await database.drop();
  }
}

/** Columns that later migrations named otherwise, or whose values they tell in another way. */
const RENAMED = new Set(["deliveries.message_id"]);
const REWRITTEN = new Set<string>([]);

describe.each(LEVELS)("from $name", ({ version }) => {
  it("every row stays, and the schema is the newest", async () => {
    await withLevel(version, async (sql) => {
      const filled = await fillTables(sql, { rows: 2 });
      expect([...filled].filter(([, rows]) => rows === 0)).toEqual([]);
      await sql`create schema kept`;
      for (const table of filled.keys()) {
        await sql`create table ${sql(`kept.${table}`)} as select * from ${sql(`public.${table}`)}`;
      }
      await migrate(sql);
      const lost: string[] = [];
      for (const table of filled.keys()) {
        const columns = await sql<{ name: string; there: boolean }[]>`
          select k.column_name as name, p.column_name is not null as there
          from information_schema.columns k left join information_schema.columns p
            on p.table_schema = 'public' and p.table_name = k.table_name
            and p.column_name = k.column_name
          where k.table_schema = 'kept' and k.table_name = ${table}`;
        const gone = columns.filter(({ there }) => !there).map(({ name }) => `${table}.${name}`);
        expect(gone.filter((name) => !RENAMED.has(name))).toEqual([]);
        const leaveOut = columns
          .filter(({ name, there }) => !there || REWRITTEN.has(`${table}.${name}`))
          .map(({ name }) => name);
        const rows = await sql<{ row: string }[]>`
          select to_jsonb(k)::text as row from ${sql(`kept.${table}`)} k
          where not exists (
            select 1 from ${sql(`public.${table}`)} p
            where to_jsonb(p) @> (to_jsonb(k) - ${leaveOut}::text[]))`;
        lost.push(...rows.map(({ row }) => `${table}: ${row}`));
      }
      expect(lost).toEqual([]);
      await sql`drop schema kept cascade`;
      expect(await dumpSchema(sql)).toBe(newestSchema);
    });
  });
});

describe("a database that was lived in", () => {
  let test: TestApp;
  let newest: Sql;

  beforeAll(async () => {
    test = await TestApp.start({ document: LINED });
    scriptLines(test.provider);
    await live(test);
    // Nobody has answered this one when Redline ends.
    const waits = await test.newThread();
    await test.engine.threads.post(waits, { text: "please wait" }, test.user);
    await test.app.stop();
    newest = connect(test.database.url);
  });
  afterAll(async () => {
    await newest.end();
    await test[Symbol.asyncDispose]();
  });

  /** What it would hold, had it been made by that release: the columns that there were. */
  async function project(into: Sql): Promise<void> {
    await newest.begin(async (from) => {
      const now = new Map((await listTables(from)).map((table) => [table.name, table]));
      await into.begin(async (tx) => copy(from, tx, now));
    });
  }

  async function copy(
    from: Tx,
    tx: Tx,
    now: ReadonlyMap<string, { name: string; columns: string[] }>,
  ): Promise<void> {
    const keys = await dropForeignKeys(tx);
    for (const then of await listTables(tx)) {
      const columns = then.columns.filter((name) => now.get(then.name)?.columns.includes(name));
      if (columns.length === 0) continue;
      const table = { name: then.name, columns };
      const types = await readTypes(tx, then.name);
      for await (const rows of readRows(from, table)) await writeRows(tx, table, types, rows);
    }
    await addForeignKeys(tx, keys);
  }

  it.each(LEVELS)("at $name goes on as it was", async ({ version }) => {
    await withLevel(version, async (sql, database) => {
      await project(sql);
      await migrate(sql);
      const wrong = (await gatherInvariants(sql, "settled")).filter(
        ({ invariant, counted }) => invariant.grace === null && counted?.wrong !== 0,
      );
      expect(wrong.flatMap(({ examples }) => examples)).toEqual([]);
      // Once for each part of Redline that came with a release.
      if (version !== 1 && version !== 6 && version !== NEWEST) return;
      test.provider.script = () => ["Here it is."];
      const app = await startOn(database.url, test.provider);
      try {
        await until(async () => {
          const [row] = await sql`
            select 1 from thread_messages where text = 'Here it is.' and status = 'complete'`;
          return row;
        }, "the answer that was owed");
        await until(async () => (await broken(sql)).length === 0, "everything to be well");
        const { body } = await app.engine.record.file("rfc", "json");
        expect(verifyRecordFile(body, null).problem).toBeNull();
      } finally {
        await app.stop();
      }
    });
  });
});

describe("a release that is older than the database", () => {
  it("leaves it alone, and says which it needs", async () => {
    await withLevel(NEWEST, async (sql) => {
      await sql`insert into schema_migrations (version, name) values (${NEWEST + 1}, 'later.sql')`;
      const before = await dumpSchema(sql);
      await expect(migrateTo(sql, NEWEST - 1)).rejects.toThrow(/schema version/);
      await expect(schemaState(sql)).rejects.toThrow(/schema version/);
      expect(await dumpSchema(sql)).toBe(before);
    });
  });
});
