/** What somebody who is signed in on the console may see, as conditions of queries. */
import type { PendingQuery, Row } from "postgres";
import type { Db } from "./database.ts";
import { isSlug, isUuid } from "./database.ts";

/**
 * Whose eyes look at the console: null sees everything, as whoever runs Redline does; a person sees the threads of
 * these RFCs that are not held in places where they do not belong.
 */
export type Sight = { userId: string; rfcSlugs: readonly string[] } | null;

type Fragment = PendingQuery<Row[]>;

/** Whether the RFC of this slug is to be seen. */
export function seesRfc(db: Db, sight: Sight, slug: Fragment): Fragment {
  return sight === null ? db`true` : db`${slug} = any(${[...sight.rfcSlugs]}::text[])`;
}

/**
 * Whether thread `t` (with `id` and `rfc_slug`) is to be seen. As in chat (`workspaces.ts`): what is said to Redline
 * alone, in closed channels and in workspaces where the person has no account stays there, also after the thread has
 * left; unless the maintainers of both sides agreed to hold it where the person may look. That somebody belongs to a
 * closed channel the console cannot know, so that nobody sees it there.
 */
export function seesThread(db: Db, sight: Sight): Fragment {
  if (sight === null) return db`true`;
  const isOpen = db`(case
    when n.private_to is not null then n.private_to = ${sight.userId}
    when n.platform in ('slack', 'discord') then n.reach = 'workspace' and n.reach_known
      and exists (
        select 1 from identities i where i.user_id = ${sight.userId}
          and i.platform = n.platform and i.workspace_id = n.workspace_id)
    else n.platform = 'github' end)`;
  return db`(${seesRfc(db, sight, db`t.rfc_slug`)} and (
    not exists (select 1 from thread_links n where n.thread_id = t.id and not ${isOpen})
    or exists (
      select 1 from thread_links n
      where n.thread_id = t.id and n.platform in ('slack', 'discord') and n.ended_at is null
        and n.agreed_at is not null and ${isOpen})))`;
}

/** The same of the thread with this id. */
export function seesThreadOf(db: Db, sight: Sight, threadId: Fragment): Fragment {
  if (sight === null) return db`true`;
  return db`exists (select 1 from threads t where t.id = ${threadId} and ${seesThread(db, sight)})`;
}

/** Tells of the threads of an RFC which ones are to be seen. */
export async function threadsInSight(
  db: Db,
  sight: Sight,
  rfcSlug: string,
): Promise<(threadId: string) => boolean> {
  if (sight === null) return () => true;
  const rows = await db<{ id: string }[]>`
    select t.id from threads t where t.rfc_slug = ${rfcSlug} and ${seesThread(db, sight)}`;
  const ids = new Set(rows.map(({ id }) => id));
  return (threadId) => ids.has(threadId);
}

export async function isInSight(db: Db, sight: Sight, threadId: string): Promise<boolean> {
  const [row] = await db<{ is: boolean }[]>`
    select ${seesThreadOf(db, sight, db`${threadId}::uuid`)} as is`;
  return row!.is;
}

/** What a call of the API can be about. */
export type SubjectKind =
  | "rfc"
  | "thread"
  | "change"
  | "turn"
  | "block"
  | "concern"
  | "merge proposal";

/** Where a subject stands; `threadId` is null for an RFC. */
export interface FoundSubject {
  rfcSlug: string;
  repository: string;
  threadId: string | null;
}

const TABLES: Record<Exclude<SubjectKind, "rfc">, string> = {
  thread: "(select id as thread_id, id from threads)",
  change: "changes",
  turn: "turns",
  block: "loose_blocks",
  concern: "concerns",
  "merge proposal": "merge_proposals",
};

export async function findSubject(
  db: Db,
  kind: SubjectKind,
  id: string,
): Promise<FoundSubject | null> {
  if (kind === "rfc") {
    if (!isSlug(id)) return null;
    const [rfc] = await db<FoundSubject[]>`
      select slug as rfc_slug, repository, null as thread_id from rfcs where slug = ${id}`;
    return rfc ?? null;
  }
  if (!isUuid(id)) return null;
  const [found] = await db<FoundSubject[]>`
    select t.rfc_slug, r.repository, t.id as thread_id
    from ${db.unsafe(TABLES[kind])} s join threads t on t.id = s.thread_id
      join rfcs r on r.slug = t.rfc_slug
    where s.id = ${id}`;
  return found ?? null;
}

/** What has to be known of every RFC to tell who may see it. */
export async function listSeeable(
  db: Db,
  userId: string,
): Promise<{ slug: string; repository: string; isNamed: boolean }[]> {
  return db<{ slug: string; repository: string; isNamed: boolean }[]>`
    select r.slug, r.repository, m.user_id is not null as is_named
    from rfcs r left join rfc_maintainers m on m.rfc_slug = r.slug and m.user_id = ${userId}`;
}
