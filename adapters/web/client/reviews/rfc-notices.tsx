import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { Notice } from "../ui/notice.tsx";

interface Props {
  rfc: RfcDetailJson;
  /** Why nothing newer can be shown. */
  problem: string | null;
  onAgain(): void;
}

/** What keeps the page, or Redline on the pull request, from working as people would expect. */
export function RfcNotices({ rfc: { pull_request: pull }, problem, onAgain }: Props) {
  const lookProblem = pull?.problem ?? null;
  const readOnly = pull?.read_only ?? null;
  if (problem === null && lookProblem === null && readOnly === null) return null;
  return (
    <section class="frame-notices" aria-label="Notices">
      {problem !== null && (
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
