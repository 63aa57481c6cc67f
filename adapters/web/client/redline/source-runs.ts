/** The document's source with exact redlines. Pure. */
import type { Edit } from "./composite.ts";
import { diffWords } from "../../../../src/rendering/word-diff.ts";

export interface SourceRun {
  kind: "equal" | "removed" | "added";
  text: string;
  /** Offset in the document of the run's beginning. */
  start: number;
  edit: Edit | null;
  /** The last run of its edit carries its number. */
  flags: Edit[];
}

export function sourceRuns(body: string, edits: readonly Edit[]): SourceRun[] {
  const sorted = [...edits].sort(
    (a, b) => a.start - b.start || a.end - b.end || a.number - b.number,
  );
  const runs: SourceRun[] = [];
  let at = 0;
  let previous: Edit | null = null;
  for (const edit of sorted) {
    const samePoint = previous?.start === edit.start && previous.end === edit.end;
    if (edit.start < at || samePoint) {
      // It meets the one before; only its number can be shown.
      runs.at(-1)?.flags.push(edit);
      continue;
    }
    pushEqual(runs, body, at, edit.start);
    pushEdit(runs, body, edit);
    at = edit.end;
    previous = edit;
  }
  pushEqual(runs, body, at, body.length);
  return runs;
}

function pushEqual(runs: SourceRun[], body: string, start: number, end: number): void {
  if (end <= start) return;
  runs.push({ kind: "equal", text: body.slice(start, end), start, edit: null, flags: [] });
}

function pushEdit(runs: SourceRun[], body: string, edit: Edit): void {
  let start = edit.start;
  for (const part of diffWords(body.slice(edit.start, edit.end), edit.replacement)) {
    runs.push({ ...part, start, edit, flags: [] });
    if (part.kind !== "added") start += part.text.length;
  }
  const last = runs.at(-1);
  if (last?.edit === edit) last.flags.push(edit);
}
