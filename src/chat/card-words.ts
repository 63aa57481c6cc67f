/** What all platforms show on a card in the same way. */
import type { CardTone, MergeAction, MergeCard } from "./card.ts";

/** Seen and heard beside the words of the state. */
export const MARKS: Readonly<Record<CardTone, string>> = {
  open: "○",
  asks: "?",
  working: "…",
  good: "✓",
  closed: "✕",
  problem: "!",
};

const WORDS: Readonly<Record<MergeAction | "none", string>> = {
  agree: "✓ agrees",
  object: "✕ objects",
  none: "… is asked",
};

/** A line for each who is asked about a merge, objections first; those who have no room are counted. */
export function wordLines(words: MergeCard["words"], most: number): string[] {
  const rank = ["object", "agree", null];
  const sorted = words.toSorted((a, b) => rank.indexOf(a.word) - rank.indexOf(b.word));
  const shown = sorted.slice(0, most).map(({ name, word }) => `${name}: ${WORDS[word ?? "none"]}`);
  const rest = words.length - shown.length;
  return rest > 0 ? [...shown, `and ${rest} more`] : shown;
}
