/** Tells before anyone accepts whether a commit could be made, as far as GitHub says. */
import { UserError } from "../../src/errors.ts";
import { HostBusy } from "../../src/ports.ts";
import type { Place, Tip } from "./branches.ts";
import type { GitHubClient } from "./client.ts";
import { archived, statusOf } from "./failures.ts";
import { ownerAndName } from "./names.ts";

/** The repository to whose branch a commit would go. @throws UserError where it may not go there */
export async function writablePlace(client: GitHubClient, place: Place, tip: Tip): Promise<Place> {
  if (tip.fork === null) return place;
  const { repository: fork } = tip.fork;
  if (fork === null) {
    throw forbidden(
      `The fork that the pull request came from is gone from GitHub, so nothing can be committed to it: suggestions only.`,
    );
  }
  try {
    const octokit = await client.for(fork);
    return { octokit, repository: fork, ...ownerAndName(fork) };
  } catch (error) {
    if (error instanceof UserError && !(error instanceof HostBusy)) throw unwritableFork(fork);
    throw error;
  }
}

/** @throws UserError forbidden */
export async function assertPushable(
  client: GitHubClient,
  place: Place,
  { tip, base }: { tip: Tip; base: Place },
): Promise<void> {
  const { repository } = place;
  const isFork = place !== base;
  const facts = await factsOf(client, place, isFork);
  if (facts.isArchived) throw forbidden(archived(repository));
  if (facts.mayPush) return;
  if (!isFork) throw forbidden(missingPermission(client, repository));
  // Whoever may push to the repository of a pull request may push to its head, where its author allows that.
  const allowed = tip.fork?.canMaintainersModify === true && client.kind === "token";
  if (allowed && (await factsOf(client, base, false)).mayPush) return;
  throw unwritableFork(repository);
}

/** What people are told where only the fork's owner could commit. */
export function unwritableFork(fork: string): UserError {
  const { owner } = ownerAndName(fork);
  return forbidden(
    `The pull request comes from ${owner}'s fork ${fork}, which Redline cannot write to: suggestions only, for somebody who can push there to apply on GitHub.`,
  );
}

async function factsOf(
  client: GitHubClient,
  { octokit, repository, owner, repo }: Place,
  isFork: boolean,
): Promise<{ isArchived: boolean; mayPush: boolean }> {
  const installation = await client.installation(repository);
  try {
    const { data } = await octokit.rest.repos.get({ owner, repo });
    // Of an App the answer tells the permissions of a user, which it is not.
    const mayPush =
      installation === null
        ? data.permissions?.push !== false
        : installation.permissions["contents"] === "write";
    return { isArchived: data.archived, mayPush };
  } catch (error) {
    if (!isFork || ![403, 404].includes(statusOf(error) ?? 0)) throw error;
    throw unwritableFork(repository);
  }
}

function missingPermission(client: GitHubClient, repository: string): string {
  return client.kind === "app"
    ? `Redline's GitHub App may not commit to ${repository}: give it the permission “Contents: read and write” in GitHub's settings.`
    : `The token in GITHUB_TOKEN may not push to ${repository}: give its account write access, and the token the permission “Contents: read and write”.`;
}

function forbidden(sentence: string): UserError {
  return new UserError("forbidden", sentence);
}
