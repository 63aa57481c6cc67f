/**
 * What is to be done so that a pull request shows each pending change once, as it stands now, and nothing of
 * the others. Compares what ought to be there with what is; so it can be asked again after anything. Pure.
 */
import { groupBy } from "../group-by.ts";
import type { LineComment, MinimizeReason, PullRequestComment } from "../ports.ts";
import type { Suggestion, SuggestionForm } from "./suggestion.ts";
import { isOpen } from "./suggestion.ts";

/** What a change wants on the pull request. */
export type Want =
  /** To be shown, so; if it is not shown yet, only when `mayPost`. */
  | { kind: "shown"; shape: Shape; mayPost: boolean }
  /** To stay as it is for now: it is being committed, or its turn still runs. */
  | { kind: "kept" }
  /** To say how it ended, if it is shown. `reopens`: it may be wanted again. */
  | { kind: "ended"; body(revision: number): string; reason: MinimizeReason };

/** How a change is to be shown on one head. */
export interface Shape {
  form: SuggestionForm;
  /** What can be applied, as the body begins with it: nobody may have it read otherwise. */
  block: string | null;
  /** For `suggestion` and `line`: the head's lines; for the rest null. */
  lines: Pick<LineComment, "startLine" | "line"> | null;
  /** @param headSha the head that links name */
  body(revision: number, headSha: string): string;
  /** What an earlier comment says once this one stands on a newer head. */
  replaced(revision: number): string;
}

export interface WantingChange {
  changeId: string;
  want: Want;
  /** When somebody last asked for it to be shown. */
  askedAt: Date | null;
}

/** A comment of Redline's own that carries the marker of a change. */
export interface OwnComment {
  comment: PullRequestComment;
  changeId: string;
  revision: number;
}

export interface PlanInput {
  headSha: string;
  /** The document's path on that head. */
  path: string;
  changes: readonly WantingChange[];
  /** Everything that was ever shown on the pull request. */
  rows: readonly Suggestion[];
  own: readonly OwnComment[];
  /** Whether the comments are all there are: only then is a missing one deleted. */
  isWhole: boolean;
}

/** In the order in which they are to be done. */
export type Step =
  /** A comment that was sent before its row could be completed, or that was taken for deleted. */
  | { kind: "adopt"; row: Suggestion; comment: PullRequestComment }
  /** It was never sent, and is not wanted any more. */
  | { kind: "drop"; row: Suggestion }
  /** Somebody deleted the comment. */
  | { kind: "lost"; row: Suggestion }
  /** It was sent twice, or after its row was given up. */
  | { kind: "delete"; comment: PullRequestComment }
  | { kind: "edit"; row: Suggestion; comment: PullRequestComment; body: string; headSha: string }
  | {
      kind: "close";
      row: Suggestion;
      comment: PullRequestComment;
      body: string;
      reason: MinimizeReason;
    }
  | { kind: "post"; changeId: string; revision: number; shape: Shape };

