import type { Change } from "../changes/change.ts";
import { firstSentence } from "../changes/commit-message.ts";
import type { PullRequest } from "../ports.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { ReviewedChange } from "../store/branch-changes.ts";
import { commitUrl, discussedIn } from "./addresses.ts";
import type { Links } from "./links.ts";
import type { SummaryItem } from "./report-body.ts";
import { summaryBody } from "./report-body.ts";

/** What became of every change, once the pull request has ended. Pure. */
export function describeDecisions(given: {
  rfc: Rfc;
  pull: PullRequest;
  links: Links;
  changes: readonly ReviewedChange[];
  /** Names this ending. */
  key: string;
}): string {
  const { rfc, pull, links, changes, key } = given;
  const itemsOf = (state: Change["state"]): SummaryItem[] =>
    changes.flatMap((reviewed) => {
      const { change, decidedBy, declineReason } = reviewed;
      if (change.state !== state) return [];
      const sha = change.commitSha;
      return {
        number: change.number,
        title: firstSentence(change.reason),
        by: decidedBy,
        commit: sha === null ? null : { sha, url: commitUrl(pull, sha) },
        why: declineReason,
        discussed: discussedIn(rfc, links, reviewed),
      };
    });
  return summaryBody({
    state: pull.state === "merged" ? "merged" : "closed",
    accepted: itemsOf("accepted"),
    declined: itemsOf("declined"),
    withdrawn: itemsOf("withdrawn"),
    discussed: { label: rfc.title, url: links.rfc(rfc.slug) },
    marker: { kind: "summary", key },
  });
}
