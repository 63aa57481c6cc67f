import type { WrittenChange } from "./answer-writer.ts";

/**
 * Which of the changes that were given back the model has written again. It may leave one out, so a new one
 * stands for the one with the same proposed text; the order decides only where nothing was left out. Pure.
 *
 * @returns the ids of those that are replaced
 */
export function matchRedrawn(
  lost: readonly WrittenChange[],
  redrawn: readonly WrittenChange[],
): string[] {
  const left = [...lost];
  const unmatched: WrittenChange[] = [];
  const replaced: string[] = [];
  for (const change of redrawn) {
    const same = left.findIndex(({ proposed }) => proposed.trim() === change.proposed.trim());
    if (same >= 0) replaced.push(left.splice(same, 1)[0]!.id);
    else unmatched.push(change);
  }
  return unmatched.length === left.length ? [...replaced, ...left.map(({ id }) => id)] : replaced;
}
