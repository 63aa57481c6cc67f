/**
 * Documents in local Git repositories, addressed as `file:///absolute/path`: a normal repository, a bare one
 * or a linked working tree. A document is what the branch's tip has; files in working trees are never read as
 * the document, but follow a commit where they have no edits of their own.
 */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../src/errors.ts";
import type {
  CommitInfo,
  CommitOutcome,
  CommitRequest,
  DocumentHost,
  DocumentLocation,
  DocumentVersion,
} from "../../src/ports.ts";
import { assertDocumentText } from "../../src/rfcs/document-text.ts";
import { assertDocumentPath, isBranchName } from "../../src/rfcs/git-names.ts";
import { moveBranch, writeCommit } from "./commits.ts";
import { DocumentReader, type FileEntry } from "./documents.ts";
import { explain, explainFileError, explaining } from "./failures.ts";
import {
  findCommitOfChange,
  findLastCommit,
  findRenamedPath,
  isMissingCommit,
  isObjectName,
  listCommits,
} from "./history.ts";
import { branchRef, isFileUrl } from "./names.ts";
import { TipReader, type Tip } from "./refs.ts";
import { openRepository, targetOf, type Repository } from "./repository.ts";
import { createGit, DEFAULT_ENVIRONMENT, type Git } from "./run-git.ts";
import type { CommitStep } from "./steps.ts";
import { WorkTreeFollower } from "./work-tree-follower.ts";
import type { WorkTree } from "./work-trees.ts";

export interface GitDocumentHostOptions {
  /** The program; default `git`, looked for on the PATH of `environment`. */
  program?: string;
  /** What Git's processes get of the environment, without its `GIT_…`; default: a usual PATH, and HOME. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** After this a Git process is ended and its operation fails; default 30,000. */
  timeoutMs?: number;
  /** How long a commit waits for another program's lock on a working tree's index; default 2,000. */
  lockWaitMs?: number;
  /** Told each step of a commit as it is done, synchronously: for tests that interfere in between. */
  onStep?: (step: CommitStep) => void;
  /** Told what went otherwise than hoped without harming the commit, for the log. */
  log?: (message: string) => void;
}

export function createGitDocumentHost(options: GitDocumentHostOptions = {}): DocumentHost {
  return new GitDocumentHost(options);
}

class GitDocumentHost implements DocumentHost {
  readonly #git: Git;
  readonly #tips: TipReader;
  readonly #documents: DocumentReader;
  readonly #follower: WorkTreeFollower;
  readonly #onStep: (step: CommitStep) => void;
  readonly #log: (message: string) => void;
  /** By shared Git folder: when to try again to settle working trees; a repository not yet seen, at once. */
  readonly #settleAt = new Map<string, number>();
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(options: GitDocumentHostOptions) {
    const { program = "git", environment = DEFAULT_ENVIRONMENT, timeoutMs = 30_000 } = options;
    const { lockWaitMs = 2_000, onStep = () => {}, log = () => {} } = options;
    const git = createGit({ program, environment, timeoutMs });
    const tips = new TipReader(git);
    this.#git = git;
    this.#tips = tips;
    this.#documents = new DocumentReader(git);
    this.#follower = new WorkTreeFollower({ git, tips, lockWaitMs, onStep, log });
    this.#onStep = onStep;
    this.#log = log;
  }

  serves(repository: string): boolean {
    return isFileUrl(repository);
  }

  async tips(repository: string, branches: readonly string[]): Promise<Map<string, string | null>> {
    const opened = openRepository(repository);
    return await explaining(opened.folder, async () => {
      await this.#catchUp(opened);
      const tips = new Map<string, string | null>();
      for (const branch of branches) {
        // One after the other: usually each is read without a process, and without waiting.
        const tip = isBranchName(branch) ? await this.#tips.read(opened, branchRef(branch)) : null;
        tips.set(branch, tip?.sha ?? null);
      }
      return tips;
    });
  }

