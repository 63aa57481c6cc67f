import { assertPending } from "../changes/acceptable.ts";
import type { Change } from "../changes/change.ts";
import { noSuchChange } from "../changes/decisions.ts";
import { UserError } from "../errors.ts";
import { askForSuggestion } from "../store/branch-changes.ts";
import { findChange } from "../store/changes.ts";
import type { Sql } from "../store/database.ts";
import { askForLook } from "../store/looks.ts";
import { listPullRequests } from "../store/pull-requests.ts";

/** Somebody wants the change on the branch's pull request. @throws UserError */
export async function requestSuggestion(sql: Sql, changeId: string): Promise<Change> {
  const change = await findChange(sql, changeId);
  if (!change) throw noSuchChange();
  assertPending(change);
  const [pull] = await listPullRequests(sql, change.rfcSlug, change.branchName);
  if (pull?.state !== "open") {
    throw new UserError(
      "invalid-request",
      "The branch has no open pull request; open one on GitHub, and the suggestion can be posted.",
    );
  }
  await sql.begin(async (tx) => {
    await askForSuggestion(tx, changeId);
    await askForLook(tx, change);
  });
  return change;
}
