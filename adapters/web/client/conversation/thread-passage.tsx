import type { ThreadJson } from "../../views/thread-view.ts";
import { showPassage } from "../document/thread-marks.ts";
import { passagePlace, threadLetters } from "../document/thread-places.ts";
import { useDesk } from "../state/desk.ts";
import { useStore } from "../state/store.ts";
import { passageWords } from "./thread-title.ts";

/** What a thread is about, by its words; leads to it in the document, or says that it is gone. */
export function ThreadPassage({ thread }: { thread: ThreadJson }) {
  const desk = useDesk();
  const { rfc } = useStore(desk.rfc.state);
  if (!rfc || !thread.anchor) return null;
  // The document's page knows of a passage that has moved before the thread's own does.
  const newest = rfc.threads.find((one) => one.id === thread.id) ?? thread;
  const place = passagePlace(newest, rfc);
  const letter = threadLetters(rfc.threads).get(thread.id);
  const words = `“${passageWords(newest)}”`;
  if (place === null || typeof place === "string") {
    return (
      <p class="thread-passage is-gone">
        {letter !== undefined && <span class="thread-letter">{letter}</span>}
        <span>
          {words}
          {place === "gone" && (
            <span class="thread-passage-gone">
              This passage can no longer be found in the document.
            </span>
          )}
        </span>
      </p>
    );
  }
  return (
    <button
      type="button"
      class="thread-passage"
      title="Show in the document"
      onClick={() => showPassage(desk, thread.id, place.start)}
    >
      {letter !== undefined && <span class="thread-letter">{letter}</span>}
      <span>{words}</span>
    </button>
  );
}
