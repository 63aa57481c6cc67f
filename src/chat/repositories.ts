/** Which repositories a workspace may talk about, as the operator says. */
import { UserError } from "../errors.ts";
import type { Db, Sql } from "../store/database.ts";
import { endLinksTo } from "../store/thread-links.ts";
import type { WorkspaceKey } from "../store/workspaces.ts";
import {
  deleteWorkspaceRepository,
  insertWorkspaceRepository,
  listWorkspaceRepositories,
} from "../store/workspaces.ts";

/** False when it was allowed already. @throws UserError invalid-request */
export async function allowRepository(
  sql: Sql,
  workspace: WorkspaceKey,
  repository: string,
): Promise<boolean> {
  return insertWorkspaceRepository(sql, workspace, repositoryName(repository));
}

/** Also ends the workspace's links to its RFCs. False when it was not allowed. @throws UserError */
export async function disallowRepository(
  sql: Sql,
  workspace: WorkspaceKey,
  repository: string,
): Promise<boolean> {
  const name = repositoryName(repository);
  return sql.begin(async (tx) => {
    const removed = await deleteWorkspaceRepository(tx, workspace, name);
    if (removed) {
      await endLinksTo(tx, workspace, name);
      if (workspace.platform === "discord") await assertLimited(tx);
    }
    return removed;
  });
}

/** Where no server is limited, all are open: that is not what taking something away is meant for. */
async function assertLimited(db: Db): Promise<void> {
  const left = await listWorkspaceRepositories(db);
  if (left.some(({ platform }) => platform === "discord")) return;
  throw new UserError(
    "invalid-request",
    "Without this last one every Discord server may discuss every RFC: allow another one first, or switch “Public Bot” off in Discord's portal.",
  );
}

/** Of all workspaces, in their order. */
export function listRepositories(sql: Sql): Promise<(WorkspaceKey & { repository: string })[]> {
  return listWorkspaceRepositories(sql);
}

function repositoryName(text: string): string {
  const name = text.trim();
  if (/^[\w.-]+\/[\w.-]+$/.test(name) || /^file:\/\/\/\S/.test(name)) return name;
  throw new UserError(
    "invalid-request",
    "A repository is `owner/name`, or `file:///absolute/path` of a local one.",
  );
}
