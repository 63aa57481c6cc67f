/** `redline repositories`: what each workspace may talk about. Part of the composition root. */
import { allowRepository, disallowRepository, listRepositories } from "../chat/repositories.ts";
import { UserError } from "../errors.ts";
import type { Sql } from "../store/database.ts";
import type { RecordMode } from "../store/record.ts";
import { setRecordMode } from "../store/record.ts";
import type { RepositoryChange } from "./arguments.ts";
import { withDatabase } from "./with-database.ts";

export function repositories(change: RepositoryChange | null): Promise<number> {
  return withDatabase(async (sql) => {
    process.stdout.write(`${change ? await makeChange(sql, change) : await list(sql)}\n`);
    return 0;
  });
}

const REPOSITORY = /^[\w.-]+\/[\w.-]+$/;

/** Whether the record of an RFC is committed beside it when its pull request ends. */
export function chooseRecordMode(repository: string, mode: RecordMode): Promise<number> {
  if (!REPOSITORY.test(repository)) {
    throw new UserError(
      "invalid-request",
      `“${repository}” is not the name of a repository on GitHub: write owner/name.`,
    );
  }
  return withDatabase(async (sql) => {
    await setRecordMode(sql, repository, mode);
    const told =
      mode === "committed"
        ? `When a pull request of ${repository} ends, the record is committed beside its RFC.`
        : `Records of ${repository} are kept by Redline alone.`;
    process.stdout.write(`${told}\n`);
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
