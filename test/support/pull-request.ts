import type { PullRequest } from "../../src/ports.ts";

/** An open pull request of `acme/rfcs`, with what the test is about. */
export function pullWith(more: Partial<PullRequest> = {}): PullRequest {
  const { number = 12 } = more;
  return {
    number,
    title: "Webhook retries",
    url: `https://github.com/acme/rfcs/pull/${number}`,
    state: "open",
    headBranch: "feature",
    headSha: "h".repeat(40),
    headRepository: "acme/rfcs",
    baseBranch: "main",
    baseSha: "c".repeat(40),
    mergedBy: null,
    closedAt: null,
    ...more,
  };
}
