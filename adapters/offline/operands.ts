/**
 * The parts of an edit request that name text: quoted with any of the usual quotes, or bare.
 */

/** What follows an operand; sticky, tested at the operand's end. */
export type Follows = RegExp;

/** A stretch of the message and what it means. */
export interface Quoted {
  text: string;
  end: number;
}

const CLOSERS: Record<string, string> = {
  '"': '"”',
  "“": '”"“',
  "„": '“”"',
  "«": "»",
  "»": "«",
  "‘": "’'",
  "‚": "‘’'",
  "'": "'’",
};

/** Beyond this a quote counts as never closed. */
const LONGEST_OPERAND = 20_000;

/** After the last operand of a request. */
export const AT_END: Follows = /[\s.,;:!?)\]]|$/y;

export function matchesAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Words that say what kind of text comes, without being part of it. */
const FILLER =
  /(?:(?:the|a|an|all|every|each|any|of|words?|texts?|phrases?|sentences?|lines?|paragraphs?|headings?|titles?|terms?|names?|strings?|occurrences?|instances?|mentions?)\s+){1,6}/iy;

const withoutFiller = (text: string): string =>
  text.slice(matchesAt(FILLER, text, 0)?.[0].length ?? 0);

/**
 * A quoted operand at `at`, after white space and filler words. Of several possible closing quotes the first
 * counts that `follows` fits after, so that the text may hold quotes and apostrophes.
 */
export function readQuoted(text: string, at: number, follows: Follows): Quoted | null {
  const start = at + (matchesAt(/\s{0,20}/y, text, at)?.[0].length ?? 0);
  const from = start + (matchesAt(FILLER, text, start)?.[0].length ?? 0);
  const opener = text.charAt(from);
  if (opener === "`") return readCode(text, from, follows);
  const closers = CLOSERS[opener];
  if (closers === undefined) return null;
  const limit = Math.min(text.length, from + LONGEST_OPERAND);
  for (let end = from + 1; end < limit; end += 1) {
    if (!closers.includes(text.charAt(end))) continue;
    if (matchesAt(follows, text, end + 1)) return { text: text.slice(from + 1, end), end: end + 1 };
  }
  return null;
}

/** A code span or a fenced block; as in Markdown, as many backticks close it as opened it. */
function readCode(text: string, from: number, follows: Follows): Quoted | null {
  const run = matchesAt(/`+/y, text, from)?.[0] ?? "";
  const limit = from + LONGEST_OPERAND;
  let at = from + run.length;
  while (at < limit) {
    const start = text.indexOf("`", at);
    if (start < 0) return null;
    const length = matchesAt(/`+/y, text, start)?.[0].length ?? 0;
    at = start + length;
    if (length === run.length && matchesAt(follows, text, at)) {
      return { text: codeBody(text.slice(from + run.length, start)), end: at };
    }
  }
  return null;
}

/** Without a fence's first line and last line break, or a span's padding. */
function codeBody(inside: string): string {
  const fenced = /^[^\n`]*\n([\s\S]*?)\n?$/.exec(inside);
  if (fenced !== null) return fenced[1] ?? "";
  const padded = inside.startsWith(" ") && inside.endsWith(" ") && inside.trim() !== "";
  return padded ? inside.slice(1, -1) : inside;
}

const THIS =
  /\s{0,20}(?:(?:this|that|it)\b(?:\s+(?:passage|sentence|paragraph|line|text|part|section|word|phrase|bit|item|heading)\b)?|the\s+(?:quoted|selected|highlighted)\s+\w+|the\s+(?:quote|passage|selection)\b)/iy;

/** The end of a word for the quoted passage, such as "this sentence"; null where there is none. */
export function readThis(text: string, at: number, follows: Follows): number | null {
  const match = matchesAt(THIS, text, at);
  if (match === null) return null;
  const end = at + match[0].length;
  return matchesAt(follows, text, end) ? end : null;
}

/** A bare operand at the end of a request. */
export interface Bare {
  text: string;
  /** The punctuation after it, which may belong to the text or end the person's own sentence. */
  tail: string;
  end: number;
}

/**
 * Bare words from `at`: to the end of the sentence (of the line, where `wholeLine`), never beyond `limit`.
 * Null where nothing is left.
 */
export function readBare(text: string, at: number, limit: number, wholeLine: boolean): Bare | null {
  const start = at + (matchesAt(/[^\S\n]{0,20}/y, text, at)?.[0].length ?? 0);
  const until = Math.min(limit, start + LONGEST_OPERAND);
  const line = /^[^\n]*/.exec(text.slice(start, until))?.[0] ?? "";
  const sentence = wholeLine ? line : (/^.*?[.!?](?=\s|$)/.exec(line)?.[0] ?? line);
  const because = sentence.search(/\s(?:because|since)\s/i);
  const words = withoutLeadIn(because < 0 ? sentence : sentence.slice(0, because));
  let stop = words.length;
  while (".!?,;".includes(words.charAt(stop - 1)) && stop > 0) stop -= 1;
  const body = withoutAside(words.slice(0, stop));
  return body === ""
    ? null
    : { text: body, tail: words.charAt(stop), end: start + sentence.length };
}

/** "…, and then please" belongs to what follows. */
const withoutLeadIn = (text: string): string =>
  strip(text, /(?:[,;]|\s(?:and|then|also|now|just|please|kindly))$/i);

/** "… everywhere, please" is said to the editor. */
const withoutAside = (text: string): string =>
  strip(
    text,
    /(?:,|\s(?:please|thanks|thank you|everywhere|throughout|globally|in all places|(?:in|from|of|throughout) the (?:whole |entire )?(?:document|text|rfc)))$/i,
  );

/** Takes `ending` and white space away as long as there is any. */
function strip(text: string, ending: RegExp): string {
  let rest = text.trim();
  for (;;) {
    const shorter = rest.replace(ending, "").trimEnd();
    if (shorter === rest) return rest;
    rest = shorter;
  }
}

/** A bare operand in all ways that it may be meant: as it stands first, then without what introduces it. */
export function bareReadings(text: string): string[] {
  const plain = withoutAside(text);
  return [...new Set([plain, withoutFiller(plain)])].filter((reading) => reading !== "");
}
