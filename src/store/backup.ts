/** Whole tables as text, for backups: what they hold, read at one moment and written back. */
import type { Db, Sql, Tx } from "./database.ts";
import type { Migration } from "./migrate.ts";

/** A table, and the columns in which it holds something of its own: not what is computed from others. */
export interface TableShape {
  name: string;
  columns: string[];
}

/** Each value is as Postgres writes and reads it, so that nothing of it is lost on the way. */
export type TableRow = (string | null)[];

export interface SequenceState {
  name: string;
  last: string;
  /** Whether `last` was given out. */
  isCalled: boolean;
}

/** A foreign key, which is put back when the rows that it speaks of are there. */
export interface ForeignKey {
  table: string;
  name: string;
  definition: string;
}

/** What brings the schema, and is filled by that. */
const MIGRATIONS_TABLE = "schema_migrations";
/** Of one fetch or statement; a document may have a megabyte. */
const ROWS = { fetched: 32, written: 256 };
const WRITTEN_BYTES = 1 << 20;

/**
 * Runs the work on one moment of the database, while everybody else goes on. Only what changes tables, such as
 * a migration, has to wait until it ends.
 */
export async function atOneMoment<T>(sql: Sql, work: (tx: Tx) => Promise<T>): Promise<T> {
  const result = await sql.begin("isolation level repeatable read read only", async (tx) => {
    await allowTime(tx);
    // Before the moment is chosen: a table that is rewritten in between would look empty.
    const names = await listTableNames(sql);
    for (const name of names) await tx`lock table ${tx(name)} in access share mode`;
    return work(tx);
  });
  return result as T;
}

/** Limits for ordinary statements are not meant for whole databases. Texts come as everybody reads them. */
export async function allowTime(tx: Tx): Promise<void> {
  await tx.unsafe(`
    set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
    set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres';
    set local extra_float_digits = 1; set local bytea_output = 'hex'; set local client_min_messages = 'warning'`);
}

async function listTableNames(db: Db): Promise<string[]> {
  const rows = await db<{ name: string }[]>`
    select c.relname as name from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' order by c.relname`;
  return rows.map(({ name }) => name);
}

/** All tables but that of the migrations, in the order of their names. */
export async function listTables(db: Db): Promise<TableShape[]> {
  return db<TableShape[]>`
    select c.relname as name, array(
      select a.attname::text from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      order by a.attnum) as columns
    from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
      and c.relname <> ${MIGRATIONS_TABLE}
    order by c.relname`;
}

/** Tables that hold a row. */
export async function listFilled(db: Db): Promise<string[]> {
  const filled: string[] = [];
  for (const { name } of await listTables(db)) {
    const rows = await db`select 1 from ${db(name)} limit 1`;
    if (rows.length > 0) filled.push(name);
  }
  return filled;
}

export async function listApplied(db: Db): Promise<Migration[]> {
  return db<Migration[]>`select version, name from ${db(MIGRATIONS_TABLE)} order by version`;
}

/** A few at a time, so that no table has to fit into memory. */
export async function* readRows(db: Tx, table: TableShape): AsyncGenerator<TableRow[]> {
  const values = table.columns.map((column, n) => `${quoted(column)}::text as c${n}`).join(", ");
  const query = db.unsafe<Record<string, string | null>[]>(
    `select ${values} from ${quoted(table.name)}`,
  );
  for await (const rows of query.cursor(ROWS.fetched)) {
    yield rows.map((row) => table.columns.map((_, n) => row[`c${n}`] ?? null));
  }
}

/** Also into columns that are otherwise counted up. */
export async function writeRows(
  db: Tx,
  table: TableShape,
  types: ReadonlyMap<string, string>,
  rows: readonly TableRow[],
): Promise<void> {
  const names = table.columns.map(quoted).join(", ");
  const values = table.columns
    .map((column, index) => `(r->>${index})::${types.get(column) ?? "text"}`)
    .join(", ");
  const statement = `
    insert into ${quoted(table.name)} (${names}) overriding system value
    select ${values} from jsonb_array_elements($1::text::jsonb) r`;
  for (const batch of inBatches(rows)) await db.unsafe(statement, [JSON.stringify(batch)]);
}

/** So many rows, and so many bytes, as one statement takes easily. */
function* inBatches(rows: readonly TableRow[]): Generator<TableRow[]> {
  let batch: TableRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    batch.push(row);
    bytes += row.reduce((sum, value) => sum + (value?.length ?? 0), 0);
    if (batch.length < ROWS.written && bytes < WRITTEN_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

/** The types of a table's columns, as SQL names them. */
export async function readTypes(db: Db, table: string): Promise<Map<string, string>> {
  const rows = await db<{ name: string; type: string }[]>`
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type from pg_attribute a
    where a.attrelid = format('%I', ${table}::text)::regclass and a.attnum > 0 and not a.attisdropped`;
  return new Map(rows.map(({ name, type }) => [name, type]));
}

export async function readSequences(db: Tx): Promise<SequenceState[]> {
  const names = await db<{ name: string }[]>`
    select c.relname as name from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind = 'S' order by c.relname`;
  const states: SequenceState[] = [];
  for (const { name } of names) {
    const [row] = await db<{ last: string; isCalled: boolean }[]>`
      select last_value::text as last, is_called from ${db(name)}`;
    states.push({ name, ...row! });
  }
  return states;
}

export async function writeSequence(
  db: Db,
  { name, last, isCalled }: SequenceState,
): Promise<void> {
  await db`select setval(format('%I', ${name}::text)::regclass, ${last}::text::bigint, ${isCalled})`;
}

/** Takes the foreign keys away, so that tables may be filled in any order. */
export async function dropForeignKeys(db: Tx): Promise<ForeignKey[]> {
  const keys = await db<ForeignKey[]>`
    select c.relname as table, k.conname as name, pg_get_constraintdef(k.oid) as definition
    from pg_constraint k join pg_class c on c.oid = k.conrelid
    where k.contype = 'f' and c.relnamespace = current_schema()::regnamespace
    order by c.relname, k.conname`;
  for (const { table, name } of keys) {
    await db`alter table ${db(table)} drop constraint ${db(name)}`;
  }
  return keys;
}

/** Looks at every row. */
export async function addForeignKeys(db: Tx, keys: readonly ForeignKey[]): Promise<void> {
  for (const { table, name, definition } of keys) {
    await db.unsafe(`alter table ${quoted(table)} add constraint ${quoted(name)} ${definition}`);
  }
}

/** Plans are bad as long as the planner takes the tables to be empty. */
export async function analyse(sql: Sql): Promise<void> {
  await sql`analyze`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
