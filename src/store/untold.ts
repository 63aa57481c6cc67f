/** Notifications that nobody was sent yet, and what it takes to send them. */
import type { PendingQuery, Row } from "postgres";
import type { ChatPlatformName } from "../chat/chat-event.ts";
import type {
  DigestRhythm,
  NotificationCategory,
  NotificationKind,
} from "../notifications/notification.ts";
import type { Db, Tx } from "./database.ts";
import type { DueRows } from "./due.ts";
import type { NotificationRow } from "./notifications.ts";
import { selectNotifications } from "./notifications.ts";
import type { Mailbox } from "./private-messages.ts";

/** A step of the walk over people with something untold. */
export interface UntoldPerson {
  userId: string;
  /** Whether something may be due for them. */
  isDue: boolean;
}

/** What nobody was sent yet, whether or not it is time to. */
export const untold =
  (category: NotificationCategory): DueRows =>
  (db) =>
    db`select 1 from notifications where category = ${category} and told_at is null
  order by user_id`;

/**
 * The next people with something untold, in the order of their ids after one: a walk from person to person over
 * the index, however much each of them has.
 */
export async function listUntold(
  db: Db,
  category: NotificationCategory,
  after: string | null,
  limit: number,
): Promise<UntoldPerson[]> {
  const due =
    category === "churn"
      ? db`s.digest_due_at is null or s.digest_due_at <= now() or s.digest = 'off'`
      : db`s.direct_after is null or s.direct_after <= now() or not s.direct`;
  const next = (than: PendingQuery<Row[]>) => db`(
    select n.user_id from notifications n
    where n.category = ${category} and n.told_at is null and ${than} order by n.user_id limit 1)`;
  return db<UntoldPerson[]>`
    with recursive p as (
      ${next(after === null ? db`true` : db`n.user_id > ${after}`)}
      union all
      select ${next(db`n.user_id > p.user_id`)} from p where p.user_id is not null
    )
    select p.user_id, coalesce(
      (select ${due} from notification_settings s where s.user_id = p.user_id), true) as is_due
    from p where p.user_id is not null limit ${limit}`;
}

/** How and when somebody wants to be told. */
export interface Wish {
  userId: string;
  digest: DigestRhythm;
  direct: boolean;
  /** What they chose, else what the platform tells; null where neither is known. */
  timeZone: string | null;
  digestDueAt: Date | null;
  /** They were written to just now: what concerns them is kept for the next message. */
  isResting: boolean;
}

/** Holds people for the transaction, those who have something untold and whom nobody else holds. */
export async function holdPeople(
  tx: Tx,
  category: NotificationCategory,
  userIds: readonly string[],
): Promise<Wish[]> {
  await tx`
    insert into notification_settings (user_id)
    select id from users where id = any(${[...userIds]}) order by id
    on conflict do nothing`;
  return tx<Wish[]>`
    select s.user_id, s.digest, s.direct, s.digest_due_at,
      coalesce(s.direct_after > now(), false) as is_resting,
      coalesce(s.time_zone, (
        select i.time_zone from identities i where i.user_id = s.user_id and i.time_zone is not null
        order by i.seen_at desc limit 1)) as time_zone
    from notification_settings s
    where s.user_id = any(${[...userIds]}) and exists (
      select 1 from notifications n
      where n.user_id = s.user_id and n.category = ${category} and n.told_at is null)
    order by s.user_id for update of s skip locked`;
}

export async function putDigestTimes(
  tx: Tx,
  times: readonly { userId: string; dueAt: Date | null }[],
): Promise<void> {
  if (times.length === 0) return;
  await tx`
    update notification_settings s set digest_due_at = g.due_at
    from unnest(${times.map(({ userId }) => userId)}::uuid[],
      ${times.map(({ dueAt }) => dueAt?.toISOString() ?? null) as string[]}::timestamptz[]) as g(user_id, due_at)
    where s.user_id = g.user_id`;
}

/** What comes before that is sent together then. */
export async function putDirectAfter(
  tx: Tx,
  userIds: readonly string[],
  restMs: number,
): Promise<void> {
  await tx`
    update notification_settings set direct_after = now() + ${restMs} * interval '1 ms'
    where user_id = any(${[...userIds]})`;
}

/** Untold notifications of one person that are told in one line. */
export interface UntoldGroup {
  userId: string;
  kind: NotificationKind;
  count: number;
  /** Who wrote, or some of them. */
  names: string[];
  /** Id of the newest. */
  newest: number;
  /** Groups that the person has in all. */
  groups: number;
}