export function planReview(input: PlanInput): Step[] {
  const rowsOf = groupBy(input.rows, (row) => row.changeId);
  const kept = new Set<PullRequestComment>();
  for (const row of input.rows) {
    const comment = row.state === "removed" ? null : commentOf(input.own, row);
    if (comment) kept.add(comment);
  }
  const steps: Step[] = [];
  for (const change of input.changes) {
    const rows = (rowsOf.get(change.changeId) ?? []).toSorted((a, b) => a.revision - b.revision);
    const shown = findShown(input, rows);
    if (shown?.comment) kept.add(shown.comment);
    steps.push(...planChange(input, change, rows, shown));
  }
  steps.push(...strays(input, new Set(rowsOf.keys()), kept));
  const order = ["adopt", "delete", "drop", "lost", "close", "edit", "post"];
  return steps.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

/** The row that a change is shown by, or is about to be, with its comment where that is there. */
interface Shown {
  row: Suggestion;
  comment: PullRequestComment | null;
}

function findShown({ own }: PlanInput, rows: readonly Suggestion[]): Shown | null {
  const open = rows.find(isOpen);
  if (open) return { row: open, comment: commentOf(own, open) };
  // Deleted comments do not come back: whoever found this one missing had looked too early.
  const last = rows.at(-1);
  const comment = last?.state === "removed" ? commentOf(own, last) : null;
  return last && comment ? { row: last, comment } : null;
}

function planChange(
  input: PlanInput,
  change: WantingChange,
  rows: readonly Suggestion[],
  shown: Shown | null,
): Step[] {
  if (!shown) return planUnshown(change, rows.at(-1));
  const { row, comment } = shown;
  if (comment) {
    const steps = planShown(input, change, row, comment);
    return row.state === "live" ? steps : [{ kind: "adopt", row, comment }, ...steps];
  }
  if (row.state === "live") return input.isWhole ? [{ kind: "lost", row }] : [];
  const { want, changeId } = change;
  if (want.kind === "kept") return [];
  if (want.kind === "ended" || !want.mayPost) return [{ kind: "drop", row }];
  return [{ kind: "post", changeId, revision: row.revision, shape: want.shape }];
}

/** A change of which nothing is shown now. */
function planUnshown({ changeId, want, askedAt }: WantingChange, last?: Suggestion): Step[] {
  if (want.kind !== "shown" || !want.mayPost) return [];
  // Whoever deleted the comment does not want it back, unless somebody asks.
  const asked = askedAt !== null && (!last?.closedAt || askedAt > last.closedAt);
  if (last?.state === "removed" && !asked) return [];
  return [{ kind: "post", changeId, revision: (last?.revision ?? 0) + 1, shape: want.shape }];
}

function planShown(
  { headSha, path }: PlanInput,
  { changeId, want }: WantingChange,
  row: Suggestion,
  comment: PullRequestComment,
): Step[] {
  if (want.kind === "kept") return [];
  if (want.kind === "ended") {
    const { reason } = want;
    return [{ kind: "close", row, comment, body: want.body(row.revision), reason }];
  }
  const { shape } = want;
  const isElsewhere = comment.path !== null && comment.path !== path;
  if (isElsewhere || isMisplaced(row, comment, shape, headSha)) {
    const body = shape.replaced(row.revision);
    return [
      { kind: "close", row, comment, body, reason: "OUTDATED" },
      { kind: "post", changeId, revision: row.revision + 1, shape },
    ];
  }
  // What it says is compared as of the head that it was written for: a new head alone is no reason to edit.
  const isEdited = shape.block !== null && !lf(comment.body).startsWith(shape.block);
  if (!isEdited && row.body === shape.body(row.revision, row.headSha)) return [];
  const body = shape.body(row.revision, headSha);
  return [{ kind: "edit", row, comment, body, headSha }];
}

function lf(text: string): string {
  return text.replace(/\r\n?/g, "\n");
}

/** Whether the comment has to be posted again elsewhere. At most once a head, but for a chosen place. */
function isMisplaced(
  row: Suggestion,
  comment: PullRequestComment,
  shape: Shape,
  headSha: string,
): boolean {
  const isNewHead = row.headSha !== headSha;
  if (shape.form !== row.form) return true;
  if (shape.lines === null) return false;
  if (comment.line === null) return isNewHead;
  return comment.line !== shape.lines.line || comment.startLine !== shape.lines.startLine;
}

/** The comment of a row; of one that was not completed the first that was sent for it. */
function commentOf(own: readonly OwnComment[], row: Suggestion): PullRequestComment | null {
  const found = own.find(({ comment, changeId, revision }) => {
    if (row.commentId !== null) return isCommentOf(comment, row);
    const sameKind = isBelow(comment) === (row.form === "conversation");
    const same = changeId === row.changeId && revision === row.revision;
    return row.state === "posting" && sameKind && same;
  });
  return found?.comment ?? null;
}

/** Whether a row is this very comment's. The two kinds of comments are numbered apart. */
export function isCommentOf(comment: PullRequestComment, row: Suggestion): boolean {
  return isBelow(comment) === (row.form === "conversation") && comment.id === row.commentId;
}

function isBelow(comment: PullRequestComment): boolean {
  return comment.kind === "conversation";
}

/** Comments on changes that belong here and that nothing accounts for. */
function strays(
  { changes, own }: PlanInput,
  known: ReadonlySet<string>,
  kept: ReadonlySet<PullRequestComment>,
): Step[] {
  const here = new Set([...known, ...changes.map(({ changeId }) => changeId)]);
  return own
    .filter(({ changeId, comment }) => here.has(changeId) && !kept.has(comment))
    .map(({ comment }) => ({ kind: "delete" as const, comment }));
}
