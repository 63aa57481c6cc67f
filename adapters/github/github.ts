/** GitHub as the engine takes it: documents and pull requests, over one client. */
import type { AccountHost, DocumentHost, PullRequestHost, SignInHost } from "../../src/ports.ts";
import { checkAccess, checkAccount } from "./access.ts";
import { createGitHubAccountHost } from "./accounts.ts";
import { createGitHubClient } from "./client.ts";
import type { GitHubClientOptions } from "./client.ts";
import { createGitHubDocumentHost } from "./document-host.ts";
import type { GitHubDocumentHostOptions } from "./document-host.ts";
import { createGitHubPullRequestHost } from "./pull-request-host.ts";
import { createGitHubSignInHost } from "./sign-in.ts";

export interface GitHubOptions extends GitHubClientOptions, GitHubDocumentHostOptions {
  /** Of an App by which people connect their accounts. */
  clientId?: string | undefined;
  /** Of the same App: people sign in with it. */
  clientSecret?: string | undefined;
}

export interface GitHub {
  documents: DocumentHost;
  pullRequests: PullRequestHost;
  /** Null where people cannot connect their accounts. */
  accounts: AccountHost | null;
  /** Null where people cannot sign in. */
  signIn: SignInHost | null;
  /** What Redline may do in a repository, in one sentence. @throws UserError that names what is missing */
  checkAccess(repository: string): Promise<{ ok: string }>;
  /** Whether GitHub takes the credentials at all. @throws UserError */
  checkAccount(): Promise<{ ok: string }>;
  /** Whether people can connect their accounts, where that is on. @throws UserError */
  checkConnecting(): Promise<{ ok: string }>;
}

export function createGitHub(options: GitHubOptions): GitHub {
  const client = createGitHubClient(options);
  const { clientId, clientSecret, logger } = options;
  const accounts =
    clientId === undefined
      ? null
      : createGitHubAccountHost(client, { clientId, clientSecret, logger });
  const signIn =
    clientId === undefined || clientSecret === undefined
      ? null
      : createGitHubSignInHost(client, { clientId, clientSecret, logger });
  return {
    documents: createGitHubDocumentHost(client, options),
    pullRequests: createGitHubPullRequestHost(client),
    accounts,
    signIn,
    checkAccess: (repository) => checkAccess(client, repository),
    checkAccount: () => checkAccount(client),
    checkConnecting: () => checkConnecting(accounts),
  };
}

/** A code that nobody is shown, and that is over by itself. */
async function checkConnecting(accounts: AccountHost | null): Promise<{ ok: string }> {
  if (accounts === null) return { ok: "People cannot connect their accounts on GitHub." };
  const enough = new AbortController();
  try {
    await accounts.connect(() => enough.abort(), enough.signal);
  } catch (error) {
    if (!enough.signal.aborted) throw error;
  }
  return { ok: "GitHub hands out codes to people who connect their accounts." };
}
