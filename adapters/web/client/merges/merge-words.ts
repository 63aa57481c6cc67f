/** Proposals to merge in words. Pure. */
import type { MergeProposalJson, MergeWordJson } from "../../views/people-view.ts";

/** Whether it is of use to who looks at the RFC: what came to nothing is told in its thread. */
export function isShown(merge: MergeProposalJson | null): merge is MergeProposalJson {
  return merge?.state === "open" || merge?.state === "agreed";
}

/** Where it stands, as one sentence. */
export function mergeWords(merge: MergeProposalJson, now: Date): string {
  switch (merge.state) {
    case "agreed":
      return "Agreed: nothing held it any more when its time was over.";
    case "withdrawn":
      return "Withdrawn.";
    case "ended":
      return "It ended with its pull request.";
    case "open": {
      const held = holders(merge);
      if (held.length > 0) return `Held by ${held.join(" and ")}.`;
      return new Date(merge.ends_at) > now
        ? "Nothing holds it so far."
        : "Its time is over and nothing holds it: it is settled in a moment.";
    }
  }
}

function holders({ open_concerns: concerns, words }: MergeProposalJson): string[] {
  const objections = words.filter(({ word }) => word === "object").length;
  return [count(concerns.length, "open concern"), count(objections, "objection")].filter(
    (part) => part !== "",
  );
}

function count(n: number, what: string): string {
  if (n === 0) return "";
  return n === 1 ? `one ${what}` : `${n} ${what}s`;
}

/** Concerns that are named with a proposal; all of them stand below it. */
const MOST_NAMED = 5;

/** The first of many, and a word about the others. */
export function firstFew<T>(all: readonly T[]): { few: readonly T[]; others: string | null } {
  const more = all.length - MOST_NAMED;
  if (more <= 1) return { few: all, others: null };
  return { few: all.slice(0, MOST_NAMED), others: `and ${more} more` };
}

export function wordWords({ word }: MergeWordJson): string {
  if (word === null) return "was asked";
  return word === "agree" ? "agrees" : "objects";
}
