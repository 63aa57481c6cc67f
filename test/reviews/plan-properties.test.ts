import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { groupBy } from "../../src/group-by.ts";
import type { OwnComment, PlanInput, Want } from "../../src/reviews/plan.ts";
import type { Suggestion, SuggestionForm } from "../../src/reviews/suggestion.ts";
import {
  BEFORE,
  commentOf,
  ended,
  HEAD,
  isInline,
  kept,
  LATER,
  Model,
  OLD,
  rowOf,
  shapeOf,
  shown,
} from "./plan-support.ts";

const lines = fc.record({
  startLine: fc.constantFrom(null, 1, 2),
  line: fc.constantFrom(3, 4),
});
const shapes = fc
  .record({
    form: fc.constantFrom<SuggestionForm>("suggestion", "line", "file", "conversation"),
    says: fc.constantFrom("one", "two"),
    lines,
  })
  .map((given) => shapeOf(isInline(given.form) ? given : { ...given, lines: null }));
const wants: fc.Arbitrary<Want> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(shapes, fc.boolean()).map(([shape, may]) => shown(shape, may)) },
  fc.constant(kept),
  fc.constant(ended),
);
/** A change with all that was ever written down about it, and whatever is on the pull request. */
const histories = fc
  .record({
    want: wants,
    askedAt: fc.constantFrom(null, BEFORE, LATER),
    rows: fc.array(
      fc.record({
        form: fc.constantFrom<SuggestionForm>("suggestion", "line", "file", "conversation"),
        state: fc.constantFrom("closed" as const, "removed" as const),
        headSha: fc.constantFrom(HEAD, OLD),
        wasSent: fc.boolean(),
        isThere: fc.boolean(),
        copies: fc.nat(2),
        says: fc.constantFrom("one", "two"),
        lines: fc.oneof(lines, fc.constant({ startLine: null, line: null })),
      }),
      { maxLength: 3 },
    ),
    last: fc.constantFrom("posting" as const, "live" as const, null),
    orphans: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 2 }),
  })
  .map(({ rows, last, ...rest }) => ({
    ...rest,
    rows: rows.map((row, at) =>
      at === rows.length - 1 && last !== null ? { ...row, state: last } : row,
    ),
  }));
const scenes = fc.array(histories, { minLength: 1, maxLength: 4 });
type Scenes = typeof scenes extends fc.Arbitrary<infer T> ? T : never;

function build(given: Scenes): { model: Model; changes: PlanInput["changes"] } {
  const rows: Suggestion[] = [];
  const comments: OwnComment[] = [];
  let id = 1;
  for (const [index, history] of given.entries()) {
    const changeId = `change ${index}`;
    for (const [at, one] of history.rows.entries()) {
      const { form, state, headSha, says } = one;
      const revision = at + 1;
      const isSent = state !== "posting" && (state !== "closed" || one.wasSent);
      const commentId = isSent ? String((id += 1)) : null;
      const body =
        state === "closed" ? `ended ${revision}` : shapeOf({ form, says }).body(revision, headSha);
      rows.push(
        rowOf({ id: `${index} ${at}`, changeId, revision, form, state, headSha, commentId, body }),
      );
      const kind = isInline(form) ? "line" : form === "file" ? "file" : "conversation";
      const place = isInline(form) ? one.lines : { startLine: null, line: null };
      const put = (commentNumber: string, text: string): void => {
        const comment = commentOf({ id: commentNumber, kind, body: text, ...place });
        comments.push({ comment, changeId, revision });
      };
      for (let copy = 0; copy < one.copies; copy += 1) put(String((id += 1)), "a copy");
      if (one.isThere && commentId !== null) put(commentId, body);
    }
    for (const revision of history.orphans) {
      comments.push({
        comment: commentOf({ id: String((id += 1)), body: "lost" }),
        changeId,
        revision,
      });
    }
  }
  const changes = given.map(({ want, askedAt }, index) => ({
    changeId: `change ${index}`,
    want,
    askedAt,
  }));
  return { model: new Model(rows, comments), changes };
}

/** What is to be seen at the end, from what was there at the beginning. */
function assertSettled({ model, changes }: ReturnType<typeof build>, from: Model): void {
  const rowsOf = groupBy(model.rows, (row) => row.changeId);
  for (const { changeId, want, askedAt } of changes) {
    const live = model.live(changeId);
    const rows = rowsOf.get(changeId) ?? [];
    const open = rows.filter(({ state }) => state === "posting" || state === "live");
    if (want.kind === "ended") {
      expect(live).toEqual([]);
      expect(open).toEqual([]);
    }
    if (want.kind === "kept") expect(live.length).toBeLessThanOrEqual(1);
    if (want.kind !== "shown") continue;
    const before = from.rows.filter((row) => row.changeId === changeId);
    const last = before.at(-1)?.state;
    if (live.length === 0) {
      // Nobody ever asked for it, or somebody deleted it and nobody has asked since that was seen.
      expect(open).toEqual([]);
      const isDeleted = last === "live" || (last === "removed" && askedAt !== LATER);
      expect(!want.mayPost || isDeleted).toBe(true);
      continue;
    }
    expect(live).toHaveLength(1);
    expect(open).toMatchObject([{ state: "live", form: want.shape.form, commentId: live[0]!.id }]);
    expect(open[0]!.body).toBe(want.shape.body(open[0]!.revision, open[0]!.headSha));
    const isOutdated = live[0]!.line === null;
    if (want.shape.lines && !isOutdated) expect(live[0]).toMatchObject(want.shape.lines);
    if (isOutdated && want.shape.lines) expect(open[0]!.headSha).toBe(HEAD);
  }
}

describe("plans that are carried out one after another", () => {
  it("settle within two rounds on one comment a wanted change, from whatever there was", () => {
    fc.assert(
      fc.property(scenes, (given) => {
        const { model, changes } = build(given);
        const from = build(given).model;
        model.round(changes, HEAD);
        model.round(changes, HEAD);
        expect(model.round(changes, HEAD)).toEqual([]);
        assertSettled({ model, changes }, from);
      }),
      { numRuns: 2_000 },
    );
  });

  it("settle the same after any crash, and never post a change twice for it", () => {
    fc.assert(
      fc.property(scenes, fc.nat(8), fc.nat(8), (given, first, second) => {
        const { model, changes } = build(given);
        model.round(changes, HEAD, first);
        model.round(changes, HEAD, second);
        model.round(changes, HEAD);
        model.round(changes, HEAD);
        expect(model.round(changes, HEAD)).toEqual([]);
        assertSettled({ model, changes }, build(given).model);
        expect(model.posts).toBeLessThanOrEqual(changes.length);
      }),
      { numRuns: 2_000 },
    );
  });

  it("post an outdated change once on each new head", () => {
    const changes = [{ changeId: "a", want: shown(), askedAt: null }];
    const model = new Model([], []);
    for (let n = 1; n <= 4; n += 1) {
      const headSha = String(n).repeat(40);
      for (let look = 0; look < 3; look += 1) model.round(changes, headSha);
      expect(model.posts).toBe(n);
      expect(model.live("a")).toHaveLength(1);
      for (const { comment } of model.own) comment.line = null;
    }
  });
});
