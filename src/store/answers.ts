/** The running answer of a turn: its prose and what closes in it. Every write is fenced by the lease. */
import type { BlockFields, MalformedCode } from "../changes/parser-events.ts";
import type { NewChange } from "./changes.ts";
import type { Db } from "./database.ts";
import type { Lease } from "./thread-leases.ts";
import type { RunningTurn } from "./turns.ts";
import { LeaseLost } from "./thread-leases.ts";

/**
 * Saves the answer so far; says whether the turn is to be cancelled. Text only grows within an attempt, so
 * a save that arrives late takes nothing back. @throws LeaseLost
 */
export async function savePartial(
  db: Db,
  lease: Lease,
  running: RunningTurn,
  text: string,
): Promise<{ cancelRequested: boolean }> {
  const [row] = await db<{ cancelRequested: boolean }[]>`
    with t as (
      select id from threads
      where id = ${lease.threadId} and lease_epoch = ${lease.epoch} for share
    )
    update thread_messages m
    set text = case when length(m.text) < length(${text}) then ${text} else m.text end
    from t, turns u
    where m.id = ${running.messageId} and u.id = ${running.turn.id}
    returning u.cancel_requested_at is not null as cancel_requested`;
  if (!row) throw new LeaseLost(`lease ${lease.epoch} of thread ${lease.threadId} is over`);
  return row;
}

/** Where in the running answer something closed. */
export interface AnswerPoint {
  ordinal: number;
  /** The answer's whole prose so far; it is saved in the same statement. */
  text: string;
}

export interface InsertedRow {
  id: string;
  eventSeq: number;
}

/** A closed block becomes a pending change, together with the prose before it. @throws LeaseLost */
export async function insertTurnChange(
  db: Db,
  lease: Lease,
  running: RunningTurn,
  change: NewChange,
  point: AnswerPoint,
): Promise<InsertedRow> {
  const at = point.text.length;
  const [row] = await db<InsertedRow[]>`
    with t as (
      update threads set event_seq = event_seq + 1
      where id = ${lease.threadId} and lease_epoch = ${lease.epoch}
      returning id, event_seq, rfc_slug, branch_name
    ), r as (
      update rfcs set next_change_number = next_change_number + 1 from t where slug = t.rfc_slug
      returning next_change_number - 1 as number
    ), m as (
      update thread_messages set text = ${point.text} from t where thread_messages.id = ${running.messageId}
    ), c as (
      insert into changes (rfc_slug, number, branch_name, thread_id, source_message_id, turn_id, attempt,
        ordinal, text_offset, kind, original, proposed, reason, insert_after, insert_before, warnings,
        certainty, placement, base_blob_sha)
      select t.rfc_slug, r.number, t.branch_name, t.id, ${running.messageId}, ${running.turn.id},
        ${running.turn.attempt}, ${point.ordinal}, ${at}, 'ai', ${change.original}, ${change.proposed},
        ${change.reason}, ${change.insertAfter}, ${change.insertBefore}, ${change.warnings},
        ${change.placement.certainty}, ${db.json(change.placement as never)}, ${change.baseBlobSha}
      from t, r returning id
    ), e as (
      insert into thread_events (thread_id, seq, kind, turn_id, payload)
      select t.id, t.event_seq, 'change', ${running.turn.id},
        jsonb_build_object('changeId', c.id, 'turnId', ${running.turn.id}::text, 'at', ${at}::int)
      from t, c
    )
    select c.id, t.event_seq from c, t`;
  if (!row) throw new LeaseLost(`lease ${lease.epoch} of thread ${lease.threadId} is over`);
  return row;
}

export interface NewLooseBlock {
  kind: "malformed" | "fenced" | "unmarked";
  code: MalformedCode | null;
  fields: BlockFields;
}

/** A block that is no change is kept beside the answer, for repair or promotion. @throws LeaseLost */
export async function insertLooseBlock(
  db: Db,
  lease: Lease,
  running: RunningTurn,
  block: NewLooseBlock,
  point: AnswerPoint,
): Promise<InsertedRow> {
  const at = point.text.length;
  const [row] = await db<InsertedRow[]>`
    with t as (
      update threads set event_seq = event_seq + 1
      where id = ${lease.threadId} and lease_epoch = ${lease.epoch} returning id, event_seq
    ), m as (
      update thread_messages set text = ${point.text} from t where thread_messages.id = ${running.messageId}
    ), b as (
      insert into loose_blocks (thread_id, message_id, turn_id, attempt, ordinal, text_offset, kind, code,
        fields)
      select t.id, ${running.messageId}, ${running.turn.id}, ${running.turn.attempt}, ${point.ordinal},
        ${at}, ${block.kind}, ${block.code}, ${db.json(block.fields)}
      from t returning id
    ), e as (
      insert into thread_events (thread_id, seq, kind, turn_id, payload)
      select t.id, t.event_seq, 'block', ${running.turn.id},
        jsonb_build_object('blockId', b.id, 'turnId', ${running.turn.id}::text, 'at', ${at}::int)
      from t, b
    )
    select b.id, t.event_seq from b, t`;
  if (!row) throw new LeaseLost(`lease ${lease.epoch} of thread ${lease.threadId} is over`);
  return row;
}
