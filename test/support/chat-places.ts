/** What tests ask of places in which people talk in chat, and of their database. */
import type { Sql } from "../../src/store/database.ts";

/** Whether events, turns or places wait or are under way. */
export async function placesBusy(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ busy: boolean }[]>`
    select exists (select 1 from inbox where state = 'waiting')
      or exists (select 1 from place_looks
        where due_at <= now() + interval '1 minute' or lease_until is not null)
      or exists (select 1 from turns where state in ('queued', 'running')) as busy`;
  return row!.busy;
}

/** Whether a message says nothing yet: it is empty, or dots alone. */
export const isPlaceholder = (text: string): boolean => /^[….]*$/u.test(text.trim());

/** Lets everybody ask as if they had not asked lately. */
export async function restAskers(sql: Sql): Promise<void> {
  await sql`update thread_messages set created_at = created_at - interval '1 hour'`;
  await sql`update command_counts set since = since - interval '1 hour'`;
}
