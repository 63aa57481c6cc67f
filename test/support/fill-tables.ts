/** Rows for every table of a schema, whatever its level: values by type, keys to rows that exist, checks by trying. */
import type { Sql, Tx } from "../../src/store/database.ts";

interface Column {
  name: string;
  type: string;
  isNullable: boolean;
  /** What a check allows, where it lists that. */
  allowed: string[] | null;
}

interface Key {
  columns: string[];
  refTable: string;
  refColumns: string[];
}

interface Table {
  name: string;
  columns: Column[];
  keys: Key[];
}

export interface FillOptions {
  /** Of each table, at most: some checks and indexes allow fewer. */
  rows?: number;
  /** Other numbers of rows: with one thread, all that belongs to threads belongs together. */
  only?: Record<string, number>;
  /** Stands in every text that no check limits; of some columns it may be another. */
  mark?: string | ((column: string) => string);
  /** Values of columns by `table.column`, or `*.column`, in place of the ones made up. */
  given?: Record<string, string | null>;
}

/** What no try could make is a row that a check or an index does not allow once more. */
const TRIES = 400;
const SAME = 8;

/** Fills all tables; answers with how many rows each has got. The same every time. */
export async function fillTables(
  sql: Sql,
  { rows = 3, only = {}, mark = "mark", given = {} }: FillOptions = {},
): Promise<Map<string, number>> {
  const tables = inOrder(await readTables(sql));
  const filled = new Map<string, number>();
  const random = seeded(JSON.stringify(given).length + rows);
  const markOf = typeof mark === "string" ? () => mark : mark;
  const made = new Map<string, Row[]>();
  await sql.begin(async (tx) => {
    for (const table of tables) {
      made.set(table.name, []);
      for (let n = 1; n <= (only[table.name] ?? rows); n += 1) {
        await insertOne(tx, table, { n, markOf, given, random, made });
      }
      filled.set(table.name, made.get(table.name)!.length);
    }
  });
  return filled;
}

type Row = ReadonlyMap<string, string | null>;

interface Making {
  n: number;
  markOf: (column: string) => string;
  given: Record<string, string | null>;
  random: () => number;
  /** By table: rows point to these alone. */
  made: Map<string, Row[]>;
}

async function insertOne(tx: Tx, table: Table, making: Making): Promise<void> {
  let same = 0;
  for (let attempt = 0; attempt < TRIES && same < SAME; attempt += 1) {
    const row = makeRow(table, making, attempt);
    if (row === null) return;
    const names = table.columns.map(({ name }) => `"${name}"`).join(", ");
    const values = table.columns
      .map(({ type }, index) => `$${index + 1}::text::${type}`)
      .join(", ");
    try {
      await tx.savepoint((inner) =>
        inner.unsafe(
          `insert into "${table.name}" (${names}) overriding system value values (${values})`,
          table.columns.map(({ name }) => row.get(name) ?? null),
        ),
      );
      making.made.get(table.name)!.push(row);
      return;
    } catch (error) {
      // A check, or a row that is there already.
      const code = (error as { code?: string }).code;
      if (code === "23505") same += 1;
      else if (code !== "23514") throw error;
    }
  }
}

/** Null where what it has to point to is not there. */
function makeRow(table: Table, making: Making, attempt: number): Row | null {
  const { random } = making;
  const row = new Map<string, string | null>();
  for (const column of table.columns)
    row.set(column.name, makeValue(table, column, making, attempt));
  for (const key of table.keys) {
    const optional = key.columns.some((name) => isNullable(table, name));
    const chosen = choose(key, making);
    if (chosen === null && !optional) return null;
    const isNull = chosen === null || (optional && random() < 0.3);
    for (const [index, name] of key.columns.entries()) {
      if (`${table.name}.${name}` in making.given) continue;
      if (!isNull) row.set(name, chosen[index]!);
      else if (isNullable(table, name)) row.set(name, null);
    }
  }
  return row;
}

