/** What accounts do in the conversation of a pull request, over the API or on its pages. */
import { notFound, unprocessable, validationFailed } from "./api-error.ts";
import { timestamp } from "./model.ts";
import type {
  Account,
  Anchor,
  IssueComment,
  Pull,
  Review,
  ReviewComment,
  Thread,
} from "./model.ts";
import { anchorOf, isCommitOf } from "./positions.ts";
import type { PlaceRequest } from "./positions.ts";
import { isTooLong, TOO_LONG } from "./router.ts";
import type { World } from "./world.ts";

export interface ReviewRequest {
  commitId: string;
  body: string;
  /** Undefined leaves the review pending. */
  event: "APPROVE" | "REQUEST_CHANGES" | "COMMENT" | undefined;
  comments: readonly (PlaceRequest & { body: string })[];
}

const STATE = {
  APPROVE: "APPROVED",
  REQUEST_CHANGES: "CHANGES_REQUESTED",
  COMMENT: "COMMENTED",
} as const;

const PENDING_TWICE = "User can only have one pending review per pull request";

/**
 * All comments of a review or none. GitHub documents no number of comments; above 30 its answers become
 * unreliable, so the fake refuses what a client should not try.
 * @throws ApiError 422
 */
export async function createReview(
  world: World,
  pull: Pull,
  request: ReviewRequest,
  author: Account,
): Promise<Review> {
  if (!(await isCommitOf(pull, request.commitId))) {
    throw unprocessable("commit_id is not part of the pull request");
  }
  const errors: string[] = [];
  const { maxReviewComments } = world.sizes;
  if (request.comments.length > maxReviewComments) {
    errors.push(`A review may have at most ${maxReviewComments} comments`);
  }
  const anchors: Anchor[] = [];
  for (const comment of request.comments) {
    const anchor = await anchorOf(pull, request.commitId, comment);
    if ("message" in anchor) errors.push(sentence(anchor.message));
    else anchors.push(anchor);
    if (isTooLong(comment.body)) errors.push(`Comment ${TOO_LONG}`);
    if (comment.body.trim() === "") errors.push("Body can't be blank");
  }
  if (isTooLong(request.body)) errors.push(sentence(TOO_LONG));
  if (request.event !== undefined && !saysSomething(request)) errors.push("Body can't be blank");
  if (request.event === "APPROVE" && author === pull.author) {
    errors.push("Can not approve your own pull request");
  }
  if (request.event === "REQUEST_CHANGES" && author === pull.author) {
    errors.push("Can not request changes on your own pull request");
  }
  if (pendingOf(pull, author)) errors.push(PENDING_TWICE);
  if (errors.length > 0) throw unprocessable(...new Set(errors));
  const review = addReview(world, pull, author, request);
  for (const [index, anchor] of anchors.entries()) {
    addThread(world, review, anchor, request.comments[index]?.body ?? "");
  }
  return review;
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const saysSomething = (request: ReviewRequest): boolean =>
  request.event === "APPROVE" || request.comments.length > 0 || request.body.trim() !== "";

const pendingOf = (pull: Pull, author: Account): Review | undefined =>
  pull.reviews.find((review) => review.state === "PENDING" && review.author === author);

function addReview(
  world: World,
  pull: Pull,
  author: Account,
  request: Pick<ReviewRequest, "body" | "event" | "commitId">,
): Review {
  const id = world.nextLargeId();
  const review: Review = {
    id,
    nodeId: `PRR_kwDO${id}`,
    pull,
    author,
    body: request.body,
    state: request.event ? STATE[request.event] : "PENDING",
    commitId: request.commitId,
    submittedAt: request.event ? timestamp() : null,
  };
  pull.reviews.push(review);
  pull.updatedAt = timestamp();
  return review;
}

function addThread(world: World, review: Review, anchor: Anchor, body: string): ReviewComment {
  const thread: Thread = {
    nodeId: `PRRT_kwDO${world.nextId()}`,
    pull: review.pull,
    anchor,
    resolvedBy: null,
    isResolved: false,
    comments: [],
  };
  review.pull.threads.push(thread);
  world.threads.set(thread.nodeId, thread);
  return addToThread(world, thread, review, body, null);
}

function addToThread(
  world: World,
  thread: Thread,
  review: Review,
  body: string,
  inReplyTo: number | null,
): ReviewComment {
  const id = world.nextLargeId();
  const comment: ReviewComment = {
    id,
    nodeId: `PRRC_kwDO${id}`,
    thread,
    review,
    author: review.author,
    body,
    inReplyTo,
    minimized: null,
    createdAt: timestamp(),
    updatedAt: timestamp(),
  };
  thread.comments.push(comment);
  world.reviewComments.set(id, comment);
  if (review.state !== "PENDING") tell(world, "created", comment, comment.author);
  return comment;
}

function tell(
  world: World,
  action: string,
  comment: ReviewComment,
  sender: Account,
  extra?: Record<string, unknown>,
): void {
  const name = "pull_request_review_comment";
  const repository = comment.thread.pull.base;
  world.tell({ name, action, repository, comment, sender, ...(extra && { extra }) });
}

/** A comment with a review of its own. @throws ApiError 422 */
export async function createComment(
  world: World,
  pull: Pull,
  request: PlaceRequest & { commitId: string; body: string },
  author: Account,
): Promise<ReviewComment> {
  const resource = "PullRequestReviewComment";
  const { commitId } = request;
  if (!(await isCommitOf(pull, commitId))) {
    const text = "commit_id is not part of the pull request";
    throw validationFailed(resource, "commit_id", text);
  }
  const anchor = await anchorOf(pull, commitId, request);
  if ("message" in anchor) throw validationFailed(resource, anchor.field, anchor.message);
  refuseSecondPending(pull, author);
  const review = addReview(world, pull, author, { body: "", event: "COMMENT", commitId });
  return addThread(world, review, anchor, request.body);
}

function refuseSecondPending(pull: Pull, author: Account): void {
  if (!pendingOf(pull, author)) return;
  const text = "user_id can only have one pending review per pull request";
  throw validationFailed("PullRequestReview", "user_id", text);
}

/** @throws ApiError 404 | 422 */
export function reply(
  world: World,
  to: ReviewComment,
  body: string,
  author: Account,
): ReviewComment {
  const { thread } = to;
  if (to.inReplyTo !== null) {
    const text = "in_reply_to must be the first comment of its thread";
    throw validationFailed("PullRequestReviewComment", "in_reply_to", text);
  }
  refuseSecondPending(thread.pull, author);
  const commitId = thread.pull.headSha;
  const review = addReview(world, thread.pull, author, { body: "", event: "COMMENT", commitId });
  return addToThread(world, thread, review, body, to.id);
}

export function editComment(world: World, comment: ReviewComment, body: string, by: Account): void {
  const from = comment.body;
  comment.body = body;
  comment.updatedAt = timestamp();
  tell(world, "edited", comment, by, { changes: { body: { from } } });
}

/** A thread without comments is gone, and a review that said nothing else with it. */
export function deleteComment(world: World, comment: ReviewComment, by: Account): void {
  const { thread, review } = comment;
  const { pull } = thread;
  thread.comments = thread.comments.filter((one) => one !== comment);
  world.reviewComments.delete(comment.id);
  if (thread.comments.length === 0) {
    world.threads.delete(thread.nodeId);
    pull.threads = pull.threads.filter((one) => one !== thread);
  }
  const left = pull.threads.some(({ comments }) => comments.some((one) => one.review === review));
  if (!left && review.body === "" && review.state === "COMMENTED") {
    pull.reviews = pull.reviews.filter((one) => one !== review);
  }
  tell(world, "deleted", comment, by);
}

export function setResolved(world: World, thread: Thread, by: Account, isResolved: boolean): void {
  if (thread.isResolved === isResolved) return;
  thread.isResolved = isResolved;
  thread.resolvedBy = isResolved ? by : null;
  world.tell({
    name: "pull_request_review_thread",
    action: isResolved ? "resolved" : "unresolved",
    repository: thread.pull.base,
    thread,
    sender: by,
  });
}

/** Review comments that everybody sees, oldest first. */
export const publicComments = (pull: Pull): ReviewComment[] =>
  pull.threads
    .flatMap(({ comments }) => comments)
    .filter(({ review }) => review.state !== "PENDING")
    .sort((a, b) => a.id - b.id);

export function createIssueComment(
  world: World,
  pull: Pull,
  body: string,
  author: Account,
  appId: number | null,
): IssueComment {
  const id = world.nextLargeId();
  const comment: IssueComment = {
    id,
    nodeId: `IC_kwDO${id}`,
    pull,
    author,
    appId,
    body,
    minimized: null,
    createdAt: timestamp(),
    updatedAt: timestamp(),
  };
  pull.comments.push(comment);
  pull.updatedAt = comment.createdAt;
  world.issueComments.set(id, comment);
  tellIssue(world, "created", comment, author);
  return comment;
}

export function editIssueComment(
  world: World,
  comment: IssueComment,
  body: string,
  by: Account,
): void {
  const from = comment.body;
  comment.body = body;
  comment.updatedAt = timestamp();
  tellIssue(world, "edited", comment, by, { changes: { body: { from } } });
}

export function deleteIssueComment(world: World, comment: IssueComment, by: Account): void {
  comment.pull.comments = comment.pull.comments.filter((one) => one !== comment);
  world.issueComments.delete(comment.id);
  tellIssue(world, "deleted", comment, by);
}

function tellIssue(
  world: World,
  action: string,
  comment: IssueComment,
  sender: Account,
  extra?: Record<string, unknown>,
): void {
  const repository = comment.pull.base;
  const name = "issue_comment";
  world.tell({ name, action, repository, comment, sender, ...(extra && { extra }) });
}

/** @throws ApiError 404 */
export function pullOf(pulls: ReadonlyMap<number, Pull>, number: string): Pull {
  const pull = pulls.get(Number(number));
  if (!pull) throw notFound();
  return pull;
}
