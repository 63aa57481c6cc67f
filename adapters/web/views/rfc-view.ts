import type { OverlapGroup } from "../../../src/changes/overlap.ts";
import type { RfcView } from "../../../src/engine.ts";
import type { Rfc, RfcSummary } from "../../../src/rfcs/rfc.ts";
import { changeView, type ChangeJson } from "./change-view.ts";
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

export interface RfcDetailJson extends RfcJson {
  branch: string;
  /** Null while the branch's tip cannot be read; `problem` says why. */
  document: DocumentJson | null;
  problem: string | null;
  threads: ThreadJson[];
  changes: ChangeJson[];
  /** Pending changes that get in each other's way: ids of one group each. */
  overlaps: OverlapJson[];
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

export function rfcDetailView(view: RfcView): RfcDetailJson {
  const { document } = view;
  return {
    ...rfcView(view.rfc),
    branch: view.branch,
    document: document && {
      body: document.body,
      head_sha: document.headSha,
      blob_sha: document.blobSha,
    },
    problem: view.problem,
    threads: view.threads.map(threadView),
    changes: view.changes.map(changeView),
    overlaps: view.overlaps.map(({ ids, kind }) => ({ change_ids: ids, kind })),
  };
}
