/**
 * The conversation on a pull request: comments that speak to Redline come in, answers go out. Where it is held in
 * chat, too, so do the comments of people to each other, and what is written there.
 */
import { followDeletion, followEdit } from "../conversation/followed-messages.ts";
import { transact } from "../conversation/transact.ts";
import type { NewMessage, User } from "../engine.ts";
import { UserError } from "../errors.ts";
import { excerptLine, oneLine } from "../one-line.ts";
import type { PullRequestComment, StreamRelay } from "../ports.ts";
import { findChange } from "../store/changes.ts";
import { violates } from "../store/database.ts";
import { insertSystemMessage } from "../store/messages.ts";
import { ensureAccount } from "../store/people.ts";
import type { HandledComment } from "../store/pull-request-comments.ts";
import {
  forgetMessage,
  listHandled,
  putHandled,
  setHandledAt,
} from "../store/pull-request-comments.ts";
import type { Suggestion } from "./suggestion.ts";
import type { ReviewLink } from "../store/thread-links.ts";
import { findReviewLink, insertLink } from "../store/thread-links.ts";
import { insertThread, lockThreads } from "../store/threads.ts";
import type { GivingDeps, ReviewedPull } from "./giving-out.ts";
import { giveOut, placeOf, say } from "./giving-out.ts";
import type { Remark } from "./remarks.ts";
import { formatMarker } from "./comment-marker.ts";
import { commentKey, readRemarks } from "./remarks.ts";
import { MOST_COMMENTS, ownMarker } from "./scene.ts";

export interface ReviewConversationDeps extends GivingDeps {
  relay: StreamRelay;
  post(threadId: string, message: NewMessage, by: User): Promise<{ messageId: string }>;
  /** Keeps what people say to each other. */
  record(threadId: string, message: NewMessage, by: User): Promise<{ messageId: string }>;
  reopen(threadId: string): Promise<unknown>;
  cancel(turnId: string): Promise<unknown>;
}

/** What becomes a message. */
type Heard = Pick<Remark & { kind: "message" }, "comment" | "text" | "quote" | "changeId"> & {
  kind: "message" | "said";
};

/** Of somebody's words in a system message; the rest is behind the link. */
const MOST_QUOTED = 300;

export class ReviewConversation {
  private readonly deps: ReviewConversationDeps;
  private readonly at: ReviewedPull;

  constructor(deps: ReviewConversationDeps, at: ReviewedPull) {
    this.deps = deps;
    this.at = at;
  }

  /** Takes in what people wrote since the last look. */
  async takeIn(given: {
    comments: readonly PullRequestComment[];
    suggestions: readonly Suggestion[];
    names: readonly string[];
    since: Date;
    document: { path: string; text: string } | null;
  }): Promise<void> {
    const handled = await listHandled(this.deps.sql, this.key);
    const isWhole = given.comments.length < MOST_COMMENTS;
    const link = await this.ownLink();
    const joinedAt = link?.isThreadOpen && link.joinedAt ? toSecond(link.joinedAt) : null;
    for (const remark of readRemarks({ ...given, joinedAt, handled, isWhole })) {
      await this.take(remark, given.comments);
    }
  }

  /** Shows what belongs there, and takes back what was shown twice. */
  async giveOut(comments: readonly PullRequestComment[]): Promise<void> {
    const isWhole = comments.length < MOST_COMMENTS;
    await giveOut(this.deps, this.at, { comments, isWhole, link: await this.ownLink() });
  }

  private async take(remark: Remark, comments: readonly PullRequestComment[]): Promise<void> {
    switch (remark.kind) {
      case "message":
        return this.takeMessage(remark, comments);
      case "said":
        return this.takeMessage({ ...remark, changeId: null }, comments);
      case "reply":
        return this.tellReply(remark);
      case "edited":
        return this.takeEdit(remark);
      case "deleted":
        return this.takeDeletion(remark);
    }
  }

  private async takeMessage(
    { kind, comment, text, quote, changeId }: Heard,
    comments: readonly PullRequestComment[],
  ): Promise<void> {
    const { sql } = this.deps;
    const by = await ensureAccount(sql, comment.author);
    const { threadId, linkId } = await this.reviewThread(by);
    const commentId = commentKey(comment);
    // The key makes the message one, should this end before it is noted.
    const dedupKey = `github:${commentId}`;
    let messageId: string | null = null;
    try {
      const message = { text, dedupKey, saidIn: linkId, ...(quote !== null && { quote }) };
      const keep = kind === "said" ? this.deps.record : this.deps.post;
      ({ messageId } = await keep(threadId, message, by));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      await this.refuse(comment, error, comments);
    }
    const { updatedAt } = comment;
    const handled = { commentId, messageId, replyTo: replyTo(comment), updatedAt };
    await this.settle(handled, comment, changeId);
  }

