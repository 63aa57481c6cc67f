/** What a workspace of a chat platform may talk about, and what its people may see. */
import type { Change, ChangeState } from "../changes/change.ts";
import type { ChatPlatformName } from "../chat/chat-event.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { PendingQuery, Row } from "postgres";
import { selectChanges } from "./changes.ts";
import type { Db } from "./database.ts";

export interface WorkspaceKey {
  platform: ChatPlatformName;
  workspaceId: string;
}

/** Whose eyes look, and from where. */
export interface Reach extends WorkspaceKey {
  userId: string;
  /** Whether it may talk about every RFC, and sees what is held in no workspace: the console's, pull requests. */
  isOpen: boolean;
  /** What they look from, a channel or one place in it: what is closed may be seen there alone. Null anywhere else. */
  channel: string | null;
  /** For somebody who is not of the workspace: the one thread that they take part in. */
  onlyThread: string | null;
}

/** What is asked of a workspace as a whole. */
export type WorkspaceScope = Pick<Reach, "platform" | "workspaceId" | "isOpen">;

const CHATS: ChatPlatformName[] = ["slack", "discord"];

/** Repositories are named as `Rfc.repository` does, in any case. */
export async function insertWorkspaceRepository(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
  repository: string,
): Promise<boolean> {
  const rows = await db`
    insert into workspace_repositories (platform, workspace_id, repository)
    values (${platform}, ${workspaceId}, ${repository.toLowerCase()})
    on conflict do nothing returning 1`;
  return rows.length > 0;
}

export async function deleteWorkspaceRepository(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
  repository: string,
): Promise<boolean> {
  const rows = await db`
    delete from workspace_repositories
    where platform = ${platform} and workspace_id = ${workspaceId}
      and repository = ${repository.toLowerCase()} returning 1`;
  return rows.length > 0;
}

export async function listWorkspaceRepositories(
  db: Db,
): Promise<(WorkspaceKey & { repository: string })[]> {
  return db<(WorkspaceKey & { repository: string })[]>`
    select platform, workspace_id, repository from workspace_repositories
    order by platform, workspace_id, repository`;
}

export async function mayDiscuss(
  db: Db,
  { platform, workspaceId, isOpen }: WorkspaceScope,
  repository: string,
): Promise<boolean> {
  if (isOpen) return true;
  const [row] = await db<{ may: boolean }[]>`
    select exists (
      select 1 from workspace_repositories
      where platform = ${platform} and workspace_id = ${workspaceId}
        and repository = ${repository.toLowerCase()}) as may`;
  return row!.may;
}

/** The RFCs that the workspace may talk about, newest first. */
export async function listDiscussable(
  db: Db,
  { platform, workspaceId, isOpen }: WorkspaceScope,
  limit: number,
): Promise<Rfc[]> {
  return db<Rfc[]>`
    select slug, title, repository, path, default_branch, created_at from rfcs
    where ${isOpen} or lower(repository) in (
      select repository from workspace_repositories
      where platform = ${platform} and workspace_id = ${workspaceId})
    order by created_at desc limit ${limit}`;
}

/** Those of them whose slug or title holds the words, beginning with it first, newest first. */
export async function searchDiscussable(
  db: Db,
  scope: WorkspaceScope,
  words: string,
  limit: number,
): Promise<Pick<Rfc, "slug" | "title">[]> {
  return db<Pick<Rfc, "slug" | "title">[]>`
    select slug, title from rfcs
    where ${isAllowed(db, scope, db`rfcs.slug`)}
      and (strpos(slug, ${words}) > 0 or strpos(lower(title), ${words}) > 0)
    order by starts_with(slug, ${words}) desc, created_at desc limit ${limit}`;
}

/** Whether a card or a list that is shown through the link may still be used. */
export async function isLinkLive(db: Db, scope: WorkspaceScope, linkId: string): Promise<boolean> {
  const [row] = await db<{ live: boolean }[]>`
    select exists (
      select 1 from thread_links n join threads t on t.id = n.thread_id
      where n.id = ${linkId} and n.ended_at is null and n.platform = ${scope.platform}
        and n.workspace_id = ${scope.workspaceId} and ${isAllowed(db, scope, db`t.rfc_slug`)}) as live`;
  return row!.live;
}

/** Whether the workspace may talk about the RFC. */
function isAllowed(
  db: Db,
  { platform, workspaceId, isOpen }: WorkspaceScope,
  rfcSlug: PendingQuery<Row[]>,
): PendingQuery<Row[]> {
  return db`(${isOpen} or exists (
    select 1 from rfcs a join workspace_repositories w on w.repository = lower(a.repository)
    where a.slug = ${rfcSlug} and w.platform = ${platform} and w.workspace_id = ${workspaceId}))`;
}

