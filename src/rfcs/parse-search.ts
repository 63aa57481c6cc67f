/** What somebody typed into the search, as the database and the excerpts need it. Pure. */

export interface ParsedSearch {
  /** For `websearch_to_tsquery`; empty when nothing is asked for. */
  query: string;
  /** Whether its last word may still be being written, and so matches as a beginning. */
  isOpen: boolean;
  /** The words that are to be found, in small letters. */
  terms: string[];
  /** Those of them that stand by themselves, not in quotes or joined by signs. */
  alone: string[];
}

/** Punctuation and symbols, the same as in the SQL function `search_words`. */
const BETWEEN =
  /[\u0021-\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u007e\u00a0-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u200b\u200e-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f\ufe10-\ufe19\ufe30-\ufe4f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffee]+/gu;
/** Scripts without spaces, the same as there. */
const ALONE =
  /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]/gu;
const PART = /(-?)"([^"]*)"?|(-?)(\S+)/g;

/** “…” asks for a phrase, a leading `-` for what must not be there, `or` for either. */
export function parseSearch(typed: string): ParsedSearch {
  const text = typed.replace(/[“”„«»]/g, '"');
  const parts: string[] = [];
  const terms: string[] = [];
  const alone: string[] = [];
  let isOpen = false;
  for (const [, notPhrase, phrase, notWord, word = ""] of text.matchAll(PART)) {
    const isNot = (notPhrase ?? notWord) === "-";
    const words = wordsOf(phrase ?? word);
    if (words.length === 0) continue;
    isOpen = phrase === undefined && !isNot && /[\p{L}\p{N}\p{M}]$/u.test(word);
    if (/^or$/i.test(word)) {
      parts.push("or");
      isOpen = false;
      continue;
    }
    const quoted = words.length > 1 || phrase !== undefined;
    parts.push(`${isNot ? "-" : ""}${quoted ? `"${words.join(" ")}"` : words[0]}`);
    if (isNot) continue;
    const lower = words.map((one) => one.toLowerCase());
    terms.push(...lower);
    if (!quoted) alone.push(...lower);
  }
  return { query: parts.join(" "), isOpen, terms: [...new Set(terms)], alone: [...new Set(alone)] };
}

function wordsOf(text: string): string[] {
  const spaced = text.replace(BETWEEN, " ").replace(ALONE, " $& ");
  return spaced.split(/[\s_\p{Cc}]+/u).filter((word) => word !== "");
}

/** A piece of an excerpt; `found` where it is one of the words asked for. */
export interface ExcerptPart {
  text: string;
  found: boolean;
}

const EXCERPT = 220;
const LEAD = 60;

/** The stretch of the text with most of the words, in one line, with these apart. */
export function excerptOf(text: string, terms: readonly string[]): ExcerptPart[] {
  const line = text.replace(/\s+/g, " ").trim();
  const hits = terms.length === 0 ? [] : [...line.matchAll(pattern(terms))];
  const start = bestStart(line, hits);
  const end = start + EXCERPT;
  const parts: ExcerptPart[] = [];
  let at = start;
  for (const hit of hits) {
    if (hit.index < at || hit.index + hit[0].length > end) continue;
    if (hit.index > at) parts.push({ text: line.slice(at, hit.index), found: false });
    parts.push({ text: hit[0], found: true });
    at = hit.index + hit[0].length;
  }
  const tail = line.slice(at, Math.max(at, end));
  const rest = tail.length < line.length - at ? `${tail.replace(/(?<!\S)\S*$/, "")}…` : tail;
  if (rest !== "") parts.push({ text: rest.toWellFormed(), found: false });
  if (start > 0) parts.unshift({ text: "… ", found: false });
  return parts;
}

/** Beginnings of words, or characters of scripts without spaces; the longest first. */
function pattern(terms: readonly string[]): RegExp {
  const escaped = terms
    .toSorted((a, b) => b.length - a.length)
    .map((term) => term.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join("|")})|${singles(terms)}`, "giu");
}

function singles(terms: readonly string[]): string {
  const single = terms.filter((term) => term.replace(ALONE, "") === "");
  return single.length === 0 ? "(?!)" : single.join("|");
}

/** Where a window over the text holds the most different words, at the beginning of a word. */
function bestStart(line: string, hits: readonly RegExpExecArray[]): number {
  let best = { start: 0, count: 0 };
  for (const [at, hit] of hits.entries()) {
    const start = Math.max(0, hit.index - LEAD);
    const inside = hits.slice(at, at + 50).filter((one) => one.index < start + EXCERPT);
    const count = new Set(inside.map((one) => one[0].toLowerCase())).size;
    if (count > best.count) best = { start, count };
  }
  if (best.start === 0) return 0;
  const space = line.indexOf(" ", best.start);
  return space < 0 || space > best.start + LEAD - 2 ? best.start : space + 1;
}
