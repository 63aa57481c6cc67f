/** A change that was written in this answer. */
export interface WrittenChange {
  id: string;
  /** The passage that it is about; of an insertion, the one that it hangs on. */
  original: string;
  proposed: string;
  isLocated: boolean;
}

/** A change and the one that stands for it now. */
export interface Replacement {
  lostId: string;
  redrawnId: string;
}

/**
 * Which of the changes that were given back the model has written again. It may leave one out, so a new one
 * stands for the one with the same proposed text; the order decides only where nothing was left out. Pure.
 */
export function matchRedrawn(
  lost: readonly WrittenChange[],
  redrawn: readonly WrittenChange[],
): Replacement[] {
  const left = [...lost];
  const unmatched: WrittenChange[] = [];
  const pairs: Replacement[] = [];
  for (const change of redrawn) {
    const same = left.findIndex(({ proposed }) => proposed.trim() === change.proposed.trim());
    if (same < 0) unmatched.push(change);
    else pairs.push({ lostId: left.splice(same, 1)[0]!.id, redrawnId: change.id });
  }
  if (unmatched.length !== left.length) return pairs;
  return [
    ...pairs,
    ...left.map(({ id }, index) => ({ lostId: id, redrawnId: unmatched[index]!.id })),
  ];
}
