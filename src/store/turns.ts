/**
 * Turns and who owns them. A worker leases a thread; `lease_epoch` is the fence: every write of a running
 * turn names the epoch under which it was claimed, and a worker that lost its lease writes nothing.
 */
import type { ThreadEvent } from "../conversation/thread-event.ts";
import type { MessageStatus, Thread, Turn, TurnState } from "../conversation/thread.ts";
import type { ModelUsage } from "../ports.ts";
import type { PendingQuery, Row } from "postgres";
import type { Db, Sql, Tx } from "./database.ts";
import { isUuid } from "./database.ts";
import { toColumns } from "./events.ts";
import { tellOfWaiting } from "./fan-out.ts";

/** A thread owned by this worker until the lease is over, unless it is renewed. */
export interface Lease {
  threadId: string;
  epoch: number;
}

/** Another worker owns the thread now; whatever this one still holds is void. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

const COLUMNS = `id, thread_id, state, cancel_requested_at is not null as cancel_requested, model_id,
  attempt, error, error_id, usage, retry_of, created_at,
  started_at, finished_at`;

/**
 * Takes the thread when it is ready and free. Waits for whoever holds the row for a moment: a claim that
 * passed by would be a lost wake-up.
 */
export async function claim(
  db: Db,
  threadId: string,
  owner: string,
  leaseMs: number,
): Promise<Lease | null> {
  const [row] = await db<{ epoch: number }[]>`
    update threads set lease_owner = ${owner}, lease_epoch = lease_epoch + 1,
      lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    where id = ${threadId} and ready_at <= clock_timestamp()
      and (lease_until is null or lease_until < clock_timestamp())
    returning lease_epoch as epoch`;
  return row ? { threadId, epoch: row.epoch } : null;
}

/**
 * Not held when the lease was lost, or given back while this was on its way: then the thread must not look
 * taken. Also says whether the running turn is to be cancelled.
 */
export async function renew(
  db: Db,
  lease: Lease,
  leaseMs: number,
): Promise<{ held: boolean; cancelRequested: boolean }> {
  const [row] = await db<{ cancelRequested: boolean }[]>`
    update threads t set lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    where t.id = ${lease.threadId} and t.lease_epoch = ${lease.epoch} and t.lease_owner is not null
    returning exists (
      select 1 from turns u
      where u.thread_id = t.id and u.state = 'running' and u.cancel_requested_at is not null
    ) as cancel_requested`;
  return { held: row !== undefined, cancelRequested: row?.cancelRequested ?? false };
}

/** Locks the thread's row for the transaction, if the lease still holds. @throws LeaseLost */
async function fence(tx: Db, lease: Lease): Promise<Thread> {
  const [row] = await tx<Thread[]>`
    select id, rfc_slug, branch_name, thread_kind as kind, state, title, model_id, anchor,
      anchor_stale_since, created_at
    from threads where id = ${lease.threadId} and lease_epoch = ${lease.epoch} for no key update`;
  if (!row) throw new LeaseLost(`lease ${lease.epoch} of thread ${lease.threadId} is over`);
  return row;
}

/** A turn that this worker is to run, with the assistant message that will hold its answer. */
export interface RunningTurn {
  thread: Thread;
  turn: Turn;
  messageId: string;
  messageSeq: number;
  modelId: string;
  /** Number of the event that says it runs. */
  eventSeq: number;
  /** Links of the places in chat that are to show it; null for none. */
  places: string[] | null;
}

/**
 * Begins the thread's next turn: the one that a dead worker left running, else the queued one. Null when
 * there is none; the thread is released then. A further attempt starts its answer again: the earlier one's
 * changes are withdrawn and its partial text is taken back.
 */
export async function beginTurn(
  sql: Sql,
  lease: Lease,
  defaultModelId: string,
): Promise<RunningTurn | null> {
  const begun = await sql.begin(async (tx) => {
    const thread = await fence(tx, lease);
    const [turn] = await tx<Turn[]>`
      select * from (
        select ${tx.unsafe(COLUMNS)} from turns
        where thread_id = ${lease.threadId} and state = 'running'
        union all
        select ${tx.unsafe(COLUMNS)} from turns
        where thread_id = ${lease.threadId} and state = 'queued'
      ) as waiting limit 1`;
    if (!turn) {
      await release(tx, lease, null);
      return null;
    }
    const modelId = turn.modelId ?? thread.modelId ?? defaultModelId;
    const answer =
      turn.state === "running"
        ? await restartAnswer(tx, lease, turn, modelId)
        : await startAnswer(tx, lease, turn, modelId);
    const attempt = turn.attempt + 1;
    return {
      thread,
      turn: { ...turn, state: "running" as const, attempt },
      modelId,
      ...answer,
    };
  });
  return begun;
}

interface Answer {
  messageId: string;
  messageSeq: number;
  eventSeq: number;
  places: string[] | null;
}

