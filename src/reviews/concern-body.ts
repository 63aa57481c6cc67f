/** What a pull request says of concerns and of proposals to merge. Pure. */
import { createHash } from "node:crypto";
import type { Concern, MergeProposal } from "../concerns/concern.ts";
import { describeOutcome } from "../concerns/merge-standing.ts";
import { excerptLine } from "../one-line.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { Marker } from "./comment-marker.ts";
import { formatMarker } from "./comment-marker.ts";
import { fitItems, MAX_BODY } from "./fit.ts";
import type { Links } from "./links.ts";
import { personName, seeRest } from "./phrases.ts";
import { markdownLink, sanitiseLine, sanitiseMarkdown } from "./sanitise.ts";

/** Of the passage that a concern is about, in UTF-16 units. */
const PASSAGE = 120;

/** Several RFCs may be discussed on one pull request. */
export function concernsMarker(rfcSlug: string): Marker & { kind: "concerns" } {
  const key = createHash("sha256").update(rfcSlug).digest("hex").slice(0, 12);
  return { kind: "concerns", key };
}

/** @param closed threads of which nothing is said outside of them but that there is a concern */
export function concernsBody(given: {
  rfc: Rfc;
  links: Links;
  concerns: readonly Concern[];
  closed: ReadonlySet<string>;
}): string {
  const { rfc, links, concerns, closed } = given;
  const open = concerns.filter(({ state }) => state === "open");
  const settled = concerns.length - open.length;
  const title = markdownLink(rfc.title, links.rfc(rfc.slug));
  const head =
    open.length === 0
      ? `No concern about ${title} is open any more.`
      : `**${open.length === 1 ? "An open concern" : `${open.length} open concerns`}** about ${title}:`;
  const foot = [
    ...(settled > 0
      ? [`${settled === 1 ? "One was" : `${settled} were`} resolved or withdrawn.`]
      : []),
    formatMarker(concernsMarker(rfc.slug)),
  ].join("\n\n");
  const lines = open.map((concern) => concernLine(concern, given.links, closed));
  const rest = () => seeRest("list", { label: rfc.title, url: links.rfc(rfc.slug) });
  const list = fitItems(lines, "\n", MAX_BODY - head.length - foot.length - 4, rest);
  return [head, ...(list === "" ? [] : [list]), foot].join("\n\n");
}

function concernLine(
  { rfcSlug, threadId, number, text, author, anchorText, anchorStaleSince }: Concern,
  links: Links,
  closed: ReadonlySet<string>,
): string {
  const where = markdownLink("the conversation", links.thread(rfcSlug, threadId));
  if (closed.has(threadId)) {
    return `- Concern ${number}, raised where not everybody may read along; it is in ${where}`;
  }
  const passage = anchorText === null ? "" : sanitiseLine(excerptLine(anchorText, PASSAGE));
  return [
    `- Concern ${number}: ${sanitiseLine(text)}`,
    `raised by ${personName(author)}`,
    ...(passage === "" ? [] : [`about “${passage}”`]),
    ...(anchorStaleSince === null ? [] : ["which is not in the document any more"]),
    `discussed in ${where}`,
  ].join(", ");
}

export function outcomeBody(rfc: Rfc, links: Links, proposal: MergeProposal): string {
  const where = markdownLink(rfc.title, links.thread(rfc.slug, proposal.threadId));
  return [
    sanitiseMarkdown(describeOutcome(proposal)),
    `Discussed in ${where}.`,
    formatMarker({ kind: "merge", key: proposal.id }),
  ].join("\n\n");
}
