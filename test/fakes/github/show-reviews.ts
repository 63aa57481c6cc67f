/** Pull requests, reviews and comments as GitHub's JSON. */
import { associationOf } from "./auth.ts";
import type { App } from "./auth.ts";
import { standingOf } from "./positions.ts";
import { commitsOf, filesOf } from "./pulls.ts";
import { fullName } from "./model.ts";
import type { IssueComment, Json, Pull, Repository, Review, ReviewComment } from "./model.ts";
import { repositoryApi, repositoryHtml, showAccount, showApp, showRepository } from "./show.ts";
import type { Show } from "./show.ts";

export function showPull(show: Show, pull: Pull): Json {
  const api = repositoryApi(show, pull.base);
  const html = `${repositoryHtml(show, pull.base)}/pull/${pull.number}`;
  const url = `${api}/pulls/${pull.number}`;
  const issue = `${api}/issues/${pull.number}`;
  const statuses = `${api}/statuses/${pull.headSha}`;
  const comment = `${api}/pulls/comments{/number}`;
  const links = {
    self: url,
    html,
    issue,
    comments: `${issue}/comments`,
    review_comments: `${url}/comments`,
    review_comment: comment,
    commits: `${url}/commits`,
    statuses,
  };
  return {
    url,
    id: pull.id,
    node_id: pull.nodeId,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    commits_url: links.commits,
    review_comments_url: links.review_comments,
    review_comment_url: comment,
    comments_url: links.comments,
    statuses_url: statuses,
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: showAccount(show, pull.author),
    body: pull.body,
    labels: [],
    milestone: null,
    active_lock_reason: null,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommitSha,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    head: showEnd(show, pull.head, pull.headOwner, pull.headBranch, pull.headSha),
    base: showEnd(show, pull.base, pull.base.owner, pull.baseBranch, pull.baseSha),
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
    author_association: associationOf(pull.base, pull.author),
    auto_merge: null,
    draft: pull.draft,
  };
}

const showEnd = (
  show: Show,
  repository: Repository | null,
  owner: Pull["headOwner"],
  ref: string,
  sha: string,
): Json => ({
  label: `${owner.login}:${ref}`,
  ref,
  sha,
  user: showAccount(show, owner),
  repo: repository && showRepository(show, repository),
});

/** With what only the answer for a single pull request has. */
export async function showFullPull(show: Show, pull: Pull): Promise<Json> {
  // Before anything is waited for: of one moment.
  const shown = showPull(show, pull);
  const files = await filesOf(pull);
  const commits = await commitsOf(pull);
  const mergeable = pull.state === "open" ? await isMergeable(pull) : null;
  return {
    ...shown,
    merged: pull.mergedAt !== null,
    mergeable,
    rebaseable: mergeable,
    mergeable_state: mergeable === null ? "unknown" : mergeable ? "clean" : "dirty",
    merged_by: pull.mergedBy && showAccount(show, pull.mergedBy),
    comments: pull.comments.length,
    review_comments: pull.threads.reduce((sum, { comments }) => sum + comments.length, 0),
    maintainer_can_modify: false,
    commits: commits.length,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    changed_files: files.length,
  };
}

async function isMergeable(pull: Pull): Promise<boolean> {
  return await pull.base.store.git("merge-tree", "--write-tree", pull.baseSha, pull.headSha).then(
    () => true,
    () => false,
  );
}

export function showReview(show: Show, review: Review): Json {
  const { pull } = review;
  const html = `${repositoryHtml(show, pull.base)}/pull/${pull.number}`;
  const url = `${repositoryApi(show, pull.base)}/pulls/${pull.number}`;
  return {
    id: review.id,
    node_id: review.nodeId,
    user: showAccount(show, review.author),
    body: review.body,
    state: review.state,
    html_url: `${html}#pullrequestreview-${review.id}`,
    pull_request_url: url,
    author_association: associationOf(pull.base, review.author),
    _links: {
      html: { href: `${html}#pullrequestreview-${review.id}` },
      pull_request: { href: url },
    },
    ...(review.submittedAt !== null && { submitted_at: review.submittedAt }),
    commit_id: review.commitId,
  };
}

export async function showReviewComment(show: Show, comment: ReviewComment): Promise<Json> {
  const { thread } = comment;
  const { anchor, pull } = thread;
  const standing = await standingOf(pull, anchor);
  const html = `${repositoryHtml(show, pull.base)}/pull/${pull.number}#discussion_r${comment.id}`;
  const api = repositoryApi(show, pull.base);
  const url = `${api}/pulls/comments/${comment.id}`;
  const isOutdated = standing.line === null;
  return {
    url,
    pull_request_review_id: comment.review.id,
    id: comment.id,
    node_id: comment.nodeId,
    diff_hunk: anchor.diffHunk,
    path: anchor.path,
    commit_id: isOutdated ? anchor.commitId : standing.commitId,
    original_commit_id: anchor.commitId,
    user: showAccount(show, comment.author),
    body: comment.body,
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    html_url: html,
    pull_request_url: `${api}/pulls/${pull.number}`,
    author_association: associationOf(pull.base, comment.author),
    _links: {
      self: { href: url },
      html: { href: html },
      pull_request: { href: `${api}/pulls/${pull.number}` },
    },
    ...(comment.inReplyTo !== null && { in_reply_to_id: comment.inReplyTo }),
    reactions: showReactions(url),
    start_line: standing.startLine,
    original_start_line: anchor.startLine,
    start_side: anchor.startSide,
    line: standing.line,
    original_line: anchor.line,
    side: anchor.side,
    position: standing.position,
    original_position: anchor.position,
    subject_type: anchor.subject,
  };
}

export function showIssueComment(show: Show, comment: IssueComment, app: App | null): Json {
  const { pull } = comment;
  const api = repositoryApi(show, pull.base);
  const html = `${repositoryHtml(show, pull.base)}/pull/${pull.number}`;
  const url = `${api}/issues/comments/${comment.id}`;
  return {
    url,
    html_url: `${html}#issuecomment-${comment.id}`,
    issue_url: `${api}/issues/${pull.number}`,
    id: comment.id,
    node_id: comment.nodeId,
    user: showAccount(show, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    body: comment.body,
    author_association: associationOf(pull.base, comment.author),
    reactions: showReactions(url),
    performed_via_github_app: app && showApp(show, app),
  };
}

const showReactions = (url: string): Json => ({
  url: `${url}/reactions`,
  total_count: 0,
  "+1": 0,
  "-1": 0,
  laugh: 0,
  hooray: 0,
  confused: 0,
  heart: 0,
  rocket: 0,
  eyes: 0,
});

/** The pull request's place in a webhook about a comment on it: the conversation's own shape. */
export const showIssue = (show: Show, pull: Pull): Json => ({
  url: `${repositoryApi(show, pull.base)}/issues/${pull.number}`,
  html_url: `${repositoryHtml(show, pull.base)}/pull/${pull.number}`,
  number: pull.number,
  title: pull.title,
  state: pull.state,
  user: showAccount(show, pull.author),
  pull_request: { url: `${repositoryApi(show, pull.base)}/pulls/${pull.number}` },
  repository_url: `${show.api}/repos/${fullName(pull.base)}`,
});
