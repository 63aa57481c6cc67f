import { describe, expect, it } from "vitest";

import type { Drift } from "../../src/changes/change.ts";
import { driftOf, editOf } from "../../src/changes/edit.ts";
import type { RebaseOutcome } from "../../src/changes/rebase.ts";
import { changeWith } from "../support/change.ts";

describe("a change as its author wrote it", () => {
  it("has both texts, and no anchor where none was given", () => {
    expect(editOf(changeWith({ original: " a\n", proposed: "" }))).toEqual({
      original: " a\n",
      proposed: "",
    });
  });

  it("has the anchors of an insertion", () => {
    const insertion = { original: "", proposed: "new", insertAfter: "one", insertBefore: "two" };
    expect(editOf(changeWith(insertion))).toEqual({
      original: "",
      proposed: "new",
      after: "one",
      before: "two",
    });
  });
});

describe("what a new tip does to a pending change", () => {
  const { placement } = changeWith();
  const outcome = (kind: RebaseOutcome["kind"]): RebaseOutcome => ({
    kind,
    placement,
    texts: null,
  });

  it.each(["fresh", "rebased", "conflict", "moved", "stale"] as const)(
    "%s stays %s",
    (kind: Drift) => {
      expect(driftOf(changeWith(), outcome(kind))).toBe(kind);
    },
  );

  it("is nothing where the tip reads as proposed: the change is accepted by then", () => {
    expect(driftOf(changeWith(), outcome("applied"))).toBe("fresh");
  });

  it("cannot make stale what never had a place, and can what had one", () => {
    const nowhere = { ...placement, certainty: "none" as const };
    expect(driftOf(changeWith({ placement: nowhere }), outcome("stale"))).toBe("fresh");
    const lost = changeWith({ placement: nowhere, drift: "stale", staleSince: new Date() });
    expect(driftOf(lost, outcome("stale"))).toBe("stale");
  });
});
