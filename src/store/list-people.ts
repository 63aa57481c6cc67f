/** People with their accounts, for whoever looks at them. */
import type { PendingQuery, Row } from "postgres";
import type { Person, PersonAccount } from "../rfcs/person.ts";
import type { Db } from "./database.ts";
import type { Sight } from "./sight.ts";
import { seesRfc, seesThread } from "./sight.ts";

const MOST = 500;

/** Newest heard of first. */
export async function listPeople(db: Db, sight: Sight = null): Promise<Person[]> {
  return select(db, null, MOST, sight);
}

export async function findPerson(
  db: Db,
  userId: string,
  sight: Sight = null,
): Promise<Person | null> {
  const [person] = await select(db, userId, 1, sight);
  return person ?? null;
}

/**
 * Whoever is signed in knows of themselves, of who is in a workspace with them, and of who wrote in a thread or was
 * named for an RFC that they see.
 */
function isKnown(db: Db, sight: Sight): PendingQuery<Row[]> {
  if (sight === null) return db`true`;
  return db`(u.id = ${sight.userId}
    or exists (select 1 from identities i where i.user_id = u.id and ${isShared(db, sight)})
    or exists (
      select 1 from rfc_maintainers n
      where n.user_id = u.id and ${seesRfc(db, sight, db`n.rfc_slug`)})
    or exists (
      select 1 from thread_messages m join threads t on t.id = m.thread_id
      where m.author_user_id = u.id and ${seesThread(db, sight)}))`;
}

/** Whether identity `i` is in a workspace that these eyes are in as well. */
function isShared(db: Db, sight: Sight): PendingQuery<Row[]> {
  if (sight === null) return db`true`;
  return db`(i.platform in ('slack', 'discord') and exists (
    select 1 from identities own
    where own.user_id = ${sight.userId} and own.platform = i.platform
      and own.workspace_id = i.workspace_id))`;
}

async function select(
  db: Db,
  userId: string | null,
  limit: number,
  sight: Sight,
): Promise<Person[]> {
  const own = sight === null ? db`true` : db`u.id = ${sight.userId}`;
  const rows = await db<
    (Omit<Person, "accounts" | "maintains"> & {
      accounts: PersonAccount[] | null;
      maintains: Person["maintains"] | null;
    })[]
  >`
    select u.id, u.display_name, u.is_bot, a.accounts, a.seen_at, m.maintains
    from users u
    left join lateral (
      select max(i.seen_at) as seen_at, jsonb_agg(jsonb_build_object(
        'platform', i.platform, 'workspace', w.name,
        'name', coalesce(i.display_name, i.platform_user_id),
        'isConnected', i.platform = 'github' and exists (
          select 1 from connected_accounts c
          where c.user_id = i.user_id and c.account_id = i.platform_user_id),
        'unreachableWhy', case when ${own} then i.unreachable_why end)
        order by i.platform, w.name, i.platform_user_id) as accounts
      from identities i left join workspaces w
        on w.platform = i.platform and w.workspace_id = i.workspace_id
      where i.user_id = u.id and (${own} or i.platform = 'github' or ${isShared(db, sight)})
    ) a on true
    left join lateral (
      select jsonb_agg(jsonb_build_object('where', named."where", 'rfcSlug', named.slug)
        order by named.slug nulls first, named."where") as maintains
      from (
        select coalesce(w.name, n.workspace_id) as "where", null as slug
        from maintainers n left join workspaces w
          on w.platform = n.platform and w.workspace_id = n.workspace_id
        where n.user_id = u.id and (${own} or exists (
          select 1 from identities i where i.user_id = u.id and i.platform = n.platform
            and i.workspace_id = n.workspace_id and ${isShared(db, sight)}))
        union all
        select r.title, r.slug from rfc_maintainers n join rfcs r on r.slug = n.rfc_slug
        where n.user_id = u.id and ${seesRfc(db, sight, db`n.rfc_slug`)}
      ) named
    ) m on true
    where (${userId}::uuid is null or u.id = ${userId}::uuid) and ${isKnown(db, sight)}
    order by a.seen_at desc nulls last, u.id limit ${limit}`;
  return rows.map(({ accounts, maintains, ...person }) => ({
    ...person,
    accounts: accounts ?? [],
    maintains: maintains ?? [],
  }));
}
