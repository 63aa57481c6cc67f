/** What somebody is still to be told: what they asked for was done, and is not to be done again. */
import type { Db } from "./database.ts";

export async function findOwed(db: Db, eventKey: string): Promise<string | null> {
  const [row] = await db<{ markdown: string }[]>`
    select markdown from owed_answers where event_key = ${eventKey}`;
  return row?.markdown ?? null;
}

export async function putOwed(db: Db, eventKey: string, markdown: string): Promise<void> {
  await deleteOldOwed(db);
  await db`
    insert into owed_answers (event_key, markdown) values (${eventKey}, ${markdown})
    on conflict do nothing`;
}

/** Nobody comes back for them. */
export async function deleteOldOwed(db: Db): Promise<void> {
  await db`delete from owed_answers where created_at < now() - interval '2 days'`;
}

export async function deleteOwed(db: Db, eventKey: string): Promise<void> {
  await db`delete from owed_answers where event_key = ${eventKey}`;
}
