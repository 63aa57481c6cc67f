import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { Notice } from "../ui/notice.tsx";

interface Props {
  rfc: RfcDetailJson;
  /** Why nothing newer can be shown. */
  problem: string | null;
  /** Whether the server does not answer: that is told once, whoever noticed it. */
  isOffline: boolean;
  onAgain(): void;
}

/** What keeps the page, or Redline on the pull request, from working as people would expect. */
export function RfcNotices({ rfc, problem, isOffline, onAgain }: Props) {
  const { pull_request: pull } = rfc;
  const lookProblem = pull?.problem ?? null;
  const readOnly = pull?.read_only ?? null;
  if (problem === null && !isOffline && lookProblem === null && readOnly === null) return null;
  return (
    <section class="frame-notices" aria-label="Notices">
      {isOffline && (
        <p class="notice notice-hint offline" role="status">
          The server does not answer: check that Redline is running. This page goes on by itself,
          and what you write is kept.
        </p>
      )}
      {problem !== null && !isOffline && (
        <Notice kind="problem">
          {problem}{" "}
          <button type="button" class="link-button" onClick={onAgain}>
            Try again
          </button>
        </Notice>
      )}
      {lookProblem !== null && (
        <Notice kind="problem">
          Pull request #{pull?.number} could not be looked at: {lookProblem} Redline tries again by
          itself.
        </Notice>
      )}
      {readOnly !== null && (
        <Notice kind="hint">Changes cannot be accepted here. {readOnly}</Notice>
      )}
    </section>
  );
}
