/** Reviews, review comments and the conversation below a pull request. */
import { ApiError, notFound } from "./api-error.ts";
import { permissionOf, reaches } from "./auth.ts";
import type { Account, Json, Pull, Repository, ReviewComment } from "./model.ts";
import type { PlaceRequest } from "./positions.ts";
import {
  createComment,
  createIssueComment,
  createReview,
  deleteComment,
  editComment,
  editIssueComment,
  publicComments,
  pullOf,
  reply,
} from "./review-actions.ts";
import { accountOf, created, ok, paged, textOf } from "./router.ts";
import type { RepositoryCall, Reply, Route } from "./router.ts";
import { showIssueComment, showReview, showReviewComment } from "./show-reviews.ts";

const PULL = ["pull_requests"];
/** A pull request's conversation belongs to both. */
const CONVERSATION = ["issues", "pull_requests"];
const COMMENT = "PullRequestReviewComment";

const thePull = (call: RepositoryCall): Pull =>
  pullOf(call.repository.pulls, call.params["pull_number"] ?? call.params["issue_number"] ?? "");

async function listReviews(call: RepositoryCall): Promise<Reply> {
  const mine = call.actor.account;
  const reviews = thePull(call).reviews.filter(
    (review) => review.state !== "PENDING" || review.author === mine,
  );
  return paged(
    call,
    reviews.map((review) => showReview(call.show, review)),
  );
}

async function postReview(call: RepositoryCall): Promise<Reply> {
  const pull = thePull(call);
  const comments = (call.body["comments"] ?? []) as Json[];
  const event = call.body["event"];
  const request = {
    commitId: stringOf(call.body["commit_id"]) ?? pull.headSha,
    body: stringOf(call.body["body"]) ?? "",
    event: isEvent(event) ? event : undefined,
    comments: comments.map((one) => ({ ...placeOf(one), body: stringOf(one["body"]) ?? "" })),
  };
  return ok(showReview(call.show, await createReview(call.world, pull, request, accountOf(call))));
}

const isEvent = (text: unknown): text is "APPROVE" | "REQUEST_CHANGES" | "COMMENT" =>
  text === "APPROVE" || text === "REQUEST_CHANGES" || text === "COMMENT";

const stringOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined;

const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" ? value : undefined;

const placeOf = (body: Json): PlaceRequest => ({
  path: stringOf(body["path"]) ?? "",
  subject: stringOf(body["subject_type"]),
  position: numberOf(body["position"]),
  line: numberOf(body["line"]),
  side: stringOf(body["side"]),
  startLine: numberOf(body["start_line"]),
  startSide: stringOf(body["start_side"]),
});

async function listReviewComments(call: RepositoryCall): Promise<Reply> {
  const pull = thePull(call);
  const review = pull.reviews.find(({ id }) => id === Number(call.params["review_id"]));
  const isHidden = review?.state === "PENDING" && review.author !== call.actor.account;
  if (!review || isHidden) throw notFound();
  const comments = pull.threads
    .flatMap((thread) => thread.comments)
    .filter((comment) => comment.review === review)
    .sort((a, b) => a.id - b.id);
  return paged(call, await showAll(call, comments));
}

const showAll = async (
  call: RepositoryCall,
  comments: readonly ReviewComment[],
): Promise<Json[]> => {
  const shown: Json[] = [];
  for (const comment of comments) shown.push(await showReviewComment(call.show, comment));
  return shown;
};

async function listComments(call: RepositoryCall): Promise<Reply> {
  const byUpdate = call.query.get("sort") === "updated";
  const since = call.query.get("since");
  const comments = publicComments(thePull(call)).filter(
    ({ updatedAt }) => since === null || Date.parse(updatedAt) >= Date.parse(since),
  );
  if (byUpdate) comments.sort((a, b) => a.updatedAt.localeCompare(b.updatedAt) || a.id - b.id);
  if (call.query.get("direction") === "desc" && call.query.has("sort")) comments.reverse();
  return paged(call, await showAll(call, comments));
}

async function postComment(call: RepositoryCall): Promise<Reply> {
  const pull = thePull(call);
  const body = textOf(call.body, COMMENT);
  const target = numberOf(call.body["in_reply_to"]);
  if (target !== undefined) return await answerTo(call, pull, target, body);
  const place = placeOf(call.body);
  const hasLine = place.line !== undefined || place.position !== undefined;
  if (place.subject !== "file" && !hasLine) {
    throw new ApiError(
      422,
      'Invalid request.\n\nNo subschema in "oneOf" matched.\n"position" wasn\'t supplied.\n"in_reply_to" wasn\'t supplied.\n"line" wasn\'t supplied.',
    );
  }
  const commitId = stringOf(call.body["commit_id"]) ?? "";
  const request = { ...place, commitId, body };
  const comment = await createComment(call.world, pull, request, accountOf(call));
  return created(await showReviewComment(call.show, comment));
}

