import type { ChangeJson } from "../../views/change-view.ts";
import { presentText } from "./conflict-texts.tsx";

/**
 * The message that asks for a change to be drafted anew: with both of its texts whole, since the model is told
 * of earlier changes in an excerpt only. Pure.
 */
export function redraftRequest(
  change: ChangeJson,
  body: string | null,
): { text: string; quote: string | null } {
  const { number, original, proposed, reason, insert_after, insert_before } = change;
  const hook = insert_after ?? insert_before ?? "";
  const side = insert_after === null ? "before" : "after";
  const parts = [`Please draft change #${number} anew, against the document as it reads now.`];
  if (original !== "") parts.push(`It was written for this text:\n\n${fenced(original)}`);
  if (proposed === "") parts.push("It was to delete that text.");
  else if (original !== "") parts.push(`It proposed instead:\n\n${fenced(proposed)}`);
  else
    parts.push(`It was to insert:\n\n${fenced(proposed)}`, `${side} this text:\n\n${fenced(hook)}`);
  if (reason !== "") parts.push(`Its reason: ${reason}`);
  const now = change.drift === "conflict" ? presentText(change, body) : null;
  return { text: parts.join("\n\n"), quote: now?.trim() ? now : null };
}

/** As code, in a fence that nothing in it can close. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text.replace(/\n$/, "")}\n${fence}`;
}
