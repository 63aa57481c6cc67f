/** Commits through GitHub's contents API: one file, on one branch, by whoever Redline is there. */
import { UserError } from "../../src/errors.ts";
import type { CommitOutcome, FileRequest } from "../../src/ports.ts";
import type { Place } from "./branches.ts";
import type { GitHubCredentials } from "./credentials.ts";
import { statusOf, wordsOf } from "./failures.ts";

/** GitHub's words for a lost race: for the blob (409), or for the branch (409 or 422). */
const RACE =
  /does not match|but expected|is at [0-9a-f]{40}|fast.forward|reference (update failed|already|cannot be updated)|conflict/i;

/** One file as it is to read. */
export interface FilePut extends FileRequest {
  /** Of what it is to take the place of; null where there is no such file yet. */
  blobSha: string | null;
}

/** Writes the new text where the branch still has the old one. Never repeated: whoever asks looks first. */
export async function putFile(
  place: Place,
  branch: string,
  put: FilePut,
  kind: GitHubCredentials["kind"],
): Promise<CommitOutcome> {
  const { octokit, owner, repo } = place;
  const { location, body, message, author } = put;
  try {
    const { data } = await octokit.rest.repos.createOrUpdateFileContents({
      owner,
      repo,
      path: location.path,
      branch,
      message,
      content: Buffer.from(body).toString("base64"),
      ...(put.blobSha !== null && { sha: put.blobSha }),
      // GitHub signs an App's commits only where it names nobody itself.
      ...(kind === "token" && { author }),
    });
    const [headSha, blobSha] = [data.commit.sha, data.content?.sha];
    if (headSha === undefined || blobSha === undefined) throw new Error("GitHub names no commit");
    return { kind: "committed", headSha, blobSha };
  } catch (error) {
    const status = statusOf(error);
    if ((status === 409 || status === 422) && RACE.test(wordsOf(error))) return { kind: "moved" };
    throw status === 404 || status === 409 || status === 422
      ? refusal(error, place, branch)
      : error;
  }
}

function refusal(error: unknown, { repository }: Place, branch: string): UserError {
  const where = `the branch ${branch} of ${repository}`;
  const sentence =
    statusOf(error) === 404
      ? `GitHub does not let Redline commit to ${where}: its token or App may not write there, or the branch is gone.`
      : `GitHub refuses a commit to ${where}: “${wordsOf(error).replace(/(?<![.\s])[.\s]+$/, "")}”; where a rule protects the branch, exempt Redline from it.`;
  return new UserError("forbidden", sentence, { cause: error });
}
