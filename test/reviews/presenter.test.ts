import { describe, expect, it } from "vitest";

import type { Change } from "../../src/changes/change.ts";
import { DocumentIndex } from "../../src/changes/document-index.ts";
import { locateEdit } from "../../src/changes/locate.ts";
import type { ChangedFile } from "../../src/ports.ts";
import { consoleLinks } from "../../src/reviews/links.ts";
import type { Shape, Want } from "../../src/reviews/plan.ts";
import { planReview } from "../../src/reviews/plan.ts";
import type { PresenterInput } from "../../src/reviews/presenter.ts";
import { Presenter } from "../../src/reviews/presenter.ts";
import type { Suggestion, SuggestionForm } from "../../src/reviews/suggestion.ts";
import type { ReviewedChange } from "../../src/store/branch-changes.ts";
import { changeWith } from "../support/change.ts";
import { pullWith } from "../support/pull-request.ts";
import { commentOf, isInline, rowOf } from "./plan-support.ts";

const BLOB = "b".repeat(40);
const PULL = pullWith();
const HEAD = PULL.headSha;
const NEW_HEAD = "n".repeat(40);
const DOCUMENT = new DocumentIndex(
  "# Title\n\nFirst line.\nSecond line.\nThird line.\n\n## Part\n\nFar away line.\n",
);
/** The first five lines are in the diff. */
const MODIFIED: ChangedFile = {
  path: "text/a b.md",
  previousPath: null,
  status: "modified",
  additions: 1,
  deletions: 1,
  patch: "@@ -1,5 +1,5 @@\n # Title\n \n First line.\n-Old line.\n+Second line.\n Third line.",
};
const RFC = {
  slug: "rfc",
  title: "The RFC",
  repository: "acme/rfcs",
  path: MODIFIED.path,
  defaultBranch: "feature",
  createdAt: new Date(0),
};

let lastNumber = 0;
const idOf = (number: number): string => `00000000-0000-4000-8000-${`${number}`.padStart(12, "0")}`;
function reviewed(
  original: string,
  proposed: string,
  more: Partial<Change> & Partial<Omit<ReviewedChange, "change">> = {},
): ReviewedChange {
  const { isReady = true, suggestionAskedAt = null, threadTitle = null } = more;
  const { decidedBy = null, declineReason = null, ...change } = more;
  const edit = { original, proposed };
  const number = (lastNumber += 1);
  const placement = locateEdit(DOCUMENT, edit);
  const row = { id: idOf(number), number, ...edit, placement, baseBlobSha: BLOB };
  const others = { isReady, suggestionAskedAt, threadTitle, decidedBy, declineReason };
  return { change: changeWith({ ...row, ...change }), ...others };
}
const second = (more?: Parameters<typeof reviewed>[2]): ReviewedChange =>
  reviewed("Second line.", "Second, changed.", more);
const farAway = (more?: Parameters<typeof reviewed>[2]): ReviewedChange =>
  reviewed("Far away line.", "Further away.", more);

function presenterOf(
  more: Partial<PresenterInput> = {},
  file: ChangedFile | null = MODIFIED,
  base: string | null = null,
): Presenter {
  const presenter = new Presenter({
    rfc: RFC,
    pull: PULL,
    path: MODIFIED.path,
    links: consoleLinks(() => "https://redline.example/"),
    document: { blobSha: BLOB, index: DOCUMENT },
    isAutomatic: true,
    rows: [],
    ...more,
  });
  presenter.setDiff(file, base);
  return presenter;
}
const wantsOf = (changes: readonly ReviewedChange[], presenter = presenterOf()): Want[] =>
  presenter.wants(changes).map(({ want }) => want);
const shapeOf = (want: Want | undefined): Shape => {
  if (want?.kind !== "shown") throw new Error(`it is ${want?.kind}`);
  return want.shape;
};
const shapesOf = (changes: readonly ReviewedChange[], presenter?: Presenter): Shape[] =>
  wantsOf(changes, presenter).map(shapeOf);
