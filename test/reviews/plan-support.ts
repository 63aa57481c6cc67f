import assert from "node:assert/strict";

import type { PullRequestComment } from "../../src/ports.ts";
import type { OwnComment, PlanInput, Shape, Step, Want } from "../../src/reviews/plan.ts";
import { planReview } from "../../src/reviews/plan.ts";
import type { Suggestion, SuggestionForm } from "../../src/reviews/suggestion.ts";

export const HEAD = "h".repeat(40);
export const OLD = "o".repeat(40);
export const PATH = "rfc.md";
export const AT = new Date("2026-01-02T03:04:05Z");
export const LATER = new Date(AT.getTime() + 1);
export const BEFORE = new Date(AT.getTime() - 1);

export const isInline = (form: SuggestionForm): boolean => form === "suggestion" || form === "line";
export const shapeOf = (more: Partial<Shape> & { says?: string } = {}): Shape => {
  const { says = "new text", form = "suggestion", ...rest } = more;
  return {
    form,
    block: null,
    lines: isInline(form) ? { startLine: null, line: 3 } : null,
    body: (revision, headSha) => `${says} ${form === "suggestion" ? "" : headSha} ${revision}`,
    replaced: (revision) => `replaced ${revision}`,
    ...rest,
  };
};
export const shown = (shape = shapeOf(), mayPost = true): Want => ({
  kind: "shown",
  shape,
  mayPost,
});
export const kept: Want = { kind: "kept" };
export const ended: Want = {
  kind: "ended",
  reason: "RESOLVED",
  body: (revision) => `ended ${revision}`,
};

export const rowOf = (more: Partial<Suggestion> = {}): Suggestion => {
  const { revision = 1, headSha = HEAD, form = "suggestion", state = "live" } = more;
  const isEnded = state === "closed" || state === "removed";
  return {
    id: `row ${revision}`,
    changeId: "a",
    rfcSlug: "rfc",
    prNumber: 1,
    revision,
    state,
    form,
    headSha,
    body: shapeOf({ form }).body(revision, headSha),
    commentId: state === "posting" ? null : `${revision}`,
    nodeId: null,
    url: null,
    resolvedAt: null,
    closedAt: isEnded ? AT : null,
    ...more,
  };
};
export const commentOf = (more: Partial<PullRequestComment> = {}): PullRequestComment => ({
  id: "1",
  kind: "line",
  nodeId: "N1",
  author: { id: "9", login: "redline-bot" },
  isOwn: true,
  body: "",
  url: "",
  path: more.kind === "conversation" ? null : PATH,
  startLine: null,
  line: 3,
  inReplyTo: null,
  createdAt: AT,
  updatedAt: AT,
  ...more,
});
/** A pull request and the rows about it, on which a plan is carried out as it is on the host. */
export class Model {
  rows: Suggestion[];
  own: OwnComment[];
  posts = 0;
  private lastId = 1000;

  constructor(rows: readonly Suggestion[], comments: readonly OwnComment[]) {
    this.rows = rows.map((row) => ({ ...row }));
    this.own = comments.map((one) => ({ ...one, comment: { ...one.comment } }));
  }

  /** @param crash the number of the step that is begun and not written down; the rest is not done */
  round(changes: PlanInput["changes"], headSha: string, crash = Infinity): Step[] {
    const input = { headSha, path: PATH, changes, rows: this.rows, own: this.own, isWhole: true };
    const steps = planReview(input);
    for (const [index, step] of steps.entries()) {
      this.carryOut(step, headSha, index === crash);
      if (index === crash) break;
    }
    return steps;
  }

  private carryOut(step: Step, headSha: string, isCrash: boolean): void {
    if (step.kind === "post") return this.post(step, headSha, isCrash);
    if (step.kind === "delete") {
      this.own = this.own.filter((one) => one.comment !== step.comment);
      return;
    }
    const row = this.rows.find((one) => one === step.row)!;
    if (step.kind === "edit" || step.kind === "close") {
      assert(this.own.some((one) => one.comment === step.comment));
      step.comment.body = step.body;
    }
    if (isCrash) return;
    if (step.kind === "adopt")
      Object.assign(row, { state: "live", closedAt: null, commentId: step.comment.id });
    if (step.kind === "edit") Object.assign(row, { body: step.body, headSha: step.headSha });
    if (step.kind === "close")
      Object.assign(row, { state: "closed", body: step.body, closedAt: LATER });
    if (step.kind === "drop") Object.assign(row, { state: "closed", closedAt: LATER });
    if (step.kind === "lost") Object.assign(row, { state: "removed", closedAt: LATER });
  }

  private post(step: Step & { kind: "post" }, headSha: string, isCrash: boolean): void {
    const { changeId, revision, shape } = step;
    const { form } = shape;
    const body = shape.body(revision, headSha);
    const written = { form, headSha, body };
    let row = this.rows.find((one) => one.changeId === changeId && one.revision === revision);
    if (row) assert.equal(row.state, "posting");
    else {
      const open = this.rows.filter((one) => one.changeId === changeId);
      assert(open.every(({ state }) => state === "closed" || state === "removed"));
      row = rowOf({ id: `${changeId} ${revision}`, changeId, revision, state: "posting" });
      this.rows.push(row);
    }
    Object.assign(row, written);
    this.posts += 1;
    const id = String((this.lastId += 1));
    const kind = isInline(form) ? "line" : form === "file" ? "file" : "conversation";
    const place = shape.lines ?? { startLine: null, line: null };
    const comment = commentOf({ id, kind, body, ...place });
    this.own.push({ comment, changeId, revision });
    if (!isCrash) Object.assign(row, { state: "live", commentId: id });
  }

  /** The comments on a change that do not say how it, or they, ended. */
  live(changeId: string): PullRequestComment[] {
    return this.own
      .filter((one) => one.changeId === changeId)
      .map(({ comment }) => comment)
      .filter(({ body }) => !/^(?:ended|replaced)/.test(body));
  }
}
