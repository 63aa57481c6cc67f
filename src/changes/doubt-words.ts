import type { Doubt } from "./placement.ts";

/** Why a place is not certain, a sentence each; for several places the number belongs to it. */
export const DOUBT_WORDS: Readonly<Record<Exclude<Doubt, "several_places">, string>> = {
  inside_word: "These words stand only as a part of longer words.",
  layout: "The document has these words with other line breaks or another indentation.",
  short: "The document only has words like these.",
  approximate: "The document only has words like these.",
  already_there: "The document may read so already.",
  blank: "Only spaces or line breaks would change.",
  moved: "The passage was moved.",
  rebased: "The passage was edited after this was proposed.",
  capped: "It is not certain where this belongs.",
};
