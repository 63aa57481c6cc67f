/** Turns: how they begin, end, are ended and tried again. */
import type { Notice } from "../budgets/admit.ts";
import type { Entrance, Gate, Reserve } from "../budgets/gate.ts";
import { tokensOf } from "../budgets/prices.ts";
import type { ThreadEvent } from "../conversation/thread-event.ts";
import type { MessageStatus, Thread, Turn, TurnState } from "../conversation/thread.ts";
import { problem } from "../errors.ts";
import type { ModelUsage } from "../ports.ts";
import type { PendingQuery, Row } from "postgres";
import type { Db, Sql, Tx } from "./database.ts";
import { isUuid } from "./database.ts";
import { appendEvent, toColumns } from "./events.ts";
import { tellOfWaiting } from "./fan-out.ts";
import { insertKeyedSystemMessage } from "./messages.ts";
import { askForPlaces } from "./place-looks.ts";
import { chargeTurn } from "./spending.ts";
import type { Lease } from "./thread-leases.ts";
import { fence, release } from "./thread-leases.ts";

const COLUMNS = `id, thread_id, state, cancel_requested_at is not null as cancel_requested, model_id,
  attempt, error, error_id, usage, retry_of, created_at,
  started_at, finished_at`;

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
  /** Where the trace comes from that asked for it. */
  traceparent: string | null;
  /** The workspace that it is charged to. */
  share: string;
}

/**
 * Begins the thread's next turn: the one that a dead worker left running, else the queued one. Null when
 * there is none; the thread is released then. A further attempt starts its answer again: the earlier one's
 * changes are withdrawn and its partial text is taken back.
 * @param gate says whether the turn may begin; one that may not is cancelled, and the thread is told why.
 */
export async function beginTurn(
  sql: Sql,
  lease: Lease,
  defaultModelId: string,
  gate: Gate,
): Promise<RunningTurn | RefusedTurn | null> {
  return sql.begin(async (tx) => {
    const thread = await fence(tx, lease);
    const [found] = await tx<
      (Turn & { share: string; askedBy: string | null; traceparent: string | null })[]
    >`
      select * from (
        select ${tx.unsafe(COLUMNS)}, share, asked_by, traceparent from turns
        where thread_id = ${lease.threadId} and state = 'running'
        union all
        select ${tx.unsafe(COLUMNS)}, share, asked_by, traceparent from turns
        where thread_id = ${lease.threadId} and state = 'queued'
      ) as waiting limit 1`;
    if (!found) {
      await release(tx, lease, null);
      return null;
    }
    const { share, askedBy, traceparent, ...turn } = found;
    const modelId = turn.modelId ?? thread.modelId ?? defaultModelId;
    const asked = { threadId: lease.threadId, share, userId: askedBy, modelId };
    const entrance = turn.state === "queued" ? await gate.enter(tx, asked) : GOES_ON;
    if (!entrance.admitted) return refuseTurn(tx, lease, turn.id, entrance);
    for (const notice of entrance.notices) await noteOnce(tx, lease.threadId, notice);
    const answer =
      turn.state === "running"
        ? await restartAnswer(tx, lease, turn, modelId)
        : await startAnswer(tx, lease, turn, { modelId, reserve: entrance.reserve });
    const attempt = turn.attempt + 1;
    const cancelRequested = turn.cancelRequested || gate.stop !== null;
    return {
      thread,
      turn: { ...turn, state: "running" as const, attempt, cancelRequested },
      modelId,
      traceparent,
      share,
      ...answer,
    };
  });
}

/** What runs already was let in when it began. */
const GOES_ON: Entrance = { admitted: true, reserve: { tokens: 0, microdollars: 0 }, notices: [] };

/** A turn that was not let in; it is cancelled, and its thread has been told. */
export interface RefusedTurn {
  refused: Extract<ThreadEvent, { kind: "turn_end" }>;
  eventSeq: number;
  places: string[];
}

