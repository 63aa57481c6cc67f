/** How long workspaces keep what was said in conversations that have ended. */
import type { PendingQuery, Row } from "postgres";
import type { Db } from "./database.ts";
import type { WorkspaceKey } from "./workspaces.ts";

export interface RetentionSetting extends WorkspaceKey {
  /** After the end of a conversation. */
  days: number;
}

/** @param days null: everything is kept */
export async function setRetention(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
  days: number | null,
): Promise<void> {
  if (days === null) {
    await db`
      delete from retention_settings
      where platform = ${platform} and workspace_id = ${workspaceId}`;
    return;
  }
  await db`
    insert into retention_settings (platform, workspace_id, days)
    values (${platform}, ${workspaceId}, ${days})
    on conflict (platform, workspace_id) do update set days = excluded.days, set_at = now()`;
}

export async function listRetention(db: Db): Promise<RetentionSetting[]> {
  return db<RetentionSetting[]>`
    select platform, workspace_id, days from retention_settings order by platform, workspace_id`;
}

/** Whether anything is known of the workspace. */
export async function isKnownWorkspace(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
): Promise<boolean> {
  const isThere = (table: string) => db`exists (
    select 1 from ${db(table)} where platform = ${platform} and workspace_id = ${workspaceId})`;
  const [row] = await db<{ is: boolean }[]>`
    select ${isThere("workspaces")} or ${isThere("installations")} or ${isThere("thread_links")}
      or ${isThere("identities")} or ${isThere("workspace_repositories")}
      or ${isThere("retention_settings")} as is`;
  return row!.is;
}

/**
 * What people and models said in conversations that ended longer ago than a workspace keeps it. A conversation has
 * ended when it is closed, or when the pull requests of its branch are; after the last that was said there. What
 * people said goes by the setting of the workspace where they said it, answers by the shortest of all that hold
 * the conversation.
 */
export async function listExpired(db: Db, limit: number): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    ${selectExpired(db, db`retention_settings`)} limit ${limit}`;
  return rows.map(({ id }) => id);
}

/** What the workspace would keep no longer if it had this setting. */
export async function countExpired(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
  days: number,
): Promise<{ messages: number; threads: number }> {
  const setting = db`(
    select ${platform}::text as platform, ${workspaceId}::text as workspace_id, ${days}::int as days)`;
  const [row] = await db<{ messages: number; threads: number }[]>`
    select count(*)::int as messages, count(distinct thread_id)::int as threads
    from (${selectExpired(db, setting)}) expired`;
  return row!;
}

/** @param settings rows with `platform`, `workspace_id` and `days` */
function selectExpired(db: Db, settings: PendingQuery<Row[]>): PendingQuery<Row[]> {
  return db`
    with held as (
      select l.thread_id, l.id as link_id, s.days
      from ${settings} s join thread_links l
        on l.platform = s.platform and l.workspace_id = s.workspace_id
    ), ended as (
      select t.id, greatest(t.closed_at, p.ended_at, (
        select max(m.created_at) from thread_messages m where m.thread_id = t.id)) as at
      from threads t, lateral (
        select max(ended_at) as ended_at, count(*) > 0 and bool_and(state <> 'open') as is_over
        from cached_prs p where p.rfc_slug = t.rfc_slug and p.branch_name = t.branch_name) p
      where t.id in (select thread_id from held) and t.ready_at is null
        and (t.state = 'closed' or p.is_over)
    )
    select distinct m.id, m.thread_id from held h join ended e on e.id = h.thread_id
      join thread_messages m on m.thread_id = e.id
    where e.at < now() - h.days * interval '1 day' and m.deleted_at is null
      and (m.role = 'assistant' and m.status <> 'streaming'
        or m.role = 'user' and m.said_in = h.link_id)`;
}

/** What was left of a message beside its text: edits that came early, and blocks that were no changes. */
export async function eraseBeside(db: Db, messageId: string): Promise<void> {
  await db`
    update chat_messages set early_edit = null, early_quote = null where message_id = ${messageId}`;
  await db`update loose_blocks set fields = '{}' where message_id = ${messageId}`;
}
