/** The numbers by which changes are known in the document. A click on any leads to its card. */
import type { Edit } from "../redline/composite.ts";
import { toneClass } from "../redline/place-marks.ts";

export function Flag({ edit }: { edit: Edit }) {
  return (
    <button
      type="button"
      class="redline-flag"
      data-change={edit.changeId}
      aria-label={`Change ${edit.number}: show its card`}
    >
      {edit.number}
    </button>
  );
}

const MOST = 4;

/** Beside a paragraph: which changes are in it. For the eye and the pointer; the flags serve the keyboard. */
export function MarginMarks({ edits }: { edits: readonly Edit[] }) {
  return (
    <div class="margin-marks" aria-hidden="true">
      {edits.slice(0, MOST).map((edit, index) => (
        <span
          key={edit.changeId}
          class={`margin-mark${toneClass(index, edits.length)}`}
          data-change={edit.changeId}
        >
          {edit.number}
        </span>
      ))}
      {edits.length > MOST && <span class="margin-more">+{edits.length - MOST}</span>}
    </div>
  );
}
