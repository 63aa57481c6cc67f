/**
 * Pull requests on GitHub. Suggestions are comments on lines of a review, and a review is published at once:
 * a pending one would block every other review of its account. Reads are conditional requests, so that what
 * has not changed costs nothing of the rate limit.
 */
import type { Octokit } from "@octokit/rest";
import { UserError } from "../../src/errors.ts";
import type {
  ChangedFile,
  CommentRef,
  LineComment,
  MinimizeReason,
  PullRequest,
  PullRequestComment,
  PullRequestHost,
  ReviewThread,
} from "../../src/ports.ts";
import type { GitHubAccount, GitHubClient } from "./client.ts";
import { byAge, toConversationComment, toReviewComment, withPostedLines } from "./comments.ts";
import { explaining } from "./failures.ts";
import { parsePullUrl, toChangedFile, toPullRequest } from "./pull-requests.ts";
import { findMergeBase, readFileAt } from "./merge-base.ts";
import { ownerAndName } from "./names.ts";
import { explainAbsence, refusable, unlessAbsent, unseenPull } from "./refusals.ts";
import { listThreads, minimize, resolve } from "./review-threads.ts";

/** GitHub's largest page. */
const PER_PAGE = 100;
/** GitHub lists 3,000 files of a pull request, and takes no comments beyond 2,500. */
const MAX_PAGES = 30;
const WITHDRAWN = "*This comment was withdrawn.*";

export function createGitHubPullRequestHost(client: GitHubClient): PullRequestHost {
  return new GitHubPullRequestHost(client);
}

/** What every request about a repository is given. */
interface Scope {
  octokit: Octokit;
  at: { owner: string; repo: string };
}

class GitHubPullRequestHost implements PullRequestHost {
  readonly #client: GitHubClient;

  constructor(client: GitHubClient) {
    this.#client = client;
  }

  serves(repository: string): boolean {
    return this.#client.serves(repository);
  }

