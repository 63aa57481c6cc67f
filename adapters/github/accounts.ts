/** People's accounts on GitHub: whose token it is, and what the account may do in a repository. */
import type { Octokit } from "@octokit/rest";
import type { AccountHost, AccountToken, DeviceCode, HostAccount } from "../../src/ports.ts";
import type { GitHubClient } from "./client.ts";
import { DeviceFlow } from "./device-flow.ts";
import { explain, explaining, statusOf } from "./failures.ts";
import type { Logger } from "../../src/log.ts";
import { ownerAndName } from "./names.ts";
import { anybody, YOURS } from "./oauth.ts";

export interface GitHubAccountsOptions {
  /** Of a GitHub App or an OAuth App for which the device flow is switched on. */
  clientId: string;
  /** With it also tokens are refreshed that came out of signing in. */
  clientSecret?: string | undefined;
  logger: Logger;
}

export function createGitHubAccountHost(
  client: GitHubClient,
  options: GitHubAccountsOptions,
): AccountHost {
  return new GitHubAccounts(client, options);
}

class GitHubAccounts implements AccountHost {
  readonly #client: GitHubClient;
  readonly #anybody: Octokit;
  readonly #flow: DeviceFlow;

  constructor(client: GitHubClient, { clientId, clientSecret, logger }: GitHubAccountsOptions) {
    this.#client = client;
    const make = (): Octokit => anybody(client, logger);
    this.#anybody = make();
    this.#flow = new DeviceFlow({ make, clientId, clientSecret, webUrl: client.webUrl });
  }

  serves(repository: string): boolean {
    return this.#client.serves(repository);
  }

  connect(onCode: (code: DeviceCode) => void, signal: AbortSignal): Promise<AccountToken> {
    return this.#flow.run(onCode, signal);
  }

  refresh(refreshToken: string): Promise<AccountToken | null> {
    return this.#flow.refresh(refreshToken);
  }

  async holderOf(token: string): Promise<HostAccount | null> {
    try {
      const { data } = await this.#anybody.request("GET /user", {
        headers: { authorization: `token ${token}` },
      });
      return { id: String(data.id), login: data.login };
    } catch (error) {
      if (statusOf(error) === 401) return null;
      throw explain(error, YOURS);
    }
  }

  /** By its name, which another account may have by now: what GitHub answers has to be about this one. */
  async mayWrite(repository: string, account: HostAccount): Promise<boolean> {
    return await explaining(repository, async () => {
      const permission = await askPermission(this.#client, repository, account);
      return permission === "admin" || permission === "write";
    });
  }
}

/** Whether Redline's own credentials are told that the account may read the repository. */
export async function mayReadByName(
  client: GitHubClient,
  repository: string,
  account: HostAccount,
): Promise<boolean> {
  const permission = await askPermission(client, repository, account);
  return permission !== null && permission !== "none";
}

/** `admin`, `write`, `read` or `none`; null where there is no such account any more. */
async function askPermission(
  client: GitHubClient,
  repository: string,
  account: HostAccount,
): Promise<string | null> {
  const octokit = await client.for(repository);
  const byName = await permissionOf(octokit, repository, account);
  if (byName !== null) return byName;
  const login = await presentLogin(octokit, account.id);
  if (login === null || login === account.login) return null;
  return permissionOf(octokit, repository, { ...account, login });
}

/** Null where the name is not the account's. */
async function permissionOf(
  octokit: Octokit,
  repository: string,
  { id, login }: HostAccount,
): Promise<string | null> {
  try {
    const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({
      ...ownerAndName(repository),
      username: login,
    });
    if (String(data.user?.id) !== id) return null;
    // Roles are told as the nearest of four: maintain as write, triage as read.
    return data.permission;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** Null where the account is gone. */
async function presentLogin(octokit: Octokit, id: string): Promise<string | null> {
  try {
    const { data } = await octokit.rest.users.getById({ account_id: Number(id) });
    return String(data.id) === id ? data.login : null;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}