const bodyOf = (shape: Shape): string => shape.body(1, HEAD);
/** The row of a change that is shown in this way. */
const liveRow = ({ change }: ReviewedChange, shape: Shape, headSha = HEAD): Suggestion =>
  rowOf({ changeId: change.id, form: shape.form, headSha, body: shape.body(1, headSha) });
const rowIn = (form: SuggestionForm, { change }: ReviewedChange, headSha = HEAD): Suggestion =>
  rowOf({ changeId: change.id, form, headSha, url: "https://host/comment" });

describe("a pending change in the diff", () => {
  it("is a suggestion on its lines, with the reason, the conversation and its marker", () => {
    const change = second({ reason: "It reads better.", threadTitle: "On lines" });
    const [shape] = shapesOf([change]);
    expect(shape).toMatchObject({ form: "suggestion", lines: { startLine: null, line: 4 } });
    const { id, number, threadId } = change.change;
    const thread = `https://redline.example/rfcs/rfc/threads/${threadId}`;
    expect(bodyOf(shape!)).toBe(
      [
        "```suggestion\nSecond, changed.\n```",
        "It reads better.",
        `Change ${number}, discussed in [On lines](${thread}).`,
        `<!-- redline:change ${id} 1 -->`,
      ].join("\n\n"),
    );
    expect(shape!.replaced(2)).toContain(`<!-- redline:change ${id} 2 -->`);
    expect(shape!.replaced(2)).not.toContain("suggestion");
  });

  it("names the document where the conversation has no title", () => {
    expect(bodyOf(shapesOf([second()])[0]!)).toContain("the conversation about “The RFC”");
  });

  it("stands on all the lines that it changes", () => {
    const [shape] = shapesOf([reviewed("First line.\nSecond line.", "One line.")]);
    expect(shape!.lines).toEqual({ startLine: 3, line: 4 });
  });

  it("may be anywhere in a file that the pull request adds", () => {
    const presenter = presenterOf({}, { ...MODIFIED, status: "added", patch: null });
    const [shape] = shapesOf([farAway()], presenter);
    expect(shape).toMatchObject({ form: "suggestion", lines: { startLine: null, line: 9 } });
  });

  it("is found by comparing where the host tells no patch", () => {
    const file = { ...MODIFIED, patch: null };
    const base = DOCUMENT.text.replace("Far away", "Nearby");
    const presenter = presenterOf({}, file, base);
    const [far, near] = shapesOf([farAway(), reviewed("# Title", "# Name")], presenter);
    expect([far!.form, near!.form]).toEqual(["suggestion", "file"]);
  });
});

describe("a pending change that cannot be a suggestion", () => {
  it("is a diff on the file, with its place, the reason why and a permalink", () => {
    const [shape] = shapesOf([farAway()]);
    expect(shape).toMatchObject({ form: "file", lines: null });
    const body = bodyOf(shape!);
    expect(body).toContain("-Far away line.\n+Further away.");
    expect(body).toContain("its lines are not in the diff");
    expect(body).toContain("Title › Part");
    expect(body).toContain(`https://github.com/acme/rfcs/blob/${HEAD}/text/a%20b.md?plain=1#L9`);
    expect(body).not.toContain("```suggestion");
  });

  it("stands below the pull request where the file is not in the diff", () => {
    const [shape] = shapesOf([second()], presenterOf({}, null));
    expect(shape).toMatchObject({ form: "conversation", lines: null });
    expect(bodyOf(shape!)).toContain("-Second line.\n+Second, changed.");
  });

  it("says of itself what it says on the first look, also on the next ones", () => {
    const change = farAway();
    for (const file of [MODIFIED, null]) {
      const [shape] = shapesOf([change], presenterOf({}, file));
      const rows = [liveRow(change, shape!)];
      const again = presenterOf({ rows }, file);
      expect(bodyOf(shapesOf([change], again)[0]!)).toBe(bodyOf(shape!));
      const kind = file ? ("file" as const) : ("conversation" as const);
      const comment = commentOf({ id: "1", kind, line: null, path: file && MODIFIED.path });
      const own = [{ comment, changeId: change.change.id, revision: 1 }];
      const changes = presenterOf({ rows }, file).wants([change]);
      const input = { headSha: HEAD, path: MODIFIED.path, changes, rows, own, isWhole: true };
      expect(planReview(input)).toEqual([]);
    }
  });

  it("stays below the pull request on the head on which the host refused it on the file", () => {
    const change = farAway();
    const rows = [rowIn("conversation", change)];
    const [shape] = shapesOf([change], presenterOf({ rows }));
    expect(shape!.form).toBe("conversation");
    expect(bodyOf(shape!)).toContain("its lines are not in the diff");
    const pull = { ...PULL, headSha: NEW_HEAD };
    expect(shapesOf([change], presenterOf({ rows, pull }))[0]!.form).toBe("file");
  });
});

