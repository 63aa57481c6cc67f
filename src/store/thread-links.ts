import type { Db } from "./database.ts";

/** A place of a platform where a thread is held, such as `owner/name#12` on GitHub. */
export interface LinkedPlace {
  platform: string;
  workspaceId: string;
  place: string;
}

/** The thread that is held there. */
export async function findLinkedThread(db: Db, at: LinkedPlace): Promise<string | null> {
  const [row] = await db<{ threadId: string }[]>`
    select thread_id from thread_links
    where platform = ${at.platform} and workspace_id = ${at.workspaceId} and place = ${at.place}`;
  return row?.threadId ?? null;
}

/** Throws the unique violation `thread_links_platform_workspace_id_place_key` when the place is taken. */
export async function insertLink(db: Db, threadId: string, at: LinkedPlace): Promise<void> {
  await db`
    insert into thread_links (thread_id, platform, workspace_id, place)
    values (${threadId}, ${at.platform}, ${at.workspaceId}, ${at.place})`;
}

/** Writes down that a message is to be shown on a link. */
export async function putDelivery(db: Db, linkId: string, messageId: string): Promise<void> {
  await db`
    insert into deliveries (link_id, message_id) values (${linkId}, ${messageId})
    on conflict do nothing`;
}

/** The message is shown there. */
export async function markDelivered(
  db: Db,
  linkId: string,
  messageId: string,
  platformMessageId: string,
): Promise<void> {
  await db`
    update deliveries set state = 'sent', platform_message_id = ${platformMessageId}, sent_at = now()
    where link_id = ${linkId} and message_id = ${messageId} and state = 'pending'`;
}
