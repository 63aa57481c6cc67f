import type { Db } from "./database.ts";

/** An event of a platform, as it is kept. */
export interface InboxEvent {
  source: string;
  /** The platform's own id of the event, the same when it is sent again. */
  eventId: string;
  kind: string;
  /** What it is about, such as a repository. */
  subject: string;
  payload: object;
}

/** Stores an event; false when it is there already. */
export async function putEvent(db: Db, event: InboxEvent): Promise<boolean> {
  const rows = await db`
    insert into inbox (source, event_id, kind, subject, payload)
    values (${event.source}, ${event.eventId}, ${event.kind}, ${event.subject},
      ${db.json(event.payload as never)})
    on conflict do nothing returning 1`;
  return rows.length > 0;
}

/** Whether events about the subject have come in lately, so that more can be expected to. */
export async function hearsFrom(
  db: Db,
  source: string,
  subject: string,
  withinMs: number,
): Promise<boolean> {
  const [row] = await db<{ heard: boolean }[]>`
    select exists (
      select 1 from inbox where source = ${source} and subject = ${subject}
        and received_at > now() - ${withinMs} * interval '1 ms') as heard`;
  return row!.heard;
}

/** Forgets events that are too old to be sent again. */
export async function pruneInbox(db: Db, olderThanMs: number): Promise<void> {
  await db`delete from inbox where received_at < now() - ${olderThanMs} * interval '1 ms'`;
}
