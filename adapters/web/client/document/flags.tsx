/** The numbers by which changes are known in the document, and the letters of threads. */
import { markFace } from "../concerns/concern-places.ts";
import type { Edit } from "../redline/composite.ts";
import type { ThreadPlace } from "../redline/layout.ts";
import { toneClass } from "../redline/place-marks.ts";

/** A click leads to the change's card. */
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

const LONGEST = 28;

/** A change that is one of several for the same words. A click, or the focus, draws it in the text. */
export function Chip({ edit, isDrawn }: { edit: Edit; isDrawn: boolean }) {
  const { changeId, number, replacement } = edit;
  const words = replacement.replace(/\s+/g, " ").trim();
  return (
    <button
      type="button"
      class="proposal-chip"
      data-change={changeId}
      aria-pressed={isDrawn}
      title={words === "" ? `Change ${number} deletes it` : words}
    >
      #{number}{" "}
      <span class="proposal-words">
        {words === "" ? "delete" : words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words}
      </span>
    </button>
  );
}

const MOST = 4;

/** How many rows its marks take. */
export function marginRows(edits: number, threads: number): number {
  return Math.min(edits, MOST + 1) + threads;
}

interface MarginProps {
  edits: readonly Edit[];
  threads: readonly ThreadPlace[];
}

/** Beside a paragraph: what is in it. */
export function Margin({ edits, threads }: MarginProps) {
  return (
    <div class="margin">
      {edits.length > 0 && <MarginMarks edits={edits} />}
      {threads.length > 0 && <ThreadMarks threads={threads} />}
    </div>
  );
}

/** Which changes are in it. For the eye and the pointer; the flags serve the keyboard. */
function MarginMarks({ edits }: { edits: readonly Edit[] }) {
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

/** The threads and concerns that are about something in it. */
function ThreadMarks({ threads }: { threads: readonly ThreadPlace[] }) {
  return (
    <div class="thread-marks">
      {threads.map((place) => {
        const { look, words, tip } = markFace(place);
        return (
          <button
            key={place.threadId}
            type="button"
            class={look}
            data-thread={place.threadId}
            aria-label={words}
            title={tip}
          >
            {place.letter}
          </button>
        );
      })}
    </div>
  );
}
