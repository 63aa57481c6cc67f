/** What Redline writes on a pull request as a whole: answers of the model, and what was decided. Pure. */
import type { Marker } from "./comment-marker.ts";
import { formatMarker } from "./comment-marker.ts";
import { fitItems, fitMarkdown, MAX_BODY } from "./fit.ts";
import { changeLink, commitLink, personName, seeRest } from "./phrases.ts";
import type { ChangeLink, CommitLink, Link } from "./phrases.ts";
import { markdownLink, sanitiseLine } from "./sanitise.ts";

export interface AnswerComment {
  /** Markdown of the model. */
  text: string;
  /** What it proposes, in order. */
  changes: readonly ChangeLink[];
  discussed: Link;
  marker: Marker;
}

/** Of a list of changes in an answer. */
const MAX_CHANGES = 8000;

export function answerBody({ changes, discussed, marker, text }: AnswerComment): string {
  const foot = [
    ...(changes.length > 0 ? [`Proposed: ${listed(changes)}.`] : []),
    `Discussed in ${markdownLink(discussed.label, discussed.url)}.`,
    formatMarker(marker),
  ].join("\n\n");
  const room = MAX_BODY - foot.length - 2;
  const answer = fitMarkdown(text, room, seeRest("answer", discussed));
  return answer === "" ? foot : `${answer}\n\n${foot}`;
}

/** What a person wrote in another place of the conversation. */
export interface RemarkComment {
  /** `**name** (platform):`, made harmless already. */
  head: string;
  /** Markdown of theirs. */
  words: string;
  discussed: Link;
  marker: Marker;
}

export function remarkBody({ head, words, discussed, marker }: RemarkComment): string {
  const foot = formatMarker(marker);
  const room = MAX_BODY - head.length - foot.length - 4;
  return [head, fitMarkdown(words, room, seeRest("message", discussed)), foot].join("\n\n");
}

function listed(changes: readonly ChangeLink[]): string {
  return fitItems(changes.map(changeLink), ", ", MAX_CHANGES, (leftOut) => `${leftOut} more`);
}

/** A decided change. */
export interface SummaryItem {
  number: number;
  /** What it is about: its reason's first sentence, say. */
  title: string;
  /** Who decided; null where nobody did. */
  by: string | null;
  commit: CommitLink | null;
  /** Why it was declined or withdrawn. */
  why: string | null;
  discussed: Link;
}

export interface SummaryComment {
  state: "merged" | "closed";
  accepted: readonly SummaryItem[];
  declined: readonly SummaryItem[];
  withdrawn: readonly SummaryItem[];
  /** All of it, for what has no room here. */
  discussed: Link;
  marker: Marker;
}

export function summaryBody(summary: SummaryComment): string {
  const { accepted, declined, discussed, marker, state, withdrawn } = summary;
  const lines = [
    ...section("Accepted", accepted),
    ...section("Declined", declined),
    ...section("Withdrawn", withdrawn),
  ];
  const head = `This pull request was ${state}. What became of the changes that were discussed for it:`;
  const foot = formatMarker(marker);
  const room = MAX_BODY - head.length - foot.length - 4;
  const rest = (): string => `\n${seeRest("summary", discussed)}`;
  const list = fitItems(lines.length > 0 ? lines : ["None was proposed."], "\n", room, rest);
  return [head, list.trimStart(), foot].join("\n\n");
}

function section(title: string, items: readonly SummaryItem[]): string[] {
  return items.length === 0 ? [] : [`\n**${title}**`, ...items.map(itemLine)];
}

function itemLine({ by, commit, discussed, number, title, why }: SummaryItem): string {
  const about = sanitiseLine(title);
  return [
    `- Change ${number}${about === "" ? "" : `: ${about}`}`,
    ...(by === null ? [] : [`by ${personName(by)}`]),
    ...(commit === null ? [] : [`in commit ${commitLink(commit)}`]),
    ...(why?.trim() ? [`because: ${sanitiseLine(why)}`] : []),
    `discussed in ${markdownLink(discussed.label, discussed.url)}`,
  ].join(", ");
}