/**
 * Whether these eyes may know of link `n`: what is said to Redline alone, in closed channels, and in another
 * workspace stays there. Pull requests are no workspace's.
 */
function isOpenTo(db: Db, reach: Reach): PendingQuery<Row[]> {
  return db`(case when n.private_to is not null then n.private_to = ${reach.userId}
    when n.platform = ${reach.platform} and n.workspace_id = ${reach.workspaceId} then
      n.reach = 'workspace'
        or coalesce(${reach.channel}::text in (split_part(n.place, '/', 1), n.place), false)
    else n.platform not in ${db(CHATS)} end)`;
}

/**
 * Whether thread `t` is for these eyes: held in the workspace, and nowhere where they may not look, unless the
 * maintainers of both sides agreed to hold it where they look from; for an open workspace also what is held in
 * none.
 */
function isInReach(db: Db, reach: Reach): PendingQuery<Row[]> {
  return db`(
    (${reach.isOpen} or exists (
      select 1 from thread_links n
      where n.thread_id = t.id and n.platform = ${reach.platform}
        and n.workspace_id = ${reach.workspaceId}))
    and (${reach.onlyThread}::uuid is null or t.id = ${reach.onlyThread}::uuid)
    and ${isAllowed(db, reach, db`t.rfc_slug`)}
    and (exists (
        select 1 from thread_links n
        where n.thread_id = t.id and n.platform = ${reach.platform}
          and n.workspace_id = ${reach.workspaceId} and n.ended_at is null
          and n.agreed_at is not null and ${isOpenTo(db, reach)})
      or not exists (
        select 1 from thread_links n where n.thread_id = t.id and not ${isOpenTo(db, reach)})))`;
}

/** Ids of an RFC's threads that are for these eyes. */
export async function listReachableThreads(
  db: Db,
  reach: Reach,
  rfcSlug: string,
): Promise<Set<string>> {
  const rows = await db<{ id: string }[]>`
    select t.id from threads t where t.rfc_slug = ${rfcSlug} and ${isInReach(db, reach)}`;
  return new Set(rows.map((row) => row.id));
}

/** Of an RFC, in the order of their numbers. */
export async function listReachableChanges(
  db: Db,
  reach: Reach,
  rfcSlug: string,
  states: readonly ChangeState[],
): Promise<Change[]> {
  return selectChanges(
    db,
    db`where c.rfc_slug = ${rfcSlug} and c.state = any(${[...states]})
      and exists (select 1 from threads t where t.id = c.thread_id and ${isInReach(db, reach)})
      order by c.number`,
  );
}

export async function findReachableChange(
  db: Db,
  reach: Reach,
  rfcSlug: string,
  number: number,
): Promise<Change | null> {
  const [change] = await selectChanges(
    db,
    db`where c.rfc_slug = ${rfcSlug} and c.number = ${number}
      and exists (select 1 from threads t where t.id = c.thread_id and ${isInReach(db, reach)})`,
  );
  return change ?? null;
}

export interface ChangeCounts {
  pending: number;
  stale: number;
  accepted: number;
  declined: number;
}

const COUNTS = `count(c.id) filter (where c.state in ('pending', 'accepting'))::int as pending,
  count(c.id) filter (where c.state = 'pending' and c.stale_since is not null)::int as stale,
  count(c.id) filter (where c.state = 'accepted')::int as accepted,
  count(c.id) filter (where c.state = 'declined')::int as declined`;

export async function countReachableChanges(
  db: Db,
  reach: Reach,
  rfcSlug: string,
): Promise<ChangeCounts> {
  const [row] = await db<ChangeCounts[]>`
    select ${db.unsafe(COUNTS)} from changes c join threads t on t.id = c.thread_id
    where c.rfc_slug = ${rfcSlug} and ${isInReach(db, reach)}`;
  return row!;
}

/** An RFC of the overview. */
export interface DiscussedRfc extends ChangeCounts {
  slug: string;
  title: string;
  /** Of the newest place in the workspace that this person may know of. */
  placeUrl: string | null;
  isHeld: boolean;
  isWatched: boolean;
}

