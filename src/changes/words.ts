/** Words and tokens, for scripts with and without spaces between words. */

const UNSPACED_SOURCE =
  "\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Thai}\\p{scx=Lao}\\p{scx=Khmer}\\p{scx=Myanmar}";
const WORD_SOURCE = `(?:(?![${UNSPACED_SOURCE}])[\\p{L}\\p{N}\\p{M}_])+`;

const WORD = new RegExp(`^${WORD_SOURCE}$`, "u");
const MARK = /^\p{M}$/u;
const TOKEN = new RegExp(
  `\\s+|&(?:#\\w{1,8}|\\w{2,8});|[A-Za-z0-9_]+(?![\\p{L}\\p{N}\\p{M}_])|${WORD_SOURCE}|[\\s\\S]\\p{M}*`,
  "gu",
);

/** White-space runs, entities, words, and single characters; joined they are the text. */
export function tokenise(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

function codePointBefore(text: string, offset: number): string {
  const low = text.charCodeAt(offset - 1);
  const paired = low >= 0xdc00 && low <= 0xdfff && isHigh(text.charCodeAt(offset - 2));
  return text.slice(paired ? offset - 2 : offset - 1, offset);
}

function codePointAt(text: string, offset: number): string {
  const point = text.codePointAt(offset);
  return point === undefined ? "" : String.fromCodePoint(point);
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/** Whether a passage must not begin or end here: inside a surrogate pair, or between CR and LF. */
export function splitsCharacter(text: string, offset: number): boolean {
  if (offset <= 0 || offset >= text.length) return false;
  const before = text.charCodeAt(offset - 1);
  const after = text.charCodeAt(offset);
  return (isHigh(before) && after >= 0xdc00 && after <= 0xdfff) || (before === 13 && after === 10);
}

/** Whether the offset lies inside a word, inside a character, or before a mark that belongs to a letter. */
export function splitsWord(text: string, offset: number): boolean {
  if (offset <= 0 || offset >= text.length) return false;
  if (splitsCharacter(text, offset)) return true;
  const after = codePointAt(text, offset);
  if (MARK.test(after)) return true;
  return WORD.test(after) && WORD.test(codePointBefore(text, offset));
}

/** Number of characters (UTF-16 units) that are no white space. */
export function inkLength(text: string): number {
  let ink = 0;
  for (let at = 0; at < text.length; at++) if (!isBlank(text.charCodeAt(at))) ink++;
  return ink;
}

/** White space as it matters for comparing contexts: ASCII, no-break and ideographic space. */
export function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0xa0 || code === 0x3000;
}
