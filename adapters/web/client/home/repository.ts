/** What people type for a repository and a document, as the API wants it. Pure. */

/** A folder's path becomes a `file:` address; `owner/name` and addresses stay. */
export function repositoryAddress(typed: string): string {
  const text = typed.trim().replace(/^(["'])(.*)\1$/, "$2");
  if (/^file:\/\//i.test(text)) return text.replace(/(?<=.)\/+$/, "");
  const windows = /^[a-z]:[\\/]/i.test(text);
  if (!text.startsWith("/") && !windows) return text;
  const path = (windows ? `/${text.replaceAll("\\", "/")}` : text).replace(/(?<=.)\/+$/, "");
  const encoded = path
    .split("/")
    .map((part) => encodeURIComponent(part).replaceAll("%3A", ":"))
    .join("/");
  return `file://${encoded}`;
}

/** `docs/rfcs/0042-Retry Budget.md` → `0042-retry-budget`. */
export function suggestSlug(path: string): string {
  const name = path.trim().split(/[\\/]/).at(-1) ?? "";
  return name
    .replace(/\.(md|markdown|mdx|txt)$/i, "")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+|-+$/g, "")
    .slice(0, 100);
}

/** `0042-retry_budget.md` → `Retry budget`. */
export function suggestTitle(path: string): string {
  const name = path.trim().split(/[\\/]/).at(-1) ?? "";
  const words = name
    .replace(/\.(md|markdown|mdx|txt)$/i, "")
    .replace(/^\d+[-_ ]+/, "")
    .replace(/[-_]+/g, " ")
    .trim();
  return words === "" ? "" : words[0]!.toUpperCase() + words.slice(1);
}

export type RfcFields = Record<"repository" | "path" | "branch" | "title" | "slug", string>;

/** What is wrong with each field before it is worth asking the server; empty when nothing is. */
export function fieldProblems(fields: RfcFields): Partial<RfcFields> {
  const problems: Partial<RfcFields> = {};
  const repository = repositoryAddress(fields.repository);
  if (repository === "") {
    problems.repository = "Give the path of a folder that holds a Git repository.";
  } else if (!/^file:\/\/\//i.test(repository) && !/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    problems.repository = "Give a full path such as /home/me/repo, or owner/name on GitHub.";
  }
  if (fields.path.trim() === "") {
    problems.path = "Give the document's path inside the repository.";
  } else if (fields.path.trim().startsWith("/")) {
    problems.path = "Give the path inside the repository, without a slash in front.";
  }
  if (fields.branch.trim() === "") problems.branch = "Name the branch, for example main.";
  if (fields.title.trim() === "") problems.title = "Give the RFC a title.";
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(fields.slug.trim())) {
    problems.slug = "Use small letters, digits, dots, hyphens and underscores only.";
  }
  return problems;
}

/** The field that a refusal of the server is about. */
export function problemField(kind: string, message: string): keyof RfcFields | null {
  if (kind === "repository-unavailable") return /branch/i.test(message) ? "branch" : "repository";
  if (kind === "document-unreadable" || kind === "too-large") return "path";
  const named = /`(repository|path|branch|title|slug)`/.exec(message)?.[1];
  if (named) return named as keyof RfcFields;
  return kind === "already-exists" && /slug/i.test(message) ? "slug" : null;
}
