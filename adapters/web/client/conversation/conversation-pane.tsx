import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { useDesk } from "../state/desk.ts";
import { useStore } from "../state/store.ts";
import type { ThreadSession } from "../state/thread-session.ts";
import { rfcPath } from "../router.ts";
import { Link } from "../ui/link.tsx";
import { Notice } from "../ui/notice.tsx";
import { Composer } from "./composer.tsx";
import { MessageList } from "./message-list.tsx";
import { NewThread } from "./new-thread.tsx";
import { ThreadHeader } from "./thread-header.tsx";
import { ThreadList } from "./thread-list.tsx";

/** One thread, or all of them and a place to begin one. */
export function ConversationPane({ rfc }: { rfc: RfcDetailJson }) {
  const { thread } = useDesk();
  return (
    <section class="conversation-pane" aria-label="Conversation">
      {thread ? <OpenThread thread={thread} rfc={rfc} /> : <Threads rfc={rfc} />}
    </section>
  );
}

function Threads({ rfc }: { rfc: RfcDetailJson }) {
  return (
    <>
      <div class="conversation-scroll">
        <ThreadList rfc={rfc} />
      </div>
      <NewThread rfc={rfc} />
    </>
  );
}

function OpenThread({ thread, rfc }: { thread: ThreadSession; rfc: RfcDetailJson }) {
  const { view, problem } = useStore(thread.state);
  const connection = useStore(thread.connection);
  if (!view) {
    return (
      <div class="conversation-scroll">
        {problem ? (
          <Notice kind="problem">
            {problem} <Link to={rfcPath(rfc.slug)}>All threads</Link>
          </Notice>
        ) : (
          <p class="quiet loading">Loading…</p>
        )}
      </div>
    );
  }
  return (
    <>
      <ThreadHeader thread={view.thread} />
      {connection === "offline" && (
        <p class="offline" role="status">
          The connection is gone; trying again. What you write is kept.
        </p>
      )}
      <MessageList key={thread.id} session={thread} view={view} rfc={rfc} />
      <Composer key={thread.id} thread={view.thread} session={thread} />
    </>
  );
}