describe("a suggestion that the host refused", () => {
  it("is a diff on the file, or below the pull request", () => {
    const change = second();
    const presenter = presenterOf();
    presenter.wants([change]);
    const shape = presenter.fallback(change.change.id);
    expect(shape).toMatchObject({ form: "file", lines: null });
    expect(bodyOf(shape)).toContain("GitHub did not take it as one");
    const absent = presenterOf({}, null);
    absent.wants([change]);
    expect(absent.fallback(change.change.id).form).toBe("conversation");
  });

  it.each(["file", "conversation"] as const)("stays %s on that head alone", (form) => {
    const change = second();
    const rows = [rowIn(form, change)];
    const [shape] = shapesOf([change], presenterOf({ rows }));
    expect(shape!.form).toBe(form);
    expect(bodyOf(shape!)).toContain("GitHub did not take it as one");
    const pull = { ...PULL, headSha: NEW_HEAD };
    expect(shapesOf([change], presenterOf({ rows, pull }))[0]!.form).toBe("suggestion");
    const closed = rows.map((row) => ({ ...row, state: "closed" as const }));
    expect(shapesOf([change], presenterOf({ rows: closed }))[0]!.form).toBe("suggestion");
  });
});

describe("changes that exclude each other", () => {
  it("are the first as a suggestion, the others told as in conflict with it", () => {
    const first = second();
    const other = reviewed("First line.\nSecond line.", "One line.");
    const [suggestion, line] = shapesOf([first, other]);
    expect(suggestion!.form).toBe("suggestion");
    expect(line).toMatchObject({ form: "line", lines: { startLine: 3, line: 4 } });
    expect(bodyOf(line!)).toContain(`in conflict with change ${first.change.number}`);
    const rows = [rowIn("suggestion", first)];
    const [, linked] = shapesOf([first, other], presenterOf({ rows }));
    const link = `[change ${first.change.number}](https://host/comment)`;
    expect(bodyOf(linked!)).toContain(`in conflict with ${link}`);
  });

  it.each([MODIFIED, null])("say so outside of the diff too", (file) => {
    const first = farAway();
    const other = farAway();
    const [, shape] = shapesOf([first, other], presenterOf({}, file));
    expect(bodyOf(shape!)).toContain(`in conflict with change ${first.change.number}`);
  });

  it("become suggestions when the first has gone", () => {
    const first = second({ state: "declined", decidedBy: "Ada" });
    const other = second();
    expect(shapeOf(wantsOf([first, other])[1]).form).toBe("suggestion");
  });

  it("take no place from each other as long as nobody asks for the first", () => {
    const first = second();
    const other = second({ suggestionAskedAt: new Date(1) });
    const onRequest = presenterOf({ isAutomatic: false });
    expect(shapesOf([first, other], onRequest)[1]!.form).toBe("suggestion");
    const rows = [rowIn("suggestion", first)];
    const shown = presenterOf({ isAutomatic: false, rows });
    expect(shapesOf([first, other], shown)[1]!.form).toBe("line");
  });
});

