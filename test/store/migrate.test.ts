import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { UserError } from "../../src/errors.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import {
  migrate,
  orderMigrations,
  pendingMigrations,
  PREVIOUS_RELEASE,
  schemaState,
} from "../../src/store/migrate.ts";
import type { TestDatabase } from "../support/database.ts";
import { createEmptyDatabase } from "../support/database.ts";

let database: TestDatabase;
let sql: Sql;
let folder: string;

/** An empty database and an empty folder for each test. */
function useDatabase(): void {
  beforeEach(async () => {
    database = await createEmptyDatabase();
    sql = connect(database.url, { max: 4 });
    folder = mkdtempSync(join(tmpdir(), "redline-migrations-"));
  });
  afterEach(async () => {
    await sql.end();
    await database.drop();
    rmSync(folder, { recursive: true });
  });
}

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

const FIRST = "000001_notes.sql";
const SECOND = "000002_words.sql";
function writeTwo(): void {
  write(FIRST, "create table notes (id int); insert into notes values (1);");
  write(SECOND, "create table words (id int);");
}

async function tables(): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' order by relname`;
  return rows.map((row) => row.name);
}

describe("one process", () => {
  useDatabase();

  test("applies what is pending, in order, and then nothing", async () => {
    writeTwo();
    write("schema.sql", "this is no migration");
    expect(await schemaState(sql, folder)).toEqual({
      current: 0,
      latest: 2,
      pending: [FIRST, SECOND],
    });
    expect(await migrate(sql, folder)).toEqual({ applied: [FIRST, SECOND], version: 2 });
    expect(await tables()).toEqual(["notes", "schema_migrations", "words"]);
    expect(await migrate(sql, folder)).toEqual({ applied: [], version: 2 });
    expect(await schemaState(sql, folder)).toEqual({ current: 2, latest: 2, pending: [] });

    write("000003_more.sql", "alter table words add word text;");
    expect(await schemaState(sql, folder)).toMatchObject({ pending: ["000003_more.sql"] });
    expect(await migrate(sql, folder)).toEqual({ applied: ["000003_more.sql"], version: 3 });
    const rows = await sql`select version, name, applied_at from schema_migrations`;
    expect(rows.map((row) => [row["version"], row["name"]])).toEqual([
      [1, FIRST],
      [2, SECOND],
      [3, "000003_more.sql"],
    ]);
    for (const row of rows) expect(row["appliedAt"]).toBeInstanceOf(Date);
  });

  test("makes no table when it only looks", async () => {
    writeTwo();
    await schemaState(sql, folder);
    expect(await tables()).toEqual([]);
  });

  test("keeps nothing of a migration that fails, and goes on once it is mended", async () => {
    writeTwo();
    write(SECOND, "create table words (id int); insert into words values ('one');");
    await expect(migrate(sql, folder)).rejects.toThrow(/000002_words\.sql failed.*"one"/);
    expect(await tables()).toEqual(["notes", "schema_migrations"]);
    expect(await schemaState(sql, folder)).toMatchObject({ current: 1, pending: [SECOND] });
    write(SECOND, "create table words (id int);");
    expect(await migrate(sql, folder)).toEqual({ applied: [SECOND], version: 2 });
  });

  test("names a migration that ends its own transaction", async () => {
    write(FIRST, "create table notes (id int); commit; create table words (id int);");
    await expect(migrate(sql, folder)).rejects.toThrow(/000001_notes\.sql ends its transaction/);
  });

  test("brings the project's own schema to an empty database", async () => {
    const { applied, version } = await migrate(sql);
    expect(applied).toHaveLength(version);
    expect(await schemaState(sql)).toEqual({ current: version, latest: version, pending: [] });
    expect(await tables()).toContain("thread_messages");
  });
});

describe("a database that does not fit", () => {
  useDatabase();
  beforeEach(async () => {
    writeTwo();
    await migrate(sql, folder);
  });

  async function expectRefusal(words: RegExp): Promise<void> {
    for (const attempt of [migrate, schemaState]) {
      const refused = attempt(sql, folder);
      await expect(refused).rejects.toThrow(UserError);
      await expect(refused).rejects.toThrow(words);
    }
    expect(await tables()).toEqual(["notes", "schema_migrations", "words"]);
  }

  test("because it is newer", async () => {
    rmSync(join(folder, SECOND));
    await expectRefusal(/has schema version 2, this Redline only knows 1/);
  });

  test("because a migration has another name here", async () => {
    rmSync(join(folder, SECOND));
    write("000002_sentences.sql", "create table sentences ();");
    await expectRefusal(/000002_words\.sql.*000002_sentences\.sql/);
  });

  test("because a row is missing", async () => {
    await sql`delete from schema_migrations where version = 1`;
    await expectRefusal(/has migration 2 but not 1/);
  });
});