async function answerTo(
  call: RepositoryCall,
  pull: Pull,
  target: number,
  body: string,
): Promise<Reply> {
  const comment = publicComments(pull).find(({ id }) => id === target);
  if (!comment) throw notFound();
  const answer = reply(call.world, comment, body, accountOf(call));
  return created(await showReviewComment(call.show, answer));
}

async function postReply(call: RepositoryCall): Promise<Reply> {
  const body = textOf(call.body, COMMENT);
  return await answerTo(call, thePull(call), Number(call.params["comment_id"]), body);
}

function theComment(call: RepositoryCall): ReviewComment {
  const comment = call.world.reviewComments.get(Number(call.params["comment_id"]));
  const isHidden = comment?.review.state === "PENDING" && comment.author !== call.actor.account;
  if (!comment || isHidden || comment.thread.pull.base !== call.repository) throw notFound();
  return comment;
}

/** Authors change what they wrote; who has push rights changes everything. */
function assertMayEdit(call: RepositoryCall, repository: Repository, author: Account): void {
  const account = accountOf(call);
  if (account === author) return;
  const mayPush = call.actor.kind === "user" && reaches(permissionOf(repository, account), "write");
  if (!mayPush) throw new ApiError(403, "Resource not accessible by integration");
}

async function getComment(call: RepositoryCall): Promise<Reply> {
  return ok(await showReviewComment(call.show, theComment(call)));
}

async function patchComment(call: RepositoryCall): Promise<Reply> {
  const comment = theComment(call);
  assertMayEdit(call, call.repository, comment.author);
  editComment(call.world, comment, textOf(call.body, COMMENT), accountOf(call));
  return ok(await showReviewComment(call.show, comment));
}

function removeComment(call: RepositoryCall): Reply {
  const comment = theComment(call);
  assertMayEdit(call, call.repository, comment.author);
  deleteComment(call.world, comment, accountOf(call));
  return { status: 204 };
}

const appOf = (call: RepositoryCall, id: number | null) =>
  id === null ? null : (call.auth.apps.get(id) ?? null);

function listIssueComments(call: RepositoryCall): Reply {
  const since = call.query.get("since");
  const comments = thePull(call).comments.filter(
    ({ updatedAt }) => since === null || Date.parse(updatedAt) >= Date.parse(since),
  );
  const shown = comments.map((one) => showIssueComment(call.show, one, appOf(call, one.appId)));
  return paged(call, shown);
}

function postIssueComment(call: RepositoryCall): Reply {
  const body = textOf(call.body, "IssueComment");
  const appId = call.actor.app?.id ?? null;
  const pull = thePull(call);
  const comment = createIssueComment(call.world, pull, body, accountOf(call), appId);
  return created(showIssueComment(call.show, comment, appOf(call, appId)));
}

function patchIssueComment(call: RepositoryCall): Reply {
  const comment = call.world.issueComments.get(Number(call.params["comment_id"]));
  if (!comment || comment.pull.base !== call.repository) throw notFound();
  assertMayEdit(call, call.repository, comment.author);
  editIssueComment(call.world, comment, textOf(call.body, "IssueComment"), accountOf(call));
  return ok(showIssueComment(call.show, comment, appOf(call, comment.appId)));
}

const route = (
  needs: readonly string[],
  answer: (call: RepositoryCall) => Promise<Reply> | Reply,
  makesContent = false,
): Route => ({ kind: "repository", needs, answer, makesContent });

const PULLS = "/repos/{owner}/{repo}/pulls";
const ISSUES = "/repos/{owner}/{repo}/issues";

export const REVIEW_ROUTES: Record<string, Route> = {
  [`GET ${PULLS}/{pull_number}/reviews`]: route(PULL, listReviews),
  [`POST ${PULLS}/{pull_number}/reviews`]: route(PULL, postReview, true),
  [`GET ${PULLS}/{pull_number}/reviews/{review_id}/comments`]: route(PULL, listReviewComments),
  [`GET ${PULLS}/{pull_number}/comments`]: route(PULL, listComments),
  [`POST ${PULLS}/{pull_number}/comments`]: route(PULL, postComment, true),
  [`POST ${PULLS}/{pull_number}/comments/{comment_id}/replies`]: route(PULL, postReply, true),
  [`GET ${PULLS}/comments/{comment_id}`]: route(PULL, getComment),
  [`PATCH ${PULLS}/comments/{comment_id}`]: route(PULL, patchComment),
  [`DELETE ${PULLS}/comments/{comment_id}`]: route(PULL, removeComment),
  [`GET ${ISSUES}/{issue_number}/comments`]: route(CONVERSATION, listIssueComments),
  [`POST ${ISSUES}/{issue_number}/comments`]: route(CONVERSATION, postIssueComment, true),
  [`PATCH ${ISSUES}/comments/{comment_id}`]: route(CONVERSATION, patchIssueComment),
};
