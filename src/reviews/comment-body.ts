/**
 * What Redline writes on a pull request for a change. The block comes first, then what people and the model
 * wrote, then where it was discussed, and the marker last, so that none of them can be taken for another. A
 * body has at most 65,536 characters; addresses given may have up to 2,000, and the lines of a suggestion what
 * `mapSuggestion` lets pass. Pure.
 */
import type { Marker } from "./comment-marker.ts";
import { formatMarker } from "./comment-marker.ts";
import { fencedBlock } from "../rendering/fenced-block.ts";
import { fitItems, fitMarkdown, MAX_BODY, mostThatFit } from "./fit.ts";
import type { LineRange, NoSuggestion } from "./map-suggestion.ts";
import { changeLink, commitLink, personName, seeRest } from "./phrases.ts";
import type { ChangeLink, CommitLink, Link } from "./phrases.ts";
import { markdownLink, sanitiseLine } from "./sanitise.ts";

/** What every comment on a change has. */
export interface ChangeComment {
  changeNumber: number;
  /** Why it is proposed; Markdown of people or the model. */
  reason: string;
  /** The conversation that it comes from. */
  discussed: Link;
  marker: Marker;
}

export interface SuggestionComment extends ChangeComment {
  /** What replaces the lines that the comment is on. */
  lines: readonly string[];
}

export function suggestionBody(comment: SuggestionComment): string {
  return joined(comment, [fencedBlock("suggestion", comment.lines)]);
}

/** Why a change is shown as a diff: also because GitHub refused it, or another one has its place. */
export type WhyDiff = NoSuggestion | "refused" | { conflictsWith: ChangeLink };

export interface DiffComment extends ChangeComment {
  /** As `proposalDiff` gives it. */
  diff: readonly string[];
  why: WhyDiff;
  /** Headings above the passage, outermost first. */
  section: readonly string[];
  /** The lines on the head that the diff is about, with their permalink; null where there are none to show. */
  lines: (LineRange & { url: string }) | null;
}

export function diffBody(comment: DiffComment): string {
  const { changeNumber, diff, discussed, lines, section, why } = comment;
  const place = [
    ...(section.length > 0 ? [`in ${sectionPath(section)}`] : []),
    ...(lines === null ? [] : [markdownLink(describeLines(lines), lines.url)]),
  ];
  const head = [`**Change ${changeNumber}**`, ...place].join(", ");
  return joined(comment, [head, diffBlock(diff, discussed), whyDiff(why)]);
}

const REASONS: Record<Exclude<WhyDiff, object>, string> = {
  final_newline: "it adds or removes the line break at the end of the file",
  empty_file: "the file is empty, or would be",
  outside_diff: "its lines are not in the diff of this pull request",
  across_hunks: "its lines are not all in one part of the diff of this pull request",
  mixed_line_endings: "the line endings of the file differ, and GitHub would change them all",
  characters: "it has characters that a comment cannot carry",
  too_long: "it is too long for one",
  refused: "GitHub did not take it as one",
};

function whyDiff(why: WhyDiff): string {
  if (typeof why === "object") {
    return `It is in conflict with ${changeLink(why.conflictsWith)}: only one of them can be taken as it is.`;
  }
  return `It cannot be a suggestion here because ${REASONS[why]}.`;
}

/** How it ended for a change, or for one of its comments. */
export type Ending =
  | { kind: "accepted"; by: string; commit: CommitLink }
  | { kind: "declined"; by: string; reason: string | null }
  | { kind: "withdrawn"; why: string }
  /** A newer comment shows the change; `url` where it is known. */
  | { kind: "replaced"; url: string | null }
  /** Its passage is not in the newest version; the change itself is still pending. */
  | { kind: "stale" }
  /** Somebody has to look at it first, in the conversation; `why` is a clause. */
  | { kind: "waits"; why: string };

export interface ClosedComment extends ChangeComment {
  ending: Ending;
  /** What was proposed, as `proposalDiff` gave it; empty to leave it out. */
  diff: readonly string[];
}

/** What takes the place of a comment's body once there is nothing to commit in it any more. */
export function closedBody(comment: ClosedComment): string {
  const { changeNumber, diff, discussed, ending } = comment;
  const block = diff.length > 0 ? [diffBlock(diff, discussed)] : [];
  return joined(comment, [
    `**Change ${changeNumber}** ${endingWords(ending, discussed)}`,
    ...block,
  ]);
}

function endingWords(ending: Ending, discussed: Link): string {
  switch (ending.kind) {
    case "accepted":
      return `was accepted by ${personName(ending.by)} in commit ${commitLink(ending.commit)}.`;
    case "declined": {
      const by = `was declined by ${personName(ending.by)}`;
      return ending.reason?.trim() ? `${by}:\n\n${quoted(ending.reason, discussed)}` : `${by}.`;
    }
    case "withdrawn":
      return `was withdrawn: ${sentence(ending.why)}`;
    case "replaced": {
      const newer = "a newer comment";
      return `is shown by ${ending.url ? markdownLink(newer, ending.url) : newer}.`;
    }
    case "waits":
      return `waits for a look in the conversation: ${sentence(ending.why)}`;
    case "stale":
      return "is not located any more: its passage is not in the newest version of the file. It stays pending, and comes back when the passage does.";
  }
}

/** Of a decision's reason inside a comment; there is the change's own reason beside it. */
const MAX_QUOTE = 3000;

function quoted(text: string, discussed: Link): string {
  const lines = fitMarkdown(text, MAX_QUOTE, seeRest("reason", discussed)).split("\n");
  return lines.map((line) => `> ${line}`).join("\n");
}

/** Of a diff, so that there is room for what stands around it. */
const MAX_DIFF = 40_000;

function diffBlock(diff: readonly string[], { label, url }: Link): string {
  const block = (count: number): string => fencedBlock("diff", diff.slice(0, count));
  const shown = mostThatFit(diff.length, (count) => block(count).length <= MAX_DIFF);
  if (shown === diff.length) return block(shown);
  const rest = diff.length - shown;
  const lines = `*${rest} more ${rest === 1 ? "line" : "lines"} of it in ${markdownLink(label, url)}.*`;
  return shown === 0 ? lines : `${block(shown)}\n\n${lines}`;
}

/** The parts, then the reason as far as it fits, where it was discussed, and the marker. */
function joined(
  { changeNumber, discussed, marker, reason }: ChangeComment,
  parts: string[],
): string {
  const foot = [
    `Change ${changeNumber}, discussed in ${markdownLink(discussed.label, discussed.url)}.`,
    formatMarker(marker),
  ];
  const around = [...parts, ...foot].join("\n\n").length + 2;
  const text = fitMarkdown(reason, MAX_BODY - around, seeRest("reason", discussed));
  return [...parts, ...(text === "" ? [] : [text]), ...foot].join("\n\n");
}

/** Plain words as one sentence. */
function sentence(text: string): string {
  const words = sanitiseLine(text);
  return /[.!?…]$/.test(words) ? words : `${words}.`;
}

function sectionPath(section: readonly string[]): string {
  return fitItems(section.map(sanitiseLine), " › ", 4000, (leftOut) => `${leftOut} more`);
}

function describeLines({ startLine, line }: LineRange): string {
  return startLine === null ? `line ${line}` : `lines ${startLine}–${line}`;
}
