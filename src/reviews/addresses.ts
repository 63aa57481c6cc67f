/** Where readers of a pull request find the rest. */
import type { PullRequest } from "../ports.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { ReviewedChange } from "../store/branch-changes.ts";
import type { Links } from "./links.ts";
import type { Link } from "./phrases.ts";

/** The conversation that a change comes from. */
export function discussedIn(rfc: Rfc, links: Links, { change, threadTitle }: ReviewedChange): Link {
  const label = threadTitle ?? `the conversation about “${rfc.title}”`;
  return { label, url: links.thread(rfc.slug, change.threadId) };
}

export function commitUrl(pull: PullRequest, sha: string): string {
  return `${repositoryUrl(pull)}/commit/${sha}`;
}

export function repositoryUrl(pull: PullRequest): string {
  return pull.url.replace(/\/pull\/\d+.*$/, "");
}
