/** Carries out what a review's plan says, so that a crash anywhere is found and completed by the next look. */
import type { Logger } from "../log.ts";
import type { COUNTERS, LabelsOf, Metrics } from "../metrics.ts";
import { noMetrics } from "../metrics.ts";
import type {
  CommentRef,
  PullRequest,
  PullRequestComment,
  PullRequestHost,
  ReviewThread,
} from "../ports.ts";
import { UserError } from "../errors.ts";
import { ReviewRejected } from "../ports.ts";
import { withAddress } from "./links.ts";
import type { Sql } from "../store/database.ts";
import type { NewSuggestion } from "../store/suggestions.ts";
import { endSuggestion, markLive, putPosting, setSuggestionBody } from "../store/suggestions.ts";
import { parseMarker } from "./comment-marker.ts";
import type { Shape, Step } from "./plan.ts";

/** The most comments that GitHub takes in one review without trouble. */
const MAX_COMMENTS = 30;

/** Where the suggestions of one look go. */
export interface ReviewPlace {
  rfcSlug: string;
  repository: string;
  path: string;
  pull: PullRequest;
}

/** The branch has moved on since the plan was made; look again. */
export class HeadMoved extends Error {
  override readonly name = "HeadMoved";
}

type Post = Extract<Step, { kind: "post" }>;

export interface SuggestionDeskDeps {
  sql: Sql;
  host: PullRequestHost;
  logger: Logger;
  metrics?: Metrics;
  /** How a change is shown whose suggestion the host refuses. */
  fallback(changeId: string): Shape;
  /** Tells the console's address, for links. */
  publicUrl(): string;
  /** Throws when another worker looks at the pull request by now: asked before each write. */
  assertHeld(): void;
  /** The review's threads; asked for at most once a look. */
  threads(): Promise<ReviewThread[]>;
}

export class SuggestionDesk {
  private readonly deps: SuggestionDeskDeps;
  private readonly place: ReviewPlace;

  constructor(deps: SuggestionDeskDeps, place: ReviewPlace) {
    this.deps = deps;
    this.place = place;
  }

  /** @throws HeadMoved when the plan is about a head that is no more */
  async carryOut(steps: readonly Step[]): Promise<void> {
    const posts: Post[] = [];
    for (const step of steps) {
      if (step.kind === "post") posts.push(step);
      else await this.settle(step);
    }
    if (posts.length === 0) return;
    await putPosting(
      this.deps.sql,
      posts.map((post) => this.row(post, post.shape)),
    );
    const inReview = posts.filter((post) => post.shape.lines !== null);
    for (let at = 0; at < inReview.length; at += MAX_COMMENTS) {
      await this.postReview(inReview.slice(at, at + MAX_COMMENTS));
    }
    for (const post of posts.filter(({ shape }) => shape.lines === null))
      await this.postAlone(post);
  }

  private async settle(step: Exclude<Step, Post>): Promise<void> {
    const { sql, host } = this.deps;
    const { repository, pull } = this.place;
    this.deps.assertHeld();
    switch (step.kind) {
      case "adopt":
        return markLive(sql, keyOf(step.row), step.comment);
      case "drop":
        return endSuggestion(sql, step.row.id, "closed");
      case "lost":
        this.count("removed");
        return endSuggestion(sql, step.row.id, "removed");
      case "delete":
        return host.deleteComment(repository, step.comment);
      case "edit": {
        const { row, comment, body, headSha } = step;
        const edited = await this.edit(comment, body);
        this.count(edited === "done" ? "edited" : "removed");
        if (edited === "done") return setSuggestionBody(sql, row.id, { body, headSha });
        return endSuggestion(sql, row.id, edited === "gone" ? "removed" : "closed");
      }
      case "close": {
        const { row, comment, body, reason } = step;
        const edited = await this.edit(comment, body);
        if (edited !== "gone" && pull.state === "open") await this.putAside(comment, reason);
        return endSuggestion(sql, row.id, "closed", body);
      }
    }
  }

  /** Settles the thread of a comment, or folds it; neither is needed for it to be out of the way. */
  private async putAside(
    comment: CommentRef,
    reason: "OUTDATED" | "RESOLVED" | "DUPLICATE",
  ): Promise<void> {
    const { host, logger } = this.deps;
    const { repository } = this.place;
    try {
      if (comment.kind !== "conversation" && reason === "RESOLVED") {
        const threads = await this.deps.threads();
        const thread = threads.find(({ commentNodeId }) => commentNodeId === comment.nodeId);
        if (thread?.isResolved) return;
        if (thread && (await host.resolveThread(repository, thread.id))) {
          return this.count("resolved");
        }
      }
      if (await host.minimize(repository, comment, reason)) this.count("minimized");
    } catch (error) {
      this.count("failed");
      logger.warn(
        { err: error, commentId: comment.id },
        "a closed suggestion could not be put aside",
      );
    }
  }

