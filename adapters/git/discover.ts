/** Finds the repository, the path and the branch of a document that a person names by its file. */
import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { UserError } from "../../src/errors.ts";
import type { DocumentLocation } from "../../src/ports.ts";
import { openRepository } from "./repository.ts";
import { createGit, DEFAULT_ENVIRONMENT, GitError } from "./run-git.ts";

/** @throws UserError when the file is in no repository, or no branch is checked out there */
export async function discoverDocument(file: string): Promise<DocumentLocation> {
  if (!existsSync(file) || !statSync(file).isFile()) {
    throw new UserError(
      "invalid-request",
      `There is no file ${file}; give the path of a Markdown file.`,
    );
  }
  const document = realpathSync(file);
  const folder = findWorkTree(dirname(document));
  if (!folder) {
    throw new UserError(
      "repository-unavailable",
      `${file} is in no Git repository; run “git init” there and commit the file first.`,
    );
  }
  const repository = pathToFileURL(folder).href;
  const path = relative(folder, document).split(sep).join("/");
  return { repository, path, branch: await checkedOutBranch(repository, folder) };
}

function findWorkTree(from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(`${folder}/.git`)) return folder;
    if (dirname(folder) === folder) return null;
  }
}

async function checkedOutBranch(repository: string, folder: string): Promise<string> {
  const git = createGit({ program: "git", environment: DEFAULT_ENVIRONMENT, timeoutMs: 10_000 });
  const { gitDir } = openRepository(repository);
  try {
    const head = await git({ gitDir }, { args: ["symbolic-ref", "--short", "HEAD"] });
    return head.stdout.toString().trim();
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const name = basename(folder);
    throw new UserError(
      "repository-unavailable",
      `No branch is checked out in ${name}; check one out first.`,
    );
  }
}
