/** What people's comments on a pull request mean for its conversations. Pure. */
import type { PullRequestComment } from "../ports.ts";
import type { HandledComment } from "../store/pull-request-comments.ts";
import { parseMarker } from "./comment-marker.ts";
import { ownMarker } from "./scene.ts";
import type { Suggestion } from "./suggestion.ts";

export type Remark =
  /** Speaks to Redline: a message of the review thread. `changeId` as of a reply, which it may be too. */
  | {
      kind: "message";
      comment: PullRequestComment;
      text: string;
      quote: string | null;
      changeId: string | null;
    }
  /** Said to others, while its conversation is held in chat, too: the people there read it. */
  | { kind: "said"; comment: PullRequestComment; text: string; quote: string | null }
  /** Answers a suggestion: the change's own thread is told. */
  | { kind: "reply"; comment: PullRequestComment; changeId: string }
  | { kind: "edited"; comment: PullRequestComment; messageId: string; text: string }
  | { kind: "deleted"; commentId: string; messageId: string };

export interface RemarkInput {
  comments: readonly PullRequestComment[];
  /** Whether `comments` are all there are: only then is a missing one deleted. */
  isWhole: boolean;
  handled: ReadonlyMap<string, HandledComment>;
  suggestions: readonly Suggestion[];
  /** Names that address Redline, in small letters. */
  names: readonly string[];
  /** Comments from before this are nobody's question to Redline. */
  since: Date;
  /** From when on all of the conversation is taken in; null where only what speaks to Redline is. */
  joinedAt: Date | null;
  /** The document at the head, to quote the lines that a comment is about. */
  document: { path: string; text: string } | null;
}

/** The two kinds of comments are numbered apart. */
export function commentKey({ kind, id }: Pick<PullRequestComment, "kind" | "id">): string {
  return `${kind === "conversation" ? "conversation" : "review"}:${id}`;
}

/** In the order in which they were written. */
export function readRemarks(input: RemarkInput): Remark[] {
  const remarks = input.comments.flatMap((comment) => readComment(input, comment));
  if (!input.isWhole) return remarks;
  const present = new Set(input.comments.map(commentKey));
  for (const { commentId, messageId } of input.handled.values()) {
    if (messageId === null || present.has(commentId)) continue;
    remarks.push({ kind: "deleted", commentId, messageId });
  }
  return remarks;
}

function readComment(input: RemarkInput, comment: PullRequestComment): Remark[] {
  // What programs write is never a question, or two of them would talk for ever. The account of a token may
  // be a person's as well.
  if (comment.author.login.endsWith("[bot]") || ownMarker(comment)) return [];
  const handled = input.handled.get(commentKey(comment));
  if (handled && comment.updatedAt <= handled.updatedAt) return [];
  if (handled?.messageId) {
    const { text } = split(comment.body, input.names);
    return [{ kind: "edited", comment, messageId: handled.messageId, text }];
  }
  if (comment.createdAt < input.since) return [];
  const answered = input.suggestions.find(
    ({ form, commentId }) =>
      form !== "conversation" && commentId !== null && commentId === comment.inReplyTo,
  );
  if (mentions(comment.body, input.names)) {
    const { text, quote } = split(comment.body, input.names);
    const changeId = handled ? null : (answered?.changeId ?? null);
    return [{ kind: "message", comment, text, changeId, quote: quote ?? linesOf(input, comment) }];
  }
  if (answered && !handled) return [{ kind: "reply", comment, changeId: answered.changeId }];
  // Another Redline may show its conversation here by the account of a person.
  const isSaid =
    comment.kind === "conversation" &&
    comment.body.trim() !== "" &&
    parseMarker(comment.body) === null;
  const isSince = input.joinedAt !== null && comment.createdAt >= input.joinedAt;
  return isSaid && isSince ? [{ kind: "said", comment, ...split(comment.body, []) }] : [];
}

const FENCE = /^ {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$/s;
/** Code spans within a paragraph, and comments; one that stands alone reaches to the end. */
const NOT_SAID =
  /(?<!`)(`+)(?!`)(?:(?!\n[ \t]*\n)[^])*?(?<!`)\1(?!`)|<!--[^]*?-->|^ {0,3}<!--[^]*/gm;
/** Behind the last end of a comment these are text; looking from each for an end takes the length squared. */
const OPEN = /(?<!^ {0,3})<!--/gm;

/** The body without quoted lines, code and what is hidden, in which a mention addresses nobody. */
function spoken(body: string): string {
  let closing: RegExp | null = null;
  const lines = body.split(/\r\n?|\n/).map((line) => {
    if (closing !== null) {
      if (closing.test(line)) closing = null;
      return "";
    }
    const fence = FENCE.exec(line);
    const mark = fence?.[1] ?? fence?.[2];
    if (mark === undefined) return /^\s*>/.test(line) ? "" : line;
    closing = new RegExp(`^ {0,3}${mark.charAt(0)}{${mark.length},}[ \\t]*$`);
    return "";
  });
  const text = lines.join("\n");
  const closed = text.lastIndexOf("-->") + 1;
  return (text.slice(0, closed) + text.slice(closed).replace(OPEN, "")).replace(NOT_SAID, " ");
}

function mentions(body: string, names: readonly string[]): boolean {
  return names.some((name) => mentionOf(name).test(spoken(body)));
}

/** As GitHub reads it: not within a word, an address, a longer name or that of a team. */
function mentionOf(name: string): RegExp {
  return new RegExp(`(?<![\\w@/.-])@${escape(name)}(?![\\w-]|/\\w)`, "i");
}

function escape(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Quoted lines at the beginning are the quote; a mention before the text is only the address. */
function split(body: string, names: readonly string[]): { text: string; quote: string | null } {
  const lines = body.replace(/\r\n?/g, "\n").split("\n");
  const first = lines.findIndex((line) => !/^\s*>/.test(line) && line.trim() !== "");
  const head = first > 0 ? lines.slice(0, first) : [];
  const quoted = head
    .filter((line) => /^\s*>/.test(line))
    .map((line) => line.replace(/^\s*> ?/, ""));
  const said = lines.slice(head.length).join("\n").trim();
  let text = said;
  for (const name of names) {
    const address = new RegExp(`^${mentionOf(name).source}(?:\\[bot\\])?[,:]?\\s*`, "i");
    text = text.replace(address, "");
  }
  return { text: text || said || body.trim(), quote: quoted.length > 0 ? quoted.join("\n") : null };
}

/** The document's lines that a review comment stands on. */
function linesOf({ document }: RemarkInput, comment: PullRequestComment): string | null {
  if (!document || comment.line === null || comment.path !== document.path) return null;
  const lines = document.text.split(/\r?\n/);
  const text = lines.slice((comment.startLine ?? comment.line) - 1, comment.line).join("\n");
  return text.trim() === "" ? null : text;
}
