/**
 * What platforms tell: each event is stored once. Some are only noted (state `noted`); others are worked off
 * here, in the order of their lane. A worker leases the oldest waiting event of a lane, and `lease_epoch` is
 * its fence; the lane's later events wait for it.
 */
import type { ChatPlace } from "../chat/chat-event.ts";
import type { Db } from "./database.ts";
import type { DueRows } from "./due.ts";
import { inBatches, PRUNE_BATCH } from "./prune.ts";

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

/** One that is to be worked off. */
export interface LaneEvent {
  /** The same when the platform sends it again. */
  eventId: string;
  kind: string;
  /** Events of one lane are worked off one after the other, in the order in which they came. */
  lane: string;
  payload: object;
  /** Where its trace begins; left out where none does. */
  traceparent?: string | null;
}

/** One that is stored only where it concerns a thread, unless `onlyIn` is null. */
export interface PlaceEvent extends LaneEvent {
  /** Needs a thread that is held there, or something that still waits in its lane: a link may be under way. */
  onlyIn: Omit<ChatPlace, "platform"> | null;
}

/** One that this worker has. */
export interface ClaimedEvent extends Omit<LaneEvent, "payload" | "traceparent"> {
  /** Of the row. */
  id: number;
  payload: unknown;
  receivedAt: Date;
  traceparent: string | null;
  /** Starts so far, this one included; those that had to wait for the platform are not counted. */
  attempts: number;
  /** How often it was taken, those included; from 2 on somebody may have begun it before. */
  epoch: number;
}

/** Stores an event that is only noted; false when it is there already. */
export async function putEvent(db: Db, event: InboxEvent): Promise<boolean> {
  const rows = await db`
    insert into inbox (source, event_id, kind, subject, payload)
    values (${event.source}, ${event.eventId}, ${event.kind}, ${event.subject},
      ${db.json(event.payload as never)})
    on conflict do nothing returning 1`;
  return rows.length > 0;
}

/** Stores events that wait to be worked off, in their order; answers with the ids of those that are new. */
export async function putWaitingEvents(
  db: Db,
  source: string,
  events: readonly LaneEvent[],
): Promise<Set<string>> {
  const rows = await db<{ eventId: string }[]>`
    insert into inbox (source, event_id, kind, subject, payload, state, lane, traceparent)
    select ${source}, e.event_id, e.kind, '', e.payload, 'waiting', e.lane, e.traceparent
    from rows from (
      jsonb_to_recordset(${db.json(events.map(toRecord) as never)})
        as (event_id text, kind text, lane text, payload jsonb, traceparent text)
    ) with ordinality as e (event_id, kind, lane, payload, traceparent, n)
    where not ${isDeleted(db, source)}
    order by e.n
    on conflict do nothing returning event_id`;
  return new Set(rows.map((row) => row.eventId));
}

/** As `putWaitingEvents`, without those that concern no thread. */
export async function putPlaceEvents(
  db: Db,
  source: string,
  events: readonly PlaceEvent[],
): Promise<Set<string>> {
  // What waits in a lane may come with this very statement.
  const waiting = new Set<string>();
  const records = events.map((event) => {
    const place = waiting.has(event.lane) ? null : event.onlyIn;
    if (place === null) waiting.add(event.lane);
    return { ...toRecord(event), workspace_id: place?.workspaceId, place: place?.place };
  });
  const rows = await db<{ eventId: string }[]>`
    insert into inbox (source, event_id, kind, subject, payload, state, lane, traceparent)
    select ${source}, e.event_id, e.kind, '', e.payload, 'waiting', e.lane, e.traceparent
    from rows from (
      jsonb_to_recordset(${db.json(records)})
        as (event_id text, kind text, lane text, payload jsonb, traceparent text, workspace_id text,
          place text)
    ) with ordinality as e (event_id, kind, lane, payload, traceparent, workspace_id, place, n)
    where not ${isDeleted(db, source)} and (e.place is null
      or exists (
        select 1 from thread_links l
        where l.platform = ${source} and l.workspace_id = e.workspace_id and l.place = e.place
          and l.ended_at is null)
      or exists (
        select 1 from inbox w
        where w.source = ${source} and w.state = 'waiting' and w.lane = e.lane))
    order by e.n
    on conflict do nothing returning event_id`;
  return new Set(rows.map((row) => row.eventId));
}

/** Events of a source that are due and that nobody has, at the head of their lane or behind it. */
export const dueEvents =
  (source: string): DueRows =>
  (db) =>
    db`
    select 1 from inbox
    where source = ${source} and state = 'waiting' and due_at <= now()
      and (lease_until is null or lease_until < clock_timestamp())
    order by id`;

/**
 * Takes the oldest waiting event of up to `limit` lanes whose head nobody has and is due, the longest waiting
 * first. `held` are lanes that the caller has already: it spares looking at what waits in them.
 */
