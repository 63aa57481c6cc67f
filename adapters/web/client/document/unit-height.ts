import type { Unit } from "../redline/layout.ts";

const LINE_EM = 1.65;
const LETTERS_A_LINE = 85;

/** About how tall a unit will be, so that the scroll bar is nearly right before it was ever shown. */
export function estimatedHeight({ blocks }: Unit): string {
  let lines = 0;
  for (const { raw, type } of blocks) {
    const rows = raw.trim().split("\n");
    // Only code, tables and lists keep their lines; a paragraph is filled anew.
    const wraps = type === "paragraph" ? [raw.length] : rows.map((row) => row.length);
    for (const length of wraps) lines += Math.max(1, Math.ceil(length / LETTERS_A_LINE));
    lines += type === "heading" ? 1 : 0.5;
  }
  return `${(lines * LINE_EM).toFixed(1)}em`;
}
