import { randomUUID } from "node:crypto";

import type { PendingQuery, Row } from "postgres";
import { CONSOLE_SHARE } from "../budgets/share.ts";
import type { Message, MessageRole } from "../conversation/thread.ts";
import type { Origin } from "../engine.ts";
import type { Db, Tx } from "./database.ts";
import { tellOfMessage } from "./fan-out.ts";

export interface UserMessageRow {
  threadId: string;
  authorUserId: string;
  text: string;
  quote: string | null;
  /** Model asked for with this message. */
  modelId: string | null;
  dedupKey: string | null;
  /** The link of the place that it was written in; null in the console. */
  saidIn: string | null;
  /** Where it came from; left out where nothing is known of it. */
  origin?: Origin | null;
}

export interface StoredMessage {
  messageId: string;
  turnId: string;
  eventSeq: number;
  /** Links of the places that are to show it. */
  places: string[];
}

/**
 * Stores a person's message with the turn that it asks for, and who is told of it: a queued turn is joined,
 * else one is made, and the thread is made ready. Null when there is no such open thread.
 * Throws the unique violation `thread_messages_dedup` when the key was used before.
 */
export async function insertUserMessage(
  db: Tx,
  row: UserMessageRow,
): Promise<StoredMessage | null> {
  const id = randomUUID();
  const inserting = db<StoredMessage[]>`
    with s as (select ${shareOf(db, row.saidIn)} as share), t as (
      update threads set message_seq = message_seq + 1, event_seq = event_seq + 1,
        ready_at = coalesce(ready_at, now()),
        share = case when ready_at is null then s.share else threads.share end
      from s where id = ${row.threadId} and state = 'open'
      returning id, message_seq, event_seq, rfc_slug, branch_name
    ), q as (
      -- Whoever joined last is charged, and where they did.
      insert into turns (thread_id, model_id, share, asked_by, asked_at, traceparent)
      select t.id, ${row.modelId}, s.share, ${row.authorUserId},
        ${row.origin?.since ?? null}::timestamptz, ${row.origin?.traceparent ?? null}
      from t, s
      on conflict (thread_id) where state = 'queued'
      do update set model_id = coalesce(excluded.model_id, turns.model_id),
        share = excluded.share, asked_by = excluded.asked_by
      returning id
    ), m as (
      insert into thread_messages (id, thread_id, seq, role, author_user_id, text, quote, turn_id,
        dedup_key, said_in)
      select ${id}, t.id, t.message_seq, 'user', ${row.authorUserId}, ${row.text}, ${row.quote}, q.id,
        ${row.dedupKey}, ${row.saidIn}
      from t, q returning id
    ), e as (
      insert into thread_events (thread_id, seq, kind, payload)
      select t.id, t.event_seq, 'message', jsonb_build_object('messageId', m.id, 'role', 'user')
      from t, m
    ), k as (
      -- As 'askForPlaces'; in the place where it was written it stands already.
      update place_looks p set due_at = least(p.due_at, now()), asked = asked + 1
      from thread_links n, t
      where n.thread_id = t.id and n.id = p.link_id and n.ended_at is null
        and n.id is distinct from ${row.saidIn}::uuid
      returning p.link_id
    ), h as (
      update pull_request_looks p set due_at = least(p.due_at, now()), asked = asked + 1
      from t
      where p.rfc_slug = t.rfc_slug and p.branch_name = t.branch_name and exists (
        select 1 from thread_links n
        where n.thread_id = t.id and n.remarks_from is not null and n.platform = 'github')
    )
    select m.id as message_id, q.id as turn_id, t.event_seq,
      coalesce((select array_agg(link_id) from k), '{}'::uuid[]) as places
    from t, q, m`;
  const [stored] = await whileTelling(db, id, inserting);
  return stored ?? null;
}

/** The workspace that what is asked in a place is charged to, as `shareName` writes it. */
function shareOf(db: Db, saidIn: string | null): PendingQuery<Row[]> {
  if (saidIn === null) return db`${CONSOLE_SHARE}::text`;
  return db`coalesce((
    select case when platform = 'github' then 'github/' || split_part(place, '/', 1)
      else platform || '/' || workspace_id end
    from thread_links where id = ${saidIn}), ${CONSOLE_SHARE})`;
}

