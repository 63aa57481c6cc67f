/** Where a host takes comments on lines: the hunks of a pull request's diff, as lines of the head's file. */

/** Lines of the head's file, from 1, both ends included. A hunk without lines of the head is left out. */
export interface Hunk {
  start: number;
  end: number;
}

const HEADER = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@/;

/** The hunks of a `patch` (unified, without file headers), in order. */
export function parseHunks(patch: string): Hunk[] {
  const hunks: Hunk[] = [];
  // Content begins with a blank, a sign or a backslash, so nothing else looks like a header. No `m` flag: to
  // it a carriage return or U+2028 within a line begins a line too.
  for (const line of patch.split("\n")) {
    const header = HEADER.exec(line);
    if (header === null) continue;
    const start = Number(header[1]);
    const count = Number(header[2] ?? 1);
    if (count > 0) hunks.push({ start, end: start + count - 1 });
  }
  return hunks;
}

/** Git's default, which hosts use. */
const CONTEXT = 3;

/**
 * The hunks that every line diff of the two texts has, for where the host tells no patch; `base` is null for
 * an added file. Takes linear time.
 *
 * A diff computed here might align repeated lines in another way than the host's does, and claim lines that
 * the host does not show. So none is computed: a line of the head whose text the base has nowhere is an added
 * one in every diff, minimal or not, and with it come three lines on each side. Deletions, moved lines and
 * additions of known lines that are further away are not claimed.
 */
export function diffHunks(base: string | null, head: string): Hunk[] {
  // Git takes such a file for a binary one and shows nothing of it.
  if (head.includes("\0") || base?.includes("\0")) return [];
  const lines = linesOf(head);
  if (base === null) return lines.length > 0 ? [{ start: 1, end: lines.length }] : [];
  const known = new Set(linesOf(base));
  const hunks: Hunk[] = [];
  for (const [index, line] of lines.entries()) {
    if (known.has(line)) continue;
    const start = Math.max(1, index + 1 - CONTEXT);
    const end = Math.min(lines.length, index + 1 + CONTEXT);
    const last = hunks.at(-1);
    // Git joins hunks that touch.
    if (last !== undefined && start <= last.end + 1) last.end = end;
    else hunks.push({ start, end });
  }
  return hunks;
}

/** With their line breaks, as Git compares them: a last line that lost its line break is another line. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Whether the lines lie in one hunk. */
export function isInOneHunk(hunks: readonly Hunk[], start: number, end: number): boolean {
  const hunk = hunks[firstReaching(hunks, start)];
  return hunk !== undefined && hunk.start <= start && end <= hunk.end;
}

/** Whether any of the lines lies in a hunk. */
export function touchesHunk(hunks: readonly Hunk[], start: number, end: number): boolean {
  const hunk = hunks[firstReaching(hunks, start)];
  return hunk !== undefined && hunk.start <= end;
}

/** Index of the first hunk that does not end before the line. */
function firstReaching(hunks: readonly Hunk[], line: number): number {
  let low = 0;
  let high = hunks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hunks[middle]!.end < line) low = middle + 1;
    else high = middle;
  }
  return low;
}
