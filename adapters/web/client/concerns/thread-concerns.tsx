import type { ConcernJson } from "../../views/people-view.ts";
import { useDesk } from "../state/desk.ts";
import { useStore } from "../state/store.ts";
import { excerpt } from "../conversation/thread-title.ts";
import { showConcern } from "./shown-concern.ts";

/** So many leave room for what is said. */
const FEW = 2;

/** The open concerns of a thread, by number; each leads to all of it. */
export function ThreadConcerns({ threadId }: { threadId: string }) {
  const desk = useDesk();
  const { rfc } = useStore(desk.rfc.state);
  const open = (rfc?.concerns ?? []).filter(
    (concern) => concern.thread_id === threadId && concern.state === "open",
  );
  if (open.length === 0) return null;
  if (open.length <= FEW) return <Numbers open={open} />;
  return (
    <details class="thread-concerns-fold">
      <summary>{open.length} open concerns</summary>
      <Numbers open={open} />
    </details>
  );
}

function Numbers({ open }: { open: readonly ConcernJson[] }) {
  const desk = useDesk();
  return (
    <ul class="thread-concerns" aria-label="Open concerns of this thread">
      {open.map(({ id, number, text }) => (
        <li key={id}>
          <button type="button" class="thread-passage" onClick={() => showConcern(desk, id)}>
            <span class="thread-letter concern-letter">!{number}</span>
            <span>{excerpt(text)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
