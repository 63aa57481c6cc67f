/** What is followed from one version of a document to the next. */
import type { Passage } from "./placement.ts";

/** A passage of the base and the edit that hangs on it. */
export interface Tracked {
  span: Passage;
  /** The base's text there; for an insertion the anchor's. */
  slice: string;
  /** What the edit makes of it; null for a passage that is only followed. */
  result: string | null;
}

/** Characters of context compared on each side, white space aside. */
export const REACH = 48;

/** Agreement on a side that is no accident. */
export const SOLID_SIDE = 8;

/** Share of a passage that must be left for it to count as changed rather than gone. */
export const MOSTLY_KEPT = 0.5;
