/** How a proposal to merge stands, and what of it is told. Pure. */
import { oneLine } from "../one-line.ts";
import type { MergeProposal } from "./concern.ts";

/** What is to be done about an open proposal. `held`: the wait is over, and something still holds it. */
export type Settling = "wait" | "held" | "agreed" | "ended";

type Standing = Pick<MergeProposal, "words" | "openConcerns" | "endsAt">;

/** Who says nothing does not hold it; a concern and an objection do. */
export function settlingOf(proposal: Standing, given: { now: Date; hasEnded: boolean }): Settling {
  if (given.hasEnded) return "ended";
  if (proposal.endsAt > given.now) return "wait";
  return isHeld(proposal) ? "held" : "agreed";
}

export function isHeld({ words, openConcerns }: Pick<Standing, "words" | "openConcerns">): boolean {
  return openConcerns.length > 0 || words.some(({ word }) => word === "object");
}

const MOST_NAMES = 15;

/** `Ada, Bob and 3 more` */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name) => oneLine(name) || "Somebody");
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(", ")} and ${rest} more`;
  const last = shown.at(-1) ?? "";
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(", ")} and ${last}`;
}

export function namesOf(
  { words }: Pick<MergeProposal, "words">,
  said: MergeProposal["words"][number]["word"],
): string[] {
  return words.filter(({ word }) => word === said).map(({ name }) => name);
}

/** `concern #2 and concern #5` */
function listConcerns({ openConcerns }: Pick<MergeProposal, "openConcerns">): string {
  return listNames(openConcerns.map(({ number }) => `concern #${number}`));
}

/** What holds it, such as `concern #2 and an objection of Bob`. */
export function holders(proposal: Pick<MergeProposal, "words" | "openConcerns">): string {
  const objecting = namesOf(proposal, "object");
  return [
    ...(proposal.openConcerns.length > 0 ? [listConcerns(proposal)] : []),
    ...(objecting.length > 0 ? [`the objection of ${listNames(objecting)}`] : []),
  ].join(" and ");
}

/** A moment for readers of every time zone. */
export function momentOf(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

export function describeProposed(proposal: MergeProposal): string {
  const { proposedBy, endsAt, waitDays, proposedById, words, pendingChanges } = proposal;
  const asked = words.filter(({ userId }) => userId !== proposedById).map(({ name }) => name);
  const when = waitDays === 0 ? "at once" : `at ${momentOf(endsAt)}`;
  return [
    `${oneLine(proposedBy)} proposes to merge this; it is settled ${when} unless something holds it.`,
    ...(asked.length > 0 ? [`Asked for their word: ${listNames(asked)}.`] : []),
    ...(isHeld(proposal) ? [`Now it is held by ${holders(proposal)}.`] : []),
    ...(pendingChanges.length > 0 ? [`To be decided: ${describePending(proposal)}.`] : []),
  ].join(" ");
}

/** `change #3 and change #5` */
export function describePending({ pendingChanges }: Pick<MergeProposal, "pendingChanges">): string {
  return listNames(pendingChanges.map((number) => `change #${number}`));
}

export function describeHeld(proposal: MergeProposal): string {
  return `The wait is over, and ${holders(proposal)} still ${holderCount(proposal) === 1 ? "holds" : "hold"} the merge; it is agreed once nothing does.`;
}

function holderCount({ words, openConcerns }: MergeProposal): number {
  return openConcerns.length + words.filter(({ word }) => word === "object").length;
}

/** The outcome, for the thread and the pull request. */
export function describeOutcome(
  proposal: MergeProposal,
  end: "merged" | "closed" | null = null,
): string {
  const { prNumber, state, proposedBy } = proposal;
  switch (state) {
    case "open":
      return "The proposal to merge is open.";
    case "withdrawn":
      return `The proposal of ${oneLine(proposedBy)} to merge was withdrawn.`;
    case "ended":
      return `Pull request #${prNumber ?? "?"} was ${end ?? "closed"}; the proposal to merge is over.`;
    case "agreed": {
      const silent = namesOf(proposal, null);
      const left = describePending(proposal);
      return [
        `It is agreed to merge this: ${listNames(namesOf(proposal, "agree"))} agreed, and nothing holds it.`,
        ...(silent.length > 0 ? [`${listNames(silent)} said nothing.`] : []),
        ...(left === "" ? [] : [`Not decided: ${left}.`]),
        `Whoever may merge${prNumber === null ? "" : ` pull request #${prNumber}`} can do it now.`,
      ].join(" ");
    }
  }
}
