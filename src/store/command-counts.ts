import type { Db } from "./database.ts";

/** Counts a command of the person, and answers with how many they gave within the minute, this one too. */
export async function countCommand(db: Db, userId: string): Promise<number> {
  const isWithin = db`c.since between now() - interval '1 minute' and now()`;
  const [row] = await db<{ given: number }[]>`
    insert into command_counts as c (user_id) values (${userId})
    on conflict (user_id) do update set
      given = case when ${isWithin} then c.given + 1 else 1 end,
      since = case when ${isWithin} then c.since else now() end
    returning given`;
  return row!.given;
}

/** Notes until when the person knows that there are no answers for them; false when they know already. */
export async function putLimitNotice(db: Db, userId: string, until: Date): Promise<boolean> {
  const rows = await db`
    insert into limit_notices as n (user_id, until) values (${userId}, ${until})
    on conflict (user_id) do update set until = excluded.until where n.until <= now()
    returning 1`;
  return rows.length > 0;
}
