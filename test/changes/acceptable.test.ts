import { describe, expect, it } from "vitest";

import { assertAcceptable, assertPending } from "../../src/changes/acceptable.ts";
import type { Change } from "../../src/changes/change.ts";
import type { Certainty } from "../../src/changes/placement.ts";
import { UserError } from "../../src/errors.ts";
import { changeWith } from "../support/change.ts";

const placed = (certainty: Certainty): Partial<Change> => ({
  placement: { ...changeWith().placement, certainty },
});
function refusal(check: () => void): [string, string] | null {
  try {
    check();
    return null;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [error.type, error.message];
  }
}

describe("a change that may be accepted", () => {
  it.each(["certain", "high"] as const)("is pending, fresh, and %s of its place", (certainty) => {
    expect(refusal(() => assertAcceptable(changeWith(placed(certainty))))).toBeNull();
  });
});

describe("a change that may not be accepted", () => {
  it.each<[Partial<Change>, string, RegExp]>([
    [{ state: "accepting" }, "already-decided", /#12 is being committed already\.$/],
    [{ state: "accepted" }, "already-decided", /#12 is accepted already\.$/],
    [{ state: "declined" }, "already-decided", /#12 is declined already\.$/],
    [{ state: "withdrawn" }, "already-decided", /#12 was withdrawn\.$/],
    [{ drift: "stale", staleSince: new Date() }, "place-uncertain", /#12 is stale/],
    [{ drift: "conflict" }, "place-uncertain", /#12 conflicts .* have it drafted again\.$/],
    [{ drift: "moved" }, "place-uncertain", /#12 has moved; confirm its new place first\.$/],
    [{ drift: "rebased" }, "place-uncertain", /#12 was merged .* confirm it first\.$/],
    [placed("ask"), "place-uncertain", /#12 belongs; choose its place first\.$/],
    [placed("none"), "place-uncertain", /#12 edits was not found .* drafted again\.$/],
  ])("is told apart: %o", (more, type, sentence) => {
    expect(refusal(() => assertAcceptable(changeWith(more)))).toEqual([
      type,
      expect.stringMatching(sentence),
    ]);
  });

  it("is decided before it is out of place", () => {
    const change = changeWith({ state: "declined", drift: "conflict", ...placed("none") });
    expect(refusal(() => assertAcceptable(change))![0]).toBe("already-decided");
  });
});

it("anything that is still pending may be declined, wherever it stands", () => {
  const change = changeWith({ drift: "stale", staleSince: new Date(), ...placed("none") });
  expect(refusal(() => assertPending(change))).toBeNull();
});
