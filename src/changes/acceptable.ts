import { UserError } from "../errors.ts";
import type { Change } from "./change.ts";

/** Whether a person may accept the change as it stands. Pure. @throws UserError that says what to do first */
export function assertAcceptable(change: Change): void {
  const name = `Change #${change.number}`;
  assertPending(change);
  switch (change.drift) {
    case "stale":
      throw new UserError(
        "place-uncertain",
        `${name} is stale: the passage that it edits is no longer in the document.`,
      );
    case "conflict":
      throw new UserError(
        "place-uncertain",
        `${name} conflicts with a newer edit of the same passage; have it drafted again.`,
      );
    case "moved":
      throw new UserError(
        "place-uncertain",
        `The passage of change #${change.number} has moved; confirm its new place first.`,
      );
    case "rebased":
      throw new UserError(
        "place-uncertain",
        `${name} was merged with a newer edit; look at it and confirm it first.`,
      );
    case "fresh":
  }
  if (change.placement.certainty === "ask") {
    throw new UserError(
      "place-uncertain",
      `It is not certain where change #${change.number} belongs; choose its place first.`,
    );
  }
  if (change.placement.certainty === "none") {
    throw new UserError(
      "place-uncertain",
      `The passage that change #${change.number} edits was not found in the document; choose its place or have it drafted again.`,
    );
  }
}

/** @throws UserError already-decided */
export function assertPending(change: Change): void {
  if (change.state === "pending") return;
  const words = {
    accepting: "is being committed already",
    accepted: "is accepted already",
    declined: "is declined already",
    withdrawn: "was withdrawn",
  };
  throw new UserError("already-decided", `Change #${change.number} ${words[change.state]}.`);
}
