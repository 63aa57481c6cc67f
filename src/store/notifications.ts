/** Who was told what: rows are unique for each person, kind and subject, whatever is done again. */
import type { PendingQuery, Row } from "postgres";
import type { NotificationFacts } from "../notifications/describe.ts";
import type { NotificationCategory, NotificationKind } from "../notifications/notification.ts";
import type { Db } from "./database.ts";
import type { Sight } from "./sight.ts";
import { seesRfc, seesThreadOf } from "./sight.ts";

/** Somebody is to be told something. */
export interface NewNotification {
  userId: string;
  kind: NotificationKind;
  category: NotificationCategory;
  /** What it is about, once for each person and kind: an id, with what tells two times apart. */
  subject: string;
  rfcSlug: string;
  /** Null: it is about the RFC as a whole. */
  threadId: string | null;
  messageId?: string | null;
  changeId?: string | null;
  /** Of a pull request that ended; an open one of a review thread is found. */
  prNumber?: number | null;
}

/**
 * Bots are not told, nor who has muted the thread or the RFC, nor of a thread that is private to somebody
 * else; of churn in a thread only who may see it. The caller leaves out whose doing it is.
 */
export async function insertNotifications(db: Db, rows: readonly NewNotification[]): Promise<void> {
  if (rows.length === 0) return;
  const given = rows.map((row) => ({
    user_id: row.userId,
    kind: row.kind,
    category: row.category,
    subject: row.subject,
    rfc_slug: row.rfcSlug,
    thread_id: row.threadId,
    message_id: row.messageId ?? null,
    change_id: row.changeId ?? null,
    pr_number: row.prNumber ?? null,
  }));
  await insertFrom(
    db,
    db`
      select r.*, r.category = 'personal-direct' or ${hasWritten(db, db`r.user_id`, db`r.thread_id`)}
        as took_part
      from jsonb_to_recordset(${db.json(given)}) as r(
        user_id uuid, kind text, category text, subject text, rfc_slug text, thread_id uuid,
        message_id uuid, change_id uuid, pr_number int)`,
  );
}

/** Whether the person wrote in the thread, and has not deleted it. */
export function hasWritten(
  db: Db,
  userId: PendingQuery<Row[]>,
  threadId: PendingQuery<Row[]>,
): PendingQuery<Row[]> {
  return db`exists (
    select 1 from thread_messages w
    where w.thread_id = ${threadId} and w.author_user_id = ${userId} and w.role = 'user'
      and w.deleted_at is null)`;
}

/**
 * Inserts what a query of candidates says, of those who may hear it. Its columns are those of
 * `NewNotification`, in snake case, and `took_part`: whether the person has a part in the thread, so that
 * they may hear of it wherever it is held. Where it names a person twice for a kind, either one is kept.
 *
 * @param isFirst nothing of this was told before, and nobody is named twice: then no row is looked for
 */
export async function insertFrom(
  db: Db,
  candidates: PendingQuery<Row[]>,
  { isFirst = false } = {},
): Promise<void> {
  await db`
    with c as materialized (${candidates}), s as materialized (
      select t.id, n.private_to, coalesce(n.is_open, true) as is_open, n.workspaces,
        case when t.thread_kind = 'review' then (
          select p.pr_number from cached_prs p
          where p.rfc_slug = t.rfc_slug and p.branch_name = t.branch_name and p.state = 'open'
          order by exists (
            select 1 from thread_links l
            where l.thread_id = t.id and l.platform = 'github' and l.place like '%#' || p.pr_number) desc,
            p.pr_number desc
          limit 1) end as pr_number
      from threads t
      left join lateral (
        select array_agg(l.private_to) filter (where l.private_to is not null) as private_to,
          not bool_or(l.platform in ('slack', 'discord'))
            or bool_or(l.platform not in ('slack', 'discord') and l.ended_at is null) as is_open,
          array_agg(l.platform || ' ' || l.workspace_id) filter (
            where l.ended_at is null and l.reach = 'workspace' and l.private_to is null) as workspaces
        from thread_links l where l.thread_id = t.id) n on true
      where t.id in (select thread_id from c)
    )
    insert into notifications (user_id, kind, category, subject, rfc_slug, thread_id, message_id,
      change_id, pr_number)
    select c.user_id, c.kind, c.category, c.subject, c.rfc_slug, c.thread_id, c.message_id, c.change_id,
      coalesce(c.pr_number, s.pr_number)
    from c join users u on u.id = c.user_id left join s on s.id = c.thread_id
    where not u.is_bot
      and not exists (
        select 1 from mutes q where q.user_id = c.user_id and q.rfc_slug = c.rfc_slug
          and (q.thread_id is null or q.thread_id = c.thread_id))
      and coalesce(s.private_to <@ array[c.user_id], true)
      and (c.took_part or coalesce(s.is_open, true) or exists (
        select 1 from identities i where i.user_id = c.user_id
          and (i.platform = 'console' or i.platform || ' ' || i.workspace_id = any(s.workspaces))))
    order by c.subject, c.user_id, c.kind
    ${isFirst ? db`` : db`on conflict (subject, user_id, kind) do nothing`}`;
}

