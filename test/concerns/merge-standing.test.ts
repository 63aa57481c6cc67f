import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MergeProposal } from "../../src/concerns/concern.ts";
import {
  describeOutcome,
  describeProposed,
  holders,
  listNames,
  settlingOf,
} from "../../src/concerns/merge-standing.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const word = (name: string, said: MergeProposal["words"][number]["word"]) => ({
  userId: name,
  name,
  word: said,
  saidAt: said === null ? null : NOW,
});

function proposalWith(more: Partial<MergeProposal> = {}): MergeProposal {
  return {
    id: "p",
    rfcSlug: "rfc",
    branchName: "main",
    prNumber: 7,
    threadId: "t",
    proposedById: "Ada",
    proposedBy: "Ada",
    state: "open",
    waitDays: 3,
    createdAt: NOW,
    endsAt: NOW,
    settledAt: null,
    words: [word("Ada", "agree"), word("Bob", null)],
    openConcerns: [],
    pendingChanges: [],
    ...more,
  };
}

const CONCERN = { number: 2, text: "Too slow.", author: "Cy" };

describe("a proposal to merge", () => {
  test.each([
    ["waits for its days", { endsAt: new Date(NOW.getTime() + 1) }, false, "wait"],
    ["is agreed when they are over", {}, false, "agreed"],
    ["is not held by silence", { words: [word("Bob", null)] }, false, "agreed"],
    ["is not held by changes", { pendingChanges: [1] }, false, "agreed"],
    ["is held by a concern", { openConcerns: [CONCERN] }, false, "held"],
    ["is held by an objection", { words: [word("Bob", "object")] }, false, "held"],
    ["is over with its pull request", { openConcerns: [CONCERN] }, true, "ended"],
    ["is over with it while it waits", { endsAt: new Date(NOW.getTime() + 1) }, true, "ended"],
  ] as const)("%s", (_what, more, hasEnded, expected) => {
    const proposal = proposalWith(more as Partial<MergeProposal>);
    expect(settlingOf(proposal, { now: NOW, hasEnded })).toBe(expected);
  });

  test("is never agreed before its time, nor while anything holds it", () => {
    const said = fc.constantFrom("agree", "object", null);
    fc.assert(
      fc.property(
        fc.array(said),
        fc.nat({ max: 3 }),
        fc.integer({ min: -5, max: 5 }),
        (words, concerns, left) => {
          const proposal = proposalWith({
            words: words.map((one, at) => word(`P${at}`, one)),
            openConcerns: Array.from({ length: concerns }, () => CONCERN),
            endsAt: new Date(NOW.getTime() + left),
          });
          const isAgreed = settlingOf(proposal, { now: NOW, hasEnded: false }) === "agreed";
          const isFree = concerns === 0 && !words.includes("object");
          expect(isAgreed).toBe(left <= 0 && isFree);
        },
      ),
    );
  });

  test("says who holds it", () => {
    const held = proposalWith({ openConcerns: [CONCERN], words: [word("Bob", "object")] });
    expect(holders(held)).toBe("concern #2 and the objection of Bob");
    expect(describeProposed(held)).toContain("held by concern #2 and the objection of Bob");
  });

  test("says who agreed and who said nothing", () => {
    const text = describeOutcome(proposalWith({ state: "agreed", pendingChanges: [4] }));
    expect(text).toBe(
      "It is agreed to merge this: Ada agreed, and nothing holds it. Bob said nothing. Not decided: change #4. Whoever may merge pull request #7 can do it now.",
    );
  });

  test("puts people's names on one line, and counts those that are too many", () => {
    const names = Array.from({ length: 17 }, (_, at) => `P\n${at}`);
    expect(listNames(names)).toMatch(/^P 0, .*P 14 and 2 more$/);
    expect(listNames(["Ada", "Bob"])).toBe("Ada and Bob");
    expect(listNames([])).toBe("");
  });
});
