/** Finds out which document is meant when only its repository, or a pull request, was named. */
import type { NewRfc } from "../engine.ts";
import { UserError } from "../errors.ts";
import type { PullRequest, PullRequestHost } from "../ports.ts";
import type { Documents } from "./documents.ts";
import { chooseDocument, choosePullRequest } from "./registration.ts";

export interface FoundDocument {
  repository: string;
  path: string;
  branch: string;
  /** What the host knows the branch by, where that is not its name. */
  hostRef: string | null;
  pullTitle: string | null;
  /** Whether the repository is one that has pull requests. */
  hasPullRequests: boolean;
}

export interface DocumentFinderDeps {
  documents: Documents;
  pullRequests: readonly PullRequestHost[];
}

export class DocumentFinder {
  private readonly deps: DocumentFinderDeps;

  constructor(deps: DocumentFinderDeps) {
    this.deps = deps;
  }

  /** @throws UserError ambiguous, naming what there is to choose from; not-found; as `DocumentHost.read` */
  async find(input: Pick<NewRfc, "repository" | "path" | "branch">): Promise<FoundDocument> {
    for (const host of this.deps.pullRequests) {
      const named = host.parseUrl(input.repository);
      if (!named) continue;
      const pull = await host.get(named.repository, named.number);
      return inPullRequest(host, named.repository, pull, input.path);
    }
    const { repository } = input;
    const host = this.deps.pullRequests.find((candidate) => candidate.serves(repository));
    if (!host) return this.given(input);
    return this.findOn(host, input);
  }

  /** Without pull requests there is nothing to find: path and branch have to be given. */
  private given({ repository, path, branch }: Pick<NewRfc, "repository" | "path" | "branch">) {
    // Says which repositories can be opened at all, where this one cannot.
    this.deps.documents.hostOf(repository);
    for (const [name, text] of Object.entries({ path, branch })) {
      if (text === undefined) {
        throw new UserError("invalid-request", `\`${name}\` is missing: it is needed here.`);
      }
    }
    const found = { repository, path: path!, branch: branch! };
    return { ...found, hostRef: null, pullTitle: null, hasPullRequests: false };
  }

  private async findOn(
    host: PullRequestHost,
    { repository, path, branch }: Pick<NewRfc, "repository" | "path" | "branch">,
  ): Promise<FoundDocument> {
    if (branch === undefined) {
      if (path === undefined) {
        const pull = choosePullRequest(repository, await host.listOpen(repository));
        return inPullRequest(host, repository, pull);
      }
      // Who was asked which of its documents is meant has named only that.
      const [only, ...others] = await host.listOpen(repository);
      if (only && others.length === 0) {
        const files = await host.files(repository, only.number);
        if (files.some((file) => file.path === path && file.status !== "removed")) {
          return inPullRequest(host, repository, only, path);
        }
      }
      const found = { repository, path, branch: await host.defaultBranch(repository) };
      return { ...found, hostRef: null, pullTitle: null, hasPullRequests: true };
    }
    const documents = this.deps.documents.hostOf(repository);
    const tip = (await documents.tips(repository, [branch])).get(branch) ?? null;
    if (tip !== null && path !== undefined) {
      return { repository, path, branch, hostRef: null, pullTitle: null, hasPullRequests: true };
    }
    const open = await host.listOpen(repository, tip === null ? undefined : branch);
    const from = open.filter((candidate) => candidate.headBranch === branch);
    // Of this repository's own branch the newest is meant; forks may well use the same name.
    const pull = tip === null && from.length > 1 ? choosePullRequest(repository, from) : from[0];
    if (pull) return inPullRequest(host, repository, pull, path);
    if (path !== undefined) {
      // Reading it will say that there is no such branch.
      return { repository, path, branch, hostRef: null, pullTitle: null, hasPullRequests: true };
    }
    throw new UserError(
      "not-found",
      `There is no open pull request from the branch ${branch} in ${repository}; give the path of the document too.`,
    );
  }
}

async function inPullRequest(
  host: PullRequestHost,
  repository: string,
  pull: PullRequest,
  path?: string,
): Promise<FoundDocument> {
  const document = path ?? chooseDocument(pull, await host.files(repository, pull.number));
  return {
    repository,
    path: document,
    branch: pull.headBranch,
    hostRef: isFromFork(pull, repository) ? `refs/pull/${pull.number}/head` : null,
    pullTitle: pull.title,
    hasPullRequests: true,
  };
}

/** Whether the head branch lives in another repository than the pull request. */
function isFromFork(pull: PullRequest, repository: string): boolean {
  return pull.headRepository?.toLowerCase() !== repository.toLowerCase();
}
