/** The places of a platform where threads are held, with what is known of what was said there. */
import type { Db } from "./database.ts";
import type { LinkReach } from "./thread-links.ts";

export interface KnownPlace {
  workspaceId: string;
  place: string;
  linkedAt: Date;
  reach: LinkReach;
  /** The platform's ids of the newest messages that are known, the newest first; without deleted ones. */
  messageIds: string[];
}

/** As many of a place are looked at again. */
const WINDOW = 50;

/** Those where something happened last come first. For platforms whose messages' ids are growing numbers. */
export function listKnownPlaces(db: Db, platform: string): Promise<KnownPlace[]> {
  return db<KnownPlace[]>`
    select l.workspace_id, l.place, l.created_at as linked_at, l.reach,
      coalesce(m.ids, '{}'::text[]) as message_ids
    from thread_links l
    left join lateral (
      select array_agg(n.id order by n.id::numeric desc) as ids
      from (
        select c.platform_message_id as id from chat_messages c
        where c.platform = l.platform and c.workspace_id = l.workspace_id and c.place = l.place
          and c.deleted_at is null and c.platform_message_id ~ '^[0-9]{1,20}$'
        order by c.platform_message_id::numeric desc limit ${WINDOW}) n) m on true
    where l.platform = ${platform} and l.ended_at is null
    order by coalesce(m.ids[1], '0')::numeric desc, l.created_at desc`;
}