/** What somebody was told, with what its sentence is made of. */
export interface NotificationRow extends NotificationFacts {
  id: number;
  userId: string;
  category: NotificationCategory;
  rfcSlug: string;
  threadId: string | null;
  messageId: string | null;
  changeId: string | null;
  /** The beginning of the message's text; null where it is about none, or it was deleted. */
  excerpt: string | null;
  /** Of a pull request that ended. */
  pullUrl: string | null;
  /** What it is about is past: the message was deleted, the change decided, the concern or proposal settled. */
  isOver: boolean;
  createdAt: Date;
  readAt: Date | null;
  toldAt: Date | null;
}

/** Of a message, in characters. */
const EXCERPT = 240;

/** The notifications `n` that the rest of a statement, from its `where` on, asks for. */
export function selectNotifications(
  db: Db,
  rest: PendingQuery<Row[]>,
): PendingQuery<NotificationRow[]> {
  return db<NotificationRow[]>`
    select n.id, n.user_id, n.kind, n.category, n.rfc_slug, r.title as rfc_title, n.thread_id,
      h.title as thread_title, n.message_id, n.change_id, n.pr_number, n.created_at, n.read_at, n.told_at,
      c.number as change_number, case when c.state = 'accepted' then c.commit_sha end as commit_sha,
      k.number as concern_number,
      coalesce(d.reason, case when n.kind = 'concern_settled' then k.settled_why end) as why,
      case when n.kind = 'concern_settled' and k.state <> 'open' then k.state
        when n.kind = 'merge_settled' and g.state <> 'open' then g.state end as outcome,
      coalesce(u.display_name, case when n.kind = 'rfc_merged' then p.merged_by end) as by,
      case when m.deleted_at is null then left(m.text, ${EXCERPT}) end as excerpt,
      case when n.kind in ('rfc_merged', 'rfc_closed') then p.url end as pull_url,
      case n.kind when 'decision_requested' then c.state <> 'pending'
        when 'change_stale' then c.state <> 'pending' or c.drift <> 'stale'
        when 'change_conflicted' then c.state <> 'pending' or c.drift <> 'conflict'
        when 'concern_passage_changed' then coalesce(k.state <> 'open', false)
        when 'merge_word_requested' then coalesce(g.state <> 'open', false)
        else m.deleted_at is not null end as is_over
    from notifications n join rfcs r on r.slug = n.rfc_slug
      left join threads h on h.id = n.thread_id
      left join thread_messages m on m.id = n.message_id
      left join changes c on c.id = n.change_id
      left join decisions d on d.change_id = n.change_id and d.outcome in ('committed', 'declined')
        and n.kind in ('change_accepted', 'change_declined')
      left join concerns k on k.id = case when n.kind like 'concern_%' then ${db.unsafe(SUBJECT_ID)} end
      left join merge_proposals g on g.id = case when n.kind like 'merge_%' then ${db.unsafe(SUBJECT_ID)} end
      left join cached_prs p on p.rfc_slug = n.rfc_slug and p.pr_number = n.pr_number
      left join users u on u.id = case n.kind when 'concern_settled' then k.settled_by
        when 'merge_word_requested' then g.proposed_by else coalesce(m.author_user_id, d.user_id) end
    ${rest}`;
}

/** The id that a subject begins with. */
const SUBJECT_ID = "substring(n.subject from '^[0-9a-f-]{36}')::uuid";

/** One page of what a person was told, the newest first. */
export function listNotifications(
  db: Db,
  userId: string,
  page: { before: number | null; limit: number; sight?: Sight },
): Promise<NotificationRow[]> {
  return selectNotifications(
    db,
    db`where n.user_id = ${userId} and (${page.before}::bigint is null or n.id < ${page.before}::bigint)
      and ${isInSight(db, page.sight ?? null)}
      order by n.id desc limit ${page.limit}`,
  );
}

/** Whether these eyes may see what notification `n` is about. */
function isInSight(db: Db, sight: Sight): PendingQuery<Row[]> {
  if (sight === null) return db`true`;
  return db`(${seesRfc(db, sight, db`n.rfc_slug`)}
    and (n.thread_id is null or ${seesThreadOf(db, sight, db`n.thread_id`)}))`;
}

/** How many the person has not seen in the console. */
export async function countUnread(db: Db, userId: string, sight: Sight = null): Promise<number> {
  const [row] = await db<{ unread: number }[]>`
    select count(*)::int as unread from notifications n
    where user_id = ${userId} and read_at is null and ${isInSight(db, sight)}`;
  return row!.unread;
}

/** Of the given ones, or of all; when they were seen first stays. */
export async function setRead(
  db: Db,
  userId: string,
  ids: readonly number[] | "all",
): Promise<void> {
  const meant = ids === "all" ? db`true` : db`id = any(${[...ids]}::bigint[])`;
  await db`
    update notifications set read_at = now()
    where user_id = ${userId} and read_at is null and ${meant}`;
}
