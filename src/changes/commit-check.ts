/** Whether the commits of a branch and the changes that were accepted on it are one to one. */
import type { CommitInfo, DocumentHost, DocumentLocation } from "../ports.ts";
import type { ChangeState } from "./change.ts";

/** A change that was accepted, and the commit that it is said to be in. */
export interface AcceptedChange {
  id: string;
  commitSha: string;
}

/** What is known of a branch. The commits are read after `accepted`, and `states` after them. */
export interface BranchCommits {
  accepted: readonly AcceptedChange[];
  commits: readonly Pick<CommitInfo, "sha" | "changeIds">[];
  /** Changes of which it is not known whether their commit is there: a bound was met. */
  undecided: ReadonlySet<string>;
  /** Further commits that are known to be on the branch. */
  alsoThere: ReadonlySet<string>;
  /** Of the changes that the commits name; one that is left out is not known. */
  states: ReadonlyMap<string, ChangeState>;
}

export interface CommitJudgement {
  /** Sentences. */
  wrong: string[];
  /** Changes whose commit is there, and that are to be told of it. */
  underWay: string[];
  /** Changes that somebody else's commit brought in, or whose commit has another name since a rebase. */
  elsewhere: string[];
}

/**
 * A commit is made before its change is told of it, so that one of a change that is `accepting` is under way.
 * Pure.
 */
export function judgeCommits(branch: BranchCommits): CommitJudgement {
  const { accepted, commits, states } = branch;
  const shasOf = new Map<string, string[]>();
  for (const { sha, changeIds } of commits) {
    for (const id of new Set(changeIds.map((named) => named.toLowerCase()))) {
      shasOf.set(id, [...(shasOf.get(id) ?? []), sha]);
    }
  }
  const there = new Set([...commits.map(({ sha }) => sha), ...branch.alsoThere]);
  const judgement: CommitJudgement = { wrong: [], underWay: [], elsewhere: [] };
  for (const [id, shas] of shasOf) {
    const state = states.get(id);
    if (state === "accepting") judgement.underWay.push(id);
    else if (state !== "accepted") {
      judgement.wrong.push(
        `commit ${shas.join(", ")} is of change ${id}, which is ${state ?? "not known here"}`,
      );
    }
    if (shas.length > 1) {
      judgement.wrong.push(`change ${id} has ${shas.length} commits: ${shas.join(", ")}`);
    }
  }
  for (const { id, commitSha } of accepted) {
    const named = shasOf.get(id) ?? [];
    if (named.includes(commitSha) || branch.alsoThere.has(commitSha)) continue;
    if (named.length > 0 || there.has(commitSha)) judgement.elsewhere.push(id);
    else if (!branch.undecided.has(id)) {
      judgement.wrong.push(
        `change ${id} is accepted with the commit ${commitSha}, which is not on the branch`,
      );
    }
  }
  return judgement;
}

/** As many commits as `DocumentHost.commitsBetween` tells. */
const MOST_COMMITS = 200;
/** Commits of a branch that are asked for one by one. */
const MOST_LOOKUPS = 10;

/**
 * Reads the commits since the oldest of the changes, which come newest first; null where the branch is gone.
 * Asks nothing of `findChangeCommit`, which may tidy up a working tree.
 */
export async function gatherCommits(
  host: DocumentHost,
  location: DocumentLocation,
  accepted: readonly AcceptedChange[],
): Promise<Omit<BranchCommits, "states"> | null> {
  const { repository, branch } = location;
  const tip = (await host.tips(repository, [branch])).get(branch) ?? null;
  const oldest = accepted.at(-1);
  if (tip === null || !oldest) return null;
  const commits = await host.commitsBetween(location, oldest.commitSha, tip);
  const listed = new Set(commits.flatMap(({ sha, changeIds }) => [sha, ...changeIds]));
  const unlisted = accepted.filter(
    ({ id, commitSha }) => !listed.has(commitSha) && !listed.has(id),
  );
  const alsoThere = new Set<string>();
  // The oldest is never listed, since it is where the list begins.
  const asked = unlisted.slice(-MOST_LOOKUPS);
  for (const { commitSha } of asked) {
    if (await isOnBranch(host, location, commitSha, tip)) alsoThere.add(commitSha);
  }
  const open = commits.length < MOST_COMMITS ? unlisted.slice(0, -MOST_LOOKUPS) : unlisted;
  return { accepted, commits, undecided: new Set(open.map(({ id }) => id)), alsoThere };
}

/** Both ways: a commit that is not there at all has nothing between it and the tip either. */
async function isOnBranch(
  host: DocumentHost,
  location: DocumentLocation,
  sha: string,
  tip: string,
): Promise<boolean> {
  if (sha === tip) return true;
  if ((await host.commitsBetween(location, sha, tip)).length === 0) return false;
  return (await host.commitsBetween(location, tip, sha)).length === 0;
}
