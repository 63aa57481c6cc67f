/** The document's source with exact redlines. Pure. */
import type { Edit } from "./composite.ts";
import { meet, pickDrawn } from "./drawn.ts";
import { diffWords } from "../../../../src/rendering/word-diff.ts";

export interface SourceRun {
  kind: "equal" | "removed" | "added";
  text: string;
  /** Offset in the document of the run's beginning. */
  start: number;
  edit: Edit | null;
  /** The last run of its edit carries its number. */
  flags: Edit[];
  /** Edits that it is in the way of. */
  hidden: Edit[];
}

/** `chosen`: ids of changes to draw where several overlap, the last choice first. */
export function sourceRuns(
  body: string,
  edits: readonly Edit[],
  chosen: readonly string[] = [],
): SourceRun[] {
  const { drawn, hidden } = pickDrawn(edits, chosen);
  const runs: SourceRun[] = [];
  let at = 0;
  for (const edit of drawn) {
    pushEqual(runs, body, at, edit.start);
    pushEdit(runs, body, edit);
    at = edit.end;
    const rivals = hidden.filter((other) => meet(edit, other));
    runs.at(-1)?.hidden.push(...rivals);
    for (const rival of rivals) hidden.splice(hidden.indexOf(rival), 1);
  }
  pushEqual(runs, body, at, body.length);
  return runs;
}

const CONTEXT = 160;

/** The same with no more than some words of what stays, around what changes. */
export function shortenRuns(runs: readonly SourceRun[]): SourceRun[] {
  return runs.map((run, index) => {
    if (run.kind !== "equal") return run;
    const first = index === 0;
    const last = index === runs.length - 1;
    const text = first ? run.text.trimStart() : last ? run.text.trimEnd() : run.text;
    const tail = first ? "" : text.slice(0, CONTEXT).replace(/\S*$/, "");
    const lead = last ? "" : text.slice(-CONTEXT).replace(/^\S*/, "");
    const most = first || last ? CONTEXT : 2 * CONTEXT;
    return { ...run, text: text.length > most ? `${tail}…${lead}` : text };
  });
}

/** The same, cut at these offsets of the document as well. */
export function cutRuns(runs: readonly SourceRun[], offsets: readonly number[]): SourceRun[] {
  const sorted = [...new Set(offsets)].sort((a, b) => a - b);
  let next = 0;
  return runs.flatMap((run) => {
    if (run.kind === "added") return [run];
    const pieces: SourceRun[] = [];
    const end = run.start + run.text.length;
    let { start } = run;
    const push = (to: number): void => {
      const text = run.text.slice(start - run.start, to - run.start);
      pieces.push({ ...run, text, start, flags: [], hidden: [] });
      start = to;
    };
    while (next < sorted.length && sorted[next]! < end) {
      if (sorted[next]! > start) push(sorted[next]!);
      next += 1;
    }
    push(end);
    Object.assign(pieces.at(-1)!, { flags: run.flags, hidden: run.hidden });
    return pieces;
  });
}

function pushEqual(runs: SourceRun[], body: string, start: number, end: number): void {
  if (end <= start) return;
  runs.push({
    kind: "equal",
    text: body.slice(start, end),
    start,
    edit: null,
    flags: [],
    hidden: [],
  });
}

function pushEdit(runs: SourceRun[], body: string, edit: Edit): void {
  let start = edit.start;
  for (const part of diffWords(body.slice(edit.start, edit.end), edit.replacement)) {
    runs.push({ ...part, start, edit, flags: [], hidden: [] });
    if (part.kind !== "added") start += part.text.length;
  }
  const last = runs.at(-1);
  if (last?.edit === edit) last.flags.push(edit);
}
