/** Where segments end. Every decision reads the text only as far as what made it necessary. */
import type { InlineState } from "./inline-walk.ts";
import { walkInline } from "./inline-walk.ts";
import type { Line } from "./markdown-scan.ts";
import { lineIndexAt, MAX_FENCE_LINE, scanLine } from "./markdown-scan.ts";
import type { Scan } from "./segment-frame.ts";
import { inlineStart, isLikeFence } from "./segment-frame.ts";

/** A place to cut at; of two, the one with the higher rank, and of equals the later one. */
interface Place {
  at: number;
  rank: number;
}

const RANK = {
  beforeHeading: 70,
  betweenBlocks: 60,
  betweenItems: 50,
  withinItem: 45,
  betweenRows: 40,
  behindBlankCode: 32,
  betweenCodeLines: 30,
  /** At the end of a line that also ends a sentence. */
  betweenSentenceLines: 25,
  betweenSentences: 20,
  betweenLines: 15,
  betweenWords: 10,
  behindHeading: 9,
  betweenCodeWords: 8,
  /** Taken off between words that stand in the same emphasis, code or link. */
  inSpan: 6,
} as const;

/** The best place in the range, both ends included, reading no further than `end`. */
export function bestPlace(parsed: Scan, from: number, to: number, end: number): number | null {
  const { text, lines } = parsed;
  let best: Place | null = null;
  const consider = (place: Place): void => {
    const isInside = place.at >= from && place.at <= to;
    if (isInside && (best === null || place.rank >= best.rank)) best = place;
  };
  for (let index = lineIndexAt(lines, from); index < lines.length; index++) {
    const whole = lines[index]!;
    if (whole.from > to) break;
    const line = whole.to <= end ? whole : scanLine(text, whole.from, end, whole.before);
    const rank = lineRank(parsed, index, line);
    if (rank !== null) consider({ at: line.from, rank });
    placesWithin(text, line, from, consider);
  }
  return best === null ? null : (best as Place).at;
}

/** Of cutting before the line; none where that would tear something apart. */
function lineRank({ text, lines }: Scan, index: number, line: Line): number | null {
  const previous = lines[index - 1];
  if (previous === undefined) return null;
  const { kind, kept, before, after } = line;
  if (kind === "blank" || kind === "fence-end" || kind === "table-rule") return null;
  if (previous.kind === "fence" && kind === "code") return null;
  if (previous.kind === "table-rule" && kind === "row") return null;
  if (kind === "code") {
    const isBlank = previous.content >= previous.to;
    return isBlank ? RANK.behindBlankCode : RANK.betweenCodeLines;
  }
  if (kind === "row") return RANK.betweenRows;
  if (line.continues) {
    const end = `${text.slice(Math.max(previous.from, previous.to - 12), previous.to).trimEnd()} `;
    return SENTENCE_END.test(end) ? RANK.betweenSentenceLines : RANK.betweenLines;
  }
  const last = lines.slice(Math.max(0, index - 5), index).findLast((one) => one.kind !== "blank");
  if (last?.kind === "heading") return RANK.behindHeading;
  if (kept > 0 || before.containers.some(({ marker }) => marker !== ">")) {
    const isItem = after.containers[kept] !== undefined && after.containers[kept].marker !== ">";
    if (isItem) return RANK.betweenItems - Math.min(kept, 4);
    if (kept > 0) return RANK.withinItem;
  }
  if (kind === "heading" || kind === "rule") return RANK.beforeHeading;
  return previous.kind === "text" ? RANK.withinItem : RANK.betweenBlocks;
}

const SENTENCE_END = /[.!?…]["'”’)\]*_]*[ \t]+$|[。！？]$/u;
/** Written without blanks between words. */
const UNSPACED =
  /(?<=[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}。、！？])(?=[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}])/gu;

function placesWithin(
  text: string,
  line: Line,
  from: number,
  consider: (place: Place) => void,
): void {
  if (line.kind === "blank" || line.kind === "fence" || line.kind === "fence-end") return;
  if (line.kind === "table-rule" || line.to <= from) return;
  const begin = isLikeFence(text, line) ? line.content + MAX_FENCE_LINE + 1 : line.content;
  const first = Math.max(begin, Math.min(from, line.to));
  const rankAt = (at: number, state: InlineState | null): number => {
    if (line.kind === "code") return RANK.betweenCodeWords;
    const isEnd = SENTENCE_END.test(text.slice(Math.max(begin, at - 12), at));
    const isInSpan =
      state !== null && (state.marks.length > 0 || state.code !== null || state.link !== null);
    return (isEnd ? RANK.betweenSentences : RANK.betweenWords) - (isInSpan ? RANK.inSpan : 0);
  };
  const isInside = (at: number): boolean => at > begin && at < line.to && !/\s/.test(text[at]!);
  walkInline(text, inlineStart(text, line, first), line.to, (at, state) => {
    if (at >= first && isInside(at)) consider({ at, rank: rankAt(at, state) });
  });
  for (const match of text.slice(first, line.to).matchAll(UNSPACED)) {
    const at = first + match.index;
    if (isInside(at)) consider({ at, rank: rankAt(at, null) - 1 });
  }
}

/** The last place not behind `to` that tears no character apart; `from` is such a place. */
export function characterPlace(
  { text, lines }: Scan,
  from: number,
  to: number,
  end: number,
): number {
  const begin = Math.max(from, lines[lineIndexAt(lines, to)]!.from);
  const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" }).segment(
    text.slice(begin, end),
  );
  const index = graphemes.containing(to - begin)?.index ?? to - begin;
  return begin + index > from ? begin + index : to;
}
