/**
 * Something that happened where documents are reviewed. It says where to look and is no record of what is
 * there now: it may be late, doubled, or one of several whose order was lost.
 */
import type { HostAccount } from "../ports.ts";

export type HostEventKind =
  | "push"
  | "pull_request"
  | "pull_request_review"
  | "pull_request_review_comment"
  | "pull_request_review_thread"
  | "issue_comment"
  | "installation"
  | "installation_repositories";

export interface HostEvent {
  source: "github";
  /** The host's id of the delivery; the same when it is delivered again. */
  eventId: string;
  kind: HostEventKind;
  /** The host's word for what happened; of a push `pushed`, `forced`, `created` or `deleted`. */
  action: string;
  /** `owner/name`; null where it concerns what the account may see at all. */
  repository: string | null;
  /** Plain name of the branch that was pushed, or of the pull request's head; null where it is not told. */
  branch: string | null;
  pullNumber: number | null;
  /** Who did it, where the host says. */
  actor: HostAccount | null;
}
