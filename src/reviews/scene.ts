import type { PullRequest, PullRequestComment, PullRequestHost } from "../ports.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { WatchedBranch } from "../store/branches.ts";
import type { CachedPullRequest } from "../store/pull-requests.ts";
import type { Marker } from "./comment-marker.ts";
import { parseMarker } from "./comment-marker.ts";

/** What one look is about: a branch and its pull request. */
export interface Scene {
  rfc: Rfc;
  branch: WatchedBranch;
  host: PullRequestHost;
  pull: PullRequest;
  /** As it is stored now. */
  cached: CachedPullRequest;
}

/** The most comments that a host tells of a pull request; with more, a missing one may only be further on. */
export const MOST_COMMENTS = 3_000;

/** What Redline's own marker in a comment says; anybody else's proves nothing. */
export function ownMarker(comment: PullRequestComment): Marker | null {
  return comment.isOwn ? parseMarker(comment.body) : null;
}
