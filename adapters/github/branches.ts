/** What a location's `branch` means on GitHub, and where it stands. */
import type { Octokit } from "@octokit/rest";
import { UserError } from "../../src/errors.ts";
import { isBranchName } from "../../src/rfcs/git-names.ts";
import { statusOf, unseen } from "./failures.ts";

/** A repository, and who asks about it. */
export interface Place {
  octokit: Octokit;
  /** `owner/name`. */
  repository: string;
  owner: string;
  repo: string;
}

/** Where a branch stands, and which branch of which repository is pushed to. */
export interface Tip {
  sha: string;
  /** The branch's plain name in its own repository. */
  name: string;
  /** Where the branch is one of another repository; that is null when it is gone. */
  fork: { repository: string | null; canMaintainersModify: boolean } | null;
}

/** The pull request that `refs/pull/<number>/head` names; null for any other branch. */
export function pullOf(branch: string): number | null {
  const number = /^refs\/pull\/([1-9]\d{0,8})\/head$/.exec(branch)?.[1];
  return number === undefined ? null : Number(number);
}

/** Where the branch stands; null where there is none. @throws UserError where there is no such repository */
export async function findTip(place: Place, branch: string): Promise<Tip | null> {
  const { octokit, owner, repo } = place;
  const pull = pullOf(branch);
  if (pull === null && !isBranchName(branch)) return null;
  try {
    if (pull !== null) {
      const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: pull });
      const { head, base, maintainer_can_modify: canMaintainersModify } = data;
      // A fork that was deleted is null, which the published types do not say.
      const from = head.repo as typeof head.repo | null;
      const isOwn = from?.full_name === base.repo.full_name;
      const fork = { repository: from?.full_name ?? null, canMaintainersModify };
      return { sha: head.sha, name: head.ref, fork: isOwn ? null : fork };
    }
    const { data } = await octokit.rest.git.getRef({ owner, repo, ref: `heads/${branch}` });
    return { sha: data.object.sha, name: branch, fork: null };
  } catch (error) {
    if (!isAbsence(error)) throw error;
    await assertRepository(place);
    return null;
  }
}

/** The same for a branch that must be there. @throws UserError repository-unavailable */
export async function requireTip(place: Place, branch: string): Promise<Tip> {
  const { repository } = place;
  if (pullOf(branch) === null && !isBranchName(branch)) {
    throw unavailable(
      `“${branch}” cannot be the name of a Git branch: give the branch's plain name, such as main.`,
    );
  }
  const tip = await findTip(place, branch);
  if (tip !== null) return tip;
  const what = pullOf(branch) === null ? `branch ${branch}` : `pull request ${pullOf(branch)}`;
  throw unavailable(
    `There is no ${what} in ${repository} on GitHub: check its name, or push the document to it first.`,
  );
}

/** 404: not there, or not for us. 409: the repository has no commits yet. */
export function isAbsence(error: unknown): boolean {
  return [404, 409].includes(statusOf(error) ?? 0);
}

/** Tells a missing branch or commit from a repository that is not there. @throws UserError */
export async function assertRepository({ octokit, owner, repo, ...place }: Place): Promise<void> {
  try {
    await octokit.rest.repos.get({ owner, repo });
  } catch (error) {
    throw statusOf(error) === 404 ? unseen(place.repository, error) : error;
  }
}

function unavailable(sentence: string): UserError {
  return new UserError("repository-unavailable", sentence);
}
