import { LinedDocument } from "./line-edit.ts";
import type { TextEdit } from "./line-edit.ts";

/** Lines shown on each side, as Git does. */
const CONTEXT = 3;

/** Controls and marks that a reader would not see, or see the rest of the line wrongly by. */
const INVISIBLE =
  /[^\P{Cc}\t\n]|[\u061C\u200B\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF\uFFFE\uFFFF]/gu;

/**
 * The whole of an edit for readers: lines that begin with a blank, `-` or `+`. Characters that cannot be seen
 * are named. Empty for an edit that changes nothing.
 */
export function proposalDiff(head: string, edit: TextEdit): string[] {
  const document = new LinedDocument(head);
  const lines = document.edit(edit);
  if (lines === null) return [];
  const { from, to, removed, added } = lines;
  const context = (start: number, end: number): string[] =>
    Array.from({ length: end - start }, (_, index) => ` ${document.line(start + index)}`);
  return [
    ...context(Math.max(0, from - CONTEXT), from),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...context(to, Math.min(document.count, to + CONTEXT)),
  ]
    .flatMap((line) => line.split("\n"))
    .map(visible);
}

function visible(line: string): string {
  return line.toWellFormed().replace(INVISIBLE, (mark) => {
    return `<U+${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}>`;
  });
}
