/** Makes a commit of one changed file, without an index and without touching any working tree. */
import type { CommitRequest, Person } from "../../src/ports.ts";
import type { FileEntry } from "./documents.ts";
import { targetOf, type Repository } from "./repository.ts";
import { GitError, type Git } from "./run-git.ts";

/** Who commits, in Git's sense; the author is the person. */
const COMMITTER: Person = { name: "Redline", email: "redline@localhost" };

export interface NewCommit {
  sha: string;
  file: FileEntry;
}

/** Writes blob, trees and commit; no branch knows of them yet. */
export async function writeCommit(
  git: Git,
  repository: Repository,
  request: CommitRequest,
  mode: string,
): Promise<NewCommit> {
  const { location, base, newBody, message, author } = request;
  const target = targetOf(repository);
  const run = async (args: readonly string[], input: string): Promise<string> =>
    (await git(target, { args, input, environment: identities(author) })).stdout.toString().trim();

  const [blob, listings] = await Promise.all([
    run(["hash-object", "-w", "-t", "blob", "--no-filters", "--stdin"], newBody),
    listFolders(git, repository, base.headSha, location.path),
  ]);
  const file = { mode, sha: blob };
  const tree = await writeTrees(git, repository, { listings, path: location.path, file });
  const sha = await run(["commit-tree", tree, "-p", base.headSha, "-F", "-"], message);
  return { sha, file };
}

/**
 * Moves the branch from `from` to `to`; false where it is no longer at `from`.
 *
 * @param ref full name of the branch
 */
export async function moveBranch(
  git: Git,
  repository: Repository,
  move: { ref: string; from: string; to: string },
): Promise<boolean> {
  const { ref, from, to } = move;
  const target = targetOf(repository);
  const current = async (): Promise<string | undefined> =>
    (await git(target, { args: ["for-each-ref", "--format=%(objectname)", ref] })).stdout
      .toString()
      .split("\n")[0];
  try {
    const args = ["update-ref", "-m", "redline: accept a change", ref, to, from];
    await git(target, { args, environment: identities(COMMITTER) });
    return true;
  } catch (error) {
    // Git names a lost race in its text alone; the branch itself says for certain whether it is one.
    const now = await current();
    if (now === from) throw error;
    return now ? await isAncestor(git, repository, to, now) : false;
  }
}

/** Whether `commit` is reachable from `tip`. */
export async function isAncestor(
  git: Git,
  repository: Repository,
  commit: string,
  tip: string,
): Promise<boolean> {
  if (commit === tip) return true;
  try {
    const args = ["merge-base", "--is-ancestor", commit, tip];
    return (await git(targetOf(repository), { args, answers: [1] })).code === 0;
  } catch (error) {
    // 128: one of the two is not there any more.
    if (error instanceof GitError && error.code === 128) return false;
    throw error;
  }
}

/** What `git ls-tree -z` tells of the folders on the way to `path`, the root first. */
async function listFolders(
  git: Git,
  repository: Repository,
  commit: string,
  path: string,
): Promise<string[]> {
  const names = path.split("/");
  return await Promise.all(
    names.map(async (_, depth) => {
      const folder = names.slice(0, depth).join("/");
      const args = ["ls-tree", "-z", `${commit}:${folder}`];
      // latin1 carries any bytes there and back: other files' names need not be UTF-8.
      return (await git(targetOf(repository), { args })).stdout.toString("latin1");
    }),
  );
}

/** The root tree of those listings, with `file` at `path` instead of what is there. */
async function writeTrees(
  git: Git,
  repository: Repository,
  change: { listings: readonly string[]; path: string; file: FileEntry },
): Promise<string> {
  const { listings, path, file } = change;
  let entry = { mode: file.mode, type: "blob", sha: file.sha };
  for (const [depth, name] of [...path.split("/").entries()].toReversed()) {
    const listing = replaceEntry(listings[depth] ?? "", name, entry);
    // --missing: a partial clone need not have the other files.
    const command = { args: ["mktree", "-z", "--missing"], input: Buffer.from(listing, "latin1") };
    const sha = (await git(targetOf(repository), command)).stdout.toString().trim();
    entry = { mode: "040000", type: "tree", sha };
  }
  return entry.sha;
}

/**
 * A listing of `git ls-tree -z`, read as latin1, with another entry under a name that it has.
 *
 * @throws Error where it has none
 */
export function replaceEntry(
  listing: string,
  name: string,
  entry: { mode: string; type: string; sha: string },
): string {
  const suffix = `\t${Buffer.from(name, "utf8").toString("latin1")}`;
  const entries = listing.split("\0");
  const at = entries.findIndex(
    (line) => line.endsWith(suffix) && line.indexOf("\t") === line.length - suffix.length,
  );
  if (at < 0) throw new Error(`The tree has no entry ${name}`);
  entries[at] = `${entry.mode} ${entry.type} ${entry.sha}${suffix}`;
  return entries.join("\0");
}

function identities(author: Person): Record<string, string> {
  const { name, email } = cleanPerson(author);
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: COMMITTER.name,
    GIT_COMMITTER_EMAIL: COMMITTER.email,
  };
}

/**
 * A person as a commit can name one. Git leaves out line feeds and angle brackets by itself, but fails on a
 * name of which nothing would be left. Source: git's ident.c, `crud`.
 */
export function cleanPerson(person: Person): Person {
  const clean = (text: string): string =>
    text
      .toWellFormed()
      .replace(/[\p{Cc}\s<>]+/gu, " ")
      .trim();
  const email = clean(person.email).replaceAll(" ", "");
  const name = clean(person.name);
  return { name: /[^ .,:;"\\']/.test(name) ? name : email.split("@")[0] || "unknown", email };
}