  /** Records that a comment is dealt with; a reply to a suggestion is told where that comes from. */
  private async settle(
    handled: HandledComment,
    comment: PullRequestComment,
    changeId: string | null,
  ): Promise<void> {
    const { sql, relay } = this.deps;
    const change = changeId === null ? null : await findChange(sql, changeId);
    await transact(sql, relay, async (tx, emit) => {
      if (change) await lockThreads(tx, [change.threadId]);
      if (!(await putHandled(tx, this.key, handled)) || !change) return;
      const note = describeReply(comment, change.number);
      const messageId = await insertSystemMessage(tx, change.threadId, note);
      await emit(change.threadId, { kind: "message", messageId, role: "system" });
    });
  }

  /** Says why a comment is not answered, once. */
  private async refuse(
    comment: PullRequestComment,
    why: UserError,
    comments: readonly PullRequestComment[],
  ): Promise<void> {
    this.deps.logger.warn({ err: why, commentId: comment.id }, "a comment cannot be a message");
    const key = commentKey(comment).replace(":", ".");
    const isSaid = comments.some((one) => {
      const marker = ownMarker(one);
      return marker?.kind === "notice" && marker.key === key;
    });
    if (isSaid) return;
    const body = `${why.message}\n\n${formatMarker({ kind: "notice", key })}`;
    await say(this.deps, this.at, replyTo(comment), body);
  }

  private tellReply({ comment, changeId }: Remark & { kind: "reply" }): Promise<void> {
    const { updatedAt } = comment;
    const handled = { commentId: commentKey(comment), messageId: null, replyTo: null, updatedAt };
    return this.settle(handled, comment, changeId);
  }

  private takeEdit({ comment, messageId, text }: Remark & { kind: "edited" }): Promise<void> {
    return followEdit(this.deps, messageId, { text }, (tx) =>
      setHandledAt(tx, this.key, commentKey(comment), comment.updatedAt),
    );
  }

  private takeDeletion({ commentId, messageId }: Remark & { kind: "deleted" }): Promise<void> {
    return followDeletion(this.deps, messageId, (tx) => forgetMessage(tx, this.key, commentId));
  }

  private get key(): { rfcSlug: string; prNumber: number } {
    return { rfcSlug: this.at.rfcSlug, prNumber: this.at.pull.number };
  }

  /** Of the RFC's own review thread; another's on the same pull request is none of this. */
  private async ownLink(): Promise<ReviewLink | null> {
    const link = await findReviewLink(this.deps.sql, this.linked);
    return link?.rfcSlug === this.at.rfcSlug ? link : null;
  }

  private get linked() {
    return { platform: "github", workspaceId: "", place: placeOf(this.at) };
  }

  /** The open review thread of the pull request, made with its first message. */
  private async reviewThread(by: User): Promise<{ threadId: string; linkId: string }> {
    const { sql } = this.deps;
    const known = await findReviewLink(sql, this.linked);
    if (known) {
      const { id, threadId, isThreadOpen } = known;
      if (!isThreadOpen) await this.deps.reopen(threadId);
      return { threadId, linkId: id };
    }
    const { rfcSlug, branchName, pull } = this.at;
    try {
      return await sql.begin(async (tx) => {
        const thread = await insertThread(tx, {
          rfcSlug,
          branchName,
          kind: "review",
          title: `#${pull.number} ${oneLine(pull.title)}`.slice(0, 200).toWellFormed(),
          anchor: null,
          createdBy: by.id,
        });
        return { threadId: thread.id, linkId: await insertLink(tx, thread.id, this.linked) };
      });
    } catch (error) {
      if (!violates(error, "thread_links_platform_workspace_id_place_key")) throw error;
      return this.reviewThread(by);
    }
  }
}

/** GitHub's times are whole seconds. */
function toSecond(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}

/** In a review thread the answer goes to its first comment; GitHub takes no reply to a reply. */
function replyTo(comment: PullRequestComment): string | null {
  return comment.kind === "conversation" ? null : (comment.inReplyTo ?? comment.id);
}

function describeReply(comment: PullRequestComment, changeNumber: number): string {
  const shown = excerptLine(comment.body, MOST_QUOTED);
  return `${comment.author.login} replied on GitHub to the suggestion for change #${changeNumber}: “${shown}” (${comment.url})`;
}