  async read(location: DocumentLocation): Promise<DocumentVersion> {
    const { branch, path } = location;
    const { repository, tip } = await this.#open(location);
    return await explaining(repository.folder, () =>
      this.#documents.read(repository, tip.sha, path, branch),
    );
  }

  async assertWritable(location: DocumentLocation): Promise<void> {
    for (;;) {
      const { repository, ref, tip } = await this.#open(location);
      const trees = await explaining(repository.folder, () =>
        this.#exclusively(repository, async () => {
          accessSync(join(repository.commonDir, "objects"), constants.W_OK);
          const entry = await this.#entryAt(repository, location, tip);
          return await this.#cleanTrees(repository, location.path, { ref, tip, entry });
        }),
      );
      if (trees !== "moved") return;
    }
  }

  async commit(request: CommitRequest): Promise<CommitOutcome> {
    const { location, base, newBody } = request;
    assertDocumentPath(location.path);
    assertDocumentText(location.path, newBody);
    const repository = openRepository(location.repository);
    return await explaining(repository.folder, () =>
      this.#exclusively(repository, async () => {
        const ref = branchRef(location.branch);
        const tip = await this.#tips.read(repository, ref);
        if (tip?.sha !== base.headSha) return { kind: "moved" };
        return await this.#commitOn(repository, request, { ref, tip });
      }),
    );
  }

  async findChangeCommit(
    location: DocumentLocation,
    changeId: string,
  ): Promise<{ headSha: string } | null> {
    const repository = openRepository(location.repository);
    return await explaining(repository.folder, async () => {
      const tip = await this.#tips.read(repository, branchRef(location.branch));
      if (tip === null) return null;
      const headSha = await findCommitOfChange(this.#git, repository, tip.sha, changeId);
      if (headSha === null) return null;
      await this.#exclusively(repository, () => this.#settle(repository));
      return { headSha };
    });
  }

  async lastCommit({
    repository: address,
    branch,
    path,
  }: DocumentLocation): Promise<string | null> {
    assertDocumentPath(path);
    const repository = openRepository(address);
    return await explaining(repository.folder, async () => {
      const tip = await this.#tips.read(repository, branchRef(branch));
      return tip && (await findLastCommit(this.#git, repository, tip.sha, path));
    });
  }

  async commitsBetween(
    location: DocumentLocation,
    from: string,
    to: string,
  ): Promise<CommitInfo[]> {
    const { path } = location;
    assertDocumentPath(path);
    const repository = openRepository(location.repository);
    return await explaining(repository.folder, () =>
      listCommits(this.#git, repository, { from, to, path }),
    );
  }

  async readAt(location: DocumentLocation, commitSha: string): Promise<string | null> {
    const { branch, path } = location;
    assertDocumentPath(path);
    if (!isObjectName(commitSha)) return null;
    const repository = openRepository(location.repository);
    try {
      return (await this.#documents.read(repository, commitSha, path, branch)).body;
    } catch (error) {
      const isNoDocument = error instanceof UserError && isAboutDocument(error);
      if (isNoDocument || isMissingCommit(error)) return null;
      throw explain(error, repository.folder);
    }
  }

  async findRename(location: DocumentLocation, from: string, to: string): Promise<string | null> {
    const { path } = location;
    assertDocumentPath(path);
    const repository = openRepository(location.repository);
    return await explaining(repository.folder, () =>
      findRenamedPath(this.#git, repository, { from, to, path }),
    );
  }

  async #commitOn(
    repository: Repository,
    request: CommitRequest,
    on: { ref: string; tip: Tip },
  ): Promise<CommitOutcome> {
    const { location, base } = request;
    const { path } = location;
    const { tip } = on;
    const entry = await this.#entryAt(repository, location, tip);
    const trees = await this.#cleanTrees(repository, path, { ...on, entry });
    if (trees === "moved") return { kind: "moved" };
    this.#onStep("checked");

    const { sha, file } = await writeCommit(this.#git, repository, request, entry.mode);
    this.#onStep("objects-written");
    const from = { mode: entry.mode, sha: entry.sha };
    const note = { commit: sha, ref: tip.ref, path, from, to: file };
    const move = { ref: tip.ref, from: base.headSha, to: sha };
    let isMoved = false;
    try {
      this.#follower.announce(trees, note);
      // Should we not come to it below, tips will find the note and bring it to an end.
      this.#settleAt.set(repository.commonDir, 0);
      this.#onStep("announced");
      isMoved = await moveBranch(this.#git, repository, move);
    } finally {
      if (!isMoved) this.#follower.withdraw(trees, note);
    }
    if (!isMoved) return { kind: "moved" };
    this.#onStep("branch-moved");
    const committed = { headSha: sha, blobSha: file.sha };
    this.#documents.remember(repository, path, { ...committed, body: request.newBody });
    await this.#settle(repository);
    return { kind: "committed", ...committed };
  }

  /** The working trees to follow; `moved` where the branch did, so that they are not at the tip any more. */
  async #cleanTrees(
    repository: Repository,
    path: string,
    at: { ref: string; tip: Tip; entry: FileEntry },
  ): Promise<WorkTree[] | "moved"> {
    const { ref, tip, entry } = at;
    await this.#settle(repository);
    try {
      return await this.#follower.cleanTrees(repository, [ref, tip.ref], path, entry);
    } catch (error) {
      const now = await this.#tips.read(repository, ref);
      if (now?.sha !== tip.sha) return "moved";
      throw error;
    }
  }

  async #entryAt(
    repository: Repository,
    { path, branch }: DocumentLocation,
    tip: Tip,
  ): Promise<FileEntry> {
    return await this.#documents.entry(repository, tip.sha, path, branch);
  }

  /** The repository and the branch's tip. @throws UserError where something of it is not there */
  async #open(
    location: DocumentLocation,
  ): Promise<{ repository: Repository; ref: string; tip: Tip }> {
    const repository = openRepository(location.repository);
    assertDocumentPath(location.path);
    const ref = branchRef(location.branch);
    return await explaining(repository.folder, async () => {
      const tip = await this.#tips.read(repository, ref);
      if (tip !== null) return { repository, ref, tip };
      const command = { args: ["rev-list", "--all", "--max-count=1"] };
      const { stdout } = await this.#git(targetOf(repository), command);
      throw new UserError(
        "repository-unavailable",
        stdout.length === 0
          ? `The repository ${repository.folder} has no commits yet: commit the document on the branch ${location.branch} first.`
          : `There is no branch ${location.branch} in ${repository.folder}: check its name, or create it with Git.`,
      );
    });
  }

  /** Brings to an end, in passing, what could not follow at once. Cheap when there is nothing of the kind. */
  async #catchUp(repository: Repository): Promise<void> {
    const { commonDir } = repository;
    if (performance.now() < (this.#settleAt.get(commonDir) ?? 0)) return;
    // A commit that is under way does it itself.
    if (this.#queues.has(commonDir)) return;
    this.#settleAt.set(commonDir, Infinity);
    await this.#exclusively(repository, () => this.#settle(repository, 0));
  }

  async #settle(repository: Repository, lockWaitMs?: number): Promise<void> {
    let againIn = Infinity;
    try {
      againIn = await this.#follower.settle(repository, lockWaitMs);
    } catch (error) {
      const reason = explainFileError(error, repository.folder);
      this.#log(`The notes of ${repository.commonDir} cannot be read: ${String(reason)}`);
    }
    this.#settleAt.set(repository.commonDir, performance.now() + againIn);
  }

  /** One at a time for each repository, in order. */
  async #exclusively<T>(repository: Repository, work: () => Promise<T>): Promise<T> {
    const { commonDir } = repository;
    const before = this.#queues.get(commonDir) ?? Promise.resolve();
    const run = before.then(work, work);
    this.#queues.set(commonDir, run);
    try {
      return await run;
    } finally {
      if (this.#queues.get(commonDir) === run) this.#queues.delete(commonDir);
    }
  }
}

function isAboutDocument({ type }: UserError): boolean {
  return type === "document-unreadable" || type === "too-large";
}
