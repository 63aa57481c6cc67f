import type { PullRequestJson } from "../../views/rfc-view.ts";
import { webAddress } from "./pull-request.ts";

/** The pull request in a few characters, leading to it. */
export function PullRequestBadge({ pull }: { pull: PullRequestJson }) {
  return (
    <a
      class={`pull pull-${pull.state}`}
      href={webAddress(pull.url) ?? undefined}
      target="_blank"
      rel="noreferrer"
      title={`${pull.title} (pull request on GitHub)`}
    >
      <span class="visually-hidden">Pull request </span>#{pull.number} {pull.state}
    </a>
  );
}
