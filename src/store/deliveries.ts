/**
 * What is shown in the places of threads: each message, card and list is written down before it is sent, so
 * that a worker that takes over finds what its predecessor showed.
 */
import { offers, parseCardRef } from "../chat/card-ref.ts";
import type { ChatPlace } from "../chat/chat-event.ts";
import type { Message } from "../conversation/thread.ts";
import type { ChosenPlace } from "../engine.ts";
import type { Db } from "./database.ts";
import { isUuid } from "./database.ts";
import type { PlaceLook } from "./place-looks.ts";

/**
 * `answer` and `note` show a message, `remark` what a person wrote in another place, `card` a change, `list` the
 * changes of a turn, `merge` a proposal to merge.
 */
export type DeliveryKind = "answer" | "note" | "remark" | "card" | "list" | "merge";

/**
 * `pending → posting → live | sent`, `live → sent`. `posting`: sent, and not known yet whether the platform
 * has it. `live`: there, and still to be changed. `removed`: somebody deleted it, or it is not taken at all.
 */
export type DeliveryState = "pending" | "posting" | "live" | "sent" | "removed";

/** One message of a platform, or the intention of one. */
export interface Delivery {
  id: string;
  linkId: string;
  kind: DeliveryKind;
  subjectId: string;
  /** Counts the messages of one answer or remark from 0. */
  segment: number;
  state: DeliveryState;
  platformMessageId: string | null;
  /** Of an answer's segment, in UTF-16 units of its text; `textTo` is null while it grows. */
  textFrom: number;
  textTo: number | null;
  /** The attempt whose text that is. */
  attempt: number;
  /** A digest of what is shown; '' where that is not known. */
  shown: string;
  begunAt: Date | null;
  page: number;
  /** What its message is posted with; another one for each message that takes the place of an older. */
  postKey: string;
  /** The messages that it took the place of, since they took no more changes, oldest first. */
  replaced: string[];
  /** The address of the last of them. */
  replacesUrl: string | null;
  /** A digest of what is shown and must not be out of date; '' where that is not known. */
  essence: string;
}

const COLUMNS = `d.id, d.link_id, d.kind, d.subject_id, d.segment, d.state, d.platform_message_id,
  d.text_from, d.text_to, d.attempt, d.shown, d.begun_at, d.page,
  coalesce(d.post_key, d.id) as post_key, d.replaced, d.replaces_url, d.essence`;

/** A place, and the thread that is held there. */
export interface HeldPlace extends ChatPlace {
  linkId: string;
  threadId: string;
  /** Messages from this one on are shown there. */
  shownFrom: number;
  /** When it was unlinked. */
  endedAt: Date | null;
}

export async function findPlace(db: Db, linkId: string): Promise<HeldPlace | null> {
  const [row] = await db<HeldPlace[]>`
    select id as link_id, thread_id, platform, workspace_id, place, shown_from, ended_at
    from thread_links where id = ${linkId}`;
  return row ?? null;
}

/** Messages that are read of a place at once. */
export const MOST_LISTED = 200;

/**
 * The messages of the place's thread that are not shown whole, in order: answers that are written or were
 * not finished here, and notes. Where the link was ended, only what was begun is brought to its end.
 */
export async function listUnshown(db: Db, place: HeldPlace): Promise<Message[]> {
  return db<Message[]>`
    select m.id, m.thread_id, m.seq, m.role, null as author, m.model_id, m.text, m.quote, m.turn_id,
      m.status, m.created_at, m.edited_at, m.deleted_at
    from thread_messages m
    where m.thread_id = ${place.threadId} and m.seq >= ${place.shownFrom}
      and m.role in ('assistant', 'system') and m.deleted_at is null
      and (${place.endedAt === null} or exists (
        select 1 from deliveries d
        where d.link_id = ${place.linkId} and d.subject_id = m.id
          and d.state in ('posting', 'live'))
        -- That it was ended is said as well.
        or m.role = 'system' and exists (
          select 1 from thread_links l
          where l.id = ${place.linkId} and l.ended_at >= m.created_at))
      and not exists (
        select 1 from deliveries d
        where d.link_id = ${place.linkId} and d.subject_id = m.id and d.segment = 0
          and d.kind in ('answer', 'note') and d.state in ('sent', 'removed'))
    order by m.seq limit ${MOST_LISTED}`;
}

