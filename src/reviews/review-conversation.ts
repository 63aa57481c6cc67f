/** The conversation on a pull request: comments that speak to Redline come in, answers go out. */
import { followDeletion, followEdit } from "../conversation/followed-messages.ts";
import { transact } from "../conversation/transact.ts";
import type { NewMessage, User } from "../engine.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { excerptLine, oneLine } from "../one-line.ts";
import type { PullRequest, PullRequestComment, PullRequestHost, StreamRelay } from "../ports.ts";
import { ReviewRejected } from "../ports.ts";
import { findChange } from "../store/changes.ts";
import type { Sql } from "../store/database.ts";
import { violates } from "../store/database.ts";
import { markDelivered, putDelivery } from "../store/deliveries.ts";
import { insertSystemMessage } from "../store/messages.ts";
import { ensureAccount } from "../store/people.ts";
import type { HandledComment, OpenAnswer } from "../store/pull-request-comments.ts";
import {
  forgetMessage,
  listHandled,
  listOpenAnswers,
  putHandled,
  setHandledAt,
} from "../store/pull-request-comments.ts";
import type { Suggestion } from "./suggestion.ts";
import { findLinkedThread, insertLink } from "../store/thread-links.ts";
import { findThread, insertThread, lockThreads } from "../store/threads.ts";
import type { Remark } from "./remarks.ts";
import { formatMarker } from "./comment-marker.ts";
import { commentKey, readRemarks } from "./remarks.ts";
import { MOST_COMMENTS, ownMarker } from "./scene.ts";

export interface ReviewConversationDeps {
  sql: Sql;
  relay: StreamRelay;
  host: PullRequestHost;
  logger: Logger;
  post(threadId: string, message: NewMessage, by: User): Promise<{ messageId: string }>;
  reopen(threadId: string): Promise<unknown>;
  cancel(turnId: string): Promise<unknown>;
  /** Throws when another worker looks at the pull request by now: asked before each write. */
  assertHeld(): void;
  /** The body of the comment that shows an answer. */
  answerBody(answer: OpenAnswer): Promise<string>;
}

/** The pull request, and where it belongs. */
export interface ReviewedPull {
  rfcSlug: string;
  branchName: string;
  repository: string;
  pull: PullRequest;
}

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
    for (const remark of readRemarks({ ...given, handled, isWhole })) {
      await this.take(remark, given.comments);
    }
  }

  /** Shows the answers that are finished, and takes back what was shown twice. */
  async giveOut(comments: readonly PullRequestComment[]): Promise<void> {
    const { sql, host } = this.deps;
    for (const answer of await listOpenAnswers(sql, this.key, this.place)) {
      const { linkId, messageId } = answer;
      const known = comments.find((comment) => answerOf(comment) === messageId);
      await putDelivery(sql, linkId, messageId);
      const shown = known ?? (await this.show(answer));
      await markDelivered(sql, linkId, messageId, shown ? commentKey(shown) : "refused");
    }
    const seen = new Set<string>();
    for (const comment of comments) {
      const messageId = answerOf(comment);
      if (messageId !== null && seen.has(messageId)) {
        this.deps.assertHeld();
        await host.deleteComment(this.at.repository, comment);
      }
      if (messageId !== null) seen.add(messageId);
    }
  }

  /** Null where the host does not take the answer at all: the conversation in Redline has it. */
  private async show(answer: OpenAnswer): Promise<PullRequestComment | null> {
    const { logger } = this.deps;
    const body = await this.deps.answerBody(answer);
    try {
      return await this.say(answer.replyTo, body);
    } catch (error) {
      if (!(error instanceof ReviewRejected)) throw error;
      logger.error(
        { err: error, messageId: answer.messageId },
        "an answer was refused by the host",
      );
      return null;
    }
  }

  /** In the review thread, or below the pull request where that is gone. */
  private async say(replyTo_: string | null, body: string): Promise<PullRequestComment> {
    const { host, assertHeld } = this.deps;
    const { repository, pull } = this.at;
    assertHeld();
    if (replyTo_ !== null) {
      try {
        return await host.postReply(repository, pull.number, replyTo_, body);
      } catch (error) {
        const isGone = error instanceof UserError && error.type === "not-found";
        if (!isGone && !(error instanceof ReviewRejected)) throw error;
      }
    }
    return host.postConversationComment(repository, pull.number, body);
  }

  private async take(remark: Remark, comments: readonly PullRequestComment[]): Promise<void> {
    switch (remark.kind) {
      case "message":
        return this.takeMessage(remark, comments);
      case "reply":
        return this.tellReply(remark);
      case "edited":
        return this.takeEdit(remark);
      case "deleted":
        return this.takeDeletion(remark);
    }
  }

  private async takeMessage(
    { comment, text, quote, changeId }: Remark & { kind: "message" },
    comments: readonly PullRequestComment[],
  ): Promise<void> {
    const { sql } = this.deps;
    const by = await ensureAccount(sql, comment.author);
    const threadId = await this.reviewThread(by);
    const commentId = commentKey(comment);
    // The key makes the message one, should this end before it is noted.
    const dedupKey = `github:${commentId}`;
    let messageId: string | null = null;
    try {
      const message = { text, dedupKey, ...(quote !== null && { quote }) };
      ({ messageId } = await this.deps.post(threadId, message, by));
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
    this.deps.logger.warn({ err: why, comment: comment.id }, "a comment cannot be a message");
    const key = commentKey(comment).replace(":", ".");
    const isSaid = comments.some((one) => {
      const marker = ownMarker(one);
      return marker?.kind === "notice" && marker.key === key;
    });
    if (isSaid) return;
    const body = `${why.message}\n\n${formatMarker({ kind: "notice", key })}`;
    await this.say(replyTo(comment), body);
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

  private get place(): string {
    return `${this.at.repository.toLowerCase()}#${this.at.pull.number}`;
  }

  private reviewThreadId(): Promise<string | null> {
    return findLinkedThread(this.deps.sql, this.linked);
  }

  private get linked() {
    return { platform: "github", workspaceId: "", place: this.place };
  }

  /** The open review thread of the pull request, made with its first message. */
  private async reviewThread(by: User): Promise<string> {
    const { sql } = this.deps;
    const known = await this.reviewThreadId();
    if (known !== null) {
      const thread = await findThread(sql, known);
      if (thread?.state === "closed") await this.deps.reopen(known);
      return known;
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
        await insertLink(tx, thread.id, this.linked);
        return thread.id;
      });
    } catch (error) {
      if (!violates(error, "thread_links_platform_workspace_id_place_key")) throw error;
      return this.reviewThread(by);
    }
  }
}

/** In a review thread the answer goes to its first comment; GitHub takes no reply to a reply. */
function replyTo(comment: PullRequestComment): string | null {
  return comment.kind === "conversation" ? null : (comment.inReplyTo ?? comment.id);
}

function describeReply(comment: PullRequestComment, changeNumber: number): string {
  const shown = excerptLine(comment.body, MOST_QUOTED);
  return `${comment.author.login} replied on GitHub to the suggestion for change #${changeNumber}: “${shown}” (${comment.url})`;
}

/** The message that a comment of Redline's own shows. */
function answerOf(comment: PullRequestComment): string | null {
  const marker = ownMarker(comment);
  return marker?.kind === "answer" ? marker.messageId : null;
}
