/** Comments as GitHub's REST API gives them: those of reviews, and those below the pull request. */
import type { RestEndpointMethodTypes } from "@octokit/rest";
import type { LineComment, PullRequestComment } from "../../src/ports.ts";
import type { GitHubAccount } from "./client.ts";
import { toAccount } from "./pull-requests.ts";

type Listed = RestEndpointMethodTypes["pulls"]["listReviewComments"]["response"]["data"][number];

/** What all operations that give review comments have in common, with what their published types get wrong. */
export type ReviewComment = Pick<
  Listed,
  "id" | "node_id" | "body" | "html_url" | "path" | "created_at" | "updated_at" | "in_reply_to_id"
> & {
  user: { id: number; login: string; type: string } | null;
  /** Null once outdated; missing from the comments of one review. */
  line?: number | null;
  start_line?: number | null;
  side?: string;
  subject_type?: string;
};

export type ConversationComment =
  RestEndpointMethodTypes["issues"]["listComments"]["response"]["data"][number];

export function toReviewComment(comment: ReviewComment, own: GitHubAccount): PullRequestComment {
  // A line of the left side is one of the base's file.
  const isOfFile = comment.subject_type === "file";
  const line = isOfFile || comment.side === "LEFT" ? null : (comment.line ?? null);
  return {
    ...common(comment, own),
    kind: isOfFile ? "file" : "line",
    body: comment.body,
    path: comment.path,
    startLine: line === null ? null : (comment.start_line ?? null),
    line,
    inReplyTo: comment.in_reply_to_id === undefined ? null : String(comment.in_reply_to_id),
  };
}

export function toConversationComment(
  comment: ConversationComment,
  own: GitHubAccount,
): PullRequestComment {
  return {
    ...common({ ...comment, user: comment.user ?? null }, own),
    kind: "conversation",
    body: comment.body ?? "",
    path: null,
    startLine: null,
    line: null,
    inReplyTo: null,
  };
}

function common(
  comment: Pick<
    ReviewComment,
    "id" | "node_id" | "user" | "html_url" | "created_at" | "updated_at"
  >,
  own: GitHubAccount,
): Pick<
  PullRequestComment,
  "id" | "nodeId" | "author" | "isOwn" | "url" | "createdAt" | "updatedAt"
> {
  const author = toAccount(comment.user);
  return {
    id: String(comment.id),
    nodeId: comment.node_id,
    author,
    isOwn: comment.user !== null && isOwn(comment.user, own),
    url: comment.html_url,
    createdAt: new Date(comment.created_at),
    updatedAt: new Date(comment.updated_at),
  };
}

/**
 * Every token of a person says whose it is. One that does not is a bot's, so then all bots count as Redline:
 * better to leave another one's comment unread than to answer an own one, and nobody is taken for a bot.
 */
function isOwn(user: { id: number; login: string; type: string }, own: GitHubAccount): boolean {
  if (own.kind === "unknown") return user.type === "Bot";
  return String(user.id) === own.id || user.login.toLowerCase() === own.login.toLowerCase();
}

/**
 * The comments of a review that was just posted. GitHub gives them without their lines there, so each takes
 * those of the comment that was posted with its path and body. Pure.
 */
export function withPostedLines(
  comments: readonly ReviewComment[],
  posted: readonly LineComment[],
): ReviewComment[] {
  const left = [...posted];
  return comments.map((comment) => {
    const body = plain(comment.body);
    const same = left.findIndex((one) => one.path === comment.path && plain(one.body) === body);
    const [match] = same === -1 ? [] : left.splice(same, 1);
    if (comment.line !== undefined || match === undefined) return comment;
    return { ...comment, line: match.line, start_line: match.startLine };
  });
}

/** A body without what its host may have changed in it on the way. */
const plain = (body: string): string => body.replaceAll("\r\n", "\n").trim();

export function byAge(a: PullRequestComment, b: PullRequestComment): number {
  return a.createdAt.getTime() - b.createdAt.getTime() || Number(a.id) - Number(b.id);
}
