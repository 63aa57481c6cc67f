/** The record of an RFC whose pull request has ended; where that is wished, committed beside the document. */
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { oneLine } from "../one-line.ts";
import type { PullRequest } from "../ports.ts";
import { HostBusy } from "../ports.ts";
import type { Documents } from "../rfcs/documents.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { WatchedBranch } from "../store/branches.ts";
import type { Sql } from "../store/database.ts";
import type { CachedPullRequest } from "../store/pull-requests.ts";
import { listClosedThreads, putMark, recordMode, setMarkCommit } from "../store/record.ts";
import { bringUp } from "./bring-up.ts";
import { withhold } from "./record-file.ts";
import { printRecord, readCopy } from "./recorder.ts";
import type { RecordMark } from "./record.ts";

export interface RecordEndDeps {
  sql: Sql;
  logger: Logger;
  documents: Documents;
}

export interface EndedReview {
  rfc: Rfc;
  branch: WatchedBranch;
  pull: PullRequest;
  cached: CachedPullRequest;
}

/**
 * Repeated, it finds what it did; what the host refuses is noted with the record, and what is only busy is thrown
 * for another try.
 */
export async function recordEnd(deps: RecordEndDeps, ended: EndedReview): Promise<void> {
  const { sql, logger } = deps;
  const { rfc, pull, cached } = ended;
  const { seq: lastSeq, hash: headHash } = await bringUp(sql, rfc.slug);
  const cause = pull.state === "merged" ? "merged" : "closed";
  const causeKey = `${pull.number}:${cached.closedAt!.getTime()}`;
  const mark = await putMark(sql, rfc.slug, { cause, causeKey, lastSeq, headHash, madeBy: null });
  if (mark.commitSha !== null || mark.problem !== null) return;
  if ((await recordMode(sql, rfc.repository)) === "kept") return;
  try {
    const commitSha = await commitRecord(deps, ended, mark);
    await setMarkCommit(sql, mark.id, { commitSha, problem: null });
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof HostBusy) throw error;
    logger.warn(
      { err: error, rfcSlug: rfc.slug },
      "a record could not be committed beside its RFC",
    );
    await setMarkCommit(sql, mark.id, { commitSha: null, problem: error.message });
  }
}

const AUTHOR = { name: "Redline", email: "record@users.redline.invalid" };

/** Both files; what was said where not everybody may read is left out of them. */
async function commitRecord(
  { sql, documents }: RecordEndDeps,
  { rfc, branch, pull }: EndedReview,
  mark: RecordMark,
): Promise<string> {
  const host = documents.hostOf(branch.repository);
  if (!host.putFile) {
    throw new UserError(
      "invalid-request",
      "Redline commits no record to a repository of this kind.",
    );
  }
  const closed = new Set(await listClosedThreads(sql, rfc.slug));
  const copy = withhold(await readCopy(sql, rfc.slug, mark.lastSeq), (id) => closed.has(id));
  const message = [
    `Keep the record of ${oneLine(rfc.title).slice(0, 50).toWellFormed()}`,
    "",
    `Pull request #${pull.number} was ${mark.cause}.`,
    "",
    `Redline-Record: ${mark.headHash}`,
    "",
  ].join("\n");
  if (mark.cause === "closed" && !isOwn(pull, branch.repository)) {
    throw new UserError(
      "forbidden",
      "The pull request came from a fork, which Redline does not write to once it is closed.",
    );
  }
  // Where it was merged the document lives on in the base; otherwise only its own branch has it.
  const to = mark.cause === "merged" ? pull.baseBranch : pull.headBranch;
  let commitSha = "";
  for (const format of ["markdown", "json"] as const) {
    const path = besidePath(branch.path, format);
    commitSha = await host.putFile({
      location: { repository: branch.repository, branch: to, path },
      body: printRecord(copy, format),
      message,
      author: AUTHOR,
    });
  }
  return commitSha;
}

/** Whether the head branch is one of the repository itself. */
function isOwn({ headRepository }: PullRequest, repository: string): boolean {
  return headRepository?.toLowerCase() === repository.toLowerCase();
}

/** @param path the document's, such as `text/0001-retries.md` */
function besidePath(path: string, format: "markdown" | "json"): string {
  return `${path.replace(/\.\w+$/, "")}.transcript.${format === "json" ? "json" : "md"}`;
}
