/** Where comments may land, and where they are after a push: with the real Octokit. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Octokit } from "@octokit/rest";

import { startFakeGitHub } from "./fake-github.ts";
import type { FakeGitHub, FakeRepository } from "./fake-github.ts";
import { failureOf, numbered, octokitOfToken, textOf } from "./octokit-client.ts";

const PATH = "docs/rfc.md";
const BASE = numbered(40);
/** Two hunks: lines 1 to 6, and 27 to 33. */
const HEAD = BASE.with(2, "Line three").with(29, "Line thirty");

let github: FakeGitHub;
let octokit: Octokit;
let repository: FakeRepository;
let where: { owner: string; repo: string; pull_number: number };
let head: string;
let made = 0;

beforeAll(async () => {
  github = await startFakeGitHub();
  octokit = octokitOfToken(github, github.createToken("reviewer"));
});
afterAll(async () => await github.close());

beforeEach(async () => {
  made += 1;
  const repo = `rfcs-${made}`;
  const files = { [PATH]: textOf(BASE), "other.md": "Other\n" };
  repository = await github.createRepository(`acme/${repo}`, { files });
  github.addUser("reviewer", { permission: "write" });
  head = await repository.commit("idea", { [PATH]: textOf(HEAD) });
  where = { owner: "acme", repo, pull_number: await repository.openPull({ head: "idea" }) };
  return () => github.expectConforming();
});

interface Line {
  path?: string;
  start_line?: number;
  line: number;
  body?: string;
}

const review = async (lines: readonly Line[], commit_id = head) =>
  await octokit.pulls.createReview({
    ...where,
    commit_id,
    event: "COMMENT",
    comments: lines.map((line) => ({ path: PATH, body: "Text", ...line })),
  });

const commentsOf = async () => (await octokit.pulls.listReviewComments(where)).data;

describe("a review", () => {
  it("puts comments on lines of the diff, changed or beside a change", async () => {
    const { data } = await review([{ line: 3 }, { start_line: 27, line: 33 }]);
    expect(data).toMatchObject({ state: "COMMENTED", commit_id: head });
    expect(await commentsOf()).toMatchObject([
      { path: PATH, line: 3, start_line: null, side: "RIGHT", subject_type: "line" },
      { path: PATH, line: 33, start_line: 27, side: "RIGHT" },
    ]);
  });

  it.each([
    ["a line outside every hunk", { line: 15 }, "line must be part of the diff"],
    ["a first line outside", { start_line: 15, line: 28 }, "start_line must be part of the diff"],
    ["ends in two hunks", { start_line: 5, line: 28 }, "must be part of the same hunk"],
    ["a first line at the last", { start_line: 3, line: 3 }, "must precede the end line"],
    ["a file outside the diff", { path: "other.md", line: 1 }, "Path could not be resolved"],
    ["a line that is not there", { line: 99 }, "line must be part of the diff"],
    ["too long a body", { line: 3, body: "x".repeat(65_537) }, "maximum is 65536 characters"],
  ])("refuses %s, and everything with it", async (_, line, reason) => {
    const { status, data } = await failureOf(review([{ line: 4 }, line]));
    expect(status).toBe(422);
    expect(data["message"]).toBe("Unprocessable Entity");
    expect(data["errors"]).toEqual([expect.stringContaining(reason)]);
    expect(await commentsOf()).toEqual([]);
  });

  it("takes a body of the full length, counted in characters", async () => {
    await review([{ line: 3, body: "\u{1f600}".repeat(65_536) }]);
    expect(await commentsOf()).toHaveLength(1);
  });

  it("has at most 30 comments", async () => {
    const lines = (count: number) => Array.from({ length: count }, () => ({ line: 3 }));
    expect((await failureOf(review(lines(31)))).status).toBe(422);
    await review(lines(30));
    expect(await octokit.paginate(octokit.pulls.listReviewComments, where)).toHaveLength(30);
  });

  it("stays pending without an event, and nobody sees it; a second one is refused", async () => {
    const comments = [{ path: PATH, line: 3, body: "Later" }];
    const { data } = await octokit.pulls.createReview({ ...where, comments });
    expect(data.state).toBe("PENDING");
    expect(await commentsOf()).toEqual([]);
    const again = await failureOf(octokit.pulls.createReview({ ...where, comments }));
    expect(again.data["errors"]).toEqual([expect.stringContaining("one pending review")]);
    expect((await failureOf(review([{ line: 3 }]))).status).toBe(422);
    const other = octokitOfToken(github, github.createToken("somebody"));
    expect((await other.pulls.listReviews(where)).data).toEqual([]);
  });

  it("is on a commit of the pull request", async () => {
    const foreign = await repository.tip("main");
    const { data } = await failureOf(review([{ line: 3 }], foreign ?? ""));
    expect(data["errors"]).toEqual([expect.stringContaining("commit_id")]);
    // What was pushed away by force is no commit of it any more.
    const tip = await repository.tip("main");
    const parents = [tip ?? ""];
    await repository.commit("idea", { [PATH]: "Short\n" }, { parents, force: true });
    expect((await failureOf(review([{ line: 3 }], head))).status).toBe(422);
  });
});

