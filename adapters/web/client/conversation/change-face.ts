/** How a change's card looks and what can be done there, from the change alone. Pure. */
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
        "The passage that it edits is no longer in the document. It comes back by itself if the passage does.",
        ["place", "redraft", "decline"],
      );
    case "conflict":
      return attention(
        "Conflict",
        "Somebody has changed the same passage since. Have it drafted again on the new text, or write it yourself.",
        ["compare", "edit", "redraft", "decline"],
      );
    case "rebased":
      return attention("Merged", "The passage was edited since; this is both edits together.", [
        "confirm",
        "edit",
        "decline",
      ]);
    case "moved":
      return attention("Moved", "The passage now stands elsewhere. Is this the place?", [
        change.candidates.length > 1 ? "choose" : "confirm",
        "place",
        "decline",
      ]);
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
        note: "The passage that it edits was not found in the document. Show where it belongs, or have it drafted again.",
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

/** How surely a pending change is located, in words; null where its note says it. */
export function certaintyWords({ state, drift, certainty }: ChangeJson): string | null {
  if (state !== "pending" || drift !== "fresh") return null;
  if (certainty === "certain") return "found exactly";
  return certainty === "high" ? "found with small differences" : null;
}

function doubtSentence({ doubts, candidate_count: count, candidates }: ChangeJson): string {
  const doubt: Doubt = doubts[0] ?? "capped";
  switch (doubt) {
    case "several_places":
      return count > candidates.length
        ? `The text stands at ${count} places; these are the first ${candidates.length}.`
        : `The text stands at ${count} places. Choose the one that is meant.`;
    case "inside_word":
      return "The text stands only inside longer words. Is this the place?";
    case "layout":
      return "Indentation or lines differ from the document. Is this the place?";
    case "short":
    case "approximate":
      return "The text is only similar to what the document says. Is this the place?";
    case "already_there":
      return "The document may already read so. Is this the place?";
    case "blank":
      return "It is about white space alone. Is this the place?";
    case "moved":
    case "rebased":
    case "capped":
      return "It is not certain where this belongs. Is this the place?";
  }
}

const WARNINGS: Record<string, string> = {
  missing_reason: "It gives no reason.",
  literal_close_tag: "It holds something that looks like markup of changes; check the text.",
  literal_open_tag: "It holds something that looks like markup of changes; check the text.",
  opened_inside_field: "The answer began it inside another change; check the text.",
};

/** Only warnings that ask for a look are worth a line. */
export function warningSentences(warnings: readonly string[]): string[] {
  return [...new Set(warnings.flatMap((warning) => WARNINGS[warning] ?? []))];
}
