import type { Db } from "./database.ts";

/** What a platform's app has in one workspace. */
export interface StoredInstallation {
  /** Sealed text. */
  sealed: string;
  installedAt: Date;
}

export interface WorkspaceKey {
  platform: string;
  workspaceId: string;
}

/** Makes a workspace known, or gives it its newest name. */
export async function saveWorkspace(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
  name: string,
): Promise<void> {
  await db`
    insert into workspaces (platform, workspace_id, name)
    values (${platform}, ${workspaceId}, ${name})
    on conflict (platform, workspace_id) do update set name = excluded.name
      where workspaces.name <> excluded.name`;
}

/** Keeps the newest installation of a workspace that is known. */
export async function saveInstallation(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
  sealed: string,
): Promise<void> {
  await db`
    insert into installations (platform, workspace_id, sealed)
    values (${platform}, ${workspaceId}, ${sealed})
    on conflict (platform, workspace_id)
      do update set sealed = excluded.sealed, installed_at = clock_timestamp()`;
}

export async function readInstallation(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
): Promise<StoredInstallation | null> {
  const [row] = await db<StoredInstallation[]>`
    select sealed, installed_at from installations
    where platform = ${platform} and workspace_id = ${workspaceId}`;
  return row ?? null;
}

/** Seals it anew, unless it was changed meanwhile; whether it did. */
export async function resealInstallation(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
  before: string,
  after: string,
): Promise<boolean> {
  const { count } = await db`
    update installations set sealed = ${after}
    where platform = ${platform} and workspace_id = ${workspaceId} and sealed = ${before}`;
  return count > 0;
}

/** In the order of their keys, those after one. */
export async function pageOfInstallations(
  db: Db,
  after: WorkspaceKey | null,
  limit: number,
): Promise<(WorkspaceKey & { sealed: string })[]> {
  const from = after ?? { platform: "", workspaceId: "" };
  return db<(WorkspaceKey & { sealed: string })[]>`
    select platform, workspace_id, sealed from installations
    where (platform, workspace_id) > (${from.platform}, ${from.workspaceId})
    order by platform, workspace_id limit ${limit}`;
}

/** What an installation's sealed text is for. */
export const installationUse = ({ platform, workspaceId }: WorkspaceKey): string =>
  `installation of ${platform} ${workspaceId}`;

/** Removes an installation that was made before the moment. */
export async function deleteInstallation(
  db: Db,
  { platform, workspaceId }: WorkspaceKey,
  before: Date,
): Promise<void> {
  await db`
    delete from installations
    where platform = ${platform} and workspace_id = ${workspaceId} and installed_at <= ${before}`;
}

/** Workspaces that the platform's app is installed in. */
export async function listInstallations(
  db: Db,
  platform: string,
): Promise<{ workspaceId: string; name: string }[]> {
  return db<{ workspaceId: string; name: string }[]>`
    select i.workspace_id, w.name from installations i
      join workspaces w on w.platform = i.platform and w.workspace_id = i.workspace_id
    where i.platform = ${platform} order by w.name, i.workspace_id`;
}
