/** The names that GitHub gives to accounts, repositories and deliveries. */

/** Whether it can be `owner/name` on GitHub; never a path, a URL or an option. */
export function isRepositoryName(repository: string): boolean {
  const match = /^[\w-]{1,100}\/([\w.-]{1,100})$/.exec(repository);
  return match !== null && match[1] !== "." && match[1] !== "..";
}

/** The two parts of `owner/name`, as GitHub's API takes them. */
export function ownerAndName(repository: string): { owner: string; repo: string } {
  const [owner = "", repo = ""] = repository.split("/");
  return { owner, repo };
}
