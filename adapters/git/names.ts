/**
 * What may be said to Git: which repository, which branch, which path. Everything that reaches a Git command
 * line or a file name has passed one of these, so none of it can be taken for an option or lead elsewhere.
 */
import { fileURLToPath } from "node:url";
import { UserError } from "../../src/errors.ts";
import { isBranchName } from "../../src/rfcs/git-names.ts";

/** Whether a `repository` is meant for this host, well-formed or not. */
export function isFileUrl(repository: string): boolean {
  return /^file:/i.test(repository);
}

/** The folder of `file:///absolute/path`. @throws UserError repository-unavailable */
export function folderOf(repository: string): string {
  // `new URL` would read `file:x` as `/x`, and take `x` of `file://x/y` for a host.
  if (/^file:\/\/(localhost)?\//i.test(repository) && !/[?#]|%00/.test(repository)) {
    try {
      return withoutTrailingSlash(fileURLToPath(repository));
    } catch {
      // A wrong escape, such as `%zz` or an encoded slash.
    }
  }
  throw new UserError(
    "repository-unavailable",
    `“${repository}” is not the address of a local repository: write file:///absolute/path, and a space, #, ? or % in the path as %20, %23, %3F or %25.`,
  );
}

function withoutTrailingSlash(folder: string): string {
  return folder.length > 1 ? folder.replace(/(?<!^|:)[\\/]+$/, "") : folder;
}

/** The full name of a branch's ref. @throws UserError repository-unavailable for what no branch can be called */
export function branchRef(branch: string): string {
  if (isBranchName(branch)) return `refs/heads/${branch}`;
  throw new UserError(
    "repository-unavailable",
    `“${branch}” cannot be the name of a Git branch: give the branch's plain name, such as main.`,
  );
}
