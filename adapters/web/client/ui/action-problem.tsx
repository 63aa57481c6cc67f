import type { Action } from "./action.ts";
import { Notice } from "./notice.tsx";

/** Why an action failed, and the way to try it again where that may help. */
export function ActionProblem({ action: { problem, again } }: { action: Action }) {
  if (problem === null) return null;
  return (
    <Notice kind="problem">
      {problem}{" "}
      {again && (
        <button type="button" class="link-button" onClick={again}>
          Try again
        </button>
      )}
    </Notice>
  );
}
