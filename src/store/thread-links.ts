import type { ChatPlace, ChatPlatformName } from "../chat/chat-event.ts";
import type { Db, Sql } from "./database.ts";
import { askForPlace } from "./place-looks.ts";

/** A place of a platform where a thread is held, such as `owner/name#12` on GitHub. */
export interface LinkedPlace {
  platform: string;
  workspaceId: string;
  place: string;
}

/** Answers with its id. Throws the unique violation `thread_links_platform_workspace_id_place_key` when the place is taken. */
export async function insertLink(db: Db, threadId: string, at: LinkedPlace): Promise<string> {
  const [row] = await db<{ id: string }[]>`
    insert into thread_links (thread_id, platform, workspace_id, place)
    values (${threadId}, ${at.platform}, ${at.workspaceId}, ${at.place}) returning id`;
  return row!.id;
}

/** What is known of a pull request as a place of its review thread. */
export interface ReviewLink {
  id: string;
  threadId: string;
  rfcSlug: string;
  isThreadOpen: boolean;
  /** Order of its newest message. */
  newestSeq: number;
  /** Since when its conversation is held in chat, too; null where it is not now. */
  joinedAt: Date | null;
}

export async function findReviewLink(db: Db, at: LinkedPlace): Promise<ReviewLink | null> {
  const [row] = await db<ReviewLink[]>`
    select l.id, l.thread_id, t.rfc_slug, t.state = 'open' as is_thread_open,
      t.message_seq as newest_seq, (
      select min(n.created_at) from thread_links n
      where n.thread_id = l.thread_id and n.platform <> 'github' and n.ended_at is null) as joined_at
    from thread_links l join threads t on t.id = l.thread_id
    where l.platform = ${at.platform} and l.workspace_id = ${at.workspaceId}
      and l.place = ${at.place} and l.ended_at is null`;
  return row ?? null;
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
  /** Whether anybody told who may read along; until then the narrower is taken to be so. */
  reachKnown: boolean;
}

const LINK = "id, thread_id, platform, workspace_id, place, mode, reach, reach_known";

/** The link of a place in chat that has not ended. */
export async function findLink(db: Db, at: ChatPlace): Promise<ThreadLink | null> {
  const [row] = await db<ThreadLink[]>`
    select ${db.unsafe(LINK)} from thread_links
    where platform = ${at.platform} and workspace_id = ${at.workspaceId} and place = ${at.place}
      and ended_at is null`;
  return row ?? null;
}

/**
 * Holds a thread in a place of chat from its next message on. The thread's row is to be locked.
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
    reachKnown: boolean;
    /** Whether the maintainers of both sides agreed. */
    isAgreed: boolean;
  },
): Promise<ThreadLink> {
  const { platform, workspaceId, place } = link.at;
  const [row] = await db<ThreadLink[]>`
    insert into thread_links (thread_id, platform, workspace_id, place, url, private_to, reach,
      reach_known, shown_from, remarks_from, agreed_at)
    select id, ${platform}, ${workspaceId}, ${place}, ${link.url}, ${link.privateTo}, ${link.reach},
      ${link.reachKnown}, message_seq + 1, message_seq + 1, case when ${link.isAgreed} then now() end
    from threads where id = ${link.threadId}
    returning ${db.unsafe(LINK)}`;
  return row!;
}

/**
 * What is said in the thread from its next message on is shown on its pull request, where that was not so
 * already. The thread's row is to be locked.
 */
export async function mirrorOnPullRequest(db: Db, threadId: string): Promise<void> {
  await db`
    update thread_links l set remarks_from = t.message_seq + 1
    from threads t
    where t.id = ${threadId} and l.thread_id = t.id and l.platform = 'github'
      and not exists (
        select 1 from thread_links n
        where n.thread_id = t.id and n.platform <> 'github' and n.ended_at is null)`;
}

/** The maintainers of both sides agreed to hold the conversation here, too. */
export async function agreeTo(db: Db, linkId: string): Promise<void> {
  await db`update thread_links set agreed_at = coalesce(agreed_at, now()) where id = ${linkId}`;
}

/** A live place in chat of a thread. */
export interface LivePlace extends ChatPlace {
  id: string;
  reach: LinkReach;
  isPrivate: boolean;
  url: string | null;
}

/** The places in chat where the thread is held now. */
export async function listLivePlaces(db: Db, threadId: string): Promise<LivePlace[]> {
  return db<LivePlace[]>`
    select id, platform, workspace_id, place, reach, private_to is not null as is_private, url
    from thread_links
    where thread_id = ${threadId} and ended_at is null and platform <> 'github'
    order by created_at, id`;
}

/**
 * The places in chat whose maintainers have a word in who else reads along: where the thread is held now, and
 * those that agreed to hold it and have left while something that was said there has not.
 */
export async function listHeardPlaces(db: Db, threadId: string): Promise<LivePlace[]> {
  return db<LivePlace[]>`
    select id, platform, workspace_id, place, reach, private_to is not null as is_private, url
    from thread_links l
    where thread_id = ${threadId} and platform <> 'github' and (ended_at is null
      or agreed_at is not null and exists (
        select 1 from thread_messages m
        where m.thread_id = l.thread_id and m.said_in = l.id and m.deleted_at is null))
    order by created_at, id`;
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

/** It is told who may read along, where nobody told that before. */
export async function putReach(db: Db, linkId: string, reach: LinkReach): Promise<void> {
  await db`
    update thread_links set reach = ${reach}, reach_known = true
    where id = ${linkId} and not reach_known`;
}

/** A link whose place is open to everybody in its workspace, as far as is known. */
export interface OpenLink {
  id: string;
  threadId: string;
}

/** Those of a channel, ended ones too. */
export async function listOpenLinks(
  db: Db,
  at: { platform: ChatPlatformName; workspaceId: string },
  channel: string,
): Promise<OpenLink[]> {
  return db<OpenLink[]>`
    select id, thread_id from thread_links
    where platform = ${at.platform} and workspace_id = ${at.workspaceId}
      and split_part(place, '/', 1) = ${channel} and (reach <> 'channel' or not reach_known)`;
}

/**
 * What is said there is for those in the channel alone from here on. Answers with whether that must not be
 * shown elsewhere: it is, and its maintainers did not agree to it.
 */
export async function narrowReach(db: Db, linkId: string): Promise<boolean> {
  const [row] = await db<{ isLeaking: boolean }[]>`
    update thread_links l set reach = 'channel', reach_known = true
    where l.id = ${linkId}
    returning l.ended_at is null and l.agreed_at is null and exists (
      select 1 from thread_links n
      where n.thread_id = l.thread_id and n.id <> l.id and n.ended_at is null) as is_leaking`;
  return row?.isLeaking ?? false;
}

/** Whether a message was said in a closed place that has left its conversation, while other places have it. */
export async function isSaidApart(db: Db, messageId: string): Promise<boolean> {
  const [row] = await db<{ is: boolean }[]>`
    select exists (
      select 1 from thread_messages m join thread_links l on l.id = m.said_in
        join thread_links n on n.thread_id = l.thread_id and n.id <> l.id
      where m.id = ${messageId} and l.ended_at is not null and l.reach = 'channel') as is`;
  return row!.is;
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
