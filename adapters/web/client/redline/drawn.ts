/** Which of the changes that meet in one place are drawn in the text. Pure. */
import type { Edit } from "./composite.ts";

/** More redlines in one paragraph, list or table help nobody, and each takes its time. */
const MOST_DRAWN = 40;

export interface Drawn {
  /** In the order of the document, without overlap. */
  drawn: Edit[];
  /** The others, the newest first. */
  hidden: Edit[];
}

/**
 * Of changes that overlap one is drawn: the one that was chosen last, else the newest. `chosen` holds ids,
 * the last choice first.
 */
export function pickDrawn(edits: readonly Edit[], chosen: readonly string[]): Drawn {
  const rank = ({ changeId }: Edit): number => {
    const at = chosen.indexOf(changeId);
    return at < 0 ? chosen.length : at;
  };
  const drawn: Edit[] = [];
  const hidden: Edit[] = [];
  for (const edit of [...edits].sort((a, b) => rank(a) - rank(b) || b.number - a.number)) {
    const fits = drawn.length < MOST_DRAWN && !drawn.some((other) => meet(edit, other));
    (fits ? drawn : hidden).push(edit);
  }
  return { drawn: drawn.sort(inOrder), hidden: hidden.sort((a, b) => b.number - a.number) };
}

export function inOrder(a: Edit, b: Edit): number {
  return a.start - b.start || a.end - b.end || a.number - b.number;
}

/** Whether they cannot both be drawn. What only touches, or inserts at the same point, can. */
export function meet(a: Edit, b: Edit): boolean {
  return a.start < b.end && b.start < a.end;
}
