import { describe, expect, it } from "vitest";

import type { Change } from "../../src/changes/change.ts";
import { describeDecisions } from "../../src/reviews/describe-decisions.ts";
import { consoleLinks } from "../../src/reviews/links.ts";
import type { ReviewedChange } from "../../src/store/branch-changes.ts";
import { changeWith } from "../support/change.ts";
import { pullWith } from "../support/pull-request.ts";

const RFC = {
  slug: "rfc",
  title: "The RFC",
  repository: "acme/rfcs",
  path: "rfc.md",
  defaultBranch: "feature",
  createdAt: new Date(0),
};

const reviewed = (
  change: Partial<Change>,
  more: Partial<Omit<ReviewedChange, "change">> = {},
): ReviewedChange => ({
  change: changeWith(change),
  isReady: true,
  suggestionAskedAt: null,
  threadTitle: null,
  decidedBy: null,
  declineReason: null,
  ...more,
});
const linesOf = (changes: readonly ReviewedChange[], state: "merged" | "closed" = "merged") =>
  describeDecisions({
    rfc: RFC,
    pull: pullWith({ state }),
    links: consoleLinks(() => "https://redline.example"),
    changes,
    key: "123",
  }).split("\n");

describe("the summary of a pull request that has ended", () => {
  it("tells what became of every change, by whom, why, and where it was discussed", () => {
    const sha = "c".repeat(40);
    const lines = linesOf([
      reviewed(
        { number: 1, state: "accepted", commitSha: sha, reason: "Better. And shorter." },
        { decidedBy: "Ada", threadTitle: "On words" },
      ),
      reviewed({ number: 2, state: "declined" }, { decidedBy: "Grace", declineReason: "No need." }),
      reviewed({ number: 3, state: "withdrawn", reason: "" }),
      reviewed({ number: 4, state: "pending" }),
      reviewed({ number: 5, state: "accepted", commitSha: sha }),
    ]);
    const thread = `https://redline.example/rfcs/rfc/threads/${changeWith().threadId}`;
    const commit = `[ccccccc](https://github.com/acme/rfcs/commit/${sha})`;
    const discussed = `discussed in [the conversation about “The RFC”](${thread})`;
    expect(lines[0]).toMatch(/^This pull request was merged\./);
    expect(lines.filter((line) => line.startsWith("**"))).toEqual([
      ...["**Accepted**", "**Declined**", "**Withdrawn**"],
    ]);
    expect(lines.filter((line) => line.startsWith("- "))).toEqual([
      `- Change 1: Better, by Ada, in commit ${commit}, discussed in [On words](${thread})`,
      `- Change 5: Because, in commit ${commit}, ${discussed}`,
      `- Change 2: Because, by Grace, because: No need., ${discussed}`,
      `- Change 3, ${discussed}`,
    ]);
    expect(lines.at(-1)).toBe("<!-- redline:summary 123 -->");
  });

  it("says so when nothing was proposed, and when it was not merged", () => {
    const lines = linesOf([], "closed");
    expect(lines[0]).toMatch(/^This pull request was closed\./);
    expect(lines).toContain("None was proposed.");
  });
});