/** Everything of a place that may still change: unfinished messages, cards and lists. */
export async function listChangeable(db: Db, linkId: string): Promise<Delivery[]> {
  return db<Delivery[]>`
    select ${db.unsafe(COLUMNS)} from deliveries d
    where d.link_id = ${linkId}
      and (d.kind in ('card', 'list', 'merge') or d.state not in ('sent', 'removed'))
    order by d.created_at, d.segment`;
}

/** The messages of one subject in a place, in their order. */
export async function listDeliveries(
  db: Db,
  linkId: string,
  kind: DeliveryKind,
  subjectId: string,
): Promise<Delivery[]> {
  return db<Delivery[]>`
    select ${db.unsafe(COLUMNS)} from deliveries d
    where d.link_id = ${linkId} and d.kind = ${kind} and d.subject_id = ${subjectId}
    order by d.segment`;
}

/** Which of these messages are known to show something in the place, whatever link it was shown for. */
export async function listKnown(
  db: Db,
  { platform, workspaceId, place }: ChatPlace,
  platformMessageIds: readonly string[],
): Promise<Set<string>> {
  const ids = [...platformMessageIds];
  const rows = await db<{ id: string }[]>`
    select unnest(array_append(d.replaced, d.platform_message_id)) as id
    from deliveries d join thread_links l on l.id = d.link_id
    where (d.platform_message_id = any(${ids}) or d.replaced && ${ids}::text[])
      and l.platform = ${platform} and l.workspace_id = ${workspaceId} and l.place = ${place}`;
  return new Set(rows.map((row) => row.id));
}

/** What a delivery is to be, before anything of it is sent. */
export interface NewDelivery {
  kind: DeliveryKind;
  subjectId: string;
  segment?: number;
  textFrom?: number;
}

/** Writes down an intention; the row that is there already when it was written down before. */
export async function ensureDelivery(
  db: Db,
  linkId: string,
  { kind, subjectId, segment = 0, textFrom = 0 }: NewDelivery,
): Promise<Delivery> {
  const [row] = await db<Delivery[]>`
    insert into deliveries as d (link_id, kind, subject_id, segment, text_from)
    values (${linkId}, ${kind}, ${subjectId}, ${segment}, ${textFrom})
    on conflict (link_id, kind, subject_id, segment) do update set kind = excluded.kind
    returning ${db.unsafe(COLUMNS)}`;
  return row!;
}

/**
 * Says that something is about to be sent for the first time, while the look is held: since when, by the
 * database's clock; null when it is another worker's by now.
 */
export async function beginDelivery(db: Db, look: PlaceLook, id: string): Promise<Date | null> {
  const [row] = await db<{ begunAt: Date }[]>`
    update deliveries set state = 'posting', begun_at = coalesce(begun_at, clock_timestamp())
    where id = ${id} and exists (
      select 1 from place_looks
      where link_id = ${look.linkId} and lease_epoch = ${look.epoch})
    returning begun_at`;
  return row?.begunAt ?? null;
}

/** It is known that nothing was sent after all; where the look is another worker's by now, that is theirs. */
export async function unbeginDelivery(db: Db, look: PlaceLook, id: string): Promise<void> {
  await db`
    update deliveries set state = 'pending', begun_at = null
    where id = ${id} and state = 'posting' and exists (
      select 1 from place_looks
      where link_id = ${look.linkId} and lease_epoch = ${look.epoch})`;
}

/**
 * The message takes no more changes: from here on another one is to stand for the delivery. Null when the
 * look is another worker's by now, or the delivery another message's.
 */
export async function replaceDelivery(
  db: Db,
  look: PlaceLook,
  id: string,
  old: { platformMessageId: string; url: string | null },
): Promise<Delivery | null> {
  const [row] = await db<Delivery[]>`
    update deliveries d set state = 'pending', begun_at = null, shown = '',
      platform_message_id = null, post_key = gen_random_uuid(),
      replaced = array_append(d.replaced, ${old.platformMessageId}), replaces_url = ${old.url}
    where d.id = ${id} and d.platform_message_id = ${old.platformMessageId} and exists (
      select 1 from place_looks
      where link_id = ${look.linkId} and lease_epoch = ${look.epoch})
    returning ${db.unsafe(COLUMNS)}`;
  return row ?? null;
}

