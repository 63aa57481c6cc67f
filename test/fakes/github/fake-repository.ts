/** One repository of the fake, in the hands of people: pushes, pull requests and the talk below them. */
import type { FileContent, Identity } from "./git-store.ts";
import { fullName } from "./model.ts";
import type {
  Account,
  IssueComment,
  Permission,
  Pull,
  Repository,
  ReviewComment,
  Thread,
} from "./model.ts";
import { closePull, mergePull, openPull, reopenPull } from "./pulls.ts";
import type { NewPull } from "./pulls.ts";
import {
  createComment,
  createIssueComment,
  deleteComment,
  deleteIssueComment,
  editComment,
  editIssueComment,
  publicComments,
  reply,
  setResolved,
} from "./review-actions.ts";
import { applySuggestion } from "./suggestion.ts";
import type { World } from "./world.ts";

export interface Push {
  message?: string;
  /** The login of who pushes, and the commit's author unless `author` names another. */
  by?: string;
  author?: Identity;
  /** Parents instead of the branch's tip; the commit starts from the first one's tree. */
  parents?: readonly string[];
  /** Allows a push that does not follow the tip. */
  force?: boolean;
}

export class FakeRepository {
  readonly #world: World;
  readonly #repository: Repository;

  constructor(world: World, repository: Repository) {
    this.#world = world;
    this.#repository = repository;
  }

