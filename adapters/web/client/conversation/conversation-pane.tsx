import type { ComponentChildren } from "preact";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import type { ThreadJson } from "../../views/thread-view.ts";
import { ConcernSection } from "../concerns/concern-section.tsx";
import { MergeCard } from "../merges/merge-card.tsx";
import { isShown } from "../merges/merge-words.ts";
import { useDesk } from "../state/desk.ts";
import { useStore } from "../state/store.ts";
import type { ThreadSession } from "../state/thread-session.ts";
import { rfcPath } from "../router.ts";
import { Link } from "../ui/link.tsx";
import { Composer } from "./composer.tsx";
import { MessageList } from "./message-list.tsx";
import { NewThread } from "./new-thread.tsx";
import { RfcWays } from "./rfc-ways.tsx";
import { ThreadHeader } from "./thread-header.tsx";
import { ThreadList } from "./thread-list.tsx";
import { threadTitle } from "./thread-title.ts";

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
      <div class="conversation-scroll" tabIndex={0} role="region" aria-label="Concerns and threads">
        <RfcWays rfc={rfc} />
        {isShown(rfc.merge) && <MergeCard merge={rfc.merge} rfc={rfc} />}
        <ConcernSection rfc={rfc} />
        <ThreadList rfc={rfc} />
      </div>
      <NewThread rfc={rfc} />
    </>
  );
}

function OpenThread({ thread, rfc }: { thread: ThreadSession; rfc: RfcDetailJson }) {
  const { view } = useStore(thread.state);
  if (!view) return <NotLoaded thread={thread} rfc={rfc} />;
  if (view.thread.rfc_slug !== rfc.slug) return <Elsewhere thread={view.thread} rfc={rfc} />;
  return (
    <>
      <ThreadHeader thread={view.thread} />
      <MessageList key={thread.id} session={thread} view={view} rfc={rfc} />
      <Composer key={thread.id} thread={view.thread} session={thread} />
    </>
  );
}

/** A thread that is on its way, or cannot be shown. */
function NotLoaded({ thread, rfc }: { thread: ThreadSession; rfc: RfcDetailJson }) {
  const { problem, missing } = useStore(thread.state);
  if (missing) {
    return (
      <NoThread title="There is no such thread" rfc={rfc}>
        Nothing is kept under this address: the link may be cut short, or it may belong to another
        Redline.
      </NoThread>
    );
  }
  if (problem !== null) {
    return (
      <NoThread title="This thread could not be loaded" rfc={rfc}>
        <span role="alert">{problem}</span>
      </NoThread>
    );
  }
  return (
    <div class="conversation-scroll">
      <p class="quiet loading" role="status">
        Loading…
      </p>
    </div>
  );
}

/** An address that puts a thread beside a document that it is not about. */
function Elsewhere({ thread, rfc }: { thread: ThreadJson; rfc: RfcDetailJson }) {
  return (
    <NoThread title="This thread is about another document" rfc={rfc}>
      “{threadTitle(thread)}” does not belong to “{rfc.title}”.{" "}
      <Link to={rfcPath(thread.rfc_slug, thread.id)}>Open it beside its own document</Link>
    </NoThread>
  );
}

interface NoThreadProps {
  title: string;
  rfc: RfcDetailJson;
  children: ComponentChildren;
}

/** Stands where a thread would, and leads to the ones that there are. */
function NoThread({ title, rfc, children }: NoThreadProps) {
  const open = rfc.threads.filter((thread) => thread.state === "open").length;
  return (
    <div class="conversation-scroll">
      <div class="no-thread">
        <h2>{title}</h2>
        <p>{children}</p>
        <Link class="no-thread-way" to={rfcPath(rfc.slug)}>
          <span aria-hidden="true">←</span> Threads on “{rfc.title}”
          {open > 0 && <span class="quiet"> · {open} open</span>}
        </Link>
      </div>
    </div>
  );
}
