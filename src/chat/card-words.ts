/** What all platforms show on a card in the same way. */
import type { CardTone } from "./card.ts";

/** Seen and heard beside the words of the state. */
export const MARKS: Readonly<Record<CardTone, string>> = {
  open: "○",
  asks: "?",
  working: "…",
  good: "✓",
  closed: "✕",
  problem: "!",
};
