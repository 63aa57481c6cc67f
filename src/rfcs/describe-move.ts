import type { Change } from "../changes/change.ts";
import type { RebaseOutcome } from "../changes/rebase.ts";
import { excerptLine, oneLine } from "../one-line.ts";
import type { CommitInfo } from "../ports.ts";

/** Commits and changes named in one message; the rest is counted. */
const MAX_NAMED = 5;
const MAX_SUBJECT = 100;

/** A change that people are told of. */
interface MovedChange {
  change: Change;
  outcome: RebaseOutcome;
  /** What brought it into the document, where that is known. */
  commit?: CommitInfo | null;
}

/**
 * What a thread is told when the branch moves: edits from outside, and what became of its changes. Null when
 * there is nothing to tell: commits of accepted changes speak for themselves. Without `headSha` the branch
 * stays, and changes that were behind it are brought to it. Pure.
 */
export function describeMove(
  commits: readonly CommitInfo[],
  moved: readonly MovedChange[],
  headSha: string | null,
  tellOutside: boolean,
): string | null {
  const outside = commits.filter((commit) => commit.touchesPath && commit.changeIds.length === 0);
  const parts: string[] = [];
  if (tellOutside || moved.length > 0) {
    if (outside.length > 0)
      parts.push(`The document was edited outside of Redline: ${nameCommits(outside)}.`);
    // A forced push or a branch that was made anew: no commits in between to name.
    else if (commits.length === 0 && headSha !== null)
      parts.push(`The branch was moved to ${headSha.slice(0, 7)} from outside.`);
  }
  parts.push(...moved.slice(0, MAX_NAMED).map(describeChange));
  if (moved.length > MAX_NAMED) parts.push(`And so for ${moved.length - MAX_NAMED} more changes.`);
  return parts.length > 0 ? parts.join(" ") : null;
}

function nameCommits(commits: readonly CommitInfo[]): string {
  const named = commits.slice(-MAX_NAMED).map(({ sha, subject, authorName }) => {
    return `${sha.slice(0, 7)} “${excerptLine(subject, MAX_SUBJECT)}” by ${oneLine(authorName)}`;
  });
  const rest = commits.length - named.length;
  return named.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

function describeChange({ change, outcome, commit }: MovedChange): string {
  const name = `Change #${change.number}`;
  switch (outcome.kind) {
    case "applied":
      return `${name} is in the document now${commit ? ` (${nameApplier(commit)})` : ""} and counts as accepted.`;
    case "fresh":
      return `${name} stands in the document again.`;
    case "rebased":
      return `${name} was merged with that edit; look at it and confirm it.`;
    case "conflict":
      return `${name} conflicts with that edit; have it drafted again.`;
    case "moved":
      return `The passage of change #${change.number} has moved; confirm its new place.`;
    case "stale":
      return `${name} is stale: its passage is no longer in the document.`;
  }
}

function nameApplier({ sha, author, authorName }: CommitInfo): string {
  return `commit ${sha.slice(0, 7)} by ${oneLine(author?.login ?? authorName)}`;
}
