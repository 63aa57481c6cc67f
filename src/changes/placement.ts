/**
 * Where a change stands in one version of a document. Offsets are UTF-16 code units of that version's exact
 * text, never inside a surrogate pair or a CRLF. Everything here survives JSON.
 */

/**
 * How sure the place is. `certain` and `high` may be written as they are; `ask` needs a person to choose or
 * confirm the place; `none` has no place to write to.
 */
export type Certainty = "certain" | "high" | "ask" | "none";

/** How the passage was found: character by character, after normalising, with errors, or not at all. */
export type LocateMethod = "exact" | "normalised" | "approximate" | "none";

/** Half-open stretch of a document; empty (`start === end`) for an insertion point. */
export interface Passage {
  start: number;
  end: number;
}

/** Why a place is no better than `ask`, for the sentence that asks. */
export type Doubt =
  /** The text stands at several places and the context does not tell which is meant. */
  | "several_places"
  /** It stands only inside longer words. */
  | "inside_word"
  /** Indentation or line structure differs in a list, a table or code. */
  | "layout"
  /** Too few characters agree to be sure of a match that is not exact. */
  | "short"
  /** White space alone. */
  | "blank"
  /** The document there already reads as proposed. */
  | "already_there"
  /** Found only with errors allowed. */
  | "approximate"
  /** What surrounds the passage was rewritten, or the passage itself went elsewhere. */
  | "moved"
  /** The passage was changed by somebody else; both changes were merged. */
  | "rebased"
  /** The caller allowed nothing better (a fenced or unmarked block, a doubtful closing tag). */
  | "capped";

/** One of several places; `passage` as for `placeAt`, so an insertion's candidates are its anchors. */
export interface Candidate extends Passage {
  slice: string;
  /** Number of the line that it starts on, from 1. */
  line: number;
  section: string[];
  replacement: string;
}

/** What an insertion hangs on: its text goes directly after or directly before this passage. */
export interface Anchor {
  side: "after" | "before";
  passage: Passage | null;
  slice: string;
  before: string;
  after: string;
}

/**
 * What the tips since did to the place. `located`: it stands as found or chosen. `rebased`: merged with
 * somebody's change, `moved`: found elsewhere; both want a click. `conflict`: `passage` is the present text,
 * `slice` and `replacement` still the two texts of the change. `stale`: gone; `slice`, `before` and `after`
 * are kept, so that the passage is known when it comes back.
 */
export type PlacementStatus = "located" | "rebased" | "moved" | "conflict" | "stale";

/** What is stored, beside the sha of the blob that it is about. */
export interface Placement {
  status: PlacementStatus;
  certainty: Certainty;
  method: LocateMethod;
  doubts: Doubt[];
  /** The best place when several are candidates; null when there is none. */
  passage: Passage | null;
  /** The document's own text at `passage` (see `PlacementStatus` for `conflict` and `stale`). */
  slice: string;
  /** What is written in place of `slice`, in the document's own line endings. */
  replacement: string;
  /** Up to 32 characters of the document before and after the passage. */
  before: string;
  after: string;
  /** Headings above the passage, outermost first. */
  section: string[];
  /** Set for an insertion: `passage` is then empty, at the anchor's border. */
  anchor: Anchor | null;
  /** For `ask`: in document order, to be numbered from 1; at most 20. */
  candidates: Candidate[];
  /** How many places there are in all (counted up to 1,000). */
  candidateCount: number;
  /** The best certainty that locating again may give. */
  atMost: Certainty;
}

/** Characters of context stored on each side. */
export const CONTEXT_LENGTH = 32;

const RANK: Record<Certainty, number> = { none: 0, ask: 1, high: 2, certain: 3 };

/** The lesser of two certainties. */
export function leastCertain(a: Certainty, b: Certainty): Certainty {
  return RANK[a] < RANK[b] ? a : b;
}

/** Whether the change may be written without asking anybody about its place. */
export function isPlaced(placement: Placement): boolean {
  return placement.passage !== null && RANK[placement.certainty] >= RANK.high;
}

/** A person confirmed a single uncertain place as it is shown (`rebased`, `moved`, or one candidate). */
export function confirmPlacement(placement: Placement): Placement {
  if (placement.passage === null || placement.certainty === "none") {
    throw new RangeError("there is no place to confirm");
  }
  return {
    ...placement,
    status: "located",
    certainty: "certain",
    doubts: [],
    candidates: [],
    candidateCount: 1,
    atMost: "certain",
  };
}

/**
 * The document with the placed change written. Only the passage differs afterwards.
 * @throws RangeError when there is no passage or `text` does not read as `slice` there: the placement is
 * about another version and must be rebased first.
 */
export function applyPlacement(text: string, placement: Placement): string {
  const { passage, slice, replacement } = placement;
  if (passage === null) throw new RangeError("the change has no place");
  if (text.slice(passage.start, passage.end) !== slice || passage.end > text.length) {
    throw new RangeError("the placement is about another version of the document");
  }
  return text.slice(0, passage.start) + replacement + text.slice(passage.end);
}
