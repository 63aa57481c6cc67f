/** Asks the history of a branch: which commit carries a change, and what happened between two tips. */
import { UserError } from "../../src/errors.ts";
import type { CommitInfo } from "../../src/ports.ts";
import { targetOf, type Repository } from "./repository.ts";
import { GitError, type Git } from "./run-git.ts";

/** How far back a change's commit is looked for; it is asked for soon after the commit was made. */
const SEARCHED_COMMITS = 1000;
/** As many as the seam allows. */
const MAX_COMMITS = 200;

// Four fields, each ended by a NUL, which neither a name nor a message can hold; Git adds a line feed.
const FORMAT = "%H%x00%an%x00%s%x00%(trailers:key=Redline-Change,valueonly,unfold)%x00";

type LoggedCommit = Omit<CommitInfo, "touchesPath">;

/** The newest commit reachable from `tip` with the trailer `Redline-Change: <changeId>`. */
export async function findCommitOfChange(
  git: Git,
  repository: Repository,
  tip: string,
  changeId: string,
): Promise<string | null> {
  // Git parses the trailers of every commit itself: a --grep would also match such a line in a body.
  const { stdout } = await git(targetOf(repository), {
    args: ["log", `--max-count=${SEARCHED_COMMITS}`, `--format=${FORMAT}`, tip, "--"],
  });
  const found = parseLog(stdout).find(({ changeIds }) => changeIds.includes(changeId));
  return found?.sha ?? null;
}

/** The newest commit reachable from `tip` that changed the file. */
export async function findLastCommit(
  git: Git,
  repository: Repository,
  tip: string,
  path: string,
): Promise<string | null> {
  const args = ["log", "--max-count=1", "--format=%H", tip, "--", path];
  return (await git(targetOf(repository), { args })).stdout.toString().trim() || null;
}

/** The path that the file `path` of the commit `from` has in `to`; null where Git sees no rename of it. */
export async function findRenamedPath(
  git: Git,
  repository: Repository,
  range: { from: string; to: string; path: string },
): Promise<string | null> {
  const { from, to, path } = range;
  if (!isObjectName(from) || !isObjectName(to)) return null;
  const args = ["diff-tree", "-r", "-z", "-M", "--diff-filter=R", "--name-status", from, to];
  try {
    const { stdout } = await git(targetOf(repository), { args });
    const fields = stdout.toString("utf8").split("\0");
    for (let at = 0; at + 2 < fields.length; at += 3) {
      if (fields[at + 1] === path) return fields[at + 2] ?? null;
    }
    return null;
  } catch (error) {
    if (isMissingCommit(error)) return null;
    throw error;
  }
}

/** The newest 200 commits of `from..to`, oldest first; none where either is not there. */
export async function listCommits(
  git: Git,
  repository: Repository,
  range: { from: string; to: string; path: string },
): Promise<CommitInfo[]> {
  const { from, to, path } = range;
  if (!isObjectName(from) || !isObjectName(to)) return [];
  const log = async (format: string, paths: readonly string[]): Promise<Buffer> => {
    const revisions = [to, "--not", from, "--", ...paths];
    const args = ["log", "--topo-order", `--max-count=${MAX_COMMITS}`, `--format=${format}`];
    // Without --full-history Git leaves out commits whose change a later merge took back.
    return (await git(targetOf(repository), { args: [...args, "--full-history", ...revisions] }))
      .stdout;
  };
  try {
    const [all, touching] = await Promise.all([log(FORMAT, []), log("%H", [path])]);
    const touched = new Set(touching.toString().split("\n"));
    return parseLog(all)
      .map((commit) => ({ ...commit, touchesPath: touched.has(commit.sha) }))
      .toReversed();
  } catch (error) {
    if (isMissingCommit(error)) return [];
    throw error;
  }
}

/** Whether a text is a whole name of an object, and so nothing else to Git. */
export function isObjectName(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** Whether Git, or what was made of its words for the person, says that a commit is not there. */
export function isMissingCommit(error: unknown): boolean {
  const reason = error instanceof UserError ? error.cause : error;
  const missing = /bad object|unknown revision|not a tree object/i;
  return reason instanceof GitError && missing.test(reason.stderr);
}

function parseLog(output: Buffer): LoggedCommit[] {
  const fields = output.toString("utf8").split("\0");
  const commits: LoggedCommit[] = [];
  for (let at = 0; at + 3 < fields.length; at += 4) {
    const [sha = "", authorName = "", subject = "", trailers = ""] = fields.slice(at, at + 4);
    const changeIds = trailers.split("\n").filter((id) => id !== "");
    commits.push({ sha: sha.trimStart(), authorName, subject, changeIds });
  }
  return commits;
}
