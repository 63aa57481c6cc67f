/** What threads are told of concerns. Pure. */
import { excerptLine, oneLine } from "../one-line.ts";
import type { Concern } from "./concern.ts";

const EXCERPT = 120;

const who = (name: string | null): string => oneLine(name ?? "") || "Somebody";

function aboutOf({ anchorText }: Pick<Concern, "anchorText">): string {
  return anchorText === null ? "" : ` about “${excerptLine(anchorText, EXCERPT)}”`;
}

export function describeRaised(concern: Concern): string {
  const { author, number, text } = concern;
  return `${who(author)} raised concern #${number}${aboutOf(concern)}: ${oneLine(text)}`;
}

export function describeSettled({ state, number, author, settledBy, settledWhy }: Concern): string {
  if (state === "withdrawn") return `${who(author)} withdrew concern #${number}.`;
  const why = settledWhy ? `: ${oneLine(settledWhy)}` : ".";
  return `${who(settledBy)} resolved concern #${number}${why}`;
}

/** Asked of the author, where all can read it. */
export function describePassageChanged(
  { number, author, text }: Pick<Concern, "number" | "author" | "text">,
  isGone: boolean,
): string {
  const became = isGone ? "is not in the document any more" : "reads otherwise now";
  return `The passage of concern #${number} ${became}. Does that settle it, ${who(author)}? It says: “${excerptLine(text, EXCERPT)}”. Mention me with \`concern resolve ${number}\`, or leave it open.`;
}

/** One line of a list. */
export function describeConcern(concern: Concern): string {
  const { number, author, text, anchorStaleSince, state } = concern;
  const gone = anchorStaleSince === null ? "" : "; its passage is gone";
  const ended = state === "open" ? "" : `, ${state}`;
  return `**#${number}**${aboutOf(concern)}: ${excerptLine(text, 2 * EXCERPT)} (${who(author)}${ended}${gone})`;
}
