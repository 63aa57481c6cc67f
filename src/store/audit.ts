/** What was refused, and to whom: for whoever runs Redline. */
import type { Db } from "./database.ts";

export interface Refusal {
  /** Null where it is not known who it was. */
  userId: string | null;
  /** What was tried: `accept`, `decline`, `edit`, … */
  act: string;
  /** By which way: `slack`, `discord` or `http`. */
  door: string;
  rfcSlug: string | null;
  /** Id of what it was about. */
  subject: string | null;
  why: string;
  /** The same for the same event, which may be handled again; null where nothing is. */
  eventKey: string | null;
}

export async function insertRefusal(db: Db, refusal: Refusal): Promise<void> {
  const row = { ...refusal, outcome: "refused" };
  await db`insert into audit_entries ${db(row)} on conflict (event_key) do nothing`;
}

/** The same of somebody who did not say who they are: they could fill the table, so only so many a minute. */
export async function insertStrangersRefusal(
  db: Db,
  { act, door, subject, why }: Pick<Refusal, "act" | "door" | "subject" | "why">,
  mostPerMinute: number,
): Promise<boolean> {
  const rows = await db`
    insert into audit_entries (act, door, subject, outcome, why)
    select ${act}, ${door}, ${subject}, 'refused', ${why}
    where (
      select count(*) from audit_entries
      where user_id is null and at > now() - interval '1 minute') < ${mostPerMinute}
    returning 1`;
  return rows.length > 0;
}
