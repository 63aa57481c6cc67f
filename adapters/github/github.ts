/** GitHub as the engine takes it: documents and pull requests, over one client. */
import type { DocumentHost, PullRequestHost } from "../../src/ports.ts";
import { checkAccess, checkAccount } from "./access.ts";
import { createGitHubClient } from "./client.ts";
import type { GitHubClientOptions } from "./client.ts";
import { createGitHubDocumentHost } from "./document-host.ts";
import type { GitHubDocumentHostOptions } from "./document-host.ts";
import { createGitHubPullRequestHost } from "./pull-request-host.ts";

export interface GitHubOptions extends GitHubClientOptions, GitHubDocumentHostOptions {}

export interface GitHub {
  documents: DocumentHost;
  pullRequests: PullRequestHost;
  /** What Redline may do in a repository, in one sentence. @throws UserError that names what is missing */
  checkAccess(repository: string): Promise<{ ok: string }>;
  /** Whether GitHub takes the credentials at all. @throws UserError */
  checkAccount(): Promise<{ ok: string }>;
}

export function createGitHub(options: GitHubOptions): GitHub {
  const client = createGitHubClient(options);
  return {
    documents: createGitHubDocumentHost(client, options),
    pullRequests: createGitHubPullRequestHost(client),
    checkAccess: (repository) => checkAccess(client, repository),
    checkAccount: () => checkAccount(client),
  };
}
