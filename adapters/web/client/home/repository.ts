/** What people type for a repository and a document, as the API wants it. Pure. */

/** A folder's path becomes a `file:` address, the page of a repository `owner/name`; other addresses stay. */
export function repositoryAddress(typed: string): string {
  const text = typed.trim().replace(/^(["'])(.*)\1$/, "$2");
  if (/^file:\/\//i.test(text)) return text.replace(/(?<=.)\/+$/, "");
  const windows = /^[a-z]:[\\/]/i.test(text);
  if (!text.startsWith("/") && !windows) return hostedAddress(text);
  const path = (windows ? `/${text.replaceAll("\\", "/")}` : text).replace(/(?<=.)\/+$/, "");
  const encoded = path
    .split("/")
    .map((part) => encodeURIComponent(part).replaceAll("%3A", ":"))
    .join("/");
  return `file://${encoded}`;
}

/** As it is copied from a browser's address field, with or without its beginning. */
function hostedAddress(text: string): string {
  const page = /^(?:https?:\/\/)?(?:www\.)?github\.com\/([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/i.exec(
    text,
  );
  if (page) return page[1]!;
  return /^[\w.-]+\.[\w.-]+(:\d+)?\/[^/]+\/[^/]+\/pull\/\d/.test(text) ? `https://${text}` : text;
}

/** Where a repository is: only from a host with pull requests can the rest be found. */
export type RepositoryKind = "folder" | "hosted" | "pull-request";

/** Null for what is none of them. */
export function repositoryKind(typed: string): RepositoryKind | null {
  const address = repositoryAddress(typed);
  if (/^file:\/\/\//i.test(address)) return "folder";
  if (/^https?:\/\/[^/]+\/(.+\/)?pulls?\/\d+/i.test(address)) return "pull-request";
  return /^[\w.-]+\/[\w.-]+$/.test(address) ? "hosted" : null;
}

export type RfcFields = Record<"repository" | "path" | "branch" | "title" | "slug", string>;

/** What is wrong with each field before it is worth asking the server; empty when nothing is. */
export function fieldProblems(fields: RfcFields): Partial<RfcFields> {
  const problems: Partial<RfcFields> = {};
  const kind = repositoryKind(fields.repository);
  if (fields.repository.trim() === "") {
    problems.repository = "Give a pull request's address, owner/name, or a folder's path.";
  } else if (kind === null) {
    problems.repository =
      "Give the address of a pull request, owner/name on GitHub, or a full path such as /home/me/repo.";
  }
  if (fields.path.trim().startsWith("/")) {
    problems.path = "Give the path inside the repository, without a slash in front.";
  }
  if (kind === "folder") {
    if (fields.path.trim() === "") {
      problems.path = "Give the document's path inside the repository.";
    }
    if (fields.branch.trim() === "") problems.branch = "Name the branch, for example main.";
  }
  if (!/^([a-z0-9][a-z0-9._-]{0,99})?$/.test(fields.slug.trim())) {
    problems.slug = "Use small letters, digits, dots, hyphens and underscores only.";
  }
  return problems;
}

/** The field that a refusal of the server is about. */
export function problemField(kind: string, message: string): keyof RfcFields | null {
  switch (kind) {
    case "repository-unavailable":
      return /branch/i.test(message) ? "branch" : "repository";
    case "document-unreadable":
    case "too-large":
      return "path";
    case "ambiguous":
    case "not-found":
      // It says what to give: the document's path, or another pull request.
      return /the path of the/i.test(message) ? "path" : "repository";
    case "already-exists":
      return /slug/i.test(message) ? "slug" : null;
    default:
      return (/`(repository|path|branch|title|slug)`/.exec(message)?.[1] ?? null) as
        | keyof RfcFields
        | null;
  }
}
