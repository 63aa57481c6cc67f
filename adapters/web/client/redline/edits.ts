import type { ChangeJson } from "../../views/change-view.ts";
import type { Edit } from "./composite.ts";

/**
 * The changes that can be shown in the document: undecided, with a sure place that still reads as it did
 * when they were located. A change whose document is a version behind comes back with its next update.
 */
export function changeEdits(changes: readonly ChangeJson[], body: string): Edit[] {
  return changes.flatMap((change): Edit[] => {
    const { passage, certainty, state, drift, slice, replacement } = change;
    if (state !== "pending" && state !== "accepting") return [];
    if (!passage || drift === "conflict" || drift === "stale") return [];
    const sure = certainty === "certain" || certainty === "high";
    if (!sure && drift !== "rebased" && drift !== "moved") return [];
    if (body.slice(passage.start, passage.end) !== slice) return [];
    return [{ changeId: change.id, number: change.number, ...passage, replacement }];
  });
}
