import { describe, expect, it } from "vitest";

import type { PullRequestComment } from "../../src/ports.ts";
import type { OwnComment, Shape, Step, Want } from "../../src/reviews/plan.ts";
import { planReview } from "../../src/reviews/plan.ts";
import type { Suggestion, SuggestionForm } from "../../src/reviews/suggestion.ts";
import {
  AT,
  BEFORE,
  commentOf,
  ended,
  HEAD,
  isInline,
  kept,
  LATER,
  OLD,
  PATH,
  rowOf,
  shapeOf,
  shown,
} from "./plan-support.ts";

const own = (revision = 1, more: Partial<PullRequestComment> = {}): OwnComment => ({
  comment: commentOf({ id: `${revision}`, ...more }),
  changeId: "a",
  revision,
});

function plan(
  want: Want,
  rows: readonly Suggestion[] = [],
  comments: readonly OwnComment[] = [],
  askedAt: Date | null = null,
): Step[] {
  const changes = [{ changeId: "a", want, askedAt }];
  return planReview({ isWhole: true, headSha: HEAD, path: PATH, changes, rows, own: comments });
}
/** What a plan does, shortly. */
const brief = (steps: readonly Step[]): string[] =>
  steps.map((step) => {
    if (step.kind === "post") return `post ${step.revision}`;
    if (step.kind === "delete") return `delete ${step.comment.id}`;
    return `${step.kind} ${step.row.revision}`;
  });

describe("a change of which nothing is shown", () => {
  it("is posted where it may be", () => {
    expect(plan(shown())).toEqual([
      { kind: "post", changeId: "a", revision: 1, shape: expect.anything() as Shape },
    ]);
    expect(plan(shown(shapeOf(), false))).toEqual([]);
  });

  it.each([kept, ended])("is left alone when it is $kind", (want) => {
    expect(plan(want)).toEqual([]);
    expect(plan(want, [rowOf({ state: "closed" })], [own()])).toEqual([]);
    expect(plan(want, [rowOf({ state: "removed" })])).toEqual([]);
  });

  it("is posted under the next number after what was closed", () => {
    const rows = [rowOf({ state: "closed" }), rowOf({ revision: 2, state: "closed" })];
    expect(brief(plan(shown(), rows, [own(1), own(2)]))).toEqual(["post 3"]);
    expect(brief(plan(shown(), rows.toReversed(), [own(1), own(2)]))).toEqual(["post 3"]);
  });

  it("is not posted again after somebody deleted its comment, unless it is asked for since", () => {
    const removed = [rowOf({ state: "removed" })];
    expect(plan(shown(), removed)).toEqual([]);
    expect(plan(shown(), removed, [], BEFORE)).toEqual([]);
    expect(plan(shown(), removed, [], AT)).toEqual([]);
    expect(brief(plan(shown(), removed, [], LATER))).toEqual(["post 2"]);
  });

  it("is posted again when an earlier comment was deleted and the last one was not", () => {
    const rows = [rowOf({ state: "removed" }), rowOf({ revision: 2, state: "closed" })];
    expect(brief(plan(shown(), rows, [own(2)]))).toEqual(["post 3"]);
  });
});

describe("a change that was written down before it was sent", () => {
  const posting = [rowOf({ state: "posting" })];

  it("is sent under the same number when no comment is there", () => {
    expect(brief(plan(shown(), posting))).toEqual(["post 1"]);
    expect(brief(plan(shown(), [rowOf({ state: "posting", headSha: OLD })]))).toEqual(["post 1"]);
  });

  it("waits, or is given up, as the change wants", () => {
    expect(plan(kept, posting)).toEqual([]);
    expect(brief(plan(ended, posting))).toEqual(["drop 1"]);
    expect(brief(plan(shown(shapeOf(), false), posting))).toEqual(["drop 1"]);
  });

  it("takes the comment that is there, and brings it up to date", () => {
    const sent = [own(1, { id: "77" })];
    expect(brief(plan(shown(), posting, sent))).toEqual(["adopt 1"]);
    expect(brief(plan(kept, posting, sent))).toEqual(["adopt 1"]);
    expect(brief(plan(ended, posting, sent))).toEqual(["adopt 1", "close 1"]);
    expect(brief(plan(shown(shapeOf({ says: "other" })), posting, sent))).toEqual([
      "adopt 1",
      "edit 1",
    ]);
    const lines = { startLine: 1, line: 9 };
    expect(brief(plan(shown(shapeOf({ lines })), posting, sent))).toEqual([
      "adopt 1",
      "close 1",
      "post 2",
    ]);
  });

  it("takes the first of those that were sent, and deletes the others", () => {
    const sent = [own(1, { id: "77" }), own(1, { id: "78" }), own(1, { id: "79" })];
    const steps = plan(shown(), posting, sent);
    expect(brief(steps)).toEqual(["adopt 1", "delete 78", "delete 79"]);
    expect(steps[0]).toMatchObject({ comment: { id: "77" } });
  });

  it("takes no comment of the other kind, which its number would not be found by", () => {
    const row = rowOf({ state: "posting", form: "conversation" });
    const shape = shapeOf({ form: "conversation" });
    expect(brief(plan(shown(shape), [row], [own(1, { id: "77" })]))).toEqual([
      "delete 77",
      "post 1",
    ]);
  });
});