/** The RFCs that are discussed in the workspace or watched by the person, newest activity first. */
export async function listDiscussed(db: Db, reach: Reach, limit: number): Promise<DiscussedRfc[]> {
  const { platform, workspaceId, userId } = reach;
  return db<DiscussedRfc[]>`
    with held as (
      select t.rfc_slug, (array_agg(n.url order by n.created_at desc))[1] as place_url
      from thread_links n join threads t on t.id = n.thread_id
      where n.platform = ${platform} and n.workspace_id = ${workspaceId} and n.ended_at is null
        and ${isOpenTo(db, reach)}
      group by t.rfc_slug
    ), watched as (
      select rfc_slug from watches where user_id = ${userId}
    )
    select r.slug, r.title, h.place_url, h.rfc_slug is not null as is_held,
      w.rfc_slug is not null as is_watched, k.pending, k.stale, k.accepted, k.declined
    from rfcs r left join held h on h.rfc_slug = r.slug left join watched w on w.rfc_slug = r.slug,
    lateral (
      select ${db.unsafe(COUNTS)}, max(greatest(c.created_at, c.decided_at)) as changed,
        max(m.at) as said
      from threads t left join changes c on c.thread_id = t.id,
      lateral (select max(created_at) as at from thread_messages where thread_id = t.id) m
      where t.rfc_slug = r.slug and ${isInReach(db, reach)}
    ) k
    where (h.rfc_slug is not null or w.rfc_slug is not null)
      and ${isAllowed(db, reach, db`r.slug`)}
    order by greatest(r.created_at, k.changed, k.said) desc limit ${limit}`;
}

/** A change that waits for a decision, or of which there is news. */
export interface ToldChange {
  number: number;
  rfcSlug: string;
  rfcTitle: string;
  threadId: string;
  section: string[];
  reason: string;
  state: ChangeState;
  createdAt: Date;
  decidedAt: Date | null;
  /** Who proposed it by hand. */
  author: string | null;
  decidedBy: string | null;
}

const TOLD = `c.number, c.rfc_slug, r.title as rfc_title, c.thread_id, c.reason, c.state, c.created_at,
  c.decided_at, c.placement->'section' as section, u.display_name as author, (
    select p.display_name from decisions d join users p on p.id = d.user_id
    where d.change_id = c.id order by d.created_at desc limit 1) as decided_by`;
const TOLD_FROM = `changes c join threads t on t.id = c.thread_id join rfcs r on r.slug = c.rfc_slug
  left join users u on u.id = c.author_user_id`;

/** Pending changes of the RFCs that are held in the workspace, oldest first. */
export async function listToDecide(db: Db, reach: Reach, limit: number): Promise<ToldChange[]> {
  return db<ToldChange[]>`
    select ${db.unsafe(TOLD)} from ${db.unsafe(TOLD_FROM)}
    where c.state = 'pending' and c.drift <> 'stale' and ${isDiscussed(db, reach)}
    order by c.created_at, c.number limit ${limit}`;
}

/** What was proposed or decided since then, newest first. */
export async function listNews(
  db: Db,
  reach: Reach,
  since: Date,
  limit: number,
): Promise<ToldChange[]> {
  return db<ToldChange[]>`
    select ${db.unsafe(TOLD)} from ${db.unsafe(TOLD_FROM)}
    where c.state <> 'withdrawn' and ${isDiscussed(db, reach)}
      and greatest(c.created_at, c.decided_at) > ${since}
    order by greatest(c.created_at, c.decided_at) desc, c.number desc limit ${limit}`;
}

/** Whether thread `t` is in reach, and its RFC held in the workspace or watched. */
function isDiscussed(db: Db, reach: Reach): PendingQuery<Row[]> {
  return db`${isInReach(db, reach)} and (
    exists (
      select 1 from thread_links n join threads o on o.id = n.thread_id
      where o.rfc_slug = t.rfc_slug and n.ended_at is null and n.platform = ${reach.platform}
        and n.workspace_id = ${reach.workspaceId} and ${isOpenTo(db, reach)})
    or exists (
      select 1 from watches w where w.user_id = ${reach.userId} and w.rfc_slug = t.rfc_slug))`;
}

/** When the person last looked at the overview; null at the first look. */
export async function lastVisit(db: Db, reach: Reach): Promise<Date | null> {
  const [row] = await db<{ seenAt: Date }[]>`
    select seen_at from overview_visits
    where user_id = ${reach.userId} and platform = ${reach.platform}
      and workspace_id = ${reach.workspaceId}`;
  return row?.seenAt ?? null;
}

export async function putVisit(db: Db, reach: Reach, at: Date): Promise<void> {
  await db`
    insert into overview_visits (user_id, platform, workspace_id, seen_at)
    values (${reach.userId}, ${reach.platform}, ${reach.workspaceId}, ${at})
    on conflict (user_id, platform, workspace_id)
    do update set seen_at = greatest(overview_visits.seen_at, excluded.seen_at)`;
}
