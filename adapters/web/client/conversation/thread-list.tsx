import type { RfcDetailJson } from "../../views/rfc-view.ts";
import type { ThreadJson } from "../../views/thread-view.ts";
import { rfcPath } from "../router.ts";
import { Link } from "../ui/link.tsx";
import { Time } from "../ui/time.tsx";
import { ThreadPassage } from "./thread-passage.tsx";
import { threadScope, threadTitle } from "./thread-title.ts";

export function ThreadList({ rfc }: { rfc: RfcDetailJson }) {
  const newest = [...rfc.threads].sort((a, b) => b.created_at.localeCompare(a.created_at));
  const open = newest.filter((thread) => thread.state === "open");
  const closed = newest.filter((thread) => thread.state === "closed");
  return (
    <div class="thread-list">
      <h2>Threads</h2>
      {newest.length === 0 && (
        <p class="empty">
          Nobody has talked about this document yet. Ask a question or ask for a change below, or
          select a passage in the document to talk about that.
        </p>
      )}
      <Threads rfc={rfc} threads={open} />
      {closed.length > 0 && (
        <details>
          <summary class="quiet">{closed.length} closed</summary>
          <Threads rfc={rfc} threads={closed} />
        </details>
      )}
    </div>
  );
}

function Threads({ rfc, threads }: { rfc: RfcDetailJson; threads: readonly ThreadJson[] }) {
  return (
    <ul>
      {threads.map((thread) => (
        <li key={thread.id}>
          <Link class="thread-row" to={rfcPath(rfc.slug, thread.id)}>
            <strong>{threadTitle(thread)}</strong>
            <span class="quiet">
              {threadScope(thread)} · <Time iso={thread.created_at} />
              <Pending rfc={rfc} threadId={thread.id} />
            </span>
          </Link>
          <ThreadPassage thread={thread} />
        </li>
      ))}
    </ul>
  );
}

function Pending({ rfc, threadId }: { rfc: RfcDetailJson; threadId: string }) {
  const pending = rfc.changes.filter(
    (change) => change.thread_id === threadId && change.state === "pending",
  ).length;
  return pending === 0 ? null : <span class="badge">{pending} pending</span>;
}