/** As `askForPlaces`, without a way to the server of its own. */
function placesOf(tx: Tx, lease: Lease): PendingQuery<Row[]> {
  return tx`
    update place_looks k set due_at = least(k.due_at, now()), asked = asked + 1
    from thread_links n
    where n.id = k.link_id and n.thread_id = ${lease.threadId} returning k.link_id`;
}

async function startAnswer(tx: Tx, lease: Lease, turn: Turn, modelId: string): Promise<Answer> {
  const [answer] = await tx<Answer[]>`
    with t as (
      update threads set message_seq = message_seq + 1, event_seq = event_seq + 1
      where id = ${lease.threadId} returning id, message_seq, event_seq
    ), u as (
      update turns set state = 'running', attempt = attempt + 1, started_at = now()
      where id = ${turn.id} returning id, attempt
    ), m as (
      insert into thread_messages (thread_id, seq, role, model_id, text, turn_id, status)
      select t.id, t.message_seq, 'assistant', ${modelId}, '', u.id, 'streaming' from t, u
      returning id, seq
    ), e as (
      insert into thread_events (thread_id, seq, kind, turn_id, payload)
      select t.id, t.event_seq, 'turn', u.id,
        jsonb_build_object('turnId', u.id, 'messageId', m.id, 'attempt', u.attempt) from t, u, m
    ), p as (${placesOf(tx, lease)})
    select m.id as message_id, m.seq as message_seq, t.event_seq,
      (select array_agg(link_id) from p) as places
    from m, t`;
  return answer!;
}

async function restartAnswer(tx: Tx, lease: Lease, turn: Turn, modelId: string): Promise<Answer> {
  await tx`
    update changes set state = 'withdrawn', decided_at = now(), drift = 'fresh', stale_since = null
    where turn_id = ${turn.id} and attempt = ${turn.attempt} and state = 'pending'`;
  await tx`
    update loose_blocks set state = 'withdrawn'
    where turn_id = ${turn.id} and attempt = ${turn.attempt} and state = 'open'`;
  const [answer] = await tx<Answer[]>`
    with t as (
      update threads set event_seq = event_seq + 1 where id = ${lease.threadId} returning id, event_seq
    ), u as (
      update turns set attempt = attempt + 1 where id = ${turn.id} returning id, attempt
    ), m as (
      update thread_messages set text = '', status = 'streaming', model_id = ${modelId}
      where turn_id = ${turn.id} and role = 'assistant' returning id, seq
    ), e as (
      insert into thread_events (thread_id, seq, kind, turn_id, payload)
      select t.id, t.event_seq, 'turn', u.id,
        jsonb_build_object('turnId', u.id, 'messageId', m.id, 'attempt', u.attempt) from t, u, m
    ), p as (${placesOf(tx, lease)})
    select m.id as message_id, m.seq as message_seq, t.event_seq,
      (select array_agg(link_id) from p) as places
    from m, t`;
  return answer!;
}

/** How a turn ended, and what is said about it. */
export interface TurnOutcome {
  state: Extract<TurnState, "done" | "failed" | "cancelled">;
  text: string;
  /** Of the answer's changes, in the order of their blocks. */
  changeIds: string[];
  status: MessageStatus;
  usage: ModelUsage | null;
  /** For people, when it failed. */
  error: string | null;
  errorId: string | null;
  /** What the thread is told by Redline itself. */
  notes: string[];
}

/**
 * Ends the turn with all its outputs in one fenced transaction, and releases the thread when nothing else
 * waits there. `more`: another turn is queued and the lease is kept. @throws LeaseLost
 */
export async function finishTurn(
  sql: Sql,
  lease: Lease,
  running: RunningTurn,
  outcome: TurnOutcome,
  event: ThreadEvent,
): Promise<{ more: boolean; eventSeq: number; places: string[] | null }> {
  return sql.begin(async (tx) => {
    await fence(tx, lease);
    for (const note of outcome.notes) await noteInTurn(tx, lease, running, note);
    await tellOfWaiting(tx, outcome.changeIds);
    const { kind, payload } = toColumns(event);
    // A new statement, after the lock: it sees every message that was stored before it, and none can be
    // stored until the commit. So no wake-up falls between this look and the release.
    const [row] = await tx<{ more: boolean; eventSeq: number; places: string[] | null }[]>`
      with m as (
        update thread_messages set text = ${outcome.text}, status = ${outcome.status}
        where id = ${running.messageId}
      ), u as (
        update turns set state = ${outcome.state}, finished_at = now(), error = ${outcome.error},
          error_id = ${outcome.errorId}, usage = ${outcome.usage ? tx.json(outcome.usage as never) : null}
        where id = ${running.turn.id}
      ), q as (
        select exists (
          select 1 from turns where thread_id = ${lease.threadId} and state = 'queued') as more
      ), t as (
        update threads set event_seq = event_seq + 1,
          ready_at = case when q.more then coalesce(ready_at, now()) end,
          lease_owner = case when q.more then lease_owner end,
          lease_until = case when q.more then lease_until end
        from q where id = ${lease.threadId} returning id, event_seq, q.more
      ), l as (
        -- As 'askForLooks', without a way to the server of its own.
        update pull_request_looks k set due_at = least(k.due_at, now()), asked = asked + 1
        from threads h
        where h.id = ${lease.threadId} and k.rfc_slug = h.rfc_slug and k.branch_name = h.branch_name
      ), p as (${placesOf(tx, lease)})
      insert into thread_events (thread_id, seq, kind, turn_id, payload)
      select id, event_seq, ${kind}, ${running.turn.id}, ${tx.json(payload as never)} from t
      returning seq as event_seq, (select more from t) as more,
        (select array_agg(link_id) from p) as places`;
    return row!;
  });
}