/** The places that a card's buttons choose from: kept before they are shown. */
export async function keepChoices(
  db: Db,
  id: string,
  choices: readonly ChosenPlace[],
): Promise<void> {
  await db`
    update deliveries set choices = ${db.json(choices as never)}
    where id = ${id} and choices is distinct from ${db.json(choices as never)}`;
}

/** What is known about a delivery by now. */
export interface DeliveryUpdate {
  state: Exclude<DeliveryState, "pending" | "posting">;
  platformMessageId?: string | null;
  shown?: string;
  essence?: string;
  textFrom?: number;
  textTo?: number | null;
  attempt?: number;
}

export async function updateDelivery(db: Db, id: string, set: DeliveryUpdate): Promise<void> {
  const { textTo } = set;
  await db`
    update deliveries set state = ${set.state},
      platform_message_id = coalesce(${set.platformMessageId ?? null}, platform_message_id),
      shown = coalesce(${set.shown ?? null}, shown),
      essence = coalesce(${set.essence ?? null}, essence),
      text_from = coalesce(${set.textFrom ?? null}, text_from),
      attempt = coalesce(${set.attempt ?? null}, attempt),
      text_to = case when ${textTo !== undefined} then ${textTo ?? null} else text_to end,
      sent_at = case when ${set.state === "sent"} then coalesce(sent_at, now()) end
    where id = ${id}`;
}

/** An answer is shown whole: all of its messages are settled at once. */
export async function settleAnswer(db: Db, linkId: string, messageId: string): Promise<void> {
  await db`
    update deliveries set state = 'sent', sent_at = now()
    where link_id = ${linkId} and kind = 'answer' and subject_id = ${messageId} and state = 'live'`;
}

/** Writes down that a message is to be shown on a link. */
export async function putDelivery(db: Db, linkId: string, messageId: string): Promise<void> {
  await db`
    insert into deliveries (link_id, subject_id) values (${linkId}, ${messageId})
    on conflict do nothing`;
}

/** The message is shown there. */
export async function markDelivered(
  db: Db,
  linkId: string,
  messageId: string,
  platformMessageId: string,
): Promise<void> {
  await db`
    update deliveries set state = 'sent', platform_message_id = ${platformMessageId}, sent_at = now()
    where link_id = ${linkId} and kind = 'answer' and subject_id = ${messageId} and state = 'pending'`;
}

/** A message that an answer does not need any more. */
export async function dropDelivery(db: Db, id: string): Promise<void> {
  await db`delete from deliveries where id = ${id}`;
}

/** Notes that say something else by now are shown anew where they stand. */
export async function reopenNotes(db: Db, messageIds: readonly string[]): Promise<void> {
  await db`
    update deliveries set state = 'live', shown = ''
    where kind = 'note' and state = 'sent' and platform_message_id is not null
      and subject_id = any(${[...messageIds]}::uuid[])`;
}

/** What a card's button refers to. */
export interface CardRef extends ChatPlace {
  deliveryId: string;
  linkId: string;
  threadId: string;
  /** The change of a card; of a list the turn, of a merge the proposal. */
  subjectId: string;
  kind: DeliveryKind;
  /** The places that the pressed card offered; empty where it is out of date. */
  choices: readonly ChosenPlace[];
}

/** Null for anything that no button of Redline carries. */
export async function findCardRef(db: Db, ref: string): Promise<CardRef | null> {
  const { id, offered } = parseCardRef(ref);
  if (!isUuid(id)) return null;
  const [row] = await db<CardRef[]>`
    select d.id as delivery_id, d.link_id, l.thread_id, d.subject_id, d.kind, l.platform,
      l.workspace_id, l.place, coalesce(d.choices, '[]') as choices
    from deliveries d join thread_links l on l.id = d.link_id
    where d.id = ${id} and d.kind in ('card', 'list', 'merge')`;
  if (!row) return null;
  return offers(offered, row.choices) ? row : { ...row, choices: [] };
}

/** Turns a list to a page, from 0. */
export async function turnPage(db: Db, deliveryId: string, page: number): Promise<void> {
  await db`update deliveries set page = ${page} where id = ${deliveryId} and kind = 'list'`;
}
