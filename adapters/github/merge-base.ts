/** The base side of a pull request's diff, for where GitHub leaves the diff out. */
import type { Octokit } from "@octokit/rest";
import { unlessAbsent } from "./refusals.ts";

interface At {
  owner: string;
  repo: string;
}

/** The commit from which GitHub's three-dot diff goes. Both shas are known there, a fork's head too. */
export async function findMergeBase(
  octokit: Octokit,
  at: At,
  { baseSha, headSha }: { baseSha: string; headSha: string },
): Promise<string> {
  const { compareCommitsWithBasehead } = octokit.rest.repos;
  const { data } = await compareCommitsWithBasehead({ ...at, basehead: `${baseSha}...${headSha}` });
  return data.merge_base_commit.sha;
}

/** The exact text of a file in a commit; null where there is no file. */
export async function readFileAt(
  octokit: Octokit,
  at: At,
  { path, ref }: { path: string; ref: string },
): Promise<string | null> {
  const headers = { accept: "application/vnd.github.object+json" };
  const answer = await unlessAbsent(octokit.rest.repos.getContent({ ...at, path, ref, headers }));
  if (answer === null) return null;
  const data: unknown = answer.data;
  // By GitHub's description the answer has a content type that Octokit does not take for JSON.
  const entry = (typeof data === "string" ? JSON.parse(data) : data) as Entry;
  if (entry.type !== "file") return null;
  const { sha, encoding, content } = entry;
  if (encoding === "base64") return decode(content);
  // GitHub gives files above 1 MB by their blob alone. Raw, Octokit would lose their byte order mark.
  const blob = await octokit.rest.git.getBlob({ ...at, file_sha: sha });
  return decode(blob.data.content);
}

/** The last two of a file only. */
interface Entry {
  type: string;
  sha: string;
  encoding: string;
  content: string;
}

const decode = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");
