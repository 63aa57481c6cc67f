/** Who may decide on one RFC, whatever a workspace or GitHub says. */
import type { Db } from "./database.ts";

export async function listRfcMaintainers(
  db: Db,
  rfcSlug: string,
): Promise<{ userId: string; name: string }[]> {
  return db<{ userId: string; name: string }[]>`
    select u.id as user_id, u.display_name as name from rfc_maintainers m
    join users u on u.id = m.user_id
    where m.rfc_slug = ${rfcSlug} order by m.created_at, u.id`;
}

export async function isRfcMaintainer(db: Db, rfcSlug: string, userId: string): Promise<boolean> {
  const [row] = await db<{ is: boolean }[]>`
    select exists (
      select 1 from rfc_maintainers where rfc_slug = ${rfcSlug} and user_id = ${userId}) as is`;
  return row!.is;
}

/** False when the person is one already. */
export async function insertRfcMaintainer(
  db: Db,
  rfcSlug: string,
  userId: string,
  addedBy: string,
): Promise<boolean> {
  const rows = await db`
    insert into rfc_maintainers (rfc_slug, user_id, added_by)
    values (${rfcSlug}, ${userId}, ${addedBy}) on conflict do nothing returning 1`;
  return rows.length > 0;
}

/** False when the person is none. */
export async function deleteRfcMaintainer(
  db: Db,
  rfcSlug: string,
  userId: string,
): Promise<boolean> {
  const rows = await db`
    delete from rfc_maintainers where rfc_slug = ${rfcSlug} and user_id = ${userId} returning 1`;
  return rows.length > 0;
}
