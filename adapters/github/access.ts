/** Whether Redline can do its work in a repository, for `redline doctor`. */
import { UserError } from "../../src/errors.ts";
import type { GitHubClient } from "./client.ts";
import { archived, explaining, statusOf, unseen } from "./failures.ts";
import type { Installation } from "./installations.ts";
import { ownerAndName } from "./names.ts";

/** What the App needs, in GitHub's names; comments in a conversation come with `pull_requests`. */
const NEEDED: Readonly<Record<string, "read" | "write">> = {
  contents: "write",
  metadata: "read",
  pull_requests: "write",
};

/**
 * Asks GitHub what Redline may do there; `ok` says it in a sentence.
 *
 * @throws UserError that names what is missing; HostBusy
 */
export async function checkAccess(
  client: GitHubClient,
  repository: string,
): Promise<{ ok: string }> {
  return await explaining(repository, async () => {
    const installation = await client.installation(repository);
    if (installation !== null) assertPermissions(repository, installation);
    const octokit = await client.for(repository);
    const { data, headers } = await octokit.rest.repos
      .get(ownerAndName(repository))
      .catch((error: unknown) => {
        throw statusOf(error) === 404 ? unseen(repository, error) : error;
      });
    if (data.archived) throw new UserError("forbidden", archived(repository));
    const { login } = await client.account(repository);
    const who = login === "" ? "The token in GITHUB_TOKEN" : login;
    if (installation === null) {
      if (data.permissions?.push === false) {
        throw new UserError(
          "forbidden",
          `${who} may read ${repository} on GitHub but not push to it: give that account write access.`,
        );
      }
      assertScopes(repository, headers["x-oauth-scopes"], data.private);
    }
    if (installation === null && typeof headers["x-oauth-scopes"] !== "string") {
      // Only the first refusal would tell more of such a token.
      return {
        ok: `${who} may read ${repository} and push to it; GitHub does not tell whether its fine-grained token may write Contents and Pull requests.`,
      };
    }
    return { ok: `${who} may read ${repository}, commit to it and review its pull requests.` };
  });
}

/** Whether GitHub takes the credentials at all, where there is no repository yet. @throws UserError, HostBusy */
export async function checkAccount(client: GitHubClient): Promise<{ ok: string }> {
  const { login } = await client.account();
  const who = login === "" ? "the token in GITHUB_TOKEN" : login;
  return { ok: `GitHub takes Redline's credentials (${who}).` };
}

function assertPermissions(repository: string, { permissions, url }: Installation): void {
  const missing = Object.entries(NEEDED).filter(
    ([name, level]) => permissions[name] !== level && permissions[name] !== "write",
  );
  if (missing.length === 0) return;
  const list = missing.map(([name, level]) => `${name}: ${level}`).join(", ");
  throw new UserError(
    "forbidden",
    `Redline's GitHub App lacks permissions for ${repository} (${list}): grant them in the App's settings, and accept them at ${url}.`,
  );
}

/** Only classic tokens tell what they are for. Source: docs.github.com, "Scopes for OAuth apps". */
function assertScopes(repository: string, header: unknown, isPrivate: boolean): void {
  if (typeof header !== "string") return;
  const scopes = header.split(",").map((scope) => scope.trim());
  if (scopes.includes("repo") || (!isPrivate && scopes.includes("public_repo"))) return;
  throw new UserError(
    "forbidden",
    `The token in GITHUB_TOKEN lacks the scope “repo” for ${repository}: make a token that has it.`,
  );
}
