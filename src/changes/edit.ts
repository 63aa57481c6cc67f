import type { Change, Drift } from "./change.ts";
import type { ProposedEdit } from "./locate.ts";
import type { RebaseOutcome } from "./rebase.ts";

/** A change as its author wrote it, for locating. */
export function editOf(
  change: Pick<Change, "original" | "proposed" | "insertAfter" | "insertBefore">,
): ProposedEdit {
  return {
    original: change.original,
    proposed: change.proposed,
    ...(change.insertAfter !== null && { after: change.insertAfter }),
    ...(change.insertBefore !== null && { before: change.insertBefore }),
  };
}

/** What a rebase means for a change that stays pending. What was never located cannot go stale. */
export function driftOf(
  change: Pick<Change, "drift" | "placement">,
  outcome: RebaseOutcome,
): Drift {
  const neverLocated = change.drift === "fresh" && change.placement.certainty === "none";
  if (outcome.kind === "applied" || (outcome.kind === "stale" && neverLocated)) return "fresh";
  return outcome.kind;
}