function isNullable(table: Table, name: string): boolean {
  return table.columns.find((column) => column.name === name)?.isNullable ?? false;
}

function choose({ refTable, refColumns }: Key, { made, random }: Making): string[] | null {
  const rows = made.get(refTable) ?? [];
  const row = rows[Math.floor(random() * rows.length)];
  return row ? refColumns.map((name) => row.get(name)!) : null;
}

function makeValue(
  table: Table,
  { name, type, isNullable: canBeNull, allowed }: Column,
  { n, markOf, given, random }: Making,
  attempt: number,
): string | null {
  for (const key of [`${table.name}.${name}`, `*.${name}`]) {
    const chosen = given[key];
    if (chosen !== undefined) return chosen;
  }
  if (canBeNull && random() < (type === "text" ? 0.15 : 0.3)) return null;
  if (allowed) return allowed[Math.floor(random() * allowed.length)]!;
  const mark = markOf(`${table.name}.${name}`);
  const words = `${mark}-${name.replaceAll("_", "-")}-${n}${attempt > 0 ? `-${attempt}` : ""}`;
  switch (type) {
    case "text":
      return words;
    case "text[]":
      return `{"${words}","with \\"quotes\\" and, commas"}`;
    case "uuid":
      return hexId(random);
    case "jsonb":
      return JSON.stringify({ [mark]: words, at: [1, null, 0.1], tabs: "\t\n\\ “” 😀" });
    case "boolean":
      return random() < 0.5 ? "true" : "false";
    case "smallint":
    case "integer":
    case "bigint":
      return String(n + Math.floor(random() * 50));
    case "timestamp with time zone":
      return `2026-03-0${n}T01:02:03.00000${n}Z`;
    case "date":
      return `2026-03-0${n}`;
    case "numeric":
    case "double precision":
      return `${n}.1`;
    default:
      throw new Error(`no value is known for ${table.name}.${name}, which is ${type}`);
  }
}

function hexId(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What is pointed to comes before what points to it. */
function inOrder(tables: readonly Table[]): Table[] {
  const done: Table[] = [];
  const left = new Set(tables);
  while (left.size > 0) {
    const ready = [...left].filter((table) =>
      table.keys.every(
        ({ refTable }) => refTable === table.name || done.some(({ name }) => name === refTable),
      ),
    );
    if (ready.length === 0) throw new Error("the tables point to each other in a ring");
    for (const table of ready) {
      done.push(table);
      left.delete(table);
    }
  }
  return done;
}

async function readTables(sql: Sql): Promise<Table[]> {
  const rows = await sql<{ name: string; columns: Column[] }[]>`
    select c.relname as name, (
      select jsonb_agg(jsonb_build_object('name', a.attname,
        'type', format_type(a.atttypid, a.atttypmod), 'isNullable', not a.attnotnull,
        'allowed', (
          select to_jsonb(array(
            select (regexp_matches(pg_get_constraintdef(k.oid), '''([^'']*)''::text', 'g'))[1]))
          from pg_constraint k
          where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]
            and pg_get_constraintdef(k.oid) ~ '= ANY|= ''' limit 1)) order by a.attnum)
      from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
      and c.relname <> 'schema_migrations'
    order by c.relname`;
  const keys = await sql<(Key & { name: string })[]>`
    select c.relname as name, f.relname as ref_table,
      array(select a.attname::text from unnest(k.conkey) with ordinality u (n, o)
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n order by u.o) as columns,
      array(select a.attname::text from unnest(k.confkey) with ordinality u (n, o)
        join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.n order by u.o) as ref_columns
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class f on f.oid = k.confrelid
    where k.contype = 'f' and c.relnamespace = 'public'::regnamespace order by c.relname, k.conname`;
  return rows.map(({ name, columns }) => ({
    name,
    columns,
    keys: keys.filter((key) => key.name === name),
  }));
}
