/** Writes everything that is in the database into a backup, and brings it back into an empty one. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { UserError } from "../errors.ts";
import type { TableShape } from "../store/backup.ts";
import {
  addForeignKeys,
  allowTime,
  analyse,
  atOneMoment,
  dropForeignKeys,
  listApplied,
  listFilled,
  listTables,
  readRows,
  readSequences,
  readTypes,
  writeRows,
  writeSequence,
} from "../store/backup.ts";
import type { Sql, Tx } from "../store/database.ts";
import { migrateTo, readMigrations, schemaState } from "../store/migrate.ts";
import type { BackupHead, BackupLine } from "./backup-file.ts";
import { BackupReader, LineWriter, notWhole } from "./backup-file.ts";

/** What went into a backup, or came out of it. */
export interface BackupSummary {
  madeAt: string;
  /** Of the schema. */
  version: number;
  tables: number;
  rows: number;
}

/**
 * Writes one moment of the database, while Redline goes on; needs as much memory as a few rows.
 *
 * @throws UserError not-ready where there is no database of this Redline's
 */
export async function backUp(sql: Sql, into: NodeJS.WritableStream): Promise<BackupSummary> {
  const { current } = await schemaState(sql);
  if (current === 0) {
    throw new UserError("not-ready", "The database has nothing of Redline's in it yet.");
  }
  const madeAt = new Date().toISOString();
  const summary: BackupSummary = { madeAt, version: current, tables: 0, rows: 0 };
  await atOneMoment(sql, async (tx) => {
    await pipeline(Readable.from(linesOf(tx, summary)), createGzip({ level: 6 }), into);
  });
  return summary;
}

async function* linesOf(tx: Tx, summary: BackupSummary): AsyncGenerator<Buffer> {
  const writer = new LineWriter();
  for await (const line of contentsOf(tx, summary)) yield* writer.write(line);
  yield* writer.end();
}

async function* contentsOf(tx: Tx, summary: BackupSummary): AsyncGenerator<BackupLine> {
  const applied = await listApplied(tx);
  summary.version = applied.length;
  const migrations = applied.map(({ name }) => name);
  yield { redline_backup: 1, made_at: summary.madeAt, migrations };
  for (const table of await listTables(tx)) {
    yield { table: table.name, columns: table.columns };
    let rows = 0;
    for await (const batch of readRows(tx, table)) {
      yield* batch;
      rows += batch.length;
    }
    yield { rows };
    summary.tables += 1;
    summary.rows += rows;
  }
  for (const { name, last, isCalled } of await readSequences(tx)) {
    yield { sequence: name, last, is_called: isCalled };
  }
}

/**
 * Brings a backup into a database that holds nothing, at the schema that it was made with: a start brings that
 * up to date. All of it or nothing is there afterwards.
 *
 * @throws UserError already-exists where something is in the database; invalid-request for no whole backup;
 *   not-ready for one of a newer Redline
 */
export async function restore(sql: Sql, from: NodeJS.ReadableStream): Promise<BackupSummary> {
  const gunzip = createGunzip();
  const flowing = pipeline(from, gunzip);
  // Whoever reads is told of it, too.
  flowing.catch(() => {});
  try {
    const reader = new BackupReader(gunzip);
    const head = await reader.head();
    await prepare(sql, head);
    const summary = await sql
      .begin(async (tx) => fill(tx, head, reader))
      .catch((error) => {
        throw isOfTheFile(error) ? notWhole(error) : error;
      });
    await flowing;
    await analyse(sql);
    return summary;
  } finally {
    gunzip.destroy();
  }
}

/** SQLSTATE of what the database's user may not do. */
const NOT_ALLOWED = "42501";

/** Values, references or names that PostgreSQL does not take. Source: its appendix of error codes. */
function isOfTheFile(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^(?:21|22|23|42)/.test(code) && code !== NOT_ALLOWED;
}

/** The schema of the backup, with nothing in it. */
async function prepare(sql: Sql, { migrations }: BackupHead): Promise<void> {
  const { current, known } = await stateOf(sql, migrations);
  await assertEmpty(sql);
  if (current > migrations.length) {
    throw new UserError(
      "already-exists",
      "The database has a newer schema than the backup: restore into a database with no tables.",
    );
  }
  if (!known) {
    throw new UserError(
      "not-ready",
      `The backup was made by a newer Redline, with the schema ${migrations.at(-1) ?? "?"}; restore it with that one.`,
    );
  }
  await migrateTo(sql, migrations.length);
}

/** How far the database is, and whether this Redline knows the backup's schema. */
async function stateOf(
  sql: Sql,
  migrations: readonly string[],
): Promise<{ current: number; known: boolean }> {
  const [{ current }, files] = await Promise.all([schemaState(sql), readMigrations()]);
  return { current, known: migrations.every((name, index) => files[index]?.name === name) };
}

async function assertEmpty(db: Sql | Tx): Promise<void> {
  const filled = await listFilled(db);
  if (filled.length === 0) return;
  throw new UserError(
    "already-exists",
    `The database is not empty (${filled.slice(0, 3).join(", ")}${filled.length > 3 ? ", …" : ""}), and nothing was changed: restore into a new one.`,
  );
}

async function fill(tx: Tx, head: BackupHead, reader: BackupReader): Promise<BackupSummary> {
  await allowTime(tx);
  const known = new Map((await listTables(tx)).map((table) => [table.name, table]));
  for (const { name } of known.values()) {
    await tx`lock table ${tx(name)} in access exclusive mode`;
  }
  // Somebody may have begun meanwhile.
  await assertEmpty(tx);
  const keys = await dropForeignKeys(tx);
  let table: TableShape | null = null;
  let types = new Map<string, string>();
  const found = { tables: 0, rows: 0 };
  for await (const piece of reader.pieces()) {
    if (piece.kind === "table") {
      table = piece.table;
      assertKnown(table, known.get(table.name));
      types = await readTypes(tx, table.name);
      found.tables += 1;
    } else if (piece.kind === "rows") {
      if (table) await writeRows(tx, table, types, piece.rows);
      found.rows += piece.rows.length;
    } else await writeSequence(tx, piece.sequence);
  }
  await addForeignKeys(tx, keys);
  return { madeAt: head.made_at, version: head.migrations.length, ...found };
}

function assertKnown(table: TableShape, known: TableShape | undefined): void {
  if (known && table.columns.every((column) => known.columns.includes(column))) return;
  throw new UserError(
    "invalid-request",
    `The backup has the table “${table.name}”, which is none of Redline's or has other columns; nothing was restored.`,
  );
}
