import { useEffect, useRef } from "preact/hooks";
import type { ThreadJson } from "../../views/thread-view.ts";
import { api } from "../api.ts";
import { ThreadConcerns } from "../concerns/thread-concerns.tsx";
import { openedThread } from "../document/thread-marks.ts";
import { rfcPath } from "../router.ts";
import { useDesk } from "../state/desk.ts";
import { useAction } from "../ui/action.ts";
import { Link } from "../ui/link.tsx";
import { Notice } from "../ui/notice.tsx";
import { ThreadPassage } from "./thread-passage.tsx";
import { threadScope, threadTitle } from "./thread-title.ts";

export function ThreadHeader({ thread }: { thread: ThreadJson }) {
  const desk = useDesk();
  const action = useAction();
  const title = useArrival(thread.id);
  useKnown(thread.id);
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
      <h2 ref={title} tabIndex={-1}>
        {threadTitle(thread)}
      </h2>
      <ThreadPassage thread={thread} />
      <ThreadConcerns threadId={thread.id} />
      {action.problem && <Notice kind="problem">{action.problem}</Notice>}
    </header>
  );
}

/** A thread that was begun just now is marked in the document at once. */
function useKnown(threadId: string): void {
  const desk = useDesk();
  useEffect(() => {
    const { rfc } = desk.rfc.state.get();
    if (rfc && !rfc.threads.some((one) => one.id === threadId)) void desk.rfc.refresh();
  }, [threadId]);
}

/** Who has opened the thread from the document goes on here, also where the document is out of view. */
function useArrival(threadId: string) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (openedThread.get() !== threadId) return;
    openedThread.set(null);
    title.current?.focus({ preventScroll: true });
  }, [threadId]);
  return title;
}