const NAMES = 4;

/**
 * Marks all of a category as told and answers with what of it there is to tell: not what was read in the console,
 * muted, deleted or decided meanwhile, nor messages that the platform tells of by itself, since the person wrote
 * in the very place. At most `most` groups a person, the newest.
 *
 * @param people each with the private message that is to tell them; null where there is none
 * @param telling platforms that tell whoever wrote in a thread of what others write there
 */
export async function takeUntold(
  tx: Tx,
  category: NotificationCategory,
  people: readonly { userId: string; messageId: string | null }[],
  { telling, most }: { telling: readonly ChatPlatformName[]; most: number },
): Promise<UntoldGroup[]> {
  const ids = people.map(({ messageId }) => messageId) as string[];
  return tx<UntoldGroup[]>`
    with told as (
      update notifications n set told_at = now(), told_in = g.message_id
      from unnest(${people.map(({ userId }) => userId)}::uuid[], ${ids}::uuid[]) as g(user_id, message_id)
      where n.user_id = g.user_id and n.category = ${category} and n.told_at is null
      returning n.*
    ), news as (
      select t.id, t.user_id, t.kind, t.rfc_slug, t.thread_id, u.display_name as by,
        case when t.kind in ('chat_reply_to_my_message', 'chat_message_in_participated_thread',
          'decision_requested') then 0 else t.id end as apart
      from told t
        left join thread_messages m on m.id = t.message_id
        left join users u on u.id = m.author_user_id
        left join changes c on c.id = t.change_id
      where t.told_in is not null and t.read_at is null and m.deleted_at is null
        and (t.kind <> 'decision_requested' or c.state = 'pending')
        and not exists (
          select 1 from mutes q where q.user_id = t.user_id and q.rfc_slug = t.rfc_slug
            and (q.thread_id is null or q.thread_id = t.thread_id))
        and not (t.kind = 'chat_reply_to_my_message' and exists (
          select 1 from thread_links l join thread_messages own
            on own.thread_id = l.thread_id and own.said_in = l.id and own.author_user_id = t.user_id
          where l.thread_id = t.thread_id and l.ended_at is null
            and l.platform = any(${[...telling]})))
    ), grouped as (
      select user_id, kind, count(*)::int as count, max(id) as newest,
        coalesce((array_agg(distinct by) filter (where by is not null))[1:${NAMES}::int], '{}') as names,
        row_number() over (partition by user_id order by max(id) desc) as rank,
        (count(*) over (partition by user_id))::int as groups
      from news group by user_id, kind, rfc_slug, thread_id, apart
    )
    select user_id, kind, count, newest, names, groups from grouped
    where rank <= ${most} order by user_id, newest`;
}

/** The newest notification of each group. */
export async function listNewest(
  db: Db,
  groups: readonly Pick<UntoldGroup, "userId" | "newest">[],
): Promise<NotificationRow[]> {
  if (groups.length === 0) return [];
  const newest = groups.map((group) => group.newest);
  return selectNotifications(
    db,
    db`where (n.user_id, n.id) in (
        select * from unnest(${groups.map(({ userId }) => userId)}::uuid[], ${newest}::bigint[]))`,
  );
}

/** Accounts that people can be written to, the newest heard of first. */
export async function listMailboxes(
  db: Db,
  userIds: readonly string[],
  platforms: readonly ChatPlatformName[],
): Promise<(Mailbox & { userId: string })[]> {
  return db<(Mailbox & { userId: string })[]>`
    select user_id, platform, workspace_id, platform_user_id from identities
    where user_id = any(${[...userIds]}) and platform = any(${[...platforms]})
      and unreachable_since is null
    order by user_id, seen_at desc, workspace_id, platform_user_id`;
}

/** A place in chat where a thread is held, or was; or its pull request. */
export interface ThreadPlace {
  threadId: string;
  platform: string;
  workspaceId: string;
  reach: "workspace" | "channel";
  url: string | null;
  isLive: boolean;
}

/** Where threads are held, or were. */
export async function listThreadPlaces(
  db: Db,
  threadIds: readonly string[],
): Promise<ThreadPlace[]> {
  if (threadIds.length === 0) return [];
  return db<ThreadPlace[]>`
    select thread_id, platform, workspace_id, reach, url, ended_at is null as is_live
    from thread_links where thread_id = any(${[...threadIds]})
    order by created_at`;
}
