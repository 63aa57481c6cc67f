/** Finds the working trees in which a branch is checked out, and what is going on in them. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../../src/errors.ts";
import { actingUser, targetOf, type Repository } from "./repository.ts";
import type { Git, GitTarget } from "./run-git.ts";

export interface WorkTree {
  folder: string;
  /** Its own Git folder: HEAD, index, what is in progress. */
  gitDir: string;
}

/** What Git commands about a working tree are run on. */
export function workTreeTarget(tree: WorkTree): GitTarget {
  const { gitDir, folder } = tree;
  return { gitDir, workTree: folder, ...actingUser(gitDir, [gitDir, folder]) };
}

/** The Git folders of all working trees, the main one's first, whether or not their folders are there. */
export function workTreeGitDirs({ commonDir }: Repository): string[] {
  const linked = join(commonDir, "worktrees");
  const names = existsSync(linked) ? readdirSync(linked) : [];
  return [commonDir, ...names.map((name) => join(linked, name))];
}

/** The working tree of a Git folder; null where it has none, or its folder is not there now. */
export async function workTreeOf(
  git: Git,
  repository: Repository,
  gitDir: string,
): Promise<WorkTree | null> {
  const isMain = gitDir === repository.commonDir;
  const folder = isMain ? await mainFolder(git, repository) : linkedFolder(gitDir);
  if (folder === null || !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return null;
  return { folder, gitDir };
}

/** The ref that a working tree has checked out; null for a detached HEAD. */
export async function checkedOutRef(
  git: Git,
  repository: Repository,
  gitDir: string,
): Promise<string | null> {
  if (repository.hasRefFiles) {
    return /^ref: (.+)/.exec(readIfThere(join(gitDir, "HEAD")))?.[1] ?? null;
  }
  const target = { ...targetOf(repository), gitDir };
  const { stdout } = await git(target, { args: ["symbolic-ref", "-q", "HEAD"], answers: [1] });
  return stdout.toString().trim() || null;
}

/**
 * The working trees that have one of `refs` checked out.
 *
 * @param refs a branch's own ref, and where that is a symbolic one the ref it leads to
 * @throws UserError working-tree-dirty where Git is in the middle of something that a commit would disturb
 */
export async function workTreesOn(
  git: Git,
  repository: Repository,
  refs: readonly string[],
): Promise<WorkTree[]> {
  const trees: WorkTree[] = [];
  for (const gitDir of workTreeGitDirs(repository)) {
    const head = await checkedOutRef(git, repository, gitDir);
    const on = head !== null && refs.includes(head);
    const operation = operationOn(gitDir, refs) ?? (on ? operationIn(gitDir) : null);
    const tree = on || operation ? await workTreeOf(git, repository, gitDir) : null;
    if (tree && operation) {
      throw new UserError(
        "working-tree-dirty",
        `A ${operation} is in progress in ${tree.folder}: finish or abort it, and accept again.`,
      );
    }
    if (tree) trees.push(tree);
  }
  return trees;
}

/**
 * A rebase that will set the branch itself when it ends, with HEAD detached until then. It would fail at its
 * very end if the branch had moved meanwhile. A bisection does not touch the branch, so it may go on.
 */
function operationOn(gitDir: string, refs: readonly string[]): string | null {
  const files = ["rebase-merge/head-name", "rebase-apply/head-name", "rebase-merge/update-refs"];
  const lines = files.flatMap((file) => readIfThere(join(gitDir, file)).split("\n"));
  return lines.some((line) => refs.includes(line)) ? "rebase" : null;
}

/** What makes the next commit in the working tree a special one. Source: git's wt-status.c. */
const OPERATIONS: readonly [file: string, name: string][] = [
  ["MERGE_HEAD", "merge"],
  ["CHERRY_PICK_HEAD", "cherry-pick"],
  ["REVERT_HEAD", "revert"],
  ["sequencer", "cherry-pick or revert"],
  ["rebase-apply", "“git am”"],
];

function operationIn(gitDir: string): string | null {
  return OPERATIONS.find(([file]) => existsSync(join(gitDir, file)))?.[1] ?? null;
}

/** Where the main working tree is. Source: git-config(1), core.worktree and core.bare. */
async function mainFolder(git: Git, repository: Repository): Promise<string | null> {
  const { commonDir, folder } = repository;
  const args = ["config", "-z", "--get-regexp", "^core\\.(worktree|bare)$"];
  const { stdout } = await git(targetOf(repository), { args, answers: [1] });
  const settings = new Map<string, string>();
  for (const setting of stdout.toString().split("\0")) {
    const [name = "", value = "true"] = setting.split("\n");
    settings.set(name, value);
  }
  const workTree = settings.get("core.worktree");
  if (workTree !== undefined) return resolve(commonDir, workTree);
  if (/^(true|yes|on|1)$/i.test(settings.get("core.bare") ?? "")) return null;
  if (basename(commonDir) === ".git") return dirname(commonDir);
  // “git init --separate-git-dir”: only the working tree knows its Git folder, not the other way round.
  const isOwn = repository.gitDir === commonDir && existsSync(join(folder, ".git"));
  return isOwn ? folder : null;
}

/** Where a linked working tree is: beside its `.git`, whose place the file `gitdir` holds. */
function linkedFolder(gitDir: string): string | null {
  const dotGit = readIfThere(join(gitDir, "gitdir")).replace(/\r?\n$/, "");
  return dotGit === "" ? null : dirname(resolve(gitDir, dotGit));
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    throw error;
  }
}
