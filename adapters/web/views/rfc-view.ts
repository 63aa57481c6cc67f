import type { OverlapGroup } from "../../../src/changes/overlap.ts";
import type { PullRequestView, RfcView } from "../../../src/engine.ts";
import type { Rfc, RfcSummary } from "../../../src/rfcs/rfc.ts";
import type { Concern, MergeProposal } from "../../../src/concerns/concern.ts";
import { changeView, type ChangeJson } from "./change-view.ts";
import {
  concernView,
  mergeProposalView,
  type ConcernJson,
  type MergeProposalJson,
} from "./people-view.ts";
import { threadView, type ThreadJson } from "./thread-view.ts";

/** An RFC as the API writes it. */
export interface RfcJson {
  slug: string;
  title: string;
  repository: string;
  path: string;
  branch: string;
  default_branch: string;
  created_at: string;
}

/** One line of the overview: the RFC with its counts. */
export interface RfcSummaryJson extends RfcJson {
  open_threads: number;
  pending: number;
  stale: number;
  accepted: number;
  declined: number;
}

export interface DocumentJson {
  body: string;
  head_sha: string;
  blob_sha: string;
}

export interface PullRequestJson {
  number: number;
  title: string;
  url: string;
  state: "open" | "merged" | "closed";
  /** Why Redline cannot commit to its head branch: then there are suggestions only. */
  read_only: string | null;
  /** Why it could not be looked at, the last time. */
  problem: string | null;
}

export interface RfcDetailJson extends RfcJson {
  branch: string;
  /** The branch's pull request, open or the last one; null where it has none. */
  pull_request: PullRequestJson | null;
  /** Whether suggestions are posted by themselves; null where there are no pull requests. */
  suggestions: "automatic" | "on_request" | null;
  /** Null while the branch's tip cannot be read; `problem` says why. */
  document: DocumentJson | null;
  problem: string | null;
  threads: ThreadJson[];
  changes: ChangeJson[];
  /** Pending changes that get in each other's way: ids of one group each. */
  overlaps: OverlapJson[];
  concerns: ConcernJson[];
  /** The newest proposal to merge the branch; null where there was none. */
  merge: MergeProposalJson | null;
}

export interface OverlapJson {
  change_ids: string[];
  kind: OverlapGroup["kind"];
}

export function rfcView(rfc: Rfc): RfcJson {
  return {
    slug: rfc.slug,
    title: rfc.title,
    repository: rfc.repository,
    path: rfc.path,
    branch: rfc.defaultBranch,
    default_branch: rfc.defaultBranch,
    created_at: rfc.createdAt.toISOString(),
  };
}

export function rfcSummaryView(rfc: RfcSummary): RfcSummaryJson {
  return {
    ...rfcView(rfc),
    open_threads: rfc.openThreads,
    pending: rfc.pending,
    stale: rfc.stale,
    accepted: rfc.accepted,
    declined: rfc.declined,
  };
}

/** @param personId who asks */
export function rfcDetailView(
  view: RfcView,
  { concerns, merge }: { concerns: readonly Concern[]; merge: MergeProposal | null },
  personId: string,
): RfcDetailJson {
  const { document } = view;
  return {
    ...rfcView(view.rfc),
    branch: view.branch,
    pull_request: view.pullRequest && pullRequestView(view.pullRequest, view.reviewProblem),
    suggestions: view.suggestionMode,
    document: document && {
      body: document.body,
      head_sha: document.headSha,
      blob_sha: document.blobSha,
    },
    problem: view.problem,
    threads: view.threads.map(threadView),
    changes: view.changes.map(changeView),
    overlaps: view.overlaps.map(({ ids, kind }) => ({ change_ids: ids, kind })),
    concerns: concerns.map((concern) => concernView(concern, personId)),
    merge: merge && mergeProposalView(merge, personId),
  };
}

function pullRequestView(pull: PullRequestView, problem: string | null): PullRequestJson {
  const { number, title, url, state, readOnly } = pull;
  return { number, title, url, state, read_only: readOnly, problem };
}
