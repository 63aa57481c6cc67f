/** Which pending changes can be accepted together, and why the others cannot. Pure. */
import { findOverlaps } from "../../../../src/changes/overlap.ts";
import type { ChangeJson } from "../../views/change-view.ts";

export interface AcceptPlan {
  /** In the order of the document; where several insert at one point, by their number. */
  ready: ChangeJson[];
  left: { change: ChangeJson; why: string }[];
}

export function planAccept(changes: readonly ChangeJson[]): AcceptPlan {
  const pending = changes.filter((change) => change.state === "pending");
  const meets = meetings(pending);
  const plan: AcceptPlan = { ready: [], left: [] };
  for (const change of pending) {
    const why = obstacle(change) ?? meets.get(change.id) ?? null;
    if (why === null) plan.ready.push(change);
    else plan.left.push({ change, why });
  }
  plan.ready.sort(
    (a, b) => (a.passage?.start ?? 0) - (b.passage?.start ?? 0) || a.number - b.number,
  );
  return plan;
}

function obstacle({ drift, certainty, passage }: ChangeJson): string | null {
  switch (drift) {
    case "stale":
      return "The words that it changes are no longer in the document.";
    case "conflict":
      return "Somebody else changed the same words: decide on its card.";
    case "rebased":
      return "It was merged with a newer edit: confirm it on its card.";
    case "moved":
      return "Its passage was moved: confirm the place on its card.";
    case "fresh":
  }
  if (certainty === "ask")
    return "It is not certain where it belongs: choose the place on its card.";
  return certainty === "none" || !passage
    ? "The words that it changes were not found in the document."
    : null;
}

/** Changes that edit the same text: accepting one of them means looking at the others again. */
function meetings(pending: readonly ChangeJson[]): Map<string, string> {
  const numbers = new Map(pending.map((change) => [change.id, change.number]));
  const placed = pending.flatMap((change) =>
    obstacle(change) === null ? [{ id: change.id, passage: change.passage! }] : [],
  );
  const sentences = new Map<string, string>();
  for (const { ids, kind } of findOverlaps(placed)) {
    if (kind !== "exclusive") continue;
    for (const id of ids) {
      const others = ids.filter((other) => other !== id).map((other) => `#${numbers.get(other)}`);
      sentences.set(id, `It edits the same text as ${others.join(", ")}: decide between them.`);
    }
  }
  return sentences;
}