describe("what may be posted", () => {
  it("is everything, or where suggestions are not automatic what was asked for", () => {
    const changes = [second(), farAway({ suggestionAskedAt: new Date(1) })];
    const may = (isAutomatic: boolean): unknown[] =>
      wantsOf(changes, presenterOf({ isAutomatic })).map(
        (want) => "mayPost" in want && want.mayPost,
      );
    expect(may(true)).toEqual([true, true]);
    expect(may(false)).toEqual([false, true]);
    expect(
      presenterOf()
        .wants(changes)
        .map(({ askedAt }) => askedAt),
    ).toEqual([null, new Date(1)]);
  });
});

describe("a change", () => {
  const elsewhere = { baseBlobSha: "e".repeat(40) };
  it.each<[string, Parameters<typeof reviewed>[2]]>([
    ["is being committed", { state: "accepting" }],
    ["belongs to a turn that still runs", { isReady: false }],
    ["stands in another version than this head's", elsewhere],
  ])("is left as it is while it %s", (_, more) => {
    expect(wantsOf([second(more)])).toEqual([{ kind: "kept" }]);
    expect(presenterOf().needsDiff([second(more)])).toBe(false);
  });

  it.each<[string, string, Parameters<typeof reviewed>[2]]>([
    ["RESOLVED", "declined by Ada", { state: "declined", decidedBy: "Ada" }],
    [
      "RESOLVED",
      "accepted by Ada in commit [ccccccc](https://github.com/acme/rfcs/commit/",
      { state: "accepted", decidedBy: "Ada", commitSha: "c".repeat(40) },
    ],
    ["RESOLVED", "accepted by somebody", { state: "accepted", commitSha: "c".repeat(40) }],
    ["RESOLVED", "withdrawn: it is not proposed any more", { state: "withdrawn" }],
    ["OUTDATED", "not located any more", { drift: "stale" }],
    ["OUTDATED", "its new place is to be confirmed", { drift: "moved" }],
    ["OUTDATED", "it conflicts with a newer edit", { drift: "conflict" }],
    ["OUTDATED", "merged with a newer edit", { drift: "rebased" }],
  ])("ends as %s, and says that it is %s", (reason, words, more) => {
    const [want] = wantsOf([second(more)]);
    if (want?.kind !== "ended") throw new Error(`it is ${want?.kind}`);
    expect(want.reason).toBe(reason);
    expect(want.body(3)).toContain(words);
    expect(want.body(3)).toContain("-Second line.\n+Second, changed.");
    expect(want.body(3)).not.toContain("```suggestion");
    expect(want.body(3)).toMatch(/<!-- redline:change \S+ 3 -->$/);
  });

  it("ends with the reason for which it was declined", () => {
    const declined = second({ state: "declined", decidedBy: "Ada", declineReason: "Too\nlong." });
    const [want] = wantsOf([declined]);
    expect(want?.kind === "ended" && want.body(1)).toContain("> Too\n> long.");
  });

  it("ends with what became of its pull request", () => {
    const pull = { ...PULL, state: "merged" as const };
    const [want] = wantsOf([second({ state: "withdrawn" })], presenterOf({ pull }));
    expect(want?.kind === "ended" && want.body(1)).toContain("the pull request was merged");
  });

  it("is not shown where its place is uncertain, or where it would change nothing", () => {
    const doubtful = reviewed("line", "row");
    const nothing = reviewed("Second line.", "Second line.");
    for (const change of [doubtful, nothing]) expect(wantsOf([change])[0]!.kind).toBe("ended");
    expect(presenterOf().needsDiff([doubtful])).toBe(false);
    expect(presenterOf().needsDiff([doubtful, second()])).toBe(true);
  });
});

describe("addresses of the console", () => {
  it("follow its own, and what names may hold", () => {
    let base = "http://127.0.0.1:3000";
    const links = consoleLinks(() => base);
    expect(links.rfc("a/b c")).toBe("http://127.0.0.1:3000/rfcs/a%2Fb%20c");
    base = "https://redline.example/base//";
    expect(links.thread("rfc", "t1")).toBe("https://redline.example/base/rfcs/rfc/threads/t1");
  });
});

it("every form is posted on lines or not, as the host wants it", () => {
  const changes = [second(), second(), farAway()];
  for (const shape of shapesOf(changes)) expect(shape.lines !== null).toBe(isInline(shape.form));
});