async function noteInTurn(tx: Tx, lease: Lease, running: RunningTurn, text: string): Promise<void> {
  await tx`
    with t as (
      update threads set message_seq = message_seq + 1, event_seq = event_seq + 1
      where id = ${lease.threadId} returning id, message_seq, event_seq
    ), m as (
      insert into thread_messages (thread_id, seq, role, text, turn_id)
      select id, message_seq, 'system', ${text}, ${running.turn.id} from t returning id
    )
    insert into thread_events (thread_id, seq, kind, payload)
    select t.id, t.event_seq, 'message', jsonb_build_object('messageId', m.id, 'role', 'system')
    from t, m`;
}

/**
 * Gives the thread back while its turn is unfinished: to run at once elsewhere (shutdown), or later
 * (`delayMs`, after a failure). Null: there is nothing to run.
 */
export async function release(db: Db, lease: Lease, delayMs: number | null): Promise<void> {
  await db`
    update threads set lease_owner = null, lease_until = null,
      ready_at = ${delayMs === null ? null : db`clock_timestamp() + ${delayMs} * interval '1 ms'`}
    where id = ${lease.threadId} and lease_epoch = ${lease.epoch}`;
}

/**
 * Threads with a turn to run and nobody running it. One that became ready within `graceMs` is left to its
 * wake-up, which is most likely under way.
 */
export async function listReadyThreads(db: Db, graceMs: number, limit: number): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select id from threads
    where ready_at <= clock_timestamp() - ${graceMs} * interval '1 ms'
      and (lease_until is null or lease_until < clock_timestamp())
    order by ready_at limit ${limit}`;
  return rows.map((row) => row.id);
}

/** Ends every lease: for the start of a process that is known to be the only one. */
export async function endAllLeases(db: Db): Promise<void> {
  await db`
    update threads set lease_owner = null, lease_until = null, lease_epoch = lease_epoch + 1
    where lease_until is not null`;
}

export async function findTurn(db: Db, id: string): Promise<Turn | null> {
  if (!isUuid(id)) return null;
  const [row] = await db<Turn[]>`select ${db.unsafe(COLUMNS)} from turns where id = ${id}`;
  return row ?? null;
}

export async function listTurns(db: Db, threadId: string): Promise<Turn[]> {
  return db<Turn[]>`
    select ${db.unsafe(COLUMNS)} from turns where thread_id = ${threadId} order by created_at, id`;
}

/** Asks for the end of a queued or running turn; the queued one ends at once. */
export async function requestCancel(db: Db, turn: Turn): Promise<void> {
  await db`
    update turns set cancel_requested_at = coalesce(cancel_requested_at, now()),
      state = case when state = 'queued' then 'cancelled' else state end,
      finished_at = case when state = 'queued' then now() end
    where id = ${turn.id} and state in ('queued', 'running')`;
}

/**
 * A new turn for what a failed or cancelled one did not answer; null when the thread is closed, or has gone
 * on with a later turn.
 */
export async function insertRetry(db: Db, turn: Turn): Promise<string | null> {
  const [row] = await db<{ id: string }[]>`
    with t as (
      update threads set ready_at = coalesce(ready_at, now())
      where id = ${turn.threadId} and state = 'open' and not exists (
        select 1 from turns later
        where later.thread_id = threads.id and later.created_at > ${turn.createdAt}
          and later.id <> ${turn.id})
      returning id
    )
    insert into turns (thread_id, model_id, retry_of)
    select id, ${turn.modelId}, ${turn.id} from t
    on conflict (thread_id) where state = 'queued' do nothing returning id`;
  return row?.id ?? null;
}

/** The usage of the thread's newest finished turn, to estimate the next one by. */
export async function lastUsage(
  db: Db,
  threadId: string,
): Promise<{ usage: ModelUsage; promptBytes: number } | null> {
  const [row] = await db<{ usage: ModelUsage & { promptBytes?: number } }[]>`
    select usage from turns where thread_id = ${threadId} and usage is not null
    order by created_at desc limit 1`;
  return row?.usage.promptBytes ? { usage: row.usage, promptBytes: row.usage.promptBytes } : null;
}
