/** How a change's card looks and what can be done there, from the change alone. Pure. */
import { DOUBT_WORDS } from "../../../../src/changes/doubt-words.ts";
import type { Doubt } from "../../../../src/changes/placement.ts";
import type { ChangeJson } from "../../views/change-view.ts";

/**
 * `confirm` the place that is shown, `choose` among several, `place` by pointing at it in the document;
 * `edit` before accepting, `compare` the three texts of a conflict, `redraft` by the model.
 */
export type CardAction =
  | "accept"
  | "decline"
  | "confirm"
  | "choose"
  | "place"
  | "edit"
  | "compare"
  | "redraft";

export interface CardFace {
  tone: "pending" | "attention" | "working" | "accepted" | "declined" | "gone";
  label: string;
  /** What the person should know before deciding; null when the redline says it all. */
  note: string | null;
  actions: CardAction[];
}

/**
 * `decided`: whether a person accepted it; otherwise the document came to read so by itself. `canCommit`:
 * whether Redline may commit to its branch.
 */
export function changeFace(change: ChangeJson, decided = true, canCommit = true): CardFace {
  switch (change.state) {
    case "accepting":
      return { tone: "working", label: "Committing…", note: null, actions: [] };
    case "accepted":
      return {
        tone: "accepted",
        label: decided ? "Accepted" : "Already applied",
        note: null,
        actions: [],
      };
    case "declined":
      return { tone: "declined", label: "Declined", note: null, actions: [] };
    case "withdrawn":
      return { tone: "gone", label: "Withdrawn", note: null, actions: [] };
    case "pending":
      return canCommit ? pendingFace(change) : withoutAccept(pendingFace(change));
  }
}

/** An accept would be refused: that is said before anyone tries. */
function withoutAccept(face: CardFace): CardFace {
  if (!face.actions.includes("accept")) return face;
  return {
    ...face,
    note: "A suggestion only: Redline cannot commit to this branch. Somebody who can push to it applies it on GitHub.",
    actions: face.actions.filter((action) => action !== "accept"),
  };
}

function pendingFace(change: ChangeJson): CardFace {
  const attention = (label: string, note: string, actions: CardAction[]): CardFace => ({
    tone: "attention",
    label,
    note,
    actions,
  });
  switch (change.drift) {
    case "stale":
      return attention(
        "Stale",
        "The words that it changes are no longer in the document. Show where it belongs now, have it drafted again, or decline it. If the words come back, so does the change.",
        ["place", "redraft", "decline"],
      );
    case "conflict":
      return attention(
        "Conflict",
        "Somebody else changed the same words after this was proposed. Write what should stand there, have it drafted again, or decline it.",
        ["compare", "edit", "redraft", "decline"],
      );
    case "rebased":
      return attention(
        "Merged",
        "Somebody else edited this passage after this was proposed. Both edits are shown together: confirm it if it reads well.",
        ["confirm", "edit", "decline"],
      );
    case "moved":
      return change.candidates.length > 1
        ? attention("Moved", `The passage was moved. ${CHOOSE}`, ["choose", "place", "decline"])
        : attention(
            "Moved",
            "The passage was moved. Confirm the place that is shown, or choose another one.",
            ["confirm", "place", "decline"],
          );
    case "fresh":
      return freshFace(change);
  }
}

function freshFace(change: ChangeJson): CardFace {
  switch (change.certainty) {
    case "ask":
      return {
        tone: "attention",
        label: "Where?",
        note: doubtSentence(change),
        actions: ["choose", "place", "decline"],
      };
    case "none":
      return {
        tone: "attention",
        label: "Not located",
        note: "The words that it changes were not found in the document. Show where it belongs, have it drafted again, or decline it.",
        actions: ["place", "redraft", "decline"],
      };
    case "certain":
    case "high":
      return {
        tone: "pending",
        label: "Pending",
        note: null,
        actions: ["accept", "edit", "decline"],
      };
  }
}

/** How many pending changes the document does not show, and why: a conflict has a place, but another text there. */
export function unshownWords(changes: readonly ChangeJson[]): string {
  const conflicts = changes.filter(({ drift }) => drift === "conflict").length;
  const rest = changes.length - conflicts;
  return [
    ...(conflicts > 0 ? [`${conflicts} in conflict`] : []),
    ...(rest > 0 ? [`${rest} without a sure place`] : []),
  ].join(", ");
}

/** How surely a pending change is located, in words; null where its note says it. */
export function certaintyWords({ state, drift, certainty }: ChangeJson): string | null {
  if (state !== "pending" || drift !== "fresh") return null;
  if (certainty === "certain") return "found exactly";
  return certainty === "high" ? "found with small differences" : null;
}

const CHOOSE = "Choose below the place that is meant, or show another one in the document.";

/** Why the place is asked for, and how to answer. */
function doubtSentence({ doubts, candidate_count: count, candidates }: ChangeJson): string {
  const doubt: Doubt = doubts[0] ?? "capped";
  if (doubt !== "several_places") return `${DOUBT_WORDS[doubt]} ${CHOOSE}`;
  return count > candidates.length
    ? `These words stand at ${count} places; the first ${candidates.length} are listed. ${CHOOSE}`
    : `These words stand at ${count} places. ${CHOOSE}`;
}

const MARKUP =
  "Its text holds what looks like a part of another change: read it before you accept.";

const WARNINGS: Record<string, string> = {
  missing_reason: "It gives no reason.",
  literal_close_tag: MARKUP,
  literal_open_tag: MARKUP,
  opened_inside_field:
    "It began before the change above it had ended: read its text before you accept.",
};

/** Only warnings that ask for a look are worth a line. */
export function warningSentences(warnings: readonly string[]): string[] {
  return [...new Set(warnings.flatMap((warning) => WARNINGS[warning] ?? []))];
}