export async function claimLanes(
  db: Db,
  source: string,
  limit: number,
  leaseMs: number,
  held: readonly string[] = [],
): Promise<ClaimedEvent[]> {
  // A lane's head is the first of the index at or behind the lane. Asked for so, no plan can walk through all
  // that waits instead, however little the planner knows of a table that was empty a moment ago.
  const rows = await db<ClaimedEvent[]>`
    with heads as materialized (
      select i.id from inbox i
      where i.source = ${source} and i.state = 'waiting' and i.due_at <= now()
        and (i.lease_until is null or i.lease_until < clock_timestamp())
        and i.lane <> all(${held}::text[])
        and i.id = (
          select e.id from inbox e
          where e.source = i.source and e.state = 'waiting' and e.lane >= i.lane
          order by e.lane, e.id limit 1)
      order by i.id limit ${limit}
      for update skip locked
    )
    update inbox i set attempts = attempts + 1, lease_epoch = lease_epoch + 1,
      lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    from heads where i.id = heads.id
    returning ${claimed(db)}`;
  return rows.toSorted((a, b) => a.id - b.id);
}

/**
 * Ends an event and takes the next of its lane, if that is due. Null when there is none, or when another
 * worker has the event by now. What was in it is forgotten; that it came stays known.
 */
export async function finishEvent(
  db: Db,
  event: ClaimedEvent,
  ending: { state: "done" } | { state: "failed"; errorId: string },
  leaseMs: number,
): Promise<ClaimedEvent | null> {
  const isDone = ending.state === "done";
  const [next] = await db<ClaimedEvent[]>`
    with ended as (
      update inbox set state = ${ending.state}, lease_until = null,
        error_id = ${isDone ? null : ending.errorId},
        payload = case when ${isDone} then '{}'::jsonb else payload end
      where id = ${event.id} and lease_epoch = ${event.epoch} and state = 'waiting'
      returning id, source, lane
    ), next as (
      -- As in 'claimLanes'.
      select n.id from ended, lateral (
        select i.id, i.lane from inbox i
        where i.source = ended.source and i.lane >= ended.lane and i.state = 'waiting'
          and i.id <> ended.id
        order by i.lane, i.id limit 1) n
      where n.lane = ended.lane
    )
    update inbox i set attempts = attempts + 1, lease_epoch = lease_epoch + 1,
      lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    from next
    where i.id = next.id and i.state = 'waiting' and i.due_at <= now()
      and (i.lease_until is null or i.lease_until < clock_timestamp())
    returning ${claimed(db)}`;
  return next ?? null;
}

/** Whether it is given up, and nobody but whoever drew this id did it. */
export async function isGivenUp(db: Db, event: ClaimedEvent, errorId: string): Promise<boolean> {
  const rows = await db`
    select 1 from inbox where id = ${event.id} and state = 'failed' and error_id = ${errorId}`;
  return rows.length > 0;
}

/** Gives an event back; `counts` is whether this was one of its attempts. */
export async function releaseEvent(
  db: Db,
  event: ClaimedEvent,
  inMs: number,
  counts: boolean,
): Promise<void> {
  await db`
    update inbox set lease_until = null, due_at = now() + ${inMs} * interval '1 ms',
      attempts = attempts - ${counts ? 0 : 1}
    where id = ${event.id} and lease_epoch = ${event.epoch} and state = 'waiting'`;
}

/** Keeps events that are still at work; one that was given back meanwhile stays free. */
export async function renewEvents(
  db: Db,
  events: readonly ClaimedEvent[],
  leaseMs: number,
): Promise<void> {
  await db`
    update inbox i set lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    from unnest(${events.map(({ id }) => id)}::bigint[], ${events.map(({ epoch }) => epoch)}::int[])
      as held (id, epoch)
    where i.id = held.id and i.lease_epoch = held.epoch and i.lease_until is not null
      and i.state = 'waiting'`;
}

/** Ends every lease: for the start of a process that is known to be the only one. */
export async function endAllEventLeases(db: Db): Promise<void> {
  await db`
    update inbox set lease_until = null, lease_epoch = lease_epoch + 1
    where state = 'waiting' and lease_until is not null`;
}

/**
 * Whether events about the subject have come in lately, so that more can be expected to. Those of before the
 * database's clock was set back do not count: they would for as long as that.
 */
export async function hearsFrom(
  db: Db,
  source: string,
  subject: string,
  withinMs: number,
): Promise<boolean> {
  const [row] = await db<{ heard: boolean }[]>`
    select exists (
      select 1 from inbox where source = ${source} and subject = ${subject}
        and received_at > now() - ${withinMs} * interval '1 ms' and received_at <= now()) as heard`;
  return row!.heard;
}

/** Forgets events that are too old to be sent again, unless they still wait; some at a time. */
export async function pruneInbox(db: Db, olderThanMs: number): Promise<void> {
  await inBatches(
    () => db`
    delete from inbox where id in (
      select id from inbox
      where received_at < now() - ${olderThanMs} * interval '1 ms' and state <> 'waiting'
      order by received_at limit ${PRUNE_BATCH} for update skip locked)`,
  );
}

/** Whether the workspace of event `e`, with which its lane begins, is being deleted: nothing of it is heard. */
const isDeleted = (db: Db, source: string) => db`
  exists (
    select 1 from workspace_deletions d
    where d.platform = ${source} and d.workspace_id = split_part(e.lane, '/', 1))`;

const claimed = (db: Db) => db`
  i.id, i.event_id, i.kind, i.lane, i.payload, i.received_at, i.traceparent, i.attempts,
  i.lease_epoch as epoch`;

function toRecord({ eventId, kind, lane, payload, traceparent = null }: LaneEvent): object {
  return { event_id: eventId, kind, lane, payload, traceparent };
}
