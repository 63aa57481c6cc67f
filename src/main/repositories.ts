/** `redline repositories`: what each workspace may talk about. Part of the composition root. */
import { allowRepository, disallowRepository, listRepositories } from "../chat/repositories.ts";
import type { Sql } from "../store/database.ts";
import type { RepositoryChange } from "./arguments.ts";
import { withDatabase } from "./with-database.ts";

export function repositories(change: RepositoryChange | null): Promise<number> {
  return withDatabase(async (sql) => {
    process.stdout.write(`${change ? await makeChange(sql, change) : await list(sql)}\n`);
    return 0;
  });
}

async function makeChange(sql: Sql, change: RepositoryChange): Promise<string> {
  const { allowed, repository, ...workspace } = change;
  const place = `${workspace.platform} ${workspace.workspaceId}`;
  if (allowed) {
    const isNew = await allowRepository(sql, workspace, repository);
    return `${place} may ${isNew ? "now" : "already"} talk about ${repository}.`;
  }
  const wasAllowed = await disallowRepository(sql, workspace, repository);
  return wasAllowed
    ? `${place} may not talk about ${repository} any more; its links are ended.`
    : `${place} was not allowed to talk about ${repository}.`;
}

async function list(sql: Sql): Promise<string> {
  const rows = await listRepositories(sql);
  if (rows.length === 0) return "No workspace is limited to repositories of its own yet.";
  return rows
    .map(({ platform, workspaceId, repository }) => `${platform} ${workspaceId}  ${repository}`)
    .join("\n");
}
