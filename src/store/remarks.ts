/** What people wrote in one place of a thread, as it is to be shown in the others. */
import type { Db } from "./database.ts";
import type { HeldPlace } from "./deliveries.ts";
import { MOST_LISTED } from "./deliveries.ts";

/** A person's message that a place is to show, to change or to take away. */
export interface Remark {
  id: string;
  /** Order within its thread. */
  seq: number;
  text: string;
  quote: string | null;
  /** The name that its author has where it was written. */
  author: string;
  /** The platform of the place that it was written in, or `console`. */
  origin: string;
  /** Tells one reading of the message from another; '' before it was ever edited. */
  edition: string;
  /** It was deleted where it was written: what the place shows of it is to go. */
  isDeleted: boolean;
  /** The platform's id of the first message that shows it; null while it does not stand in the place. */
  shownAs: string | null;
}

const COLUMNS = `m.id, m.seq, m.text, m.quote, coalesce(m.edited_at::text, '') as edition,
  m.deleted_at is not null as is_deleted, coalesce(o.platform, 'console') as origin, coalesce((
    select i.display_name from identities i
    where i.user_id = m.author_user_id and i.platform = o.platform and i.workspace_id = o.workspace_id
      and i.display_name is not null
    order by i.seen_at desc limit 1), u.display_name) as author`;

/**
 * What was not written in the place and is not shown there as it reads now, in order. Where the link was
 * ended, only what was begun is brought to its end, and what was deleted goes.
 */
export function listRemarks(db: Db, { linkId }: Pick<HeldPlace, "linkId">): Promise<Remark[]> {
  return db<Remark[]>`
    select ${db.unsafe(COLUMNS)}, d.platform_message_id as shown_as
    from thread_links l
      join thread_messages m on m.thread_id = l.thread_id and m.seq >= l.remarks_from
      join users u on u.id = m.author_user_id
      left join thread_links o on o.id = m.said_in
      left join deliveries d
        on d.link_id = l.id and d.kind = 'remark' and d.subject_id = m.id and d.segment = 0
    where l.id = ${linkId} and m.role = 'user' and m.said_in is distinct from l.id
      and case
        when d.id is null or d.state = 'pending' and d.replaced = '{}'
          then m.deleted_at is null and l.ended_at is null
        when d.state = 'removed' then m.deleted_at is not null and exists (
          -- Of what goes on below it.
          select 1 from deliveries r
          where r.link_id = l.id and r.kind = 'remark' and r.subject_id = m.id
            and r.state <> 'removed')
        when m.deleted_at is not null or d.state <> 'sent' then true
        else d.edition <> coalesce(m.edited_at::text, '') and l.ended_at is null end
    order by m.seq limit ${MOST_LISTED}`;
}

/** All messages of a remark show this edition of it. */
export async function settleRemark(
  db: Db,
  linkId: string,
  messageId: string,
  edition: string,
): Promise<void> {
  await db`
    update deliveries set state = 'sent', sent_at = coalesce(sent_at, now()), edition = ${edition}
    where link_id = ${linkId} and kind = 'remark' and subject_id = ${messageId}
      and state in ('live', 'sent')`;
}
