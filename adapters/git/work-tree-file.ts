/**
 * One file in one working tree: whether it has edits that are not committed, and how it follows the branch
 * without ever costing anybody an edit.
 */
import { createHash } from "node:crypto";
import { lstatSync, readFileSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { FileEntry } from "./documents.ts";
import { replaceFile } from "./replace-file.ts";
import { runsAsOwner } from "./repository.ts";
import type { Git } from "./run-git.ts";
import { workTreeTarget, type WorkTree } from "./work-trees.ts";

/** Far above any document, also in UTF-16 on disk. A larger file is an edit, without looking at it. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

interface IndexEntry extends FileEntry {
  /** Left out of a sparse checkout, so there is no file. */
  skipped: boolean;
  /** Marked by `git update-index --assume-unchanged`: Git itself would not see an edit. */
  assumedUnchanged: boolean;
}

/** `followed`: index and file are at the target. `edited`: somebody's edit is there and was left alone. */
export type Followed = "followed" | "edited";

/** Whether index and file are both what the commit has: no edit, deletion, conflict, other file type. */
export async function isClean(
  git: Git,
  tree: WorkTree,
  path: string,
  entry: FileEntry,
): Promise<boolean> {
  const index = await readIndexEntry(git, tree, path);
  if (!index || !isOneOf(index, [entry])) return false;
  return (await readUnedited(git, tree, path, { index, versions: [entry] })) !== "edited";
}

/**
 * Brings index and file to `target`, each if it is at one of `versions`. The index first: while another
 * program holds its lock, nothing is touched. An edited file is left, and the index follows all the same, or
 * the person's next commit would take the change back.
 *
 * @param follow `scratch`: a folder for passing files, see `replaceFile`
 * @throws GitError while the index is locked
 */
export async function followTo(
  git: Git,
  tree: WorkTree,
  path: string,
  follow: {
    versions: readonly FileEntry[];
    target: FileEntry;
    scratch: string;
    onStep: (step: "index-updated" | "copy-written" | "copy-verified" | "file-replaced") => void;
  },
): Promise<Followed> {
  const { target, scratch, onStep } = follow;
  const versions = [...follow.versions, target];
  const index = await readIndexEntry(git, tree, path);
  if (!index || !isOneOf(index, versions)) return "edited";
  const content = await readUnedited(git, tree, path, { index, versions });
  const isThere = content !== "edited" && content !== "left out";
  const config = isThere ? await filterSettings(git, tree, path) : [];
  // Before anything is touched: a filter may fail.
  const next = isThere ? await checkedOut(git, tree, path, target.sha, config) : null;
  await setIndexEntry(git, tree, path, index, target);
  onStep("index-updated");
  if (!isThere || next === null) return content === "edited" ? "edited" : "followed";
  const file = join(tree.folder, path);
  if (!next.equals(content)) {
    const isReplaced = replaceFile({ file, expected: content, next, scratch, onStep });
    // Another process of ours may have completed the same.
    if (!isReplaced && !isHeld(tree.folder, path, next)) return "edited";
  }
  // Notes the new file's time in the index, for programs that compare nothing else.
  const args = [...config, "add", "--refresh", "--", path];
  await git(workTreeTarget(tree), { args, answers: [1, 128] });
  return "followed";
}

function isOneOf(index: IndexEntry, versions: readonly FileEntry[]): boolean {
  return versions.some(({ mode, sha }) => mode === index.mode && sha === index.sha);
}

/** What is on disk where that is one of the versions; `left out` where a sparse checkout has no file. */
async function readUnedited(
  git: Git,
  tree: WorkTree,
  path: string,
  as: { index: IndexEntry; versions: readonly FileEntry[] },
): Promise<Buffer | "left out" | "edited"> {
  const { index, versions } = as;
  const content = readPlainFile(tree.folder, path);
  if (content === "none") return index.skipped ? "left out" : "edited";
  if (content === "other") return "edited";
  for (const version of versions) {
    if (await isCheckedOutAs(git, tree, path, { content, index, version })) return content;
  }
  return "edited";
}

function isHeld(folder: string, path: string, content: Buffer): boolean {
  const held = readPlainFile(folder, path);
  return typeof held !== "string" && held.equals(content);
}

