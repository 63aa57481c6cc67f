import type { Rfc, RfcSummary } from "../rfcs/rfc.ts";
import type { Db } from "./database.ts";
import { isSlug } from "./database.ts";
import type { Sight } from "./sight.ts";
import { seesRfc, seesThread, seesThreadOf } from "./sight.ts";

const COLUMNS = "slug, title, repository, path, default_branch, created_at";

export async function insertRfc(db: Db, rfc: Omit<Rfc, "createdAt">): Promise<Rfc> {
  const [row] = await db<Rfc[]>`
    insert into rfcs (slug, title, repository, path, default_branch)
    values (${rfc.slug}, ${rfc.title}, ${rfc.repository}, ${rfc.path}, ${rfc.defaultBranch})
    returning ${db.unsafe(COLUMNS)}`;
  return row!;
}

export async function findRfc(db: Db, slug: string): Promise<Rfc | null> {
  if (!isSlug(slug)) return null;
  const [row] = await db<Rfc[]>`select ${db.unsafe(COLUMNS)} from rfcs where slug = ${slug}`;
  return row ?? null;
}

/** The RFC of this very document, if it is registered already. */
export async function findRfcAt(
  db: Db,
  at: { repository: string; path: string; branch: string },
  repositoryIn: "this case" | "any case" = "this case",
): Promise<Rfc | null> {
  const [row] = await db<Rfc[]>`
    select ${db.unsafe(COLUMNS)} from rfcs
    where (repository = ${at.repository}
        or ${repositoryIn === "any case"} and lower(repository) = ${at.repository.toLowerCase()})
      and path = ${at.path} and default_branch = ${at.branch}`;
  return row ?? null;
}

/** Every RFC in sight with its counts, newest first. */
export async function listRfcs(db: Db, sight: Sight = null): Promise<RfcSummary[]> {
  return db<RfcSummary[]>`
    select r.slug, r.title, r.repository, r.path, r.default_branch, r.created_at,
      (select count(*)::int from threads t
        where t.rfc_slug = r.slug and t.state = 'open' and ${seesThread(db, sight)}) as open_threads,
      count(c.id) filter (where c.state in ('pending', 'accepting'))::int as pending,
      count(c.id) filter (where c.state = 'pending' and c.stale_since is not null)::int as stale,
      count(c.id) filter (where c.state = 'accepted')::int as accepted,
      count(c.id) filter (where c.state = 'declined')::int as declined
    from rfcs r left join changes c
      on c.rfc_slug = r.slug and ${seesThreadOf(db, sight, db`c.thread_id`)}
    where ${seesRfc(db, sight, db`r.slug`)}
    group by r.slug order by r.created_at desc`;
}

/** The RFCs on a document, whatever their branches; those of a branch first. */
export async function listRfcsAt(
  db: Db,
  at: { repository: string; path: string; branch: string },
): Promise<Rfc[]> {
  return db<Rfc[]>`
    select ${db.unsafe(COLUMNS)} from rfcs
    where lower(repository) = ${at.repository.toLowerCase()} and path = ${at.path}
    order by default_branch = ${at.branch} desc, created_at`;
}
