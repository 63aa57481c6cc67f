import type { StoredEvent, ThreadEvent } from "../conversation/thread-event.ts";
import type { Db } from "./database.ts";

/**
 * Appends to the thread's durable events and returns its number. Moving the counter locks the thread's row,
 * so that numbers are committed in their order.
 */
export async function appendEvent(db: Db, threadId: string, event: ThreadEvent): Promise<number> {
  const { kind, turnId, payload } = toColumns(event);
  const [row] = await db<{ seq: number }[]>`
    with t as (
      update threads set event_seq = event_seq + 1 where id = ${threadId} returning id, event_seq
    )
    insert into thread_events (thread_id, seq, kind, turn_id, payload)
    select id, event_seq, ${kind}, ${turnId}, ${db.json(payload as never)} from t
    returning seq`;
  return row!.seq;
}

/** The columns of an event, for statements that write it beside other rows. */
export function toColumns(event: ThreadEvent): {
  kind: string;
  turnId: string | null;
  payload: object;
} {
  const { kind, ...payload } = event;
  return { kind, turnId: "turnId" in event ? (event.turnId ?? null) : null, payload };
}

export async function listEvents(
  db: Db,
  threadId: string,
  afterSeq: number,
  limit = 500,
): Promise<StoredEvent[]> {
  const rows = await db<{ seq: number; kind: string; payload: object }[]>`
    select seq, kind, payload from thread_events
    where thread_id = ${threadId} and seq > ${afterSeq} order by seq limit ${limit}`;
  return rows.map((row) => ({
    seq: row.seq,
    event: { kind: row.kind, ...row.payload } as ThreadEvent,
  }));
}

/** The newest event up to `seq` that says whether a turn is running. */
export async function lastTurnEvent(
  db: Db,
  threadId: string,
  seq: number,
): Promise<StoredEvent | null> {
  const [row] = await db<{ seq: number; kind: string; payload: object }[]>`
    select seq, kind, payload from thread_events
    where thread_id = ${threadId} and seq <= ${seq} and kind in ('turn', 'turn_end')
    order by seq desc limit 1`;
  return row ? { seq: row.seq, event: { kind: row.kind, ...row.payload } as ThreadEvent } : null;
}

/** Where a reader of one turn begins: before its first event, or now while it has none. */
export async function turnStart(
  db: Db,
  turnId: string,
): Promise<{ threadId: string; seq: number } | null> {
  const [row] = await db<{ threadId: string; seq: number }[]>`
    select t.id as thread_id, coalesce(
      (select min(e.seq) - 1 from thread_events e
       where e.turn_id = u.id and e.kind in ('turn', 'turn_end')), t.event_seq) as seq
    from turns u join threads t on t.id = u.thread_id where u.id = ${turnId}`;
  return row ?? null;
}

/** The newest event number of each thread. */
export async function eventSeqs(db: Db, threadIds: string[]): Promise<Map<string, number>> {
  const rows = await db<{ id: string; eventSeq: number }[]>`
    select id, event_seq from threads where id = any(${threadIds}::uuid[])`;
  return new Map(rows.map((row) => [row.id, row.eventSeq]));
}

/** The answer's text as far as it is stored, and the attempt that wrote it. */
export async function storedAnswer(
  db: Db,
  turnId: string,
): Promise<{ attempt: number; text: string } | null> {
  const [row] = await db<{ attempt: number; text: string }[]>`
    select u.attempt, m.text from turns u
    join thread_messages m on m.turn_id = u.id and m.role = 'assistant'
    where u.id = ${turnId}`;
  return row ?? null;
}
