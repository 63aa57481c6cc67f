import { describe, expect, it } from "vitest";

import type { RebaseOutcome } from "../../src/changes/rebase.ts";
import type { CommitInfo } from "../../src/ports.ts";
import { describeMove } from "../../src/rfcs/describe-move.ts";
import { changeWith } from "../support/change.ts";

const HEAD = "0123456789abcdef0123456789abcdef01234567";
const commit = (more: Partial<CommitInfo> = {}): CommitInfo => ({
  sha: "fedcba9876543210fedcba9876543210fedcba98",
  authorName: "Olive",
  subject: "Reword it",
  changeIds: [],
  touchesPath: true,
  ...more,
});
const moved = (
  kind: RebaseOutcome["kind"],
  number = 12,
): { change: ReturnType<typeof changeWith>; outcome: RebaseOutcome } => {
  const change = changeWith({ number });
  return { change, outcome: { kind, placement: change.placement, texts: null } };
};

describe("what a thread is told when its branch moves", () => {
  it("is who edited the document from outside", () => {
    expect(describeMove([commit()], [], HEAD, true)).toBe(
      "The document was edited outside of Redline: fedcba9 “Reword it” by Olive.",
    );
  });

  it("is nothing for commits of accepted changes, or of other files", () => {
    const ours = commit({ changeIds: ["some-change"] });
    const elsewhere = commit({ touchesPath: false });
    expect(describeMove([ours, elsewhere], [], HEAD, true)).toBeNull();
    expect(describeMove([ours], [moved("conflict")], HEAD, true)).toBe(
      "Change #12 conflicts with that edit; have it drafted again.",
    );
  });

  it("is nothing of outside edits in a thread that they do not concern", () => {
    expect(describeMove([commit()], [], HEAD, false)).toBeNull();
    expect(describeMove([commit()], [moved("stale")], HEAD, false)).toMatch(
      /^The document was edited .*\. Change #12 is stale/,
    );
  });

  it("is where the branch went when no commits lie in between", () => {
    expect(describeMove([], [], HEAD, true)).toBe("The branch was moved to 0123456 from outside.");
  });

  it.each<[RebaseOutcome["kind"], RegExp]>([
    ["applied", /^Change #12 is in the document now and counts as accepted\.$/],
    ["fresh", /^Change #12 stands in the document again\.$/],
    ["rebased", /^Change #12 was merged .* confirm it\.$/],
    ["conflict", /^Change #12 conflicts .* drafted again\.$/],
    ["moved", /^The passage of change #12 has moved; confirm its new place\.$/],
    ["stale", /^Change #12 is stale/],
  ])("is what became of a change: %s", (kind, sentence) => {
    const ours = commit({ changeIds: ["some-change"] });
    expect(describeMove([ours], [moved(kind)], HEAD, false)).toMatch(sentence);
  });

  it("names the five newest commits and five changes, and counts the rest", () => {
    const commits = Array.from({ length: 9 }, (_, index) => commit({ subject: `edit ${index}` }));
    const changes = Array.from({ length: 8 }, (_, index) => moved("stale", index + 1));
    const told = describeMove(commits, changes, HEAD, true)!;
    expect(told.match(/“edit \d”/g)).toEqual([4, 5, 6, 7, 8].map((n) => `“edit ${n}”`));
    expect(told).toContain("by Olive and 4 more.");
    expect(told.match(/#\d+/g)).toEqual(["#1", "#2", "#3", "#4", "#5"]);
    expect(told).toMatch(/And so for 3 more changes\.$/);
  });
});