  private count(outcome: LabelsOf<typeof COUNTERS.suggestions_total>["outcome"]): void {
    (this.deps.metrics ?? noMetrics).count("suggestions_total", { outcome });
  }

  private async postReview(posts: readonly Post[]): Promise<void> {
    const { host, assertHeld } = this.deps;
    assertHeld();
    const { repository, pull } = this.place;
    try {
      await this.keep(
        await host.postReview(repository, pull.number, {
          commitSha: pull.headSha,
          comments: posts.map((post) => this.lineComment(post)),
        }),
      );
    } catch (error) {
      if (!(error instanceof ReviewRejected)) throw error;
      await this.assertHead();
      if (posts.length === 1) return this.demote(posts[0]!, error);
      for (const post of posts) await this.postReview([post]);
    }
  }

  /** Shows a change in another way after the host refused its suggestion on this very head. */
  private async demote(post: Post, why: ReviewRejected): Promise<void> {
    const { sql, logger } = this.deps;
    this.count("rejected");
    logger.warn(
      { err: why, changeId: post.changeId },
      "a suggestion was refused; it is shown as a diff",
    );
    const shape = this.deps.fallback(post.changeId);
    await putPosting(sql, [this.row(post, shape)]);
    await this.postAlone({ ...post, shape });
  }

  private async postAlone(post: Post): Promise<void> {
    const { host, sql } = this.deps;
    const { repository, path, pull } = this.place;
    const body = this.bodyOf(post);
    this.deps.assertHeld();
    if (post.shape.form === "file") {
      try {
        const comment = { commitSha: pull.headSha, path, body };
        return await this.keep([await host.postFileComment(repository, pull.number, comment)]);
      } catch (error) {
        if (!(error instanceof ReviewRejected)) throw error;
        await this.assertHead();
        // The file is not in the diff after all.
        await putPosting(sql, [this.row(post, { ...post.shape, form: "conversation" })]);
      }
    }
    await this.keep([await host.postConversationComment(repository, pull.number, body)]);
  }

  private async keep(comments: readonly PullRequestComment[]): Promise<void> {
    for (const comment of comments) {
      const marker = parseMarker(comment.body);
      if (marker?.kind !== "change") continue;
      const { changeId, revision } = marker;
      const prNumber = this.place.pull.number;
      await markLive(this.deps.sql, { changeId, prNumber, revision }, comment);
      this.count("posted");
    }
  }

  private async assertHead(): Promise<void> {
    const { repository, pull } = this.place;
    const now = await this.deps.host.get(repository, pull.number);
    if (now.headSha !== pull.headSha || now.state !== pull.state) {
      throw new HeadMoved(`${repository}#${pull.number} is at ${now.headSha}`);
    }
  }

  private lineComment(post: Post) {
    const { path } = this.place;
    return { path, ...post.shape.lines!, body: this.bodyOf(post) };
  }

  private bodyOf({ shape, revision }: Post): string {
    return withAddress(shape.body(revision, this.place.pull.headSha), this.deps.publicUrl());
  }

  /** `foreign`: it is another account's, from before other credentials were given, and stays as it is. */
  private async edit(comment: CommentRef, body: string): Promise<"done" | "gone" | "foreign"> {
    const { host, logger } = this.deps;
    try {
      const shown = withAddress(body, this.deps.publicUrl());
      return (await host.editComment(this.place.repository, comment, shown)) ? "done" : "gone";
    } catch (error) {
      if (!(error instanceof UserError) || error.type !== "forbidden") throw error;
      logger.warn(
        { err: error, commentId: comment.id },
        "a comment of another account stays as it is",
      );
      return "foreign";
    }
  }

  private row({ changeId, revision }: Post, shape: Shape): NewSuggestion {
    const { rfcSlug, pull } = this.place;
    const { form } = shape;
    const body = shape.body(revision, pull.headSha);
    return {
      changeId,
      revision,
      rfcSlug,
      prNumber: pull.number,
      form,
      headSha: pull.headSha,
      body,
    };
  }
}

function keyOf(row: { changeId: string; prNumber: number; revision: number }) {
  return { changeId: row.changeId, prNumber: row.prNumber, revision: row.revision };
}
