/**
 * Brings the database to the schema that this code works with. Migrations are numbered SQL files
 * (`000001_name.sql`, …), forward only, each in a transaction of its own. A migration's row in
 * `schema_migrations` is the first thing that its transaction writes: a second process that migrates at the
 * same time waits on that row, and stands down once it is there; a process that dies leaves neither the row
 * nor the change.
 *
 * While one release takes over from another, processes of both work on the newer schema. So a release only
 * adds to what the one before it uses, and each row says from which version of the schema on a process may
 * work with it: one that is older by more than a release is refused.
 */
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";
import type { Sql, Tx } from "./database.ts";

/** A migration on disk or, when applied, in the database. Versions count from 1 without a gap. */
export interface Migration {
  version: number;
  /** The file's name, such as `000001_threads.sql`. */
  name: string;
}

/** A migration that was applied. */
interface AppliedMigration extends Migration {
  /** Processes that know the schema up to here may work with it. */
  oldestVersion: number;
}

export interface SchemaState {
  /** The version of the database; 0 when it has none of our tables. */
  current: number;
  /** The version that this code works with. */
  latest: number;
  /** Names of the migrations yet to apply, in order. */
  pending: string[];
}

/** The last migration of the release before this one; raised with the first migration after a release. */
export const PREVIOUS_RELEASE = 6;

const MIGRATIONS = new URL("../../migrations/", import.meta.url);
const OLDEST_POSTGRES = 14;
/** Any constant: it only keeps two processes from making the bookkeeping table at the same moment. */
const TABLE_LOCK = 5_210_934_471;

/**
 * Applies what is pending. Any number of processes may call it at the same time.
 *
 * @returns the names that this call applied, in order, and the version reached
 * @throws UserError not-ready when the database is newer than the code, or its history is another one
 */
export async function migrate(
  sql: Sql,
  folder: URL | string = MIGRATIONS,
): Promise<{ applied: string[]; version: number }> {
  return migrateTo(sql, Infinity, folder);
}

