/** Finds out what stands behind a `file:` address, by looking at the folder alone: no process is started. */
import { existsSync, readFileSync, realpathSync, statSync, type Stats } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../../src/errors.ts";
import { explainFileError } from "./failures.ts";
import { folderOf } from "./names.ts";
import type { GitTarget } from "./run-git.ts";

export interface Repository {
  /** The folder of the address, for messages. */
  folder: string;
  /** The Git folder of this very working tree. */
  gitDir: string;
  /** The Git folder that all working trees of the repository share: its refs, objects and configuration. */
  commonDir: string;
  /** False where refs are kept in another way than one file each and `packed-refs`. */
  hasRefFiles: boolean;
}

/**
 * Opens a normal repository, a bare one, a linked worktree or a submodule.
 *
 * @throws UserError repository-unavailable
 */
export function openRepository(repository: string): Repository {
  const folder = folderOf(repository);
  try {
    if (!statOf(folder)) throw unavailable(`There is no folder ${folder}: check the path.`);
    const found = gitDirOf(folder);
    if (found === null) throw unavailable(explainNoRepository(folder));
    const gitDir = realpathSync(found);
    const commonDir = realpathSync(commonDirOf(gitDir));
    return { folder, gitDir, commonDir, hasRefFiles: !existsSync(join(commonDir, "reftable")) };
  } catch (error) {
    throw explainFileError(error, folder);
  }
}

/** What Git commands about the repository as a whole are run on. */
export function targetOf(repository: Repository): GitTarget {
  const { commonDir, folder } = repository;
  return { gitDir: commonDir, ...actingUser(commonDir, [commonDir, folder]) };
}

/**
 * Root works on another user's repository as that user: what Git writes stays his, and what the repository's
 * configuration makes Git run (filters) runs with his rights. Only where he cannot reach the folders is it
 * done as root.
 */
export function actingUser(ownedBy: string, folders: readonly string[]): Pick<GitTarget, "user"> {
  if (process.geteuid?.() !== 0) return {};
  const { uid, gid } = statSync(ownedBy);
  if (uid === 0) return {};
  return folders.every((folder) => canReach(folder, uid, gid)) ? { user: { uid, gid } } : {};
}

/** Whether commands run as the repository's owner, as Git itself demands before it trusts a configuration. */
export function runsAsOwner(target: GitTarget): boolean {
  const self = target.user?.uid ?? process.geteuid?.();
  return self === undefined || self === statSync(target.gitDir).uid;
}

function canReach(folder: string, uid: number, gid: number): boolean {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const { mode, uid: owner, gid: group } = statSync(at);
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** The Git folder of a working tree or of a bare repository; null where the folder is neither. */
function gitDirOf(folder: string): string | null {
  const dotGit = join(folder, ".git");
  const stats = statOf(dotGit);
  if (stats?.isDirectory() && isGitDir(dotGit)) return dotGit;
  if (stats?.isFile()) {
    const linked = /^gitdir: (.+?)\r?\n?$/s.exec(readFileSync(dotGit, "utf8"))?.[1];
    const gitDir = linked === undefined ? null : resolve(folder, linked);
    if (gitDir !== null && isGitDir(gitDir)) return gitDir;
    throw unavailable(
      `${folder} belonged to a Git repository that is not there any more (${gitDir ?? dotGit}): repair it with “git worktree repair”, or give the repository's own folder.`,
    );
  }
  return isGitDir(folder) ? folder : null;
}

/** As Git tells a Git folder: a HEAD, objects and refs, the latter two perhaps in the shared folder. */
function isGitDir(folder: string): boolean {
  if (!statOf(join(folder, "HEAD"))) return false;
  const common = commonDirOf(folder);
  return ["objects", "refs"].every((name) => statOf(join(common, name))?.isDirectory());
}

function commonDirOf(gitDir: string): string {
  const file = join(gitDir, "commondir");
  if (!statOf(file)) return gitDir;
  return resolve(gitDir, readFileSync(file, "utf8").replace(/\r?\n$/, ""));
}

function explainNoRepository(folder: string): string {
  for (let at = dirname(folder); ; at = dirname(at)) {
    if (gitDirOf(at) !== null) {
      const top = basename(at) === ".git" ? dirname(at) : at;
      return `${folder} is a folder inside the Git repository ${top}: give ${top} as the repository, and the path from there.`;
    }
    if (at === dirname(at)) break;
  }
  return `${folder} is not a Git repository: give the top folder of one, or make it one with “git init” and a first commit.`;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // Something on the way is a file, or no name can be so long.
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
    throw error;
  }
}

function unavailable(sentence: string): UserError {
  return new UserError("repository-unavailable", sentence);
}
