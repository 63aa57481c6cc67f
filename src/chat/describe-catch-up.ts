/** What somebody who was away is told: a list that is computed, not generated. Pure. */
import type { Change } from "../changes/change.ts";
import type { Concern } from "../concerns/concern.ts";
import { describeConcern } from "../concerns/describe.ts";
import { excerptLine, oneLine } from "../one-line.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { DecidedChange, LastRead, SaidSince } from "../store/catch-up.ts";
import type { PlatformWords } from "./chat-platform.ts";
import { describeOpenChange } from "./descriptions.ts";
import { asCode } from "./wording.ts";

export interface CatchUp {
  rfc: Pick<Rfc, "slug" | "title">;
  since: LastRead["at"];
  said: SaidSince;
  decided: readonly DecidedChange[];
  /** Pending changes. */
  open: readonly Change[];
  /** Those that are open, and those that were settled since. */
  concerns: readonly Concern[];
  waiting: {
    /** Whether the person may decide. */
    mayDecide: boolean;
    /** A proposal to merge on which they have not said their word. */
    mergeBy: string | null;
    userId: string;
  };
  /** The thread's own address, and that of any other. */
  url: string;
  urlOf(threadId: string): string;
  words: PlatformWords;
}

const MOST_LISTED = 10;
const REASON = 120;

export function describeCatchUp(news: CatchUp): string {
  const sections = [
    listOf("Said", describeSaid(news)),
    listOf(
      "Decided",
      news.decided.map((change) => describeDecided(change, news.urlOf)),
      news.url,
    ),
    listOf("Open", openOnes(news, isReady), news.url),
    listOf(
      "Stale or in conflict",
      openOnes(news, (change) => !isReady(change)),
      news.url,
    ),
    listOf(
      "Concerns",
      news.concerns.map((one) => withLink(describeConcern(one), news.urlOf(one.threadId))),
      news.url,
    ),
    listOf("Waits for you", describeWaiting(news), news.url),
  ].filter((section) => section !== "");
  const head = `What happened on “${oneLine(news.rfc.title)}” (\`${news.rfc.slug}\`) ${sinceWhen(news.since)}:`;
  if (sections.length === 0) {
    return `Nothing happened on “${oneLine(news.rfc.title)}” (\`${news.rfc.slug}\`) ${sinceWhen(news.since)}, and nothing waits for you: ${news.url}`;
  }
  return [head, ...sections].join("\n\n");
}

function sinceWhen(at: Date | null): string {
  if (at === null) return "so far";
  return `since you last read or wrote here, ${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function listOf(title: string, lines: readonly string[], url = ""): string {
  if (lines.length === 0) return "";
  const shown = lines.slice(0, MOST_LISTED).map((line) => `- ${line}`);
  const rest = lines.length - shown.length;
  return [`**${title}**`, ...shown, ...(rest > 0 ? [`- and ${rest} more: ${url}`] : [])].join("\n");
}

function withLink(line: string, url: string): string {
  return `${line}: ${url}`;
}

function describeSaid({ said: { count, authors }, url }: CatchUp): string[] {
  if (count === 0) return [];
  const names = authors.slice(0, MOST_LISTED).map((name) => oneLine(name ?? "Redline"));
  const rest = authors.length - names.length;
  const who = rest > 0 ? `${names.join(", ")} and ${rest} more` : names.join(", ");
  return [withLink(`${count === 1 ? "1 message" : `${count} messages`} by ${who}`, url)];
}

function describeDecided(change: DecidedChange, urlOf: CatchUp["urlOf"]): string {
  const by = change.by === null ? "" : ` by ${oneLine(change.by)}`;
  const commit = change.commitSha === null ? "" : `, commit \`${change.commitSha.slice(0, 7)}\``;
  const why = change.reason.trim() === "" ? "" : ` (${excerptLine(change.reason, REASON)})`;
  const line = `**#${change.number}** ${change.state}${by}${commit}${why}`;
  return withLink(line, change.url ?? urlOf(change.threadId));
}

function isReady({ drift }: Change): boolean {
  return drift !== "stale" && drift !== "conflict";
}

function openOnes({ open, urlOf }: CatchUp, belongs: (change: Change) => boolean): string[] {
  return open
    .filter(belongs)
    .map((change) =>
      withLink(describeOpenChange(change), change.shown?.url ?? urlOf(change.threadId)),
    );
}

function describeWaiting({ open, concerns, waiting, url, urlOf, words }: CatchUp): string[] {
  const ready = open.filter(isReady);
  const lines: string[] = [];
  if (waiting.mayDecide && ready.length > 0) {
    const names = ready.slice(0, MOST_LISTED).map(({ number }) => `#${number}`);
    const more = ready.length > names.length ? ", …" : "";
    lines.push(
      withLink(`your decision on ${names.join(", ")}${more} (${asCode(words, "accept N")})`, url),
    );
  }
  if (waiting.mergeBy !== null) {
    lines.push(withLink(`your word on the merge that ${oneLine(waiting.mergeBy)} proposed`, url));
  }
  for (const concern of concerns) {
    const { authorId, state, anchorStaleSince, number, threadId } = concern;
    if (authorId !== waiting.userId || state !== "open" || anchorStaleSince === null) continue;
    const resolve = asCode(words, `concern resolve ${number}`);
    const line = `whether your concern #${number} is settled, as its passage is gone (${resolve})`;
    lines.push(withLink(line, urlOf(threadId)));
  }
  return lines;
}