async function refuseTurn(
  tx: Tx,
  lease: Lease,
  turnId: string,
  { type, notice }: Extract<Entrance, { admitted: false }>,
): Promise<RefusedTurn> {
  await tx`
    update turns set state = 'cancelled', finished_at = now(),
      cancel_requested_at = coalesce(cancel_requested_at, now())
    where id = ${turnId}`;
  await noteOnce(tx, lease.threadId, notice);
  const refused = {
    kind: "turn_end" as const,
    turnId,
    messageId: null,
    state: "cancelled" as const,
    at: 0,
    changeIds: [],
    problem: problem(type, notice.text),
  };
  const eventSeq = await appendEvent(tx, lease.threadId, refused);
  return { refused, eventSeq, places: await askForPlaces(tx, [lease.threadId]) };
}

/** Told in a thread once for each key; its row is locked. */
async function noteOnce(tx: Tx, threadId: string, { key, text }: Notice): Promise<void> {
  const messageId = await insertKeyedSystemMessage(tx, threadId, text, key);
  if (messageId !== null) {
    await appendEvent(tx, threadId, { kind: "message", messageId, role: "system" });
  }
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

async function startAnswer(
  tx: Tx,
  lease: Lease,
  turn: Turn,
  { modelId, reserve }: { modelId: string; reserve: Reserve },
): Promise<Answer> {
  const [answer] = await tx<Answer[]>`
    with t as (
      update threads set message_seq = message_seq + 1, event_seq = event_seq + 1
      where id = ${lease.threadId} returning id, message_seq, event_seq
    ), u as (
      update turns set state = 'running', attempt = attempt + 1, started_at = now(),
        reserved_tokens = ${reserve.tokens}, reserved_microdollars = ${reserve.microdollars}
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
  /** Millionths of a US dollar; null where it used nothing, and where the model has no price. */
  costMicrodollars: number | null;
  /** Milliseconds since the first of the answer could be seen; null where nothing came. */
  firstTextAgoMs: number | null;
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
    const ending = tx<{ more: boolean; eventSeq: number; places: string[] | null }[]>`
      with m as (
        update thread_messages set text = ${outcome.text}, status = ${outcome.status}
        where id = ${running.messageId}
      ), u as (
        update turns set state = ${outcome.state}, finished_at = now(), error = ${outcome.error},
          error_id = ${outcome.errorId}, usage = ${outcome.usage ? tx.json(outcome.usage as never) : null},
          cost_microdollars = ${outcome.costMicrodollars},
          first_text_at = now() - ${outcome.firstTextAgoMs}::float8 * interval '1 ms'
        where id = ${running.turn.id}
      ), q as (
        select count(*) > 0 as more, max(share) as share
        from turns where thread_id = ${lease.threadId} and state = 'queued'
      ), t as (
        update threads set event_seq = event_seq + 1, share = coalesce(q.share, threads.share),
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
    const { usage, costMicrodollars: microdollars } = outcome;
    const tokens = usage ? tokensOf(usage) : 0;
    // Both are sent at once, which saves a round trip.
    const [[row]] = await Promise.all([
      ending.execute(),
      tokens > 0 && chargeTurn(tx, running.turn.id, { tokens, microdollars }).execute(),
    ]);
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
    with o as (select share, asked_by from turns where id = ${turn.id}), t as (
      update threads set ready_at = coalesce(ready_at, now()),
        share = case when ready_at is null then o.share else threads.share end
      from o where id = ${turn.threadId} and state = 'open' and not exists (
        select 1 from turns later
        where later.thread_id = threads.id and later.created_at > ${turn.createdAt}
          and later.id <> ${turn.id})
      returning threads.id
    )
    insert into turns (thread_id, model_id, retry_of, share, asked_by)
    select t.id, ${turn.modelId}, ${turn.id}, o.share, o.asked_by from t, o
    on conflict (thread_id) where state = 'queued' do nothing returning id`;
  return row?.id ?? null;
}

/** Since when a turn is waited for, and where the trace comes from that asked for it. */
export async function findAsking(
  db: Db,
  turnId: string,
): Promise<{ askedAt: Date; traceparent: string | null } | null> {
  const [row] = await db<{ askedAt: Date; traceparent: string | null }[]>`
    select coalesce(asked_at, created_at) as asked_at, traceparent from turns where id = ${turnId}`;
  return row ?? null;
}