/** As `migrate`, up to this version. */
export async function migrateTo(
  sql: Sql,
  version: number,
  folder: URL | string = MIGRATIONS,
): Promise<{ applied: string[]; version: number }> {
  const files = (await readMigrations(folder)).slice(0, version);
  await assertServerVersion(sql);
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${TABLE_LOCK})`;
    await tx`select set_config('client_min_messages', 'warning', true)`; // no notice when it exists
    await tx`
      create table if not exists schema_migrations (
        version int primary key,
        name text not null,
        applied_at timestamptz not null default now()
      )`;
    await addOldestVersion(tx);
  });
  const applied: string[] = [];
  for (const file of pendingMigrations(files, await readApplied(sql))) {
    if (await applyOne(sql, file, await readFile(pathOf(folder, file.name), "utf8"))) {
      applied.push(file.name);
    }
  }
  // Others may have been at work meanwhile, also with newer code.
  pendingMigrations(files, await readApplied(sql));
  return { applied, version: files.length };
}

/**
 * How far the database is, without changing it.
 *
 * @throws UserError not-ready when the database is newer than the code, or its history is another one
 */
export async function schemaState(
  sql: Sql,
  folder: URL | string = MIGRATIONS,
): Promise<SchemaState> {
  const files = await readMigrations(folder);
  const [table] = await sql`select to_regclass('schema_migrations') is not null as exists`;
  const applied = table?.["exists"] === true ? await readApplied(sql) : [];
  const pending = pendingMigrations(files, applied).map((file) => file.name);
  return { current: applied.length, latest: files.length, pending };
}

/** Applies one migration; false when another process has done so. */
async function applyOne(sql: Sql, file: Migration, text: string): Promise<boolean> {
  return sql.begin(async (tx) => {
    await prepareTransaction(tx);
    const claimed = await tx`
      insert into schema_migrations (version, name, oldest_version)
      values (${file.version}, ${file.name}, ${Math.min(file.version, PREVIOUS_RELEASE)})
      on conflict do nothing`;
    if (claimed.count === 0) return false;
    const before = await transactionId(tx);
    try {
      await tx.unsafe(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`The migration ${file.name} failed, nothing of it was applied: ${reason}`, {
        cause: error,
      });
    }
    if ((await transactionId(tx)) !== before) {
      throw new Error(
        `The migration ${file.name} ends its transaction: take commit and rollback out of it.`,
      );
    }
    return true;
  });
}

/**
 * A server's limits for ordinary statements are not meant for migrations. And where the server can notice that
 * we are gone in the middle of a statement, it shall, so that the next process does not wait for its end.
 */
async function prepareTransaction(tx: Tx): Promise<void> {
  await tx`select set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)`;
  await tx`
    do $$ begin
      perform set_config('client_connection_check_interval', '1000', true);
    exception when others then null; -- not on every operating system
    end $$`;
}

/** The column is younger than the table. Asked for first: altering would wait for whoever reads it, as a backup does. */
async function addOldestVersion(tx: Tx): Promise<void> {
  const [column] = await tx`
    select 1 from pg_attribute
    where attrelid = 'schema_migrations'::regclass and attname = 'oldest_version'`;
  if (!column) await tx`alter table schema_migrations add column oldest_version int`;
}

async function transactionId(tx: Tx): Promise<string> {
  const [row] = await tx<{ id: string }[]>`select pg_current_xact_id()::text as id`;
  return row!.id;
}

async function readApplied(sql: Sql): Promise<AppliedMigration[]> {
  // A database that was not migrated yet may lack the column.
  return sql<AppliedMigration[]>`
    select version, name,
      coalesce((to_jsonb(m) ->> 'oldest_version')::int, version) as oldest_version
    from schema_migrations m order by version`;
}

async function assertServerVersion(sql: Sql): Promise<void> {
  const [row] = await sql<
    { version: string }[]
  >`select current_setting('server_version') as version`;
  const version = row?.version ?? "";
  if (Number.parseInt(version, 10) >= OLDEST_POSTGRES) return;
  throw new UserError(
    "not-ready",
    `The database server is PostgreSQL ${version}; Redline needs ${OLDEST_POSTGRES} or newer.`,
  );
}

/**
 * The migrations that are left to apply.
 *
 * @param files all that the code has, in order
 * @param applied all that the database has, in order
 * @throws UserError not-ready when what is applied neither is a beginning of the files, nor goes on after them
 *   by one release
 */
export function pendingMigrations(
  files: readonly Migration[],
  applied: readonly AppliedMigration[],
): Migration[] {
  for (const [index, row] of applied.entries()) {
    const file = files[index];
    if (row.version > files.length && row.version === index + 1) {
      if (row.oldestVersion <= files.length) continue;
      throw new UserError(
        "not-ready",
        `The database has schema version ${applied.at(-1)?.version}, this Redline only knows ${files.length}: start the newer Redline that has used this database, or use another one.`,
      );
    }
    if (file?.version !== row.version) {
      throw new UserError(
        "not-ready",
        `The database has migration ${row.version} but not ${index + 1}: its table schema_migrations was changed by hand, restore it from a backup.`,
      );
    }
    if (file.name !== row.name) {
      throw new UserError(
        "not-ready",
        `The database has migration ${row.version} as ${row.name}, this Redline has it as ${file.name}: this is the database of another version of Redline.`,
      );
    }
  }
  return files.slice(applied.length);
}

/** All that this code has, in order. */
export async function readMigrations(folder: URL | string = MIGRATIONS): Promise<Migration[]> {
  return orderMigrations(await readdir(folder));
}

/**
 * The migrations among a folder's files, in order. Only names that begin with a digit are looked at.
 *
 * @throws Error when a name is wrong, or a number is missing or given twice
 */
export function orderMigrations(names: readonly string[]): Migration[] {
  const numbered = names.filter((name) => /^\d/.test(name)).toSorted();
  return numbered.map((name, index) => {
    const number = /^(\d{6})_[a-z0-9_]+\.sql$/.exec(name)?.[1];
    if (number === undefined) {
      throw new Error(`${name} is no name for a migration: it must look like 000001_name.sql`);
    }
    if (Number(number) !== index + 1) {
      const expected = String(index + 1).padStart(6, "0");
      throw new Error(
        `Migration ${expected} is expected where ${name} is: numbers may not be left out or given twice`,
      );
    }
    return { version: index + 1, name };
  });
}

function pathOf(folder: URL | string, name: string): string {
  const base = typeof folder === "string" ? folder : fileURLToPath(folder);
  return `${base.replace(/\/$/, "")}/${name}`;
}
