/** People with their accounts, for whoever looks at them. */
import type { Person, PersonAccount } from "../rfcs/person.ts";
import type { Db } from "./database.ts";

const MOST = 500;

/** Newest heard of first. */
export async function listPeople(db: Db): Promise<Person[]> {
  return select(db, null, MOST);
}

export async function findPerson(db: Db, userId: string): Promise<Person | null> {
  const [person] = await select(db, userId, 1);
  return person ?? null;
}

async function select(db: Db, userId: string | null, limit: number): Promise<Person[]> {
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
        'unreachableWhy', i.unreachable_why)
        order by i.platform, w.name, i.platform_user_id) as accounts
      from identities i left join workspaces w
        on w.platform = i.platform and w.workspace_id = i.workspace_id
      where i.user_id = u.id
    ) a on true
    left join lateral (
      select jsonb_agg(jsonb_build_object('where', named."where", 'rfcSlug', named.slug)
        order by named.slug nulls first, named."where") as maintains
      from (
        select coalesce(w.name, n.workspace_id) as "where", null as slug
        from maintainers n left join workspaces w
          on w.platform = n.platform and w.workspace_id = n.workspace_id
        where n.user_id = u.id
        union all
        select r.title, r.slug from rfc_maintainers n join rfcs r on r.slug = n.rfc_slug
        where n.user_id = u.id
      ) named
    ) m on true
    where ${userId}::uuid is null or u.id = ${userId}::uuid
    order by a.seen_at desc nulls last, u.id limit ${limit}`;
  return rows.map(({ accounts, maintains, ...person }) => ({
    ...person,
    accounts: accounts ?? [],
    maintains: maintains ?? [],
  }));
}
