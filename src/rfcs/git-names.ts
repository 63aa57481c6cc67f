/** What branches and documents can be called, wherever the repository is. */
import { UserError } from "../errors.ts";
import { isStorable } from "../storable.ts";

/** Characters that no ref may have. Source: git-check-ref-format(1), rules 4, 5 and 10. */
// oxlint-disable-next-line eslint/no-control-regex
const NOT_IN_REFS = /[\u0000-\u0020\u007f~^:?*[\\]/;

/** Whether Git would accept `refs/heads/<name>`, and `<name>` as a branch. Source: git-check-ref-format(1). */
export function isBranchName(name: string): boolean {
  if (name === "" || name.startsWith("-") || name === "HEAD" || !name.isWellFormed()) return false;
  if (NOT_IN_REFS.test(name) || name.includes("..") || name.includes("@{")) return false;
  if (name.endsWith(".")) return false;
  return name
    .split("/")
    .every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"));
}

/** Whether a path names a file inside a repository, in the one form that Git itself writes. */
export function isDocumentPath(path: string): boolean {
  if (path === "" || path.startsWith("-") || !isStorable(path)) return false;
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
