import type { ChatPlace, ChatPlatformName } from "../chat/chat-event.ts";
import type { Db, Sql } from "./database.ts";
import { askForPlace } from "./place-looks.ts";

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
    where platform = ${at.platform} and workspace_id = ${at.workspaceId} and place = ${at.place}
      and ended_at is null`;
  return row?.threadId ?? null;
}

/** Throws the unique violation `thread_links_platform_workspace_id_place_key` when the place is taken. */
export async function insertLink(db: Db, threadId: string, at: LinkedPlace): Promise<void> {
  await db`
    insert into thread_links (thread_id, platform, workspace_id, place)
    values (${threadId}, ${at.platform}, ${at.workspaceId}, ${at.place})`;
}

/** In a place: `mention` answers when addressed, `follow` also what is asked openly, `quiet` nothing. */
export type ParticipationMode = "mention" | "follow" | "quiet";

/** Who may hear of what is said in a place: everybody in the workspace, or only who is in its channel. */
export type LinkReach = "workspace" | "channel";

/** A place in chat, as long as its thread is held there. */
export interface ThreadLink extends ChatPlace {
  id: string;
  threadId: string;
  mode: ParticipationMode;
  reach: LinkReach;
}

const LINK = "id, thread_id, platform, workspace_id, place, mode, reach";

/** The link of a place in chat that has not ended. */
export async function findLink(db: Db, at: ChatPlace): Promise<ThreadLink | null> {
  const [row] = await db<ThreadLink[]>`
    select ${db.unsafe(LINK)} from thread_links
    where platform = ${at.platform} and workspace_id = ${at.workspaceId} and place = ${at.place}
      and ended_at is null`;
  return row ?? null;
}

/**
 * Holds a thread in a place of chat from its first message on.
 * Throws the unique violation `thread_links_platform_workspace_id_place_key` when the place is taken.
 */
export async function insertChatLink(
  db: Db,
  link: {
    threadId: string;
    at: ChatPlace;
    url: string | null;
    privateTo: string | null;
    reach: LinkReach;
  },
): Promise<ThreadLink> {
  const { platform, workspaceId, place } = link.at;
  const [row] = await db<ThreadLink[]>`
    insert into thread_links (thread_id, platform, workspace_id, place, url, private_to, reach)
    values (${link.threadId}, ${platform}, ${workspaceId}, ${place}, ${link.url}, ${link.privateTo},
      ${link.reach})
    returning ${db.unsafe(LINK)}`;
  return row!;
}

/** Whether the branch has open threads of its pull request, or of the console alone. */
export async function hasOtherThreads(
  db: Db,
  rfcSlug: string,
  branchName: string,
): Promise<boolean> {
  const [row] = await db<{ has: boolean }[]>`
    select exists (
      select 1 from threads t
      where t.rfc_slug = ${rfcSlug} and t.branch_name = ${branchName} and t.state = 'open'
        and (t.thread_kind = 'review'
          or not exists (select 1 from thread_links n where n.thread_id = t.id))) as has`;
  return row!.has;
}

/** False when it is the mode already. */
export async function setMode(db: Db, linkId: string, mode: ParticipationMode): Promise<boolean> {
  const rows = await db`
    update thread_links set mode = ${mode} where id = ${linkId} and mode <> ${mode} returning 1`;
  return rows.length > 0;
}

export async function setReach(db: Db, linkId: string, reach: LinkReach): Promise<void> {
  await db`update thread_links set reach = ${reach} where id = ${linkId}`;
}

/** What is said in the channel's places is for those in it alone from here on. */
export async function narrowReach(
  db: Db,
  at: { platform: ChatPlatformName; workspaceId: string },
  channel: string,
): Promise<void> {
  await db`
    update thread_links set reach = 'channel'
    where platform = ${at.platform} and workspace_id = ${at.workspaceId}
      and split_part(place, '/', 1) = ${channel} and reach <> 'channel'`;
}

/** Also asks for a look, so that nothing stays there to be pressed. False when it had ended already. */
export async function endLink(db: Db, linkId: string): Promise<boolean> {
  const rows = await db<{ id: string }[]>`
    update thread_links set ended_at = now() where id = ${linkId} and ended_at is null returning id`;
  return (await askForEach(db, rows)).length > 0;
}

/** Ends the links of a workspace, of one channel or of one place in it, and asks for looks; answers with them. */
export async function endLinksIn(
  sql: Sql,
  at: { platform: ChatPlatformName; workspaceId: string },
  channel: string | null,
  place: string | null = null,
): Promise<string[]> {
  return sql.begin(async (tx) =>
    askForEach(
      tx,
      await tx<{ id: string }[]>`
        update thread_links set ended_at = now()
        where platform = ${at.platform} and workspace_id = ${at.workspaceId} and ended_at is null
          and (${channel}::text is null or split_part(place, '/', 1) = ${channel})
          and (${place}::text is null or place = ${place})
        returning id`,
    ),
  );
}

/** Ends the links of a workspace to the RFCs of a repository, and asks for looks. */
export async function endLinksTo(
  db: Db,
  at: { platform: ChatPlatformName; workspaceId: string },
  repository: string,
): Promise<void> {
  const rows = await db<{ id: string }[]>`
    update thread_links l set ended_at = now()
    from threads t join rfcs r on r.slug = t.rfc_slug
    where t.id = l.thread_id and lower(r.repository) = ${repository.toLowerCase()}
      and l.platform = ${at.platform} and l.workspace_id = ${at.workspaceId} and l.ended_at is null
    returning l.id`;
  await askForEach(db, rows);
}

async function askForEach(db: Db, links: readonly { id: string }[]): Promise<string[]> {
  for (const { id } of links) await askForPlace(db, id);
  return links.map(({ id }) => id);
}
