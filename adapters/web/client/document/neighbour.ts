import type { Edit } from "../redline/composite.ts";

/**
 * The change after (1) or before (-1) another one, in the order of the document, round its ends; without
 * one to begin with, the first or the last. Pure.
 */
export function neighbour(
  edits: readonly Edit[],
  changeId: string | null,
  step: 1 | -1,
): Edit | null {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.number - b.number);
  const at = sorted.findIndex((edit) => edit.changeId === changeId);
  if (at < 0) return (step === 1 ? sorted[0] : sorted.at(-1)) ?? null;
  return sorted[(at + step + sorted.length) % sorted.length] ?? null;
}
