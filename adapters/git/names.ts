/**
 * What may be said to Git: which repository, which branch, which path. Everything that reaches a Git command
 * line or a file name has passed one of these, so none of it can be taken for an option or lead elsewhere.
 */
import { fileURLToPath } from "node:url";
import { UserError } from "../../src/errors.ts";

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

/** Characters that no ref may have. Source: git-check-ref-format(1), rules 4, 5 and 10. */
// oxlint-disable-next-line eslint/no-control-regex
const NOT_IN_REFS = /[\u0000-\u0020\u007f~^:?*[\\]/;

/** Whether Git would accept `refs/heads/<name>`, and `<name>` as a branch. Source: git-check-ref-format(1). */
export function isBranchName(name: string): boolean {
  if (name === "" || name.startsWith("-") || name === "HEAD") return false;
  if (NOT_IN_REFS.test(name) || name.includes("..") || name.includes("@{")) return false;
  if (name.endsWith(".")) return false;
  return name
    .split("/")
    .every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"));
}

/** The full name of a branch's ref. @throws UserError repository-unavailable for what no branch can be called */
export function branchRef(branch: string): string {
  if (isBranchName(branch)) return `refs/heads/${branch}`;
  throw new UserError(
    "repository-unavailable",
    `“${branch}” cannot be the name of a Git branch: give the branch's plain name, such as main.`,
  );
}

/** Whether a path names a file inside a repository, in the one form that Git itself writes. */
export function isDocumentPath(path: string): boolean {
  if (path === "" || path.startsWith("-") || path.includes("\0")) return false;
  return path.split("/").every((part) => !["", ".", ".."].includes(part) && !/^\.git$/i.test(part));
}

/** @throws UserError document-unreadable */
export function assertDocumentPath(path: string): void {
  if (isDocumentPath(path)) return;
  throw new UserError(
    "document-unreadable",
    `“${path.replaceAll("\0", "\u2400")}” is not the path of a document: write it from the repository's top, with forward slashes, such as docs/rfc.md.`,
  );
}
