/** What people want to hear of, and of what nothing any more: RFCs, and single threads of them. */
import type { Subject, WatchedRfc } from "../notifications/notification.ts";
import type { Db } from "./database.ts";
import type { Sight } from "./sight.ts";
import { seesRfc, seesThreadOf } from "./sight.ts";

/** False when it is watched already. Watching takes back the mute of the same. */
export async function watch(db: Db, userId: string, about: Subject): Promise<boolean> {
  const { rfcSlug, threadId } = about;
  await unmute(db, userId, about);
  const rows =
    threadId === undefined
      ? await db`
          insert into watches (user_id, rfc_slug) values (${userId}, ${rfcSlug})
          on conflict do nothing returning 1`
      : await db`
          insert into thread_watches (user_id, thread_id) values (${userId}, ${threadId})
          on conflict do nothing returning 1`;
  return rows.length > 0;
}

/** False when it was not watched. */
export async function unwatch(
  db: Db,
  userId: string,
  { rfcSlug, threadId }: Subject,
): Promise<boolean> {
  const rows =
    threadId === undefined
      ? await db`
          delete from watches where user_id = ${userId} and rfc_slug = ${rfcSlug} returning 1`
      : await db`
          delete from thread_watches where user_id = ${userId} and thread_id = ${threadId} returning 1`;
  return rows.length > 0;
}

/** False when it is muted already. Watches stay, for when it is not muted any more. */
export async function mute(
  db: Db,
  userId: string,
  { rfcSlug, threadId }: Subject,
): Promise<boolean> {
  const rows = await db`
    insert into mutes (user_id, rfc_slug, thread_id) values (${userId}, ${rfcSlug}, ${threadId ?? null})
    on conflict do nothing returning 1`;
  return rows.length > 0;
}

/** False when it was not muted. */
export async function unmute(
  db: Db,
  userId: string,
  { rfcSlug, threadId }: Subject,
): Promise<boolean> {
  const rows = await db`
    delete from mutes
    where user_id = ${userId} and rfc_slug = ${rfcSlug}
      and thread_id is not distinct from ${threadId ?? null}::uuid returning 1`;
  return rows.length > 0;
}

/** Whether the person has muted the RFC as a whole. */
export async function hasMutedRfc(db: Db, userId: string, rfcSlug: string): Promise<boolean> {
  const [row] = await db<{ has: boolean }[]>`
    select exists (
      select 1 from mutes
      where user_id = ${userId} and rfc_slug = ${rfcSlug} and thread_id is null) as has`;
  return row!.has;
}

/** Everything that a person watches or has muted, by RFC. */
export async function listWatched(
  db: Db,
  userId: string,
  sight: Sight = null,
): Promise<WatchedRfc[]> {
  return db<WatchedRfc[]>`
    with t as (
      select w.thread_id, h.rfc_slug, true as watched, false as muted
      from thread_watches w join threads h on h.id = w.thread_id where w.user_id = ${userId}
      union all
      select thread_id, rfc_slug, false, true from mutes
      where user_id = ${userId} and thread_id is not null
    ), told as (
      select one.rfc_slug, jsonb_agg(jsonb_build_object('threadId', one.thread_id, 'title', h.title,
        'isWatched', one.watched, 'isMuted', one.muted) order by h.created_at, h.id) as list
      from (
        select rfc_slug, thread_id, bool_or(watched) as watched, bool_or(muted) as muted
        from t group by rfc_slug, thread_id) one join threads h on h.id = one.thread_id
      where ${seesThreadOf(db, sight, db`one.thread_id`)}
      group by one.rfc_slug
    )
    select r.slug as rfc_slug, r.title as rfc_title, w.user_id is not null as is_watched,
      m.user_id is not null as is_muted, coalesce(t.list, '[]'::jsonb) as threads
    from rfcs r
      left join watches w on w.rfc_slug = r.slug and w.user_id = ${userId}
      left join mutes m on m.rfc_slug = r.slug and m.user_id = ${userId} and m.thread_id is null
      left join told t on t.rfc_slug = r.slug
    where (coalesce(w.user_id, m.user_id) is not null or t.rfc_slug is not null)
      and ${seesRfc(db, sight, db`r.slug`)}
    order by r.title, r.slug`;
}
