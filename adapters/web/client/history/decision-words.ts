import type { ChangeJson } from "../../views/change-view.ts";
import type { DecisionJson } from "../../views/thread-view.ts";

/** Who it comes from; `asker` is who asked the model for it. */
export function proposerOf(change: ChangeJson, asker: string | null): string {
  if (change.author !== null) return `proposed by ${change.author}`;
  return asker === null ? "proposed by the model" : `proposed by the model for ${asker}`;
}

/** What became of it and by whom. */
export function decisionWords(change: ChangeJson, decision: DecisionJson | null): string {
  switch (change.state) {
    case "accepted":
      return decision?.verdict === "accept"
        ? `accepted by ${decision.author}`
        : "brought in by an edit from outside";
    case "declined":
      return decision ? `declined by ${decision.author}` : "declined";
    case "withdrawn":
      return "withdrawn";
    case "accepting":
      return "being committed";
    case "pending":
      return change.stale_since === null ? "waits for a decision" : "stale";
  }
}
