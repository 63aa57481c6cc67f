/** A suggestion applied on the page of its pull request, as GitHub does it. */
import { Parser } from "commonmark";

import type { Account, ReviewComment } from "./model.ts";
import { nameOfPull } from "./pulls.ts";
import { standingOf } from "./positions.ts";
import { setResolved } from "./review-actions.ts";
import { WEB_FLOW } from "./world.ts";
import type { World } from "./world.ts";

/** The text of the first suggestion block of a comment; null where it has none. */
export function suggestionOf(body: string): string | null {
  const walker = new Parser().parse(body).walker();
  for (let step = walker.next(); step; step = walker.next()) {
    const { node, entering } = step;
    if (!entering || node.type !== "code_block") continue;
    if (/^suggestion(\s|$)/.test(node.info ?? "")) return node.literal ?? "";
  }
  return null;
}

/**
 * A file's text with whole lines replaced. A suggestion is text of a browser's form: its line endings become
 * those of the file, which are CRLF where it has any. An empty one deletes the lines. Whether the last line
 * ends with a line feed stays as it was.
 */
function replaceLines(text: string, startLine: number, line: number, suggestion: string): string {
  const lineEnding = text.includes("\r\n") ? "\r\n" : "\n";
  const endsOpen = !text.endsWith("\n");
  const lines = text.replace(/\r\n/g, "\n").replace(/\n$/, "").split("\n");
  const replacement = suggestion === "" ? [] : suggestion.replace(/\n$/, "").split("\n");
  lines.splice(startLine - 1, line - startLine + 1, ...replacement);
  if (lines.length === 0) return "";
  return lines.join(lineEnding) + (endsOpen ? "" : lineEnding);
}

/**
 * Commits the suggestion to the head branch in the name of `by`, credits the comment's author, and resolves
 * the thread. Returns the commit. @throws Error for what GitHub's button does not offer
 */
export async function applySuggestion(
  world: World,
  comment: ReviewComment,
  by: Account,
): Promise<string> {
  const { thread } = comment;
  const { pull, anchor } = thread;
  const refuse = (why: string): Error =>
    new Error(`${nameOfPull(pull)}: this suggestion cannot be applied: ${why}`);
  if (pull.state !== "open" || !pull.head) throw refuse("the pull request is not open");
  if (thread.isResolved) throw refuse("the conversation is resolved");
  if (anchor.subject === "file") throw refuse("it is a comment on a file");
  if (anchor.side === "LEFT") throw refuse("it is on deleted lines");
  const { line, startLine } = await standingOf(pull, anchor);
  if (line === null) throw refuse("it is outdated");
  const suggestion = suggestionOf(comment.body);
  if (suggestion === null) throw refuse("the comment has no suggestion");
  const { store } = pull.head;
  const entry = await store.entry(pull.headSha, anchor.path);
  if (!entry) throw refuse("the file is gone");
  const text = (await store.blob(entry.sha)).toString("utf8");
  const next = replaceLines(text, startLine ?? line, line, suggestion);
  if (next === text) throw refuse("it changes nothing");
  const credit = `Co-authored-by: ${comment.author.name} <${comment.author.email}>`;
  const isOwn = comment.author === by;
  const sha = await world.commit(
    pull.head,
    pull.headBranch,
    { [anchor.path]: next },
    {
      message: `Update ${anchor.path}${isOwn ? "" : `\n\n${credit}`}`,
      author: by,
      committer: WEB_FLOW,
      sender: by,
      verified: true,
    },
  );
  setResolved(world, thread, by, true);
  return sha;
}