describe("a change that is shown", () => {
  it("stays as it is while nothing is different", () => {
    expect(plan(shown(), [rowOf()], [own()])).toEqual([]);
    expect(plan(shown(shapeOf(), false), [rowOf()], [own()])).toEqual([]);
    expect(plan(kept, [rowOf({ headSha: OLD })], [own(1, { line: null })])).toEqual([]);
  });

  it.each<SuggestionForm>(["suggestion", "line", "file", "conversation"])(
    "stays on a new head that does not touch it, as %s",
    (form) => {
      const kind = isInline(form) ? "line" : form === "file" ? "file" : "conversation";
      const line = isInline(form) ? 3 : null;
      const rows = [rowOf({ form, headSha: OLD })];
      expect(plan(shown(shapeOf({ form })), rows, [own(1, { kind, line })])).toEqual([]);
    },
  );

  it("is edited where it says something else now, and for this head from then on", () => {
    const shape = shapeOf({ form: "line", says: "other" });
    const [step] = plan(shown(shape), [rowOf({ form: "line", headSha: OLD })], [own()]);
    expect(step).toMatchObject({ kind: "edit", body: shape.body(1, HEAD), headSha: HEAD });
  });

  it("says how it ended", () => {
    expect(plan(ended, [rowOf()], [own()])).toEqual([
      {
        kind: "close",
        row: rowOf(),
        comment: own().comment,
        body: "ended 1",
        reason: "RESOLVED",
      },
    ]);
  });

  it.each([shown(), kept, ended])("is noticed to be deleted, when it is $kind", (want) => {
    expect(plan(want, [rowOf()])).toEqual([{ kind: "lost", row: rowOf() }]);
  });

  it("is not mistaken for a comment of the other kind with the same number", () => {
    const rows = [rowOf({ form: "conversation" })];
    const stranger = own(1, { kind: "line" });
    expect(brief(plan(kept, rows, [stranger]))).toEqual(["delete 1", "lost 1"]);
  });

  it("moves when it is outdated, at most once a head", () => {
    const outdated = [own(1, { line: null })];
    const steps = plan(shown(), [rowOf({ headSha: OLD })], outdated);
    expect(brief(steps)).toEqual(["close 1", "post 2"]);
    expect(steps[0]).toMatchObject({ body: "replaced 1", reason: "OUTDATED" });
    expect(plan(shown(), [rowOf()], outdated)).toEqual([]);
  });

  it.each([
    ["other lines", { line: 4 }, {}],
    ["other lines on the same head", { line: 4 }, { headSha: HEAD }],
    ["more lines", { startLine: 2 }, {}],
    ["another file", { path: "old.md" }, {}],
  ])("moves when it belongs on %s", (_, comment, row) => {
    const rows = [rowOf({ headSha: OLD, ...row })];
    expect(brief(plan(shown(), rows, [own(1, comment)]))).toEqual(["close 1", "post 2"]);
  });

  it.each<[SuggestionForm, SuggestionForm]>([
    ["suggestion", "line"],
    ["line", "suggestion"],
    ["suggestion", "file"],
    ["file", "suggestion"],
    ["file", "conversation"],
  ])("moves when %s becomes %s", (from, to) => {
    const kind = isInline(from) ? "line" : "file";
    const comment = own(1, { kind, line: isInline(from) ? 3 : null });
    const steps = plan(shown(shapeOf({ form: to })), [rowOf({ form: from })], [comment]);
    expect(brief(steps)).toEqual(["close 1", "post 2"]);
  });

  it("keeps its own comment of those that were sent twice", () => {
    const twice = [own(1, { id: "5" }), own(1, { id: "1" }), own(1, { id: "6" })];
    expect(brief(plan(shown(), [rowOf()], twice))).toEqual(["delete 5", "delete 6"]);
    expect(brief(plan(ended, [rowOf()], twice))).toEqual(["delete 5", "delete 6", "close 1"]);
  });

  it("is shown once also when it was taken for deleted too early", () => {
    const rows = [rowOf({ state: "removed" })];
    expect(brief(plan(shown(), rows, [own()]))).toEqual(["adopt 1"]);
    expect(brief(plan(ended, rows, [own()]))).toEqual(["adopt 1", "close 1"]);
    const again = [...rows, rowOf({ revision: 2 })];
    expect(brief(plan(shown(), again, [own(1), own(2)]))).toEqual(["delete 1"]);
  });
});

