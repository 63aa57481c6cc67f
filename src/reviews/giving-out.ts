/** What the conversation shows on a pull request: answers, and what people wrote in its other places. */
import { originLabel, remarkWords } from "../deliveries/remark-text.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { PullRequest, PullRequestComment, PullRequestHost } from "../ports.ts";
import { ReviewRejected } from "../ports.ts";
import type { Sql } from "../store/database.ts";
import { ensureDelivery, markDelivered, putDelivery, updateDelivery } from "../store/deliveries.ts";
import type { OpenAnswer } from "../store/pull-request-comments.ts";
import { listOpenAnswers, openAnswerSeq } from "../store/pull-request-comments.ts";
import type { Remark } from "../store/remarks.ts";
import { listRemarks, settleRemark } from "../store/remarks.ts";
import type { ReviewLink } from "../store/thread-links.ts";
import type { Link } from "./phrases.ts";
import { personName } from "./phrases.ts";
import { commentKey } from "./remarks.ts";
import { remarkBody } from "./report-body.ts";
import { ownMarker } from "./scene.ts";

export interface GivingDeps {
  sql: Sql;
  host: PullRequestHost;
  logger: Logger;
  /** Throws when another worker looks at the pull request by now: asked before each write. */
  assertHeld(): void;
  /** The body of the comment that shows an answer. */
  answerBody(answer: OpenAnswer): Promise<string>;
  /** The conversation in the console. */
  discussedIn(threadId: string): Link;
}

/** The pull request, and where it belongs. */
export interface ReviewedPull {
  rfcSlug: string;
  branchName: string;
  repository: string;
  pull: PullRequest;
}

/** A pull request as the place of its review thread. */
export function placeOf({ repository, pull }: Pick<ReviewedPull, "repository" | "pull">): string {
  return `${repository.toLowerCase()}#${pull.number}`;
}

/** What was refused is not tried again: the conversation in Redline has it. */
const REFUSED = "refused";

type Shown =
  | { kind: "answer"; seq: number; answer: OpenAnswer }
  | { kind: "remark"; seq: number; remark: Remark };

/**
 * Shows what belongs there, in order, and takes back what was shown twice. `comments` are those that were read
 * since this worker looks at the pull request.
 */
export async function giveOut(
  deps: GivingDeps,
  at: ReviewedPull,
  { comments, isWhole, link }: Given & { link: ReviewLink | null },
): Promise<void> {
  const { sql } = deps;
  const key = { rfcSlug: at.rfcSlug, prNumber: at.pull.number };
  // In this order: what came in between is left to the next look, so that nothing stands before what it follows.
  const open = link && (await openAnswerSeq(sql, link.threadId));
  const answers = await listOpenAnswers(sql, key, placeOf(at));
  const remarks = link ? await listRemarks(sql, { linkId: link.id }) : [];
  const isDue = (seq: number): boolean => {
    return link?.joinedAt == null || (seq <= link.newestSeq && (open === null || seq < open));
  };
  const shown: Shown[] = [
    ...answers.map((answer) => ({ kind: "answer" as const, seq: answer.seq, answer })),
    ...remarks
      .filter(({ shownAs }) => shownAs !== null || link!.joinedAt !== null)
      .map((remark) => ({ kind: "remark" as const, seq: remark.seq, remark })),
  ];
  for (const item of shown.toSorted((a, b) => a.seq - b.seq)) {
    if (item.kind === "answer" && isDue(item.seq)) {
      await showAnswer(deps, at, item.answer, comments);
    } else if (item.kind === "remark" && (item.remark.shownAs !== null || isDue(item.seq))) {
      await showRemark(deps, at, { link: link!, remark: item.remark, comments, isWhole });
    }
  }
  await removeDoubles(deps, at, comments);
}

interface Given {
  comments: readonly PullRequestComment[];
  /** Whether these are all there are. */
  isWhole: boolean;
}

