/** How a proposal to merge looks, and what can be done with it. Pure. */
import { describePending, holders, isHeld, momentOf, namesOf } from "../concerns/merge-standing.ts";
import type { MergeProposal } from "../concerns/concern.ts";
import type { CardTone, MergeCard } from "./card.ts";

export interface MergeSubject {
  proposal: MergeProposal;
  rfcTitle: string;
  pullUrl: string | null;
  /** Numbers of the open concerns whose words may be read in the place. */
  readable: ReadonlySet<number>;
}

export function buildMergeCard(
  ref: string,
  { proposal, rfcTitle, pullUrl, readable }: MergeSubject,
  given: { url: string; now: Date },
): MergeCard {
  const isOpen = proposal.state === "open";
  const { prNumber } = proposal;
  return {
    ref,
    rfcTitle,
    author: proposal.proposedBy,
    ...faceOf(proposal, given.now),
    words: proposal.words.map(({ name, word }) => ({ name, word })),
    concerns: isOpen
      ? proposal.openConcerns.map(({ number, text, author }) =>
          readable.has(number) ? { number, text, author } : { number, text: null, author: null },
        )
      : [],
    pendingChanges: isOpen ? proposal.pendingChanges : [],
    actions: isOpen ? ["agree", "object"] : [],
    url: given.url,
    pull: prNumber === null ? null : { number: prNumber, url: pullUrl },
    replaces: null,
  };
}

function faceOf(proposal: MergeProposal, now: Date): { tone: CardTone; status: string } {
  switch (proposal.state) {
    case "withdrawn":
      return { tone: "closed", status: "Withdrawn." };
    case "ended":
      return { tone: "closed", status: "Over: the pull request has ended." };
    case "agreed":
      return { tone: "good", status: "Agreed: nothing held it. Whoever may merge can do it now." };
    case "open":
      return openFace(proposal, now);
  }
}

function openFace(proposal: MergeProposal, now: Date): { tone: CardTone; status: string } {
  const isOver = proposal.endsAt <= now;
  if (isHeld(proposal)) {
    const until = isOver ? "The wait is over" : `Open until ${momentOf(proposal.endsAt)}`;
    return { tone: "problem", status: `${until}; held by ${holders(proposal)}.` };
  }
  const left = describePending(proposal);
  const silent = namesOf(proposal, null).length;
  return {
    tone: silent > 0 ? "asks" : "open",
    status: [
      isOver
        ? "The wait is over; it is being settled."
        : `Open until ${momentOf(proposal.endsAt)}; then it is agreed unless something holds it.`,
      ...(left === "" ? [] : ["Changes are still to be decided."]),
    ].join(" "),
  };
}