/**
 * Stores a person's message that asks for no answer, and who is told of it. Null when there is no such open
 * thread.
 * Throws the unique violation `thread_messages_dedup` when the key was used before.
 */
export async function insertRemark(
  db: Tx,
  row: Omit<UserMessageRow, "modelId" | "origin">,
): Promise<string | null> {
  const id = randomUUID();
  const inserting = db<{ id: string }[]>`
    with t as (
      update threads set message_seq = message_seq + 1
      where id = ${row.threadId} and state = 'open' returning id, message_seq
    )
    insert into thread_messages (id, thread_id, seq, role, author_user_id, text, quote, dedup_key, said_in)
    select ${id}, id, message_seq, 'user', ${row.authorUserId}, ${row.text}, ${row.quote}, ${row.dedupKey},
      ${row.saidIn}
    from t returning id`;
  const [stored] = await whileTelling(db, id, inserting);
  return stored?.id ?? null;
}

/** Sends both statements at once, which saves a round trip; where no message comes into being, nobody is told. */
async function whileTelling<T extends Row>(
  db: Tx,
  messageId: string,
  inserting: PendingQuery<T[]>,
): Promise<T[]> {
  const [rows] = await Promise.all([inserting.execute(), tellOfMessage(db, messageId)]);
  return rows;
}

/** When people last asked something, newest first; of one person, and in one workspace of chat. */
export async function listAsked(
  db: Db,
  of: { userId: string; platform: string; workspaceId: string },
  within: { ms: number; most: number },
): Promise<{ person: Date[]; workspace: Date[] }> {
  const asked = (condition: PendingQuery<Row[]>) => db<{ at: Date }[]>`
    select m.at from (
      select author_user_id, created_at as at from thread_messages
      where role = 'user' and turn_id is not null
        and created_at > now() - ${within.ms} * interval '1 ms' and created_at <= now()
      union all
      select user_id, asked_at from summaries_asked
      where asked_at > now() - ${within.ms} * interval '1 ms' and asked_at <= now()
    ) m
    where ${condition} order by m.at desc limit ${within.most}`;
  const [person, workspace] = await Promise.all([
    asked(db`m.author_user_id = ${of.userId}`),
    asked(db`exists (
      select 1 from identities i where i.user_id = m.author_user_id
        and i.platform = ${of.platform} and i.workspace_id = ${of.workspaceId})`),
  ]);
  return { person: person.map(({ at }) => at), workspace: workspace.map(({ at }) => at) };
}

/** The message that was stored under the sender's key; without a turn when it asked for none. */
export async function findByDedupKey(
  db: Db,
  threadId: string,
  key: string,
): Promise<{ messageId: string; turnId: string | null } | null> {
  const [row] = await db<{ messageId: string; turnId: string | null }[]>`
    select id as message_id, turn_id from thread_messages
    where thread_id = ${threadId} and dedup_key = ${key}`;
  return row ?? null;
}

/** Whether the message asked for an answer. */
export async function hasTurn(db: Db, messageId: string): Promise<boolean> {
  const [row] = await db<{ has: boolean }[]>`
    select turn_id is not null as has from thread_messages where id = ${messageId}`;
  return row?.has ?? false;
}

/**
 * The message reads otherwise where it was written; one that is deleted stays so.
 * @param quote what it quotes now; left out where that is not known to have changed
 */
export async function editMessage(
  db: Db,
  messageId: string,
  text: string,
  quote?: string | null,
): Promise<boolean> {
  const quoted = quote === undefined ? db`quote` : db`${quote}::text`;
  const rows = await db`
    update thread_messages set text = ${text}, quote = ${quoted}, edited_at = now()
    where id = ${messageId} and deleted_at is null
      and (text <> ${text} or quote is distinct from ${quoted}) returning 1`;
  return rows.length > 0;
}

/**
 * The message was deleted where it was written: a mark stays of it. Answers with the turn that nobody asks
 * for any more, if that still waits.
 */
export async function deleteMessage(
  db: Db,
  messageId: string,
): Promise<{ role: MessageRole; abandonedTurnId: string | null } | null> {
  const [row] = await db<{ role: MessageRole; turnId: string | null }[]>`
    update thread_messages set text = '', quote = null, deleted_at = now()
    where id = ${messageId} and deleted_at is null returning role, turn_id`;
  if (!row) return null;
  const [turn] = await db<{ id: string }[]>`
    select id from turns t where id = ${row.turnId} and state = 'queued' and not exists (
      select 1 from thread_messages m
      where m.turn_id = t.id and m.role = 'user' and m.deleted_at is null)`;
  return { role: row.role, abandonedTurnId: turn?.id ?? null };
}