async function showAnswer(
  deps: GivingDeps,
  at: ReviewedPull,
  answer: OpenAnswer,
  comments: readonly PullRequestComment[],
): Promise<void> {
  const { sql } = deps;
  const { linkId, messageId } = answer;
  await putDelivery(sql, linkId, messageId);
  const known = comments.find((comment) => messageOf(comment) === messageId);
  const make = async () => say(deps, at, answer.replyTo, await deps.answerBody(answer));
  const shown = known ?? (await unlessRefused(deps, messageId, make));
  await markDelivered(sql, linkId, messageId, shown ? commentKey(shown) : REFUSED);
}

interface RemarkOnPull extends Given {
  link: ReviewLink;
  remark: Remark;
}

async function showRemark(
  deps: GivingDeps,
  at: ReviewedPull,
  { link, remark, comments, isWhole }: RemarkOnPull,
): Promise<void> {
  const { sql, host, assertHeld } = deps;
  const { repository } = at;
  const known = comments.find((comment) => messageOf(comment) === remark.id) ?? null;
  const subject = { kind: "remark" as const, subjectId: remark.id };
  if (remark.shownAs !== null && !known && !isWhole) return;
  const row = await ensureDelivery(sql, link.id, subject);
  if (remark.isDeleted) {
    assertHeld();
    if (known) await host.deleteComment(repository, known);
    return updateDelivery(sql, row.id, { state: "removed" });
  }
  const body = describeRemark(remark, deps.discussedIn(link.threadId));
  if (row.platformMessageId !== null && !known) {
    // Somebody does not want to see it.
    return updateDelivery(sql, row.id, { state: "removed" });
  }
  let shown: PullRequestComment | null = known;
  if (!known) shown = await unlessRefused(deps, remark.id, () => say(deps, at, null, body));
  else if (known.body !== body) {
    assertHeld();
    await host.editComment(repository, known, body);
  }
  const platformMessageId = shown ? commentKey(shown) : REFUSED;
  await updateDelivery(sql, row.id, { state: shown ? "sent" : "removed", platformMessageId });
  await settleRemark(sql, link.id, remark.id, remark.edition);
}

function describeRemark(remark: Remark, discussed: Link): string {
  return remarkBody({
    head: `**${personName(remark.author)}** (${originLabel(remark.origin)}):`,
    words: remarkWords(remark),
    discussed,
    marker: { kind: "answer", messageId: remark.id },
  });
}

/** Null where the host does not take it at all. */
async function unlessRefused<T>(
  { logger }: GivingDeps,
  messageId: string,
  make: () => Promise<T>,
): Promise<T | null> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof ReviewRejected)) throw error;
    logger.error({ err: error, messageId }, "a message was refused by the host");
    return null;
  }
}

/** In the review thread, or below the pull request where that is gone. */
export async function say(
  { host, assertHeld }: Pick<GivingDeps, "host" | "assertHeld">,
  { repository, pull }: Pick<ReviewedPull, "repository" | "pull">,
  replyTo: string | null,
  body: string,
): Promise<PullRequestComment> {
  assertHeld();
  if (replyTo !== null) {
    try {
      return await host.postReply(repository, pull.number, replyTo, body);
    } catch (error) {
      const isGone = error instanceof UserError && error.type === "not-found";
      if (!isGone && !(error instanceof ReviewRejected)) throw error;
    }
  }
  return host.postConversationComment(repository, pull.number, body);
}

async function removeDoubles(
  { host, assertHeld }: GivingDeps,
  { repository }: ReviewedPull,
  comments: readonly PullRequestComment[],
): Promise<void> {
  const seen = new Set<string>();
  for (const comment of comments) {
    const messageId = messageOf(comment);
    if (messageId !== null && seen.has(messageId)) {
      assertHeld();
      await host.deleteComment(repository, comment);
    }
    if (messageId !== null) seen.add(messageId);
  }
}

/** The message that a comment of Redline's own shows. */
function messageOf(comment: PullRequestComment): string | null {
  const marker = ownMarker(comment);
  return marker?.kind === "answer" ? marker.messageId : null;
}
