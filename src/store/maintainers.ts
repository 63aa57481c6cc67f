import type { Db } from "./database.ts";
import type { WorkspaceKey } from "./workspaces.ts";

/** People who may accept and decline in a workspace, in the order in which they were named. */
async function listMaintainers(
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

/** A role of a workspace whose people may accept and decline. */
export interface MaintainerRole {
  /** The platform's. */
  id: string;
  /** As it was called when it was named. */
  name: string;
}

/** In the order in which they were named. */
export async function listMaintainerRoles(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
): Promise<MaintainerRole[]> {
  return db<MaintainerRole[]>`
    select role_id as id, name from maintainer_roles
    where platform = ${platform} and workspace_id = ${workspaceId} order by created_at, role_id`;
}

/** False when the role is named already. */
export async function insertMaintainerRole(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
  { id, name }: MaintainerRole,
  addedBy: string,
): Promise<boolean> {
  const rows = await db`
    insert into maintainer_roles (platform, workspace_id, role_id, name, added_by)
    values (${platform}, ${workspaceId}, ${id}, ${name}, ${addedBy})
    on conflict do nothing returning 1`;
  return rows.length > 0;
}

/** The name of the role that was taken off; null when it was not named. */
export async function deleteMaintainerRole(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
  roleId: string,
): Promise<string | null> {
  const [row] = await db<{ name: string }[]>`
    delete from maintainer_roles
    where platform = ${platform} and workspace_id = ${workspaceId} and role_id = ${roleId}
    returning name`;
  return row?.name ?? null;
}

/** Names of people and roles that may accept and decline, people first. */
export async function listDeciders(db: Db, workspace: WorkspaceKey): Promise<string[]> {
  const [people, roles] = await Promise.all([
    listMaintainers(db, workspace),
    listMaintainerRoles(db, workspace),
  ]);
  return [
    ...people.map(({ displayName }) => displayName),
    ...roles.map(({ name }) => `everybody with the role ${name}`),
  ];
}
