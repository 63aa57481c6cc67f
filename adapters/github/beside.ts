/** A file beside documents: made, or brought to a text, by one commit. */
import { createHash } from "node:crypto";

import type { FileRequest } from "../../src/ports.ts";
import type { Place } from "./branches.ts";
import { putFile } from "./commits.ts";
import type { GitHubCredentials } from "./credentials.ts";
import { statusOf } from "./failures.ts";
import { findLastCommit } from "./history.ts";

/** Lost races with other committers before it is left to a later try. */
const MAX_RACES = 5;

/** Looks first: the commit that an earlier try has made is answered with, and not repeated. */
export async function putBeside(
  place: Place,
  request: FileRequest,
  kind: GitHubCredentials["kind"],
): Promise<string> {
  const { location, body, message, author } = request;
  const { branch, path } = location;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const blobSha = await findBlob(place, request);
    if (blobSha === blobShaOf(body)) {
      const made = await findLastCommit(place, { from: branch, path });
      if (made !== null) return made;
    }
    const put = { location, blobSha, body, message, author };
    const outcome = await putFile(place, branch, put, kind);
    if (outcome.kind === "committed") return outcome.headSha;
  }
  throw new Error(`${path} lost ${MAX_RACES} races for the branch ${branch}`);
}

/** Of the file at the tip; null where there is none. */
async function findBlob(
  { octokit, owner, repo }: Place,
  { location: { branch, path } }: FileRequest,
): Promise<string | null> {
  try {
    const headers = { accept: "application/vnd.github.object+json" };
    const request = { owner, repo, path, ref: branch, headers };
    // Octokit leaves an answer with this media type as the text that it is.
    const { data } = (await octokit.rest.repos.getContent(request)) as { data: unknown };
    const entry = typeof data === "string" ? (JSON.parse(data) as unknown) : data;
    return (entry as { sha: string }).sha;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** Git's name of a text. Source: Git's documentation, gitformat-objects. */
function blobShaOf(body: string): string {
  return createHash("sha1")
    .update(`blob ${Buffer.byteLength(body)}\0${body}`)
    .digest("hex");
}