describe("a comment by itself", () => {
  const place = { path: PATH, body: "Text" };

  it("refuses lines outside the diff in the words of its own call", async () => {
    const asked = { ...where, ...place, commit_id: head, line: 15 };
    const { status, data } = await failureOf(octokit.pulls.createReviewComment(asked));
    expect(status).toBe(422);
    expect(data).toMatchObject({
      message: "Validation Failed",
      errors: [{ resource: "PullRequestReviewComment", code: "custom" }],
    });
  });

  it("may be on a whole file, if the diff has it", async () => {
    const asked = { ...where, ...place, commit_id: head, subject_type: "file" as const };
    const { data } = await octokit.pulls.createReviewComment(asked);
    expect(data).toMatchObject({ subject_type: "file", path: PATH });
    const outside = octokit.pulls.createReviewComment({ ...asked, path: "other.md" });
    expect((await failureOf(outside)).status).toBe(422);
  });

  it("is answered, edited by its author alone, and deleted", async () => {
    const { data } = await octokit.pulls.createReviewComment({
      ...where,
      ...place,
      commit_id: head,
      line: 3,
    });
    const target = { ...where, comment_id: data.id };
    const { data: answer } = await octokit.pulls.createReplyForReviewComment({
      ...target,
      body: "Yes",
    });
    expect(answer).toMatchObject({ in_reply_to_id: data.id, line: 3 });
    const stranger = octokitOfToken(github, github.createToken("stranger"));
    const one = { owner: where.owner, repo: where.repo, comment_id: data.id };
    const edit = { ...one, body: "Other" };
    expect((await failureOf(stranger.pulls.updateReviewComment(edit))).status).toBe(403);
    await octokit.pulls.updateReviewComment(edit);
    expect((await commentsOf()).map(({ body }) => body)).toEqual(["Other", "Yes"]);
    await octokit.pulls.deleteReviewComment(one);
    for (const call of ["getReviewComment", "deleteReviewComment"] as const) {
      expect((await failureOf(octokit.pulls[call](one))).status).toBe(404);
    }
  });

  it("says something", async () => {
    const asked = { ...where, ...place, commit_id: head, line: 3, body: " " };
    expect((await failureOf(octokit.pulls.createReviewComment(asked))).status).toBe(422);
  });
});

describe("after a push", () => {
  it("a comment moves with its lines", async () => {
    await review([{ start_line: 27, line: 33 }]);
    const lines = ["New", ...HEAD];
    await repository.commit("idea", { [PATH]: textOf(lines) });
    const [comment] = await commentsOf();
    expect(comment).toMatchObject({ start_line: 28, line: 34, original_line: 33 });
  });

  it.each([
    ["its line changed", HEAD.with(2, "Line 3, again")],
    ["the diff no longer shows it", HEAD.with(2, "Line 3")],
  ])("a comment is outdated when %s", async (_, lines) => {
    await review([{ line: 3 }]);
    await repository.commit("idea", { [PATH]: textOf(lines) });
    const [comment] = await commentsOf();
    expect(comment).toMatchObject({ line: null, position: null, original_line: 3 });
  });

  it("a comment on several lines is outdated when something comes between them", async () => {
    await review([{ start_line: 3, line: 4 }]);
    await repository.commit("idea", { [PATH]: textOf(HEAD.toSpliced(3, 0, "Between")) });
    expect(await commentsOf()).toMatchObject([{ line: null, original_start_line: 3 }]);
  });

  it("a review of the older head is placed there, and follows to the new one", async () => {
    const lines = ["New", ...HEAD.with(29, "Line thirty, again")];
    await repository.commit("idea", { [PATH]: textOf(lines) });
    await review([{ line: 3 }, { line: 30 }]);
    expect(await commentsOf()).toMatchObject([
      { original_commit_id: head, original_line: 3, line: 4 },
      { original_commit_id: head, original_line: 30, line: null },
    ]);
  });

  it("files are told as three-dot hunks, with renames, and without too large a patch", async () => {
    await repository.commit("main", { "later.md": "Base moved\n" });
    await repository.rename("idea", "other.md", "renamed.md");
    await repository.commit("idea", { "long.md": textOf(numbered(3_001)) });
    const { data } = await octokit.pulls.listFiles(where);
    expect(data).toMatchObject([
      { filename: PATH, status: "modified", additions: 2, deletions: 2, changes: 4 },
      { filename: "long.md", status: "added", additions: 3_001 },
      { filename: "renamed.md", status: "renamed", previous_filename: "other.md" },
    ]);
    expect(data[0]?.patch).toMatch(/^@@ -1,6 \+1,6 @@\n Line 1\n Line 2\n-Line 3\n\+Line three\n/);
    expect(data[1]).not.toHaveProperty("patch");
  });
});
