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
      return "Its passage is no longer in the document.";
    case "conflict":
      return "It conflicts with a newer edit.";
    case "rebased":
      return "It was merged with a newer edit and wants to be confirmed.";
    case "moved":
      return "Its passage has moved and wants to be confirmed.";
    case "fresh":
  }
  if (certainty === "ask") return "It is not certain where it belongs.";
  return certainty === "none" || !passage ? "Its passage was not found." : null;
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