async function readIndexEntry(git: Git, tree: WorkTree, path: string): Promise<IndexEntry | null> {
  const args = ["ls-files", "--stage", "-v", "-z", "--", path];
  const { stdout } = await git(workTreeTarget(tree), { args });
  const lines = stdout.toString("utf8").split("\0").slice(0, -1);
  const [, tag, mode, sha, stage] = /^(\w) (\d{6}) ([0-9a-f]+) (\d)\t/.exec(lines[0] ?? "") ?? [];
  // Several entries: a conflict, or a folder in the file's place.
  if (lines.length !== 1 || !tag || !mode || !sha || stage !== "0") return null;
  // Source: git-ls-files(1), -t and -v.
  return { mode, sha, skipped: /s/i.test(tag), assumedUnchanged: tag === tag.toLowerCase() };
}

async function setIndexEntry(
  git: Git,
  tree: WorkTree,
  path: string,
  index: IndexEntry,
  target: FileEntry,
): Promise<void> {
  if (index.sha === target.sha && index.mode === target.mode) return;
  const run = (args: readonly string[]): Promise<unknown> => git(workTreeTarget(tree), { args });
  await run(["update-index", "--cacheinfo", `${target.mode},${target.sha},${path}`]);
  // A new entry has lost the marks of the old one; each takes a command of its own.
  if (index.skipped) await run(["update-index", "--skip-worktree", "--", path]);
  if (index.assumedUnchanged) await run(["update-index", "--assume-unchanged", "--", path]);
}

/** Whether Git would write (or take) this content for this version of the file. */
async function isCheckedOutAs(
  git: Git,
  tree: WorkTree,
  path: string,
  file: { content: Buffer; index: IndexEntry; version: FileEntry },
): Promise<boolean> {
  const { content, index, version } = file;
  if (blobSha(content, version.sha.length) === version.sha) return true;
  const config = await filterSettings(git, tree, path);
  if ((await checkedOut(git, tree, path, version.sha, config)).equals(content)) return true;
  // The other way round there may be several contents for one blob, such as LF and CRLF.
  if (index.sha !== version.sha || index.skipped || index.assumedUnchanged) return false;
  const options = ["--quiet", "--no-ext-diff", "--no-textconv"];
  const args = [...config, "diff", ...options, "--", path];
  return (await git(workTreeTarget(tree), { args, answers: [1] })).code === 0;
}

/** The blob as `git checkout` would write it: line endings, encoding, filters. */
async function checkedOut(
  git: Git,
  tree: WorkTree,
  path: string,
  sha: string,
  config: readonly string[],
): Promise<Buffer> {
  const args = [...config, "cat-file", "--filters", `--path=${path}`, sha];
  return (await git(workTreeTarget(tree), { args })).stdout;
}

/**
 * Settings that keep Git from running the file's filter where the repository is another user's and we could
 * not become him: Git itself would not trust such a repository's configuration either.
 */
async function filterSettings(git: Git, tree: WorkTree, path: string): Promise<string[]> {
  const target = workTreeTarget(tree);
  if (runsAsOwner(target)) return [];
  const { stdout } = await git(target, { args: ["check-attr", "-z", "filter", "--", path] });
  const filter = stdout.toString("utf8").split("\0")[2];
  if (!filter || ["unspecified", "set", "unset"].includes(filter)) return [];
  const settings = ["smudge=", "clean=", "process=", "required=false"];
  return settings.flatMap((setting) => ["-c", `filter.${filter}.${setting}`]);
}

/** Git's name for these bytes. @param digits 40 in a SHA-1 repository, 64 in a SHA-256 one */
function blobSha(content: Buffer, digits: number): string {
  const hash = createHash(digits === 64 ? "sha256" : "sha1");
  return hash.update(`blob ${content.length}\0`).update(content).digest("hex");
}

/** The bytes of a regular file; `other` for anything else in its place, also behind a symbolic link. */
function readPlainFile(folder: string, path: string): Buffer | "none" | "other" {
  const names = path.split("/");
  for (const depth of names.keys()) {
    const stats = lstatIfThere(join(folder, ...names.slice(0, depth + 1)));
    if (!stats) return "none";
    const isLast = depth === names.length - 1;
    if (isLast ? !stats.isFile() || stats.size > MAX_FILE_BYTES : !stats.isDirectory()) {
      return "other";
    }
  }
  return readFileSync(join(folder, path));
}

function lstatIfThere(file: string): Stats | undefined {
  return lstatSync(file, { throwIfNoEntry: false });
}
