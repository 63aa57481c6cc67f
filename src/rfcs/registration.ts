/** What an RFC is when only its repository, or a pull request, was named. */
import { UserError } from "../errors.ts";
import { readFrontMatter } from "../changes/front-matter.ts";
import type { ChangedFile, PullRequest } from "../ports.ts";

/** @throws UserError ambiguous | not-found, naming what there is to choose from */
export function chooseDocument(pull: PullRequest, files: readonly ChangedFile[]): string {
  const documents = files.filter(
    ({ path, status }) => /\.(md|markdown|mdown|mkd)$/i.test(path) && status !== "removed",
  );
  if (documents.length === 0) {
    throw new UserError(
      "not-found",
      `Pull request #${pull.number} changes no Markdown file; give the path of the document too.`,
    );
  }
  const sizeOf = (file: ChangedFile): number => file.additions + file.deletions;
  const [first, second] = documents.toSorted((a, b) => sizeOf(b) - sizeOf(a));
  if (!second || isClearlyMore(sizeOf(first!), sizeOf(second))) return first!.path;
  // An RFC is usually one new file, with smaller edits of indexes and links beside it.
  const added = documents.filter(({ status }) => status === "added");
  if (added.length === 1 && added[0] === first) return added[0]!.path;
  const names = documents.slice(0, MOST_LISTED).map(({ path }) => path);
  const rest = documents.length - names.length;
  throw new UserError(
    "ambiguous",
    `Pull request #${pull.number} changes several Markdown files; give the path of the one that is discussed: ${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}.`,
  );
}

/** Whether one file changes so much more than the next that it is meant without asking. */
function isClearlyMore(lines: number, next: number): boolean {
  return lines > next && lines >= 3 * next;
}

const MOST_LISTED = 20;

/** @throws UserError ambiguous | not-found */
export function choosePullRequest(repository: string, open: readonly PullRequest[]): PullRequest {
  const [only, other] = open;
  if (!only) {
    throw new UserError(
      "not-found",
      `${repository} has no open pull request; give the path of the document, and its branch.`,
    );
  }
  if (!other) return only;
  const names = open.slice(0, MOST_LISTED).map(({ url, title }) => `${url} (${title})`);
  throw new UserError(
    "ambiguous",
    `${repository} has several open pull requests; give the address of the one that is discussed: ${names.join(", ")}${open.length > names.length ? ` and ${open.length - names.length} more` : ""}.`,
  );
}

/** In which a `#` begins a comment. */
const CODE_BLOCK = /^ {0,3}(`{3,}|~{3,}).*[^]*?(?:^ {0,3}\1|(?![^]))/gm;

/** The document's first heading, else the pull request's title. */
export function chooseTitle(body: string, fallback: string): string {
  // In YAML a `#` begins a comment as well.
  const text = body
    .slice(readFrontMatter(body)?.raw.length ?? 0)
    .replace(/^\uFEFF/, "")
    .replace(CODE_BLOCK, "");
  const heading = /^#[ \t]+(\S.*)$/m.exec(text)?.[1];
  return (heading?.replace(/(?<![ \t])[ \t]+(?:#+[ \t]*)?$/, "") ?? fallback)
    .trim()
    .slice(0, 200)
    .toWellFormed();
}

/** A slug from the document's name that is not taken yet. */
export function chooseSlug(path: string, taken: ReadonlySet<string>): string {
  const name = path
    .split("/")
    .at(-1)!
    .replace(/\.[^.]*$/, "");
  const base =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 90) || "rfc";
  for (let n = 1; ; n += 1) {
    const slug = n === 1 ? base : `${base}-${n}`;
    if (!taken.has(slug)) return slug;
  }
}
