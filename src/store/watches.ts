import type { Db } from "./database.ts";

export async function watchRfc(db: Db, userId: string, rfcSlug: string): Promise<void> {
  await db`
    insert into watches (user_id, rfc_slug) values (${userId}, ${rfcSlug}) on conflict do nothing`;
}

export async function unwatchRfc(db: Db, userId: string, rfcSlug: string): Promise<void> {
  await db`delete from watches where user_id = ${userId} and rfc_slug = ${rfcSlug}`;
}
