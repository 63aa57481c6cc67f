/** What people chose about being told. */
import type { NotificationSettings } from "../notifications/notification.ts";
import type { Db } from "./database.ts";

const DEFAULTS: NotificationSettings = { digest: "daily", timeZone: null, direct: true };

/** Of somebody who never chose, the defaults. */
export async function findSettings(db: Db, userId: string): Promise<NotificationSettings> {
  const [row] = await db<NotificationSettings[]>`
    select digest, time_zone, direct from notification_settings where user_id = ${userId}`;
  return row ?? DEFAULTS;
}

/** Changes what is given; the next digest is timed anew. */
export async function putSettings(
  db: Db,
  userId: string,
  set: Partial<NotificationSettings>,
): Promise<NotificationSettings> {
  const chosen = { ...(await findSettings(db, userId)), ...set };
  await db`
    insert into notification_settings (user_id, digest, time_zone, direct)
    values (${userId}, ${chosen.digest}, ${chosen.timeZone}, ${chosen.direct})
    on conflict (user_id) do update set digest = excluded.digest, time_zone = excluded.time_zone,
      direct = excluded.direct, digest_due_at = null`;
  return chosen;
}