/** A message from Redline itself to the people in the thread. The model never sees it. */
export async function insertSystemMessage(
  db: Db,
  threadId: string,
  text: string,
  turnId: string | null = null,
): Promise<string> {
  const [row] = await db<{ id: string }[]>`
    with t as (
      update threads set message_seq = message_seq + 1 where id = ${threadId} returning id, message_seq
    )
    insert into thread_messages (thread_id, seq, role, text, turn_id)
    select id, message_seq, 'system', ${text}, ${turnId} from t returning id`;
  return row!.id;
}

/**
 * The same under a key of its own: null when it was said already. The thread's row is to be locked, so that
 * two of them do not both find it unsaid.
 */
export async function insertKeyedSystemMessage(
  db: Db,
  threadId: string,
  text: string,
  key: string,
): Promise<string | null> {
  const [row] = await db<{ id: string }[]>`
    with t as (
      update threads set message_seq = message_seq + 1
      where id = ${threadId} and not exists (
        select 1 from thread_messages where thread_id = ${threadId} and dedup_key = ${key})
      returning id, message_seq
    )
    insert into thread_messages (thread_id, seq, role, text, dedup_key)
    select id, message_seq, 'system', ${text}, ${key} from t returning id`;
  return row?.id ?? null;
}

export async function listMessages(db: Db, threadId: string): Promise<Message[]> {
  return db<Message[]>`
    select m.id, m.thread_id, m.seq, m.role, u.display_name as author, m.model_id, m.text, m.quote,
      m.turn_id, m.status, m.created_at, m.edited_at, m.deleted_at
    from thread_messages m left join users u on u.id = m.author_user_id
    where m.thread_id = ${threadId} order by m.seq`;
}

/** What of a message goes into the model's history. */
export interface HistoryRow {
  role: "user" | "assistant";
  author: string | null;
  text: string;
  quote: string | null;
}

/**
 * The newest messages before `beforeSeq` whose texts together stay under `maxBytes` bytes, oldest
 * first, and how many older ones there are: a long thread is not read whole for every turn. What failed
 * answers said is no part of it; the newest question always is, with what was answered to it before.
 */
export async function listHistory(
  db: Db,
  threadId: string,
  beforeSeq: number,
  maxBytes: number,
): Promise<{ rows: HistoryRow[]; older: number }> {
  const rows = await db<(HistoryRow & { older: number })[]>`
    with h as (
      select m.seq, m.role, u.display_name as author, m.text, m.quote,
        sum(octet_length(m.text) + coalesce(octet_length(m.quote), 0))
          over (order by m.seq desc rows unbounded preceding) as total,
        count(*) over (order by m.seq rows unbounded preceding) - 1 as older
      from thread_messages m left join users u on u.id = m.author_user_id
      where m.thread_id = ${threadId} and m.seq < ${beforeSeq} and m.role in ('user', 'assistant')
        and m.status <> 'failed' and m.deleted_at is null
    )
    select role, author, text, quote, older::int from h
    where total <= ${maxBytes} or seq >= (select max(seq) from h where role = 'user') order by seq`;
  return { rows, older: rows[0]?.older ?? 0 };
}

/** Everybody who has written in the change's thread, in order of their first word, and who proposed it. */
export async function listShapers(
  db: Db,
  change: { id: string; threadId: string },
): Promise<{ id: string; displayName: string; email: string | null }[]> {
  return db<{ id: string; displayName: string; email: string | null }[]>`
    select u.id, u.display_name, u.email from users u
    left join thread_messages m on m.author_user_id = u.id and m.thread_id = ${change.threadId}
    where m.id is not null
      or u.id = (select author_user_id from changes where id = ${change.id})
    group by u.id order by min(m.seq) nulls last`;
}

export async function findThreadOf(db: Db, messageId: string): Promise<string | null> {
  const [row] = await db<{ threadId: string }[]>`
    select thread_id from thread_messages where id = ${messageId}`;
  return row?.threadId ?? null;
}