describe("a process of the release before", () => {
  const FILES = Array.from({ length: PREVIOUS_RELEASE }, (_, index) => {
    return `${String(index + 1).padStart(6, "0")}_part.sql`;
  });
  useDatabase();
  beforeEach(async () => {
    for (const [index, name] of [...FILES, NEWER].entries()) {
      write(name, `create table part_${index} (id int);`);
    }
    await migrate(sql, folder);
    rmSync(join(folder, NEWER));
  });
  const NEWER = `${String(PREVIOUS_RELEASE + 1).padStart(6, "0")}_newer.sql`;

  test("works with the schema of the next", async () => {
    expect(await migrate(sql, folder)).toEqual({ applied: [], version: PREVIOUS_RELEASE });
    expect(await schemaState(sql, folder)).toEqual({
      current: PREVIOUS_RELEASE + 1,
      latest: PREVIOUS_RELEASE,
      pending: [],
    });
  });

  test("is refused in one sentence where there is a release between", async () => {
    rmSync(join(folder, FILES.at(-1)!));
    const refused = migrate(sql, folder);
    await expect(refused).rejects.toThrow(UserError);
    await expect(refused).rejects.toThrow(
      /^The database has schema version 7, this Redline only knows 5: start the newer Redline [^.]+\.$/,
    );
  });

  test("starts while somebody reads which migrations there are", async () => {
    const reader = await sql.reserve();
    await reader`begin`;
    await reader`select * from schema_migrations`;
    expect(await migrate(sql, folder)).toMatchObject({ applied: [] });
    await reader`rollback`;
    reader.release();
  });
});

describe("several processes", () => {
  useDatabase();

  test("at once apply each migration once", async () => {
    // Each would fail when run twice, and is slow enough for the others to arrive.
    for (const n of [1, 2, 3, 4, 5]) {
      write(`00000${n}_t${n}.sql`, `create table t${n} (id int); select pg_sleep(0.02);`);
    }
    const pools = Array.from({ length: 8 }, () => connect(database.url, { max: 1 }));
    const results = await Promise.all(pools.map((pool) => migrate(pool, folder)));
    await Promise.all(pools.map((pool) => pool.end()));
    const applied = results.flatMap((result) => result.applied).toSorted();
    expect(applied).toEqual([1, 2, 3, 4, 5].map((n) => `00000${n}_t${n}.sql`));
    expect(results.map((result) => result.version)).toEqual(Array(8).fill(5));
  });

  test("started together, really as processes", async () => {
    for (const n of [1, 2, 3]) {
      write(`00000${n}_t${n}.sql`, `create table t${n} (id int); select pg_sleep(0.1);`);
    }
    const children = [1, 2, 3].map(() => migrateInProcess());
    const reports = await Promise.all(children.map(readOutput));
    expect(
      reports.flatMap((report) => (JSON.parse(report) as { applied: string[] }).applied).toSorted(),
    ).toEqual(["000001_t1.sql", "000002_t2.sql", "000003_t3.sql"]);
  });

  test("of which one is killed inside a migration: the next one completes it", async () => {
    writeTwo();
    write(SECOND, "create table words (id int); select pg_sleep(3600);");
    const child = migrateInProcess();
    const asleep = () => sql`
      select 1 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`;
    while ((await asleep()).length === 0) await sleep(10);
    child.kill("SIGKILL");
    write(SECOND, "create table words (id int, word text);");
    // The server notices that the killed process is gone, although its statement would take an hour.
    expect(await migrate(sql, folder)).toEqual({ applied: [SECOND], version: 2 });
    expect(
      await sql`select column_name from information_schema.columns where table_name = 'words'`,
    ).toHaveLength(2);
  });

  function migrateInProcess() {
    const script = fileURLToPath(new URL("./migrate-program.ts", import.meta.url));
    const args = ["--import", "tsx", script, database.url, folder];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  }

  async function readOutput(child: ReturnType<typeof migrateInProcess>): Promise<string> {
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await once(child, "close");
    return output;
  }
});

describe("names of migrations", () => {
  test("are numbered from 1 without a gap", () => {
    expect(orderMigrations(["000002_b.sql", "schema.sql", "000001_a.sql"])).toEqual([
      { version: 1, name: "000001_a.sql" },
      { version: 2, name: "000002_b.sql" },
    ]);
    expect(() => orderMigrations(["000001_a.sql", "000003_c.sql"])).toThrow(/000002 is expected/);
    expect(() => orderMigrations(["000001_a.sql", "000001_b.sql"])).toThrow(/000002 is expected/);
    expect(() => orderMigrations(["000002_b.sql"])).toThrow(/000001 is expected/);
    expect(() => orderMigrations(["1_a.sql"])).toThrow(/1_a\.sql is no name/);
    expect(() => orderMigrations(["000001_A b.sql"])).toThrow(/is no name/);
  });

  test("pending are exactly those after any beginning that was applied", () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), (count, some) => {
        const files = Array.from({ length: count }, (_, index) => ({
          version: index + 1,
          name: `${index + 1}`,
        }));
        const done = files.slice(0, some).map((file) => ({ ...file, oldestVersion: file.version }));
        expect([...files.slice(0, some), ...pendingMigrations(files, done)]).toEqual(files);
      }),
    );
  });
});