  /** `owner/name`. */
  get name(): string {
    return fullName(this.#repository);
  }

  get id(): number {
    return this.#repository.id;
  }

  // -------------------------------------------------------------- branches

  /** One commit on a branch (made from the default branch where there is none) and its push. */
  async commit(
    branch: string,
    files: Record<string, FileContent>,
    push: Push = {},
  ): Promise<string> {
    const sender = this.#person(push.by ?? this.#repository.owner.login);
    return await this.#world.commit(this.#repository, branch, files, {
      message: push.message ?? `Edit ${Object.keys(files).join(", ")}`,
      author: push.author ?? sender,
      sender,
      ...(push.parents && { parents: push.parents }),
      ...(push.force !== undefined && { force: push.force }),
    });
  }

  /** Sets a branch to a commit of the repository, by force where needed. */
  async setBranch(branch: string, sha: string, by?: string): Promise<void> {
    const expect = await this.tip(branch);
    const sender = this.#person(by ?? this.#repository.owner.login);
    await this.#world.moveBranch(this.#repository, branch, sha, { expect, sender, force: true });
  }

  /** Open pull requests from the branch are closed by it. */
  async deleteBranch(branch: string, by?: string): Promise<void> {
    const expect = await this.tip(branch);
    const sender = this.#person(by ?? this.#repository.owner.login);
    await this.#world.moveBranch(this.#repository, branch, null, { expect, sender });
  }

  /** Renames a file by moving its content, in one commit. */
  async rename(branch: string, from: string, to: string, push: Push = {}): Promise<string> {
    const content = await this.bytes(from, branch);
    const message = push.message ?? `Rename ${from} to ${to}`;
    return await this.commit(branch, { [from]: null, [to]: content }, { ...push, message });
  }

  async tip(branch = this.#repository.defaultBranch): Promise<string | null> {
    return await this.#repository.store.tip(branch);
  }

  /** The text of a file at a branch, tag, sha or `refs/pull/N/head`. */
  async read(path: string, ref = this.#repository.defaultBranch): Promise<string> {
    return (await this.bytes(path, ref)).toString("utf8");
  }

  async bytes(path: string, ref = this.#repository.defaultBranch): Promise<Buffer> {
    const commit = await this.#repository.store.resolve(ref);
    const entry = commit && (await this.#repository.store.entry(commit, path));
    if (!entry) throw new Error(`${this.name} has no ${path} at ${ref}`);
    return await this.#repository.store.blob(entry.sha);
  }

  /** Runs Git in the bare repository and returns what it prints, without the last line feed. */
  async git(...args: string[]): Promise<string> {
    return await this.#repository.store.git(...args);
  }

  /** Whether GitHub shows a commit as verified. */
  isVerified(sha: string): boolean {
    return this.#world.verified.has(sha);
  }

  setPermission(login: string, permission: Permission): void {
    this.#person(login);
    this.#repository.permissions.set(login.toLowerCase(), permission);
  }

  // -------------------------------------------------------------- pull requests

  /** Returns its number. */
  async openPull(pull: NewPull & { author?: string }): Promise<number> {
    const { author = this.#repository.owner.login, ...request } = pull;
    const opened = await openPull(this.#world, this.#repository, request, this.#person(author));
    return opened.number;
  }

  /** With a merge commit, or `squash`ed. Returns the commit on the base branch. */
  async mergePull(number: number, by: string, method?: "merge" | "squash"): Promise<string> {
    return await mergePull(this.#world, this.pull(number), this.#person(by), method);
  }

  closePull(number: number, by: string): void {
    closePull(this.#world, this.pull(number), this.#person(by));
  }

  async reopenPull(number: number, by: string): Promise<void> {
    await reopenPull(this.#world, this.pull(number), this.#person(by));
  }

  /** What the fake remembers of a pull request: state, reviews, threads, comments. */
  pull(number: number): Pull {
    const pull = this.#repository.pulls.get(number);
    if (!pull) throw new Error(`${this.name} has no pull request ${number}`);
    return pull;
  }

  // -------------------------------------------------------------- talk

  /** Published review comments, oldest first. */
  reviewComments(number: number): ReviewComment[] {
    return publicComments(this.pull(number));
  }

  /** The conversation below the pull request, oldest first. */
  issueComments(number: number): IssueComment[] {
    return this.pull(number).comments;
  }

  /** A person's review comment on lines of the diff of the present head. */
  async commentOnLines(
    number: number,
    by: string,
    comment: { path: string; startLine?: number; line: number; body: string },
  ): Promise<ReviewComment> {
    const pull = this.pull(number);
    const request = { ...comment, commitId: pull.headSha };
    return await createComment(this.#world, pull, request, this.#person(by));
  }

  replyTo(commentId: number, by: string, body: string): ReviewComment {
    return reply(this.#world, this.#comment(commentId), body, this.#person(by));
  }

  /** A comment in the conversation below the pull request. */
  comment(number: number, by: string, body: string): IssueComment {
    return createIssueComment(this.#world, this.pull(number), body, this.#person(by), null);
  }

  /** Edits a comment of either kind. */
  editComment(commentId: number, by: string, body: string): void {
    const issue = this.#world.issueComments.get(commentId);
    if (issue) editIssueComment(this.#world, issue, body, this.#person(by));
    else editComment(this.#world, this.#comment(commentId), body, this.#person(by));
  }

  /** Deletes a comment of either kind. */
  deleteComment(commentId: number, by: string): void {
    const issue = this.#world.issueComments.get(commentId);
    if (issue) deleteIssueComment(this.#world, issue, this.#person(by));
    else deleteComment(this.#world, this.#comment(commentId), this.#person(by));
  }

  /** The button below a suggestion. Returns the commit. @throws Error where GitHub has no such button */
  async applySuggestion(commentId: number, by: string): Promise<string> {
    return await applySuggestion(this.#world, this.#comment(commentId), this.#person(by));
  }

  resolveThread(commentId: number, by: string): void {
    setResolved(this.#world, this.thread(commentId), this.#person(by), true);
  }

  unresolveThread(commentId: number, by: string): void {
    setResolved(this.#world, this.thread(commentId), this.#person(by), false);
  }

  /** The thread that a review comment is in. */
  thread(commentId: number): Thread {
    return this.#comment(commentId).thread;
  }

  #comment(id: number): ReviewComment {
    const comment = this.#world.reviewComments.get(id);
    if (!comment) throw new Error(`there is no review comment ${id}`);
    return comment;
  }

  #person(login: string): Account {
    return this.#world.addAccount(login);
  }
}
