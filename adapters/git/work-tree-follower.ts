/**
 * Keeps working trees in step with the branch that they have checked out: before a commit it makes sure that
 * there is no edit in the way, after it they follow, and what a crash or another program's lock has kept from
 * following is caught up on later.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "../../src/errors.ts";
import { isAncestor } from "./commits.ts";
import { findEntry, type FileEntry } from "./documents.ts";
import { explain } from "./failures.ts";
import { deleteNote, notesFolder, readNotes, writeNote, type FollowNote } from "./follow-notes.ts";
import type { TipReader } from "./refs.ts";
import type { Repository } from "./repository.ts";
import { GitError, type Git } from "./run-git.ts";
import type { CommitStep } from "./steps.ts";
import { followTo, isClean } from "./work-tree-file.ts";
import {
  checkedOutRef,
  workTreeGitDirs,
  workTreeOf,
  workTreesOn,
  type WorkTree,
} from "./work-trees.ts";

/** How long a note may wait for its commit to land: far longer than Git takes to move a branch. */
const LANDING_MS = 60_000;
const LOCK_POLL_MS = 20;
/** When to try again what only waits for another program, and what failed. */
const AGAIN_MS = 1_000;
const AFTER_FAILURE_MS = 60_000;

export interface FollowerOptions {
  git: Git;
  tips: TipReader;
  /** How long to wait for another program's lock on an index, in ms. */
  lockWaitMs: number;
  onStep: (step: CommitStep) => void;
  log: (message: string) => void;
}

export class WorkTreeFollower {
  readonly #options: FollowerOptions;
  /** By a working tree's Git folder: why it could not follow when that was last tried. */
  readonly #failures = new Map<string, unknown>();

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /**
   * The working trees that a commit on the branch concerns.
   *
   * @param refs the branch's ref, and where it is a symbolic one the ref it leads to
   * @param entry the file at the branch's tip
   * @throws UserError working-tree-dirty where one of them has edits of the file that are not committed
   */
  async cleanTrees(
    repository: Repository,
    refs: readonly string[],
    path: string,
    entry: FileEntry,
  ): Promise<WorkTree[]> {
    const { git } = this.#options;
    const trees = await workTreesOn(git, repository, refs);
    for (const tree of trees) {
      if (await isClean(git, tree, path, entry)) continue;
      throw new UserError("working-tree-dirty", this.#explainEdits(tree, path));
    }
    return trees;
  }

  /** To be called before the branch moves to `note.commit`. */
  announce(trees: readonly WorkTree[], note: FollowNote): void {
    for (const { gitDir } of trees) writeNote(gitDir, note);
  }

  /** To be called when the branch did not move after all. */
  withdraw(trees: readonly WorkTree[], note: FollowNote): void {
    for (const tree of trees) deleteNote(tree.gitDir, note, tree);
  }

  /**
   * Completes what notes tell of, in all working trees of the repository.
   *
   * @returns the ms after which another try is worth it; Infinity where nothing is left to be done
   */
  async settle(repository: Repository, lockWaitMs = this.#options.lockWaitMs): Promise<number> {
    let againIn = Infinity;
    for (const gitDir of workTreeGitDirs(repository)) {
      for (const { note, ageMs } of readNotes(gitDir)) {
        const limits = { ageMs, lockWaitMs };
        againIn = Math.min(againIn, await this.#settleNote(repository, gitDir, note, limits));
      }
    }
    return againIn;
  }

  /** Ends with the note deleted, or says when to try again. A failure is logged: the commit itself stands. */
  async #settleNote(
    repository: Repository,
    gitDir: string,
    note: FollowNote,
    limits: { ageMs: number; lockWaitMs: number },
  ): Promise<number> {
    const { git, tips, log } = this.#options;
    try {
      const tip = await tips.read(repository, note.ref);
      if (!tip || !(await isAncestor(git, repository, note.commit, tip.sha))) {
        // Its commit may land yet: Git goes on moving the branch when we are killed.
        if (limits.ageMs <= LANDING_MS) return AGAIN_MS;
        deleteNote(gitDir, note, null);
        return Infinity;
      }
      const tree = await workTreeOf(git, repository, gitDir);
      const head = await checkedOutRef(git, repository, gitDir);
      const target = await findEntry(git, repository, tip.sha, note.path);
      const checkedOut = head === null ? null : await tips.read(repository, head);
      const isFile = target?.mode.startsWith("100");
      if (tree && target && isFile && checkedOut?.ref === tip.ref) {
        if (!(await this.#follow(tree, note, target, limits.lockWaitMs))) return AGAIN_MS;
        this.#options.onStep("followed");
      }
      deleteNote(gitDir, note, tree);
      this.#failures.delete(gitDir);
      return Infinity;
    } catch (error) {
      const reason = explain(error, repository.folder);
      this.#failures.set(gitDir, reason);
      log(`The working tree of ${gitDir} could not follow ${note.commit}: ${String(reason)}`);
      return AFTER_FAILURE_MS;
    }
  }

  #explainEdits({ folder, gitDir }: WorkTree, path: string): string {
    const lock = join(gitDir, "index.lock");
    const isLocked = existsSync(lock);
    const failure = this.#failures.get(gitDir);
    const isBehind = readNotes(gitDir).some(({ note }) => note.path === path);
    if (!isBehind || (!isLocked && failure === undefined)) {
      return `${path} has edits in ${folder} that are not committed (or is deleted, moved or in conflict there): commit or stash them, and accept again.`;
    }
    const late = `${join(folder, path)} could not be brought up to date`;
    if (isLocked) {
      return `${late} yet, because another Git program holds ${lock}: accept again when it is done (if there is none, a crashed one has left that file, and it can be deleted).`;
    }
    return failure instanceof UserError
      ? `${late} after the last accepted change. ${failure.message}`
      : `${late} after the last accepted change; Redline's log says why: mend that, and accept again.`;
  }

  /** False while another program holds the lock on the index. */
  async #follow(
    tree: WorkTree,
    note: FollowNote,
    target: FileEntry,
    lockWaitMs: number,
  ): Promise<boolean> {
    const { git, onStep, log } = this.#options;
    const lock = join(tree.gitDir, "index.lock");
    const versions = [note.from, note.to];
    const deadline = performance.now() + lockWaitMs;
    for (;;) {
      if (!existsSync(lock)) {
        try {
          const scratch = notesFolder(tree.gitDir);
          const follow = { versions, target, scratch, onStep };
          if ((await followTo(git, tree, note.path, follow)) === "edited") {
            log(
              `${note.path} was edited in ${tree.folder} while ${note.commit} was committed, so it was left as it is.`,
            );
          }
          return true;
        } catch (error) {
          if (!isLockedIndex(error)) throw error;
        }
      }
      if (performance.now() >= deadline) return false;
      await delay(LOCK_POLL_MS);
    }
  }
}

function isLockedIndex(error: unknown): boolean {
  return error instanceof GitError && /index\.lock': File exists/.test(error.stderr);
}
