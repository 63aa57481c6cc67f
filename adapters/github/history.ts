/** Asks the history of a branch: which commit carries a change, and what happened between two tips. */
import type { RestEndpointMethodTypes } from "@octokit/rest";
import type { CommitInfo } from "../../src/ports.ts";
import { assertRepository, isAbsence, type Place } from "./branches.ts";
import { trailerValues } from "./trailers.ts";

/** GitHub's largest page. */
const PER_PAGE = 100;
/** How far back a change's commit is looked for; it is asked for soon after the commit was made. */
const SEARCHED_PAGES = 3;
/** As many as the seam allows. */
const MAX_COMMITS = 200;
/** GitHub lists no more files of a comparison. */
const MAX_FILES = 300;

type Repos = RestEndpointMethodTypes["repos"];
type Comparison = Repos["compareCommits"]["response"]["data"];
type Commit = Comparison["commits"][number];

/** The newest commit reachable from `from` that changed the file and has the trailer; null where none has. */
export async function findCommitOfChange(
  place: Place,
  at: { from: string; path: string },
  changeId: string,
): Promise<string | null> {
  for (let page = 1; page <= SEARCHED_PAGES; page++) {
    const commits = await listByPath(place, at, page);
    const found = commits.find(({ commit }) => changeIdsOf(commit.message).includes(changeId));
    if (found !== undefined) return found.sha;
    if (commits.length < PER_PAGE) return null;
  }
  return null;
}

/** The newest commit reachable from `from` that changed the file; null where there is none. */
export async function findLastCommit(
  place: Place,
  at: { from: string; path: string },
): Promise<string | null> {
  return (await listByPath(place, at, 1, 1))[0]?.sha ?? null;
}

/** The newest 200 commits of `from..to`, oldest first; none where either is not there. */
export async function listCommits(
  place: Place,
  range: { from: string; to: string; path: string },
): Promise<CommitInfo[]> {
  const { from, to, path } = range;
  if (from === to) return [];
  const comparison = await compare(place, range);
  if (comparison === null) return [];
  const commits = await newestCommits(place, range, comparison);
  const touching = await touchingCommits(place, { from: to, path }, comparison);
  return commits.map(({ sha, commit, author }) => ({
    sha,
    authorName: commit.author?.name ?? "",
    author: author === null ? null : { id: String(author.id), login: author.login },
    subject: subjectOf(commit.message),
    changeIds: changeIdsOf(commit.message),
    touchesPath: touching.has(sha),
  }));
}

/** The path that the file `path` of `from` has in `to`; null where GitHub sees no rename of it. */
export async function findRenamedPath(
  place: Place,
  range: { from: string; to: string; path: string },
): Promise<string | null> {
  const files = (await compare(place, range))?.files ?? [];
  const renamed = files.find(
    (file) => file.status === "renamed" && file.previous_filename === range.path,
  );
  return renamed?.filename ?? null;
}

/** One page of a comparison; null where one of the commits is not there. The files are on the first one. */
async function compare(
  place: Place,
  { from, to, page = 1 }: { from: string; to: string; page?: number },
): Promise<Comparison | null> {
  if (![from, to].every((sha) => /^[0-9a-f]{40}$/.test(sha))) return null;
  const { octokit, owner, repo } = place;
  const basehead = `${from}...${to}`;
  try {
    const options = { owner, repo, basehead, page, per_page: PER_PAGE };
    return (await octokit.rest.repos.compareCommitsWithBasehead(options)).data;
  } catch (error) {
    if (!isAbsence(error)) throw error;
    await assertRepository(place);
    return null;
  }
}

async function newestCommits(
  place: Place,
  range: { from: string; to: string },
  first: Comparison,
): Promise<Commit[]> {
  const pages = Math.ceil(first.total_commits / PER_PAGE);
  const commits: Commit[] = pages === 1 ? [...first.commits] : [];
  // Oldest first: the newest are on the last pages.
  for (let page = pages; page > 1 && commits.length < MAX_COMMITS; page--) {
    commits.unshift(...((await compare(place, { ...range, page }))?.commits ?? []));
  }
  if (pages > 1 && commits.length < MAX_COMMITS) commits.unshift(...first.commits);
  return commits.slice(-MAX_COMMITS);
}

/** The shas of the commits that changed the file, at least of those in the comparison. */
async function touchingCommits(
  place: Place,
  at: { from: string; path: string },
  { commits, files = [], total_commits: total }: Comparison,
): Promise<Set<string>> {
  const [only] = commits;
  if (total === 1 && only?.parents.length === 1 && files.length < MAX_FILES) {
    const names = files.flatMap((file) => [file.filename, file.previous_filename]);
    return new Set(names.includes(at.path) ? [only.sha] : []);
  }
  const pages = Math.ceil(Math.min(total, MAX_COMMITS) / PER_PAGE);
  const lists: string[][] = [];
  for (let page = 1; page <= pages; page++) {
    const list = await listByPath(place, at, page);
    lists.push(list.map(({ sha }) => sha));
    if (list.length < PER_PAGE) break;
  }
  return new Set(lists.flat());
}

async function listByPath(
  place: Place,
  { from, path }: { from: string; path: string },
  page: number,
  perPage = PER_PAGE,
): Promise<Repos["listCommits"]["response"]["data"]> {
  const { octokit, owner, repo } = place;
  try {
    const options = { owner, repo, sha: from, path, page, per_page: perPage };
    return (await octokit.rest.repos.listCommits(options)).data;
  } catch (error) {
    if (!isAbsence(error)) throw error;
    await assertRepository(place);
    return [];
  }
}

function changeIdsOf(message: string): string[] {
  return trailerValues(message, "Redline-Change").filter((id) => id !== "");
}

/** The first paragraph in one line, as `git log --format=%s` has it. */
function subjectOf(message: string): string {
  const paragraph = message.replace(/^\s*\n/, "").split(/\n[^\S\n]*\n/, 1)[0] ?? "";
  return paragraph.replace(/(?<!\s)\s*\n\s*/g, " ").trim();
}
