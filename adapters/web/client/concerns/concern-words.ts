/** Concerns in words. Pure. */
import type { ConcernJson } from "../../views/people-view.ts";

/** What became of it; null while it is open. */
export function settledWords({ state, settled_by: by, author }: ConcernJson): string | null {
  if (state === "open") return null;
  if (state === "withdrawn") return `Withdrawn by ${by ?? author}`;
  return by === null ? "Resolved" : `Resolved by ${by}`;
}

/** Open ones first, each kind by number. */
export function inOrder(concerns: readonly ConcernJson[]): ConcernJson[] {
  const rank = ({ state }: ConcernJson): number => (state === "open" ? 0 : 1);
  return [...concerns].sort((a, b) => rank(a) - rank(b) || a.number - b.number);
}