describe("comments that nothing accounts for", () => {
  it("are deleted when they came after their row was given up", () => {
    const rows = [rowOf({ state: "closed", commentId: null })];
    expect(brief(plan(ended, rows, [own(1, { id: "77" })]))).toEqual(["delete 77"]);
    const noChanges = { headSha: HEAD, path: PATH, changes: [] };
    expect(
      brief(planReview({ isWhole: true, ...noChanges, rows, own: [own(1, { id: "77" })] })),
    ).toEqual(["delete 77"]);
  });

  it("are left alone on changes that are not of this document", () => {
    const stranger = { ...own(), changeId: "of another document" };
    const twice = [stranger, { ...stranger, comment: commentOf({ id: "2" }) }];
    expect(plan(shown(), [rowOf()], [own(), ...twice])).toEqual([]);
  });
});

describe("the steps of a plan", () => {
  it("free the places before they are taken", () => {
    const changes = ["a", "b", "c", "d"].map((changeId) => ({
      changeId,
      want: changeId === "d" ? ended : shown(),
      askedAt: null,
    }));
    const of = (changeId: string, row: Partial<Suggestion>): Suggestion =>
      rowOf({ ...row, changeId, id: changeId });
    const at = (changeId: string, id: string, line: number | null): OwnComment => ({
      comment: commentOf({ id, line }),
      changeId,
      revision: 1,
    });
    const rows = [
      of("a", { headSha: OLD, commentId: "10" }),
      of("b", { state: "posting" }),
      of("c", { commentId: "30", body: "old words" }),
      of("d", { commentId: "40" }),
    ];
    const comments = [at("a", "10", null), at("b", "20", 3), at("b", "21", 3), at("c", "30", 3)];
    const steps = planReview({
      isWhole: true,
      headSha: HEAD,
      path: PATH,
      changes,
      rows,
      own: comments,
    });
    expect(steps.map(({ kind }) => kind)).toEqual([
      ...["adopt", "delete", "lost", "close", "edit", "post"],
    ]);
  });
});

it("a comment that somebody has edited is brought back to what can be applied", () => {
  const shape = shapeOf({ block: "```suggestion\ntwo\n```\n", says: "```suggestion\ntwo\n```\n" });
  const row = rowOf({ body: shape.body(1, HEAD) });
  const of = (body: string) =>
    planReview({
      isWhole: true,
      headSha: HEAD,
      path: PATH,
      changes: [{ changeId: "a", want: shown(shape), askedAt: null }],
      rows: [row],
      own: [{ comment: commentOf({ body }), changeId: "a", revision: 1 }],
    });
  expect(of("```suggestion\r\ntwo\r\n```\r\n and more")).toEqual([]);
  expect(of("```suggestion\nnine\n```\n")).toMatchObject([{ kind: "edit", body: row.body }]);
});

it("of more comments than the host tells none is taken for deleted", () => {
  const changes = [{ changeId: "a", want: shown(), askedAt: null }];
  const input = { headSha: HEAD, path: PATH, changes, rows: [rowOf()], own: [] };
  expect(planReview({ ...input, isWhole: true })).toMatchObject([{ kind: "lost" }]);
  expect(planReview({ ...input, isWhole: false })).toEqual([]);
});