  parseUrl(address: string): { repository: string; number: number } | null {
    return parsePullUrl(address, this.#client);
  }

  async defaultBranch(repository: string): Promise<string> {
    return await this.#inRepository(repository, async ({ octokit, at }) => {
      const { data } = await octokit.rest.repos.get(at);
      return data.default_branch;
    });
  }

  async listOpen(repository: string, headBranch?: string): Promise<PullRequest[]> {
    return await this.#inRepository(repository, async ({ octokit, at }) => {
      const { data } = await octokit.rest.pulls.list({
        ...at,
        state: "open",
        sort: "created",
        direction: "desc",
        per_page: PER_PAGE,
        ...(headBranch === undefined ? {} : { head: `${at.owner}:${headBranch}` }),
      });
      // GitHub ignores a filter that it cannot read, and its filter takes every repository of the owner.
      const wanted = data.filter(
        ({ head, base }) =>
          headBranch === undefined ||
          (head.ref === headBranch && head.repo?.full_name === base.repo.full_name),
      );
      return wanted.map(toPullRequest);
    });
  }

  async get(repository: string, number: number): Promise<PullRequest> {
    return await this.#onPull(repository, number, async ({ octokit, at }) => {
      const { data } = await octokit.rest.pulls.get({ ...at, pull_number: number });
      return toPullRequest(data);
    });
  }

  async files(repository: string, number: number): Promise<ChangedFile[]> {
    return await this.#onPull(repository, number, async ({ octokit, at }) => {
      const { listFiles } = octokit.rest.pulls;
      const files = await collect((page) => listFiles({ ...at, pull_number: number, ...page }));
      return files.map(toChangedFile);
    });
  }

  async readMergeBase(repository: string, pull: PullRequest, path: string): Promise<string | null> {
    return await this.#onPull(repository, pull.number, async ({ octokit, at }) => {
      const ref = await findMergeBase(octokit, at, pull);
      return await readFileAt(octokit, at, { path, ref });
    });
  }

  async comments(repository: string, number: number): Promise<PullRequestComment[]> {
    const own = await this.#client.account(repository);
    return await this.#onPull(repository, number, async ({ octokit, at }) => {
      const { listReviewComments } = octokit.rest.pulls;
      const { listComments } = octokit.rest.issues;
      const [ofReviews, ofConversation] = await Promise.all([
        collect((page) => listReviewComments({ ...at, pull_number: number, ...page })),
        collect((page) => listComments({ ...at, issue_number: number, ...page })),
      ]);
      return [
        ...ofReviews.map((comment) => toReviewComment(comment, own)),
        ...ofConversation.map((comment) => toConversationComment(comment, own)),
      ].sort(byAge);
    });
  }

  async reviewThreads(repository: string, number: number): Promise<ReviewThread[]> {
    return await this.#onPull(repository, number, async ({ octokit, at }) => {
      const threads = await listThreads(octokit, { owner: at.owner, name: at.repo, number });
      if (threads === null) throw unseenPull(repository, number);
      return threads;
    });
  }

  async ownNames(repository: string): Promise<string[]> {
    const { login } = await this.#client.account(repository);
    const name = login.toLowerCase().replace(/\[bot\]$/, "");
    return name === "" ? ["redline"] : [...new Set(["redline", name])];
  }

  async postReview(
    repository: string,
    number: number,
    review: { commitSha: string; comments: readonly LineComment[] },
  ): Promise<PullRequestComment[]> {
    return await this.#posting(repository, number, async ({ octokit, at, own }) => {
      const { createReview, listCommentsForReview } = octokit.rest.pulls;
      const { data } = await createReview({
        ...at,
        pull_number: number,
        commit_id: review.commitSha,
        event: "COMMENT",
        comments: review.comments.map(toLineRequest),
      });
      // The answer says nothing of the comments.
      const ofReview = { ...at, pull_number: number, review_id: data.id, per_page: PER_PAGE };
      const { data: comments } = await listCommentsForReview(ofReview);
      return withPostedLines(comments, review.comments).map((one) => toReviewComment(one, own));
    });
  }

  async postFileComment(
    repository: string,
    number: number,
    { commitSha, path, body }: { commitSha: string; path: string; body: string },
  ): Promise<PullRequestComment> {
    return await this.#posting(repository, number, async ({ octokit, at, own }) => {
      const { data } = await octokit.rest.pulls.createReviewComment({
        ...at,
        pull_number: number,
        commit_id: commitSha,
        path,
        body,
        subject_type: "file",
      });
      return toReviewComment({ ...data, subject_type: "file" }, own);
    });
  }

  async postConversationComment(
    repository: string,
    number: number,
    body: string,
  ): Promise<PullRequestComment> {
    return await this.#posting(repository, number, async ({ octokit, at, own }) => {
      const { createComment } = octokit.rest.issues;
      const { data } = await createComment({ ...at, issue_number: number, body });
      return toConversationComment(data, own);
    });
  }

  async postReply(
    repository: string,
    number: number,
    inReplyTo: string,
    body: string,
  ): Promise<PullRequestComment> {
    return await this.#posting(repository, number, async ({ octokit, at, own }) => {
      const { createReplyForReviewComment } = octokit.rest.pulls;
      const reply = { ...at, pull_number: number, comment_id: Number(inReplyTo), body };
      const answer = await unlessAbsent(createReplyForReviewComment(reply));
      if (answer !== null) return toReviewComment(answer.data, own);
      throw new UserError("not-found", "The comment to answer is not on GitHub any more.");
    });
  }

  async editComment(repository: string, comment: CommentRef, body: string): Promise<boolean> {
    return await this.#inRepository(repository, async ({ octokit, at }) => {
      const options = { ...at, comment_id: Number(comment.id), body };
      const { issues, pulls } = octokit.rest;
      const edited: Promise<unknown> =
        comment.kind === "conversation"
          ? issues.updateComment(options)
          : pulls.updateReviewComment(options);
      return (await unlessAbsent(refusable(edited))) !== null;
    });
  }

  /** A comment of the conversation loses its text and is minimised: people may have answered below it. */
  async deleteComment(repository: string, comment: CommentRef): Promise<void> {
    if (comment.kind === "conversation") {
      const isThere = await this.editComment(repository, comment, WITHDRAWN);
      if (isThere) await this.minimize(repository, comment, "OUTDATED");
      return;
    }
    await this.#inRepository(repository, async ({ octokit, at }) => {
      const options = { ...at, comment_id: Number(comment.id) };
      await unlessAbsent(octokit.rest.pulls.deleteReviewComment(options));
    });
  }

  async resolveThread(repository: string, threadId: string): Promise<boolean> {
    return await this.#inRepository(repository, ({ octokit }) => resolve(octokit, threadId));
  }

  async minimize(
    repository: string,
    { nodeId }: CommentRef,
    reason: MinimizeReason,
  ): Promise<boolean> {
    return await this.#inRepository(repository, ({ octokit }) => minimize(octokit, nodeId, reason));
  }

  async #inRepository<T>(
    repository: string,
    work: (scope: Scope) => Promise<T>,
    absent = (error: unknown) => explainAbsence(error, repository),
  ): Promise<T> {
    return await explaining(repository, async () => {
      const octokit = await this.#client.for(repository);
      try {
        return await work({ octokit, at: ownerAndName(repository) });
      } catch (error) {
        throw absent(error);
      }
    });
  }

  async #onPull<T>(
    repository: string,
    number: number,
    work: (scope: Scope) => Promise<T>,
  ): Promise<T> {
    const absent = (error: unknown): unknown => explainAbsence(error, repository, number);
    return await this.#inRepository(repository, work, absent);
  }

  async #posting<T>(
    repository: string,
    number: number,
    work: (scope: Scope & { own: GitHubAccount }) => Promise<T>,
  ): Promise<T> {
    const own = await this.#client.account(repository);
    return await this.#onPull(repository, number, (scope) => refusable(work({ ...scope, own })));
  }
}

/** Both ends on the side of the head; the first only where there are several lines, or GitHub refuses it. */
function toLineRequest({ path, startLine, line, body }: LineComment) {
  const end = { path, body, line, side: "RIGHT" };
  if (startLine === null || startLine === line) return end;
  return { ...end, start_line: startLine, start_side: "RIGHT" };
}

/**
 * Everything of a list, page by page. A full page is followed by another look even where GitHub names none:
 * it calls a page unchanged that was the last one and now is not.
 */
async function collect<T>(
  list: (page: { per_page: number; page: number }) => Promise<{
    data: T[];
    headers: { link?: string | undefined };
  }>,
): Promise<T[]> {
  const all: T[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { data, headers } = await list({ per_page: PER_PAGE, page });
    all.push(...data);
    const isLast = data.length < PER_PAGE && !headers.link?.includes('rel="next"');
    if (isLast) break;
  }
  return all;
}
