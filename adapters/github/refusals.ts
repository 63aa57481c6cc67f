/** What GitHub's refusals mean where a comment or a pull request is concerned. */
import { UserError } from "../../src/errors.ts";
import { HostBusy, ReviewRejected } from "../../src/ports.ts";
import { statusOf, wordsOf } from "./failures.ts";

/** One draft for each account and pull request; it blocks until its owner submits or discards it. */
const PENDING = /pending review/i;
/** GitHub's other way to tell its secondary limit. */
const TOO_QUICK = /submitted too quickly/i;
const LOOK_AGAIN_MS = 60_000;

/** Awaits what posts or edits comments. @throws ReviewRejected for a 422 */
export async function refusable<T>(posting: Promise<T>): Promise<T> {
  try {
    return await posting;
  } catch (error) {
    throw explainRefusal(error, Date.now());
  }
}

/** A 422 is mostly a refusal of the comment as it is; it stands also for two things that pass. */
function explainRefusal(error: unknown, now: number): unknown {
  if (statusOf(error) !== 422) return error;
  const words = wordsOf(error);
  const retryAt = new Date(now + LOOK_AGAIN_MS);
  if (TOO_QUICK.test(words)) {
    const message = "GitHub wants comments to come more slowly: Redline posts them a little later.";
    return new HostBusy(message, retryAt, { cause: error });
  }
  if (PENDING.test(words)) {
    const message =
      "Redline's account on GitHub has an unfinished review of this pull request: submit or discard it there, and Redline posts then.";
    return new HostBusy(message, retryAt, { cause: error });
  }
  return new ReviewRejected(`GitHub refused the comment: ${words}`, { cause: error });
}

/** A 404 in words for people; GitHub also answers it where something may not be seen. */
export function explainAbsence(error: unknown, repository: string, number?: number): unknown {
  if (statusOf(error) !== 404) return error;
  if (number === undefined) {
    return new UserError(
      "repository-unavailable",
      `GitHub shows Redline no repository ${repository}: check its name, and that the App is installed on it or the token may read it.`,
      { cause: error },
    );
  }
  return unseenPull(repository, number, { cause: error });
}

export function unseenPull(repository: string, number: number, options?: ErrorOptions): UserError {
  return new UserError(
    "not-found",
    `GitHub shows Redline no pull request ${repository}#${number}: check its number, and that Redline may read pull requests there.`,
    options,
  );
}

/** The answer of a request; null when GitHub does not have what it is about. */
export async function unlessAbsent<T>(request: Promise<T>): Promise<T | null> {
  try {
    return await request;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}
