import { useEffect, useMemo } from "preact/hooks";
import { ConversationPane } from "./conversation/conversation-pane.tsx";
import { DocumentPane } from "./document/document-pane.tsx";
import { RfcLayers } from "./rfc-layers.tsx";
import { RfcTools } from "./rfc-tools.tsx";
import { PullRequestBadge } from "./reviews/pull-request-badge.tsx";
import { RfcNotices } from "./reviews/rfc-notices.tsx";
import { Desk, DeskProvider, sharedStores, type Pane } from "./state/desk.ts";
import type { Connection } from "./state/event-stream.ts";
import { RfcSession } from "./state/rfc-session.ts";
import { createStore, useStore } from "./state/store.ts";
import { ThreadSession } from "./state/thread-session.ts";
import { Brand } from "./ui/brand.tsx";
import { Link } from "./ui/link.tsx";
import { Notice } from "./ui/notice.tsx";

interface Props {
  slug: string;
  threadId: string | null;
}

/** The document beside its conversation. */
export function RfcPage({ slug, threadId }: Props) {
  const shared = useMemo(() => sharedStores(threadId === null ? "document" : "conversation"), []);
  const rfc = useMemo(() => new RfcSession(slug), [slug]);
  useEffect(() => () => rfc.close(), [rfc]);
  const thread = useMemo(
    () => (threadId === null ? null : new ThreadSession(threadId, rfc)),
    [threadId, rfc],
  );
  useEffect(() => () => thread?.close(), [thread]);
  const desk = useMemo(() => new Desk(rfc, thread, shared), [rfc, thread, shared]);
  return (
    <DeskProvider value={desk}>
      <RfcFrame desk={desk} />
    </DeskProvider>
  );
}

const NO_CONNECTION = createStore<Connection>("connecting");

function RfcFrame({ desk }: { desk: Desk }) {
  const { rfc, problem, ...state } = useStore(desk.rfc.state);
  const connection = useStore(desk.thread?.connection ?? NO_CONNECTION);
  const again = (): void => void desk.rfc.refresh();
  const pane = useStore(desk.pane);
  useEffect(() => {
    document.title = rfc ? `${rfc.title} – Redline` : "Redline";
  }, [rfc?.title]);
  return (
    <div class="frame" data-pane={pane}>
      <header class="bar">
        <Brand />
        {rfc && (
          <div class="bar-title">
            <h1 title={rfc.title}>{rfc.title}</h1>
            {rfc.pull_request && <PullRequestBadge pull={rfc.pull_request} />}
            <span class="quiet">
              {rfc.path} · {rfc.branch}
            </span>
          </div>
        )}
        {rfc && <PaneTabs desk={desk} pane={pane} />}
        {rfc && <RfcTools rfc={rfc} />}
      </header>
      {rfc && (
        <RfcNotices
          rfc={rfc}
          problem={problem}
          isOffline={state.isOffline || connection === "offline"}
          onAgain={again}
        />
      )}
      {rfc ? (
        <main class="panes">
          <DocumentPane rfc={rfc} />
          <ConversationPane rfc={rfc} />
          <RfcLayers rfc={rfc} />
        </main>
      ) : (
        <NotShown slug={desk.rfc.slug} problem={problem} onAgain={again} />
      )}
    </div>
  );
}

interface NotShownProps {
  slug: string;
  problem: string | null;
  onAgain(): void;
}

/** Stands where the document will be, or says why it cannot. */
function NotShown({ slug, problem, onAgain }: NotShownProps) {
  return (
    <main class="page not-shown">
      <h1>{slug}</h1>
      {problem === null ? (
        <p class="quiet" role="status">
          Loading…
        </p>
      ) : (
        <>
          <Notice kind="problem">{problem}</Notice>
          <p>
            <button type="button" onClick={onAgain}>
              Try again
            </button>{" "}
            <Link to="/">All RFCs</Link>
          </p>
        </>
      )}
    </main>
  );
}

const PANES: [Pane, string][] = [
  ["document", "Document"],
  ["conversation", "Conversation"],
];

/** Only shown where there is room for one pane. */
function PaneTabs({ desk, pane }: { desk: Desk; pane: Pane }) {
  return (
    <div class="segmented pane-tabs" role="group" aria-label="What to show">
      {PANES.map(([name, label]) => (
        <button
          key={name}
          type="button"
          aria-pressed={pane === name}
          onClick={() => desk.pane.set(name)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
