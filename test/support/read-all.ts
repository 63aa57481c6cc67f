import type { Sql } from "../../src/store/database.ts";

/** Every row of every table as text, in one order; what is computed from other columns is there as well. */
export async function readAll(sql: Sql): Promise<Map<string, string[]>> {
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`;
  const all = new Map<string, string[]>();
  for (const { name } of tables) {
    const leaveOut = name === "schema_migrations" ? ["applied_at"] : [];
    const rows = await sql<{ row: string }[]>`
      select (to_jsonb(t) - ${leaveOut}::text[])::text as row from ${sql(name)} t order by 1`;
    all.set(
      name,
      rows.map(({ row }) => row),
    );
  }
  return all;
}
