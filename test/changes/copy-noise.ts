/** What copying a passage through a model, a chat or an editor does to its characters. */
import type { Passage } from "../../src/changes/placement.ts";
import { seeded } from "./replay.ts";

export type Noise = (text: string) => string;

export const NOISES: Record<string, Noise> = {
  "re-wrapped": rewrap,
  "curly quotes": (text) =>
    text
      .replace(/(^|[\s(])"/g, "$1\u201C")
      .replaceAll('"', "\u201D")
      .replace(/(^|[\s(])'/g, "$1\u2018")
      .replaceAll("'", "\u2019"),
  "straight quotes": (text) =>
    text
      .replace(/[\u201C\u201D]/g, '"')
      .replace(/[\u2018\u2019]/g, "'")
      .replace(/[\u2013\u2014]/g, "-"),
  "CRLF or LF": (text) =>
    text.includes("\r\n") ? text.replaceAll("\r\n", "\n") : text.replaceAll("\n", "\r\n"),
  entities: (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
  "trailing spaces": (text) => text.replace(/(?=\r?\n)/g, "  "),
  "no-break spaces": (text) => text.replace(/(?<=\p{L}) (?=\p{L})/u, "\u00A0"),
  "other normal form": (text) => {
    const composed = text.normalize("NFC");
    return composed === text ? text.normalize("NFD") : composed;
  },
};

/** Breaks prose at another width; structure (blank lines, lists, tables, code) stays as it is. */
function rewrap(text: string): string {
  const width = 47;
  return text.replace(/(?<=[\w,.;:)]) ?\r?\n(?=[\w("'])/g, " ").replace(/[^\n]+/g, (line) => {
    if (/^\s*(?:[|#>`]|[-*+] |\d+\. )/.test(line) || /^ {4}/.test(line)) return line;
    let column = 0;
    return line.replace(/ ?[^ ]+/g, (word) => {
      const breaks = column > 0 && column + word.length > width;
      column = breaks ? word.length - 1 : column + word.length;
      return breaks ? `\n${word.trimStart()}` : word;
    });
  });
}

/** Passages as edits quote them: sentences, paragraphs, single lines, a few lines in a row. */
export function passagesOf(text: string, count: number, seed: number): Passage[] {
  const random = seeded(seed);
  const find = (pattern: RegExp): Passage[] =>
    [...text.matchAll(pattern)].map((match) => ({
      start: match.index,
      end: match.index + match[0].length,
    }));
  const sources = [
    find(/[^\s.!?#|>*-][^.!?\n|]{15,}[.!?]/g),
    find(/[^\s](?:[^\r\n]|\r?\n(?!\r?\n))*[^\s]/g),
    find(/[^\s][^\r\n]{6,}[^\s]/g),
    find(/[^\s][^\r\n]*\r?\n[^\r\n]+\r?\n[^\r\n]*[^\s]/g),
  ].filter((passages) => passages.length > 0);
  return Array.from({ length: count }, (_, at) => {
    const source = sources[at % sources.length]!;
    return source[random(source.length)]!;
  });
}
