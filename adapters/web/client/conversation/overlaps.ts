import { findOverlaps } from "../../../../src/changes/overlap.ts";
import type { ChangeJson } from "../../views/change-view.ts";

/** Which other pending changes a change gets in the way of, and what that means. Pure. */
export function overlapSentences(change: ChangeJson, all: readonly ChangeJson[]): string[] {
  if (change.state !== "pending") return [];
  const numbers = new Map(all.map((one) => [one.id, one.number]));
  const placed = all.flatMap(({ id, state, drift, passage, base_blob_sha }) =>
    state === "pending" && drift !== "stale" && passage && base_blob_sha === change.base_blob_sha
      ? [{ id, passage }]
      : [],
  );
  return findOverlaps(placed)
    .filter((group) => group.ids.includes(change.id))
    .map(({ ids, kind }) => {
      const others = ids.filter((id) => id !== change.id).map((id) => `#${numbers.get(id)}`);
      const names = others.join(", ");
      return kind === "exclusive"
        ? `Edits the same text as ${names}: once one is accepted, the others need another look.`
        : `Inserts at the same place as ${names}: the order in which they are accepted decides how they read.`;
    });
}
