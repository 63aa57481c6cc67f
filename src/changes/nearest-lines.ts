import type { DocumentIndex } from "./document-index.ts";
import { countTrigrams, trigramsOf } from "./trigrams.ts";

/** A line of the document, counted from 1. */
export interface NearLine {
  line: number;
  text: string;
}

const MOST_LINES = 5;
/** Lines of the text that are looked for. */
const MOST_SOUGHT = 8;
const LONGEST_SOUGHT = 2000;
/** Share of common trigrams below which a line is not near. */
const LEAST_LIKENESS = 0.2;

/**
 * The lines of the document that read most like the text, in document order, at most five: what the model is
 * shown when its `original` was not found. Empty when nothing comes near.
 */
export function nearestLines(doc: DocumentIndex, text: string): NearLine[] {
  const sought = text
    .split(/\r?\n/)
    .map((line) => line.trim().slice(0, LONGEST_SOUGHT))
    .filter((line) => line.length >= 3)
    .slice(0, MOST_SOUGHT);
  const likeness = new Map<number, number>();
  for (const line of sought) {
    const present = trigramsOf(line);
    let best = -1;
    let bestScore = LEAST_LIKENESS;
    for (const [at, { text: candidate }] of doc.lines.entries()) {
      if (candidate.length < 3) continue;
      const shared = Math.min(countTrigrams(candidate, present), line.length - 2);
      // A long paragraph on one line is near when it holds the text, however much else it holds.
      const score = shared / (line.length - 2) - candidate.length * 1e-6;
      if (score > bestScore) [best, bestScore] = [at, score];
      if (sought.length === 1 && score > LEAST_LIKENESS) likeness.set(at, score);
    }
    if (best >= 0) likeness.set(best, Math.max(bestScore, likeness.get(best) ?? 0));
  }
  return [...likeness]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST_LINES)
    .sort((a, b) => a[0] - b[0])
    .map(([at]) => ({ line: at + 1, text: doc.lines[at]!.text }));
}
