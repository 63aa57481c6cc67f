import type { ThreadJson } from "../../views/thread-view.ts";
import { api } from "../api.ts";
import { rfcPath } from "../router.ts";
import { useDesk } from "../state/desk.ts";
import { useAction } from "../ui/action.ts";
import { Link } from "../ui/link.tsx";
import { Notice } from "../ui/notice.tsx";
import { excerpt, threadScope, threadTitle } from "./thread-title.ts";

export function ThreadHeader({ thread }: { thread: ThreadJson }) {
  const desk = useDesk();
  const action = useAction();
  const closed = thread.state === "closed";
  const close = async (): Promise<void> => {
    await api.closeThread(thread.id);
    await desk.thread?.refresh();
    await desk.rfc.refresh();
  };
  return (
    <header class="thread-header">
      <div class="thread-header-row">
        <Link class="back" to={rfcPath(desk.rfc.slug)}>
          <span aria-hidden="true">←</span> Threads
        </Link>
        <span class="quiet">
          {threadScope(thread)}
          {closed && " · closed"}
        </span>
        {!closed && (
          <button
            type="button"
            class="small"
            disabled={action.busy}
            onClick={() => void action.run(close)}
          >
            Close thread
          </button>
        )}
      </div>
      <h2>{threadTitle(thread)}</h2>
      {thread.anchor && (
        <p class="thread-anchor">
          {excerpt(thread.anchor.slice, 160)}
          {thread.anchor_stale_since !== null && (
            <span class="quiet"> (this passage is no longer in the document)</span>
          )}
        </p>
      )}
      {action.problem && <Notice kind="problem">{action.problem}</Notice>}
    </header>
  );
}
