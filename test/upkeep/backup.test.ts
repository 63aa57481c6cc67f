import { randomUUID } from "node:crypto";
import { PassThrough, Readable } from "node:stream";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { migrateTo, readMigrations } from "../../src/store/migrate.ts";
import { backUp, restore } from "../../src/upkeep/backup.ts";
import type { TestDatabase } from "../support/database.ts";
import { createEmptyDatabase, createTestDatabase } from "../support/database.ts";
import { fillTables } from "../support/fill-tables.ts";
import { dumpSchema } from "../support/schema-dump.ts";
import { readAll } from "../support/read-all.ts";

let database: TestDatabase;
let sql: Sql;
let whole: Buffer;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url);
  await fillTables(sql, { rows: 3 });
  await sql`insert into document_blobs (sha, body) values ('big', repeat('0123456789', 100000))`;
  await sql`
    insert into inbox (source, event_id, kind, subject, payload)
    values ('nothing', 'a', 'k', '', 'null'), ('text', 'b', 'k', '', '"null"')`;
  whole = await made(sql);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

async function made(from: Sql): Promise<Buffer> {
  const into = new PassThrough();
  const [bytes] = await Promise.all([into.toArray() as Promise<Buffer[]>, backUp(from, into)]);
  return Buffer.concat(bytes);
}

async function emptyDatabase(): Promise<Sql> {
  const empty = await createEmptyDatabase();
  const other = connect(empty.url, { max: 4 });
  onTestFinished(async () => {
    await other.end();
    await empty.drop();
  });
  return other;
}

const inGzip = (edit: (text: string) => string): Readable =>
  Readable.from([gzipSync(edit(gunzipSync(whole).toString()))]);

it("brings back every value of every table, and the schema as it was", async () => {
  const other = await emptyDatabase();
  const summary = await restore(other, Readable.from([whole]));
  expect(await readAll(other)).toEqual(await readAll(sql));
  expect(await dumpSchema(other)).toBe(await dumpSchema(sql));
  const files = await readMigrations();
  expect(summary).toMatchObject({ version: files.length });
  expect(summary.rows).toBeGreaterThan(100);
  const kinds = await other`
    select source, jsonb_typeof(payload) as kind from inbox where event_id in ('a', 'b') order by 1`;
  expect(kinds.map((row) => row["kind"])).toEqual(["null", "string"]);
});

it("goes on counting where the numbers ended", async () => {
  const other = await emptyDatabase();
  await restore(other, Readable.from([whole]));
  const next = (of: Sql) => of`
    insert into inbox (source, event_id, kind, subject, payload) values ('s', 'next', '', '', '{}')
    returning id`;
  const [[before], [after]] = [await next(sql), await next(other)];
  expect(after!["id"]).toBe(before!["id"]);
  await sql`delete from inbox where event_id = 'next'`;
});

it("is of one moment, whatever is written and changed meanwhile", async () => {
  const other = await emptyDatabase();
  const before = await readAll(sql);
  // It waits after its first piece for somebody to read on.
  const into = new PassThrough({ highWaterMark: 1 });
  const making = backUp(sql, into);
  const chunks: Buffer[] = [(await into[Symbol.asyncIterator]().next()).value as Buffer];
  await sql`update rfcs set title = title || ' changed'`;
  await sql`insert into users (display_name) values ('Came later')`;
  onTestFinished(async () => {
    await sql`delete from users where display_name = 'Came later'`;
    await sql`update rfcs set title = replace(title, ' changed', '')`;
  });
  for await (const chunk of into) chunks.push(chunk as Buffer);
  await making;
  await restore(other, Readable.from([Buffer.concat(chunks)]));
  expect(await readAll(other)).toEqual(before);
});

it("restores what an older Redline backed up, which a start then brings up to date", async () => {
  const older = await emptyDatabase();
  await migrateTo(older, 4);
  await fillTables(older, { rows: 2 });
  const other = await emptyDatabase();
  expect(await restore(other, Readable.from([await made(older)]))).toMatchObject({ version: 4 });
  expect(await readAll(other)).toEqual(await readAll(older));
});

it("leaves alone a database that has anything in it", async () => {
  const other = await emptyDatabase();
  await restore(other, Readable.from([whole]));
  const before = await readAll(other);
  await expect(restore(other, Readable.from([whole]))).rejects.toThrow(
    /is not empty \(.*nothing was changed/,
  );
  expect(await readAll(other)).toEqual(before);
});

it("restores nothing of a file that was cut, changed, or is none", async () => {
  const other = await emptyDatabase();
  const refused = async (file: Readable, words: RegExp): Promise<void> => {
    await expect(restore(other, file)).rejects.toThrow(words);
    for (const [table, rows] of await readAll(other)) {
      if (table !== "schema_migrations") expect([table, rows]).toEqual([table, []]);
    }
  };
  for (const share of [0.01, 0.5, 0.999]) {
    await refused(Readable.from([whole.subarray(0, whole.length * share)]), /not whole/);
  }
  for (const missing of [1, 4, 8]) {
    await refused(Readable.from([whole.subarray(0, whole.length - missing)]), /not whole/);
  }
  await refused(
    inGzip((text) => `${text}{"more":1}\n`),
    /not whole/,
  );
  await refused(
    inGzip((text) => text.replace("mark-title-1", "mark-title-7")),
    /not whole/,
  );
  await refused(
    inGzip((text) => text.slice(0, text.lastIndexOf('{"end"'))),
    /not whole/,
  );
  await refused(
    inGzip((text) => text.replace(/^\["mark-slug-1.*\n/m, "")),
    /not whole/,
  );
  await refused(Readable.from([gzipSync("select 1;\n")]), /no backup of Redline's/);
  await refused(Readable.from([Buffer.from("PGDMP")]), /not whole/);
  const newer = /newer Redline/;
  await refused(
    inGzip((text) => text.replace('"redline_backup":1', '"redline_backup":2')),
    newer,
  );
  await refused(
    inGzip((text) => text.replace(/"(\d+_\w+\.sql)"\]/, '"$1","900000_later.sql"]')),
    newer,
  );
  // And what is whole goes in afterwards.
  await restore(other, Readable.from([whole]));
});

it("tells in words that a value is none that the database takes, and restores nothing", async () => {
  const other = await emptyDatabase();
  const spoiled = inGzip((text) =>
    text.replace(/"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}"/, '"none"'),
  );
  await expect(restore(other, spoiled)).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringContaining("The backup is not whole"),
  });
  expect(await other`select 1 from users`).toEqual([]);
});

it("does not take it for the file's fault that the database's user may not do that", async () => {
  const empty = await createTestDatabase();
  const owner = connect(empty.url, { max: 1 });
  const role = `reader_${randomUUID().slice(0, 8)}`;
  await owner.unsafe(`create role ${role}; grant all on schema public to ${role};
     grant all on all tables in schema public to ${role}`);
  const reader = connect(`${empty.url}?role=${role}`, { max: 2 });
  onTestFinished(async () => {
    await reader.end();
    await owner.unsafe(`drop owned by ${role}; drop role ${role}`);
    await owner.end();
    await empty.drop();
  });
  await expect(restore(reader, Readable.from([whole]))).rejects.toThrow(/must be owner/);
});
