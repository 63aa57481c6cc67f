import type { Db } from "./database.ts";
import type { WorkspaceKey } from "./workspaces.ts";

/** Who may accept and decline in a workspace, in the order in which they were named. */
export async function listMaintainers(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
): Promise<{ id: string; displayName: string }[]> {
  return db<{ id: string; displayName: string }[]>`
    select u.id, u.display_name from maintainers m join users u on u.id = m.user_id
    where m.platform = ${platform} and m.workspace_id = ${workspaceId} order by m.created_at, u.id`;
}

export async function isMaintainer(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
  userId: string,
): Promise<boolean> {
  const [row] = await db<{ known: boolean }[]>`
    select exists (
      select 1 from maintainers
      where platform = ${platform} and workspace_id = ${workspaceId}
        and user_id = ${userId}) as known`;
  return row!.known;
}

/** False when the person is one already. */
export async function insertMaintainer(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
  userId: string,
  addedBy: string,
): Promise<boolean> {
  const rows = await db`
    insert into maintainers (platform, workspace_id, user_id, added_by)
    values (${platform}, ${workspaceId}, ${userId}, ${addedBy})
    on conflict do nothing returning 1`;
  return rows.length > 0;
}

/** False when the person is none. */
export async function deleteMaintainer(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
  userId: string,
): Promise<boolean> {
  const rows = await db`
    delete from maintainers
    where platform = ${platform} and workspace_id = ${workspaceId} and user_id = ${userId}
    returning 1`;
  return rows.length > 0;
}
