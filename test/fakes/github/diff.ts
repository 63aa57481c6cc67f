/** Unified diffs as GitHub sees them: which lines a comment may stand on, and where lines went. Pure. */

export type Side = "LEFT" | "RIGHT";

export interface Hunk {
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  /** The `@@` line and the body. */
  lines: string[];
}

export interface FileDiff {
  path: string;
  previousPath: string | null;
  status: "added" | "removed" | "modified" | "renamed" | "copied" | "changed";
  /** Blob on the new side; on the old one for a removed file. */
  sha: string;
  additions: number;
  deletions: number;
  isBinary: boolean;
  hunks: Hunk[];
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** The hunks of one file's patch. */
export function parseHunks(patch: string): Hunk[] {
  const hunks: Hunk[] = [];
  let current: Hunk | null = null;
  for (const line of patch.replace(/\n$/, "").split("\n")) {
    const header = HUNK.exec(line);
    if (header) {
      const [, oldStart, oldLines = "1", newStart, newLines = "1"] = header;
      current = {
        oldStart: Number(oldStart),
        oldLines: Number(oldLines),
        newStart: Number(newStart),
        newLines: Number(newLines),
        lines: [line],
      };
      hunks.push(current);
    } else {
      current?.lines.push(line);
    }
  }
  return hunks;
}

const STATUS: Record<string, FileDiff["status"]> = {
  A: "added",
  D: "removed",
  M: "modified",
  R: "renamed",
  C: "copied",
  T: "changed",
};

/** Joins what `git diff-tree --raw -z` and `git diff-tree -p` say of the same two trees. */
export function parseFileDiffs(raw: string, patch: string): FileDiff[] {
  // A line of content starts with a blank, a sign or a backslash, never with this.
  const sections = patch.split(/^(?=diff --git )/m).filter((part) => part !== "");
  const fields = raw.split("\0");
  const files: FileDiff[] = [];
  let at = 0;
  while (fields[at]?.startsWith(":")) {
    const [, , oldSha = "", newSha = "", code = ""] = (fields[at] ?? "").split(" ");
    const letter = code.charAt(0);
    const moved = letter === "R" || letter === "C";
    const first = fields[at + 1] ?? "";
    // A change of type is told as a deletion and an addition.
    const text = sections.splice(0, letter === "T" ? 2 : 1).join("");
    const hunks = parseHunks(text);
    const body = hunks.flatMap((hunk) => hunk.lines.slice(1));
    files.push({
      path: moved ? (fields[at + 2] ?? "") : first,
      previousPath: moved ? first : null,
      status: STATUS[letter] ?? "changed",
      sha: letter === "D" ? oldSha : newSha,
      additions: body.filter((line) => line.startsWith("+")).length,
      deletions: body.filter((line) => line.startsWith("-")).length,
      isBinary: /^(Binary files |GIT binary patch)/m.test(text) && hunks.length === 0,
      hunks,
    });
    at += moved ? 3 : 2;
  }
  return files;
}

/** The `patch` of the API: hunks without file headers or a last line feed. */
export const patchOf = (file: FileDiff): string =>
  file.hunks.map((hunk) => hunk.lines.join("\n")).join("\n");

/** The hunk that shows a line of one side; undefined where the diff does not show it. */
export function hunkAt(file: FileDiff, side: Side, line: number): Hunk | undefined {
  return file.hunks.find((hunk) => {
    const start = side === "RIGHT" ? hunk.newStart : hunk.oldStart;
    const count = side === "RIGHT" ? hunk.newLines : hunk.oldLines;
    return line >= start && line < start + count;
  });
}

/** The index of a line within its hunk's `lines`. */
function indexInHunk(hunk: Hunk, side: Side, line: number): number {
  let oldLine = hunk.oldStart;
  let newLine = hunk.newStart;
  for (const [index, text] of hunk.lines.entries()) {
    if (index === 0 || text.startsWith("\\")) continue;
    const isOld = !text.startsWith("+");
    const isNew = !text.startsWith("-");
    if (side === "RIGHT" ? isNew && newLine === line : isOld && oldLine === line) return index;
    if (isOld) oldLine += 1;
    if (isNew) newLine += 1;
  }
  return -1;
}

/** The API's `position`: lines below the file's first `@@` line, later `@@` lines counted. */
export function positionOf(file: FileDiff, side: Side, line: number): number | null {
  let before = 0;
  for (const hunk of file.hunks) {
    if (hunk === hunkAt(file, side, line)) return before + indexInHunk(hunk, side, line);
    before += hunk.lines.length;
  }
  return null;
}

/** The line that a `position` names; null where it is outside the diff. */
export function lineAtPosition(
  file: FileDiff,
  position: number,
): { side: Side; line: number } | null {
  let left = position;
  for (const hunk of file.hunks) {
    if (left > 0 && left < hunk.lines.length) {
      const upTo = hunk.lines.slice(1, left + 1).filter((line) => !line.startsWith("\\"));
      const deleted = hunk.lines[left]?.startsWith("-") ?? false;
      const skip = deleted ? "+" : "-";
      const count = upTo.filter((line) => !line.startsWith(skip)).length;
      const start = deleted ? hunk.oldStart : hunk.newStart;
      return { side: deleted ? "LEFT" : "RIGHT", line: start + count - 1 };
    }
    left -= hunk.lines.length;
  }
  return null;
}

/** The hunk down to a line, as comments show it. */
export function diffHunkOf(file: FileDiff, side: Side, line: number): string {
  const hunk = hunkAt(file, side, line);
  return hunk ? hunk.lines.slice(0, indexInHunk(hunk, side, line) + 1).join("\n") : "";
}

/**
 * Where the lines `start` to `end` are after the hunks (without context) were applied; null when one of them
 * changed, or something came between them.
 */
export function followLines(
  hunks: readonly Hunk[],
  start: number,
  end: number,
): { start: number; end: number } | null {
  let shift = 0;
  for (const hunk of hunks) {
    // A pure insertion stands after the line `oldStart`.
    const first = hunk.oldLines === 0 ? hunk.oldStart + 1 : hunk.oldStart;
    const last = hunk.oldLines === 0 ? hunk.oldStart : hunk.oldStart + hunk.oldLines - 1;
    if (hunk.oldLines === 0 ? first > start && first <= end : first <= end && last >= start) {
      return null;
    }
    if (first <= start) shift += hunk.newLines - hunk.oldLines;
  }
  return { start: start + shift, end: end + shift };
}
