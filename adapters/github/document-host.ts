/**
 * Documents in GitHub's repositories, addressed as `owner/name`. Everything is asked of GitHub's API, so no
 * clone is kept. What cannot change (a commit's text) is asked once; what can, with conditional requests.
 */
import { UserError } from "../../src/errors.ts";
import type {
  CommitInfo,
  CommitOutcome,
  CommitRequest,
  DocumentHost,
  DocumentLocation,
  DocumentVersion,
  FileRequest,
} from "../../src/ports.ts";
import { assertDocumentText } from "../../src/rfcs/document-text.ts";
import { assertDocumentPath } from "../../src/rfcs/git-names.ts";
import { putBeside } from "./beside.ts";
import { findTip, pullOf, requireTip, type Place } from "./branches.ts";
import type { GitHubClient } from "./client.ts";
import { putFile } from "./commits.ts";
import { DocumentReader } from "./documents.ts";
import { explain, explaining } from "./failures.ts";
import { findCommitOfChange, findLastCommit, findRenamedPath, listCommits } from "./history.ts";
import { ownerAndName } from "./names.ts";
import { assertPushable, unwritableFork, writablePlace } from "./write-access.ts";

const LOOK_EVERY_MS = 15_000;
/** For how long it is believed that a branch can be written to. */
const WRITABLE_FOR_MS = 60_000;

export interface GitHubDocumentHostOptions {
  /** Milliseconds between two looks at the tips that nobody waits for; default 15,000. */
  lookEveryMs?: number;
}

export function createGitHubDocumentHost(
  client: GitHubClient,
  options: GitHubDocumentHostOptions = {},
): DocumentHost {
  return new GitHubDocumentHost(client, options);
}

class GitHubDocumentHost implements DocumentHost {
  readonly lookEveryMs: number;
  readonly #client: GitHubClient;
  readonly #documents = new DocumentReader();
  /** By repository and branch: until when it counts as writable. */
  readonly #writable = new Map<string, number>();

  constructor(client: GitHubClient, { lookEveryMs = LOOK_EVERY_MS }: GitHubDocumentHostOptions) {
    this.#client = client;
    this.lookEveryMs = lookEveryMs;
  }

  serves(repository: string): boolean {
    return this.#client.serves(repository);
  }

  async tips(repository: string, branches: readonly string[]): Promise<Map<string, string | null>> {
    return await this.#in(repository, async (place) => {
      const tips = await Promise.all(
        branches.map(async (branch) => {
          const tip = await findTip(place, branch);
          return [branch, tip?.sha ?? null] as const;
        }),
      );
      return new Map(tips);
    });
  }

  async read({ repository, branch, path }: DocumentLocation): Promise<DocumentVersion> {
    assertDocumentPath(path);
    return await this.#in(repository, async (place) => {
      const { sha } = await requireTip(place, branch);
      return await this.#documents.read(place, sha, path, branch);
    });
  }

  async readAt(location: DocumentLocation, commitSha: string): Promise<string | null> {
    const { repository, branch, path } = location;
    assertDocumentPath(path);
    if (!/^[0-9a-f]{40}$/.test(commitSha)) return null;
    return await this.#in(repository, async (place) => {
      try {
        return (await this.#documents.read(place, commitSha, path, branch)).body;
      } catch (error) {
        const type = error instanceof UserError ? error.type : null;
        if (type === "document-unreadable" || type === "too-large") return null;
        throw error;
      }
    });
  }

  async assertWritable({ repository, branch, path }: DocumentLocation): Promise<void> {
    assertDocumentPath(path);
    const key = `${repository}\0${branch}`;
    if (Date.now() < (this.#writable.get(key) ?? 0)) return;
    await this.#in(repository, async (base) => {
      const tip = await requireTip(base, branch);
      const place = await writablePlace(this.#client, base, tip);
      await assertPushable(this.#client, place, { tip, base });
    });
    this.#writable.set(key, Date.now() + WRITABLE_FOR_MS);
  }

  async commit(request: CommitRequest): Promise<CommitOutcome> {
    const { location, base, newBody } = request;
    const { repository, branch, path } = location;
    assertDocumentPath(path);
    assertDocumentText(path, newBody);
    return await this.#in(repository, async (reading) => {
      const tip = await requireTip(reading, branch);
      if (tip.sha !== base.headSha) return { kind: "moved" };
      const place = await writablePlace(this.#client, reading, tip);
      const outcome = await this.#put(place, tip.name, request, place !== reading);
      if (outcome.kind === "moved") return outcome;
      const { headSha, blobSha } = outcome;
      this.#documents.remember(repository, path, { headSha, blobSha, body: newBody });
      return outcome;
    });
  }

  async putFile(request: FileRequest): Promise<string> {
    const { repository, branch, path } = request.location;
    assertDocumentPath(path);
    return await this.#in(repository, async (place) => {
      const tip = await requireTip(place, branch);
      if (tip.fork !== null) throw unwritableFork(tip.fork.repository ?? repository);
      return await putBeside(place, request, this.#client.kind);
    });
  }

  async findChangeCommit(
    { repository, branch, path }: DocumentLocation,
    changeId: string,
  ): Promise<{ headSha: string } | null> {
    return await this.#in(repository, async (place) => {
      const from = await startOf(place, branch);
      const headSha = from && (await findCommitOfChange(place, { from, path }, changeId));
      return headSha === null ? null : { headSha };
    });
  }

  async lastCommit({ repository, branch, path }: DocumentLocation): Promise<string | null> {
    assertDocumentPath(path);
    return await this.#in(repository, async (place) => {
      const from = await startOf(place, branch);
      return from && (await findLastCommit(place, { from, path }));
    });
  }

  async commitsBetween(
    { repository, path }: DocumentLocation,
    from: string,
    to: string,
  ): Promise<CommitInfo[]> {
    assertDocumentPath(path);
    return await this.#in(repository, (place) => listCommits(place, { from, to, path }));
  }

  async findRename(
    { repository, path }: DocumentLocation,
    from: string,
    to: string,
  ): Promise<string | null> {
    assertDocumentPath(path);
    return await this.#in(repository, (place) => findRenamedPath(place, { from, to, path }));
  }

  async #put(
    place: Place,
    branch: string,
    request: CommitRequest,
    isFork: boolean,
  ): Promise<CommitOutcome> {
    try {
      const { location, base, newBody: body, message, author } = request;
      const put = { location, body, message, author, blobSha: base.blobSha };
      return await putFile(place, branch, put, this.#client.kind);
    } catch (error) {
      this.#writable.clear();
      const reason = explain(error, place.repository);
      const isRefused = reason instanceof UserError && reason.type === "forbidden";
      throw isFork && isRefused ? unwritableFork(place.repository) : reason;
    }
  }

  async #in<T>(repository: string, work: (place: Place) => Promise<T>): Promise<T> {
    if (!this.serves(repository)) {
      throw new UserError(
        "repository-unavailable",
        `“${repository}” is not the name of a repository on GitHub: write owner/name.`,
      );
    }
    return await explaining(repository, async () => {
      const octokit = await this.#client.for(repository);
      return await work({ octokit, repository, ...ownerAndName(repository) });
    });
  }
}

/** What GitHub can list the commits of a branch from; null where there is none. */
async function startOf(place: Place, branch: string): Promise<string | null> {
  return pullOf(branch) === null ? branch : ((await findTip(place, branch))?.sha ?? null);
}
