import type { Change, ChangeKind, ChangeState, Drift } from "../../../src/changes/change.ts";
import type { ShownSuggestion } from "../../../src/reviews/suggestion.ts";
import type {
  Certainty,
  Doubt,
  Passage,
  Placement,
  PlacementStatus,
} from "../../../src/changes/placement.ts";

/** One of several places where a change may belong. */
export interface CandidateJson {
  start: number;
  end: number;
  slice: string;
  /** Number of the line that it starts on, from 1. */
  line: number;
  section: string[];
  replacement: string;
}

/** Where something stands in the document; offsets in UTF-16 units of the document's exact text. */
export interface PlacementJson {
  status: PlacementStatus;
  certainty: Certainty;
  doubts: Doubt[];
  passage: Passage | null;
  /** The document's own text at `passage`. */
  slice: string;
  section: string[];
  candidates: CandidateJson[];
  candidate_count: number;
}

export interface ChangeJson extends Omit<PlacementJson, "status"> {
  id: string;
  number: number;
  rfc_slug: string;
  branch_name: string;
  thread_id: string;
  source_message_id: string | null;
  turn_id: string | null;
  kind: ChangeKind;
  state: ChangeState;
  original: string;
  proposed: string;
  reason: string;
  insert_after: string | null;
  insert_before: string | null;
  warnings: string[];
  /** What is written in place of `slice`, in the document's own line endings. */
  replacement: string;
  /** The blob that `passage` and the candidates are about. */
  base_blob_sha: string;
  drift: Drift;
  stale_since: string | null;
  text_offset: number | null;
  commit_sha: string | null;
  failure: string | null;
  author: string | null;
  /** Its newest comment on the pull request; null where it was never shown there. */
  suggestion: ShownSuggestion | null;
  created_at: string;
  decided_at: string | null;
}

export function changeView(change: Change): ChangeJson {
  const { status: _status, ...place } = placementView(change.placement);
  return {
    id: change.id,
    number: change.number,
    rfc_slug: change.rfcSlug,
    branch_name: change.branchName,
    thread_id: change.threadId,
    source_message_id: change.sourceMessageId,
    turn_id: change.turnId,
    kind: change.kind,
    state: change.state,
    original: change.original,
    proposed: change.proposed,
    reason: change.reason,
    insert_after: change.insertAfter,
    insert_before: change.insertBefore,
    warnings: change.warnings,
    ...place,
    replacement: change.placement.replacement,
    base_blob_sha: change.baseBlobSha,
    drift: change.drift,
    stale_since: change.staleSince && change.staleSince.toISOString(),
    text_offset: change.textOffset,
    commit_sha: change.commitSha,
    failure: change.failure,
    author: change.author,
    suggestion: change.shown,
    created_at: change.createdAt.toISOString(),
    decided_at: change.decidedAt && change.decidedAt.toISOString(),
  };
}

export function placementView(placement: Placement): PlacementJson {
  return {
    status: placement.status,
    certainty: placement.certainty,
    doubts: placement.doubts,
    passage: placement.passage && passageView(placement.passage),
    slice: placement.slice,
    section: placement.section,
    candidates: placement.candidates.map((candidate) => ({
      ...passageView(candidate),
      slice: candidate.slice,
      line: candidate.line,
      section: candidate.section,
      replacement: candidate.replacement,
    })),
    candidate_count: placement.candidateCount,
  };
}

function passageView({ start, end }: Passage): Passage {
  return { start, end };
}
