import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import type { ThreadDetailJson } from "../../views/thread-view.ts";
import { useStore } from "../state/store.ts";
import type { ThreadSession } from "../state/thread-session.ts";
import { buildTimeline, type TimelineItem } from "../state/timeline.ts";
import { AnswerItem } from "./answer-item.tsx";
import { ChangeCard } from "./change-card.tsx";
import { MessageItem } from "./message-item.tsx";
import { FailureItem, WaitingItem } from "./turn-items.tsx";
import { UnsentItem } from "./unsent-item.tsx";

interface Props {
  session: ThreadSession;
  view: ThreadDetailJson;
  rfc: RfcDetailJson;
}

/** The thread's history, following its end while the reader is there. */
export function MessageList({ session, view, rfc }: Props) {
  const items = useMemo(() => buildTimeline(view), [view]);
  const unsent = useStore(session.unsent);
  const running = view.turns.some((turn) => turn.state === "running");
  const { scroller, content, atEnd, toEnd } = useFollowEnd();
  return (
    <div
      class="conversation-scroll"
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label="Messages"
    >
      <div class="messages" ref={content} role="log" aria-busy={running} aria-live="polite">
        {items.length === 0 && unsent.length === 0 && (
          <p class="empty">Nothing has been said here yet.</p>
        )}
        {items.map((item) => (
          <Item key={item.key} item={item} session={session} view={view} rfc={rfc} />
        ))}
        {unsent.map((message) => (
          <UnsentItem key={message.key} message={message} session={session} />
        ))}
      </div>
      <p class="visually-hidden" role="status">
        {running ? "The model is answering." : ""}
      </p>
      {!atEnd && (
        <button type="button" class="to-end" onClick={toEnd}>
          Latest ↓
        </button>
      )}
    </div>
  );
}

interface ItemProps extends Props {
  item: TimelineItem;
}

function Item({ item, session, view, rfc }: ItemProps) {
  switch (item.kind) {
    case "message":
      return <MessageItem message={item.message} />;
    case "answer":
      return (
        <AnswerItem
          message={item.message}
          turn={item.turn}
          session={session}
          view={view}
          rfc={rfc}
        />
      );
    case "waiting":
      return <WaitingItem turn={item.turn} session={session} />;
    case "failure":
      return <FailureItem turn={item.turn} session={session} />;
    case "change":
      return <ChangeCard change={item.change} decisions={view.decisions} rfc={rfc} />;
  }
}

const NEAR_PX = 80;

/** Keeps the end in view while it grows, unless the reader has scrolled up. */
function useFollowEnd() {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [atEnd, setAtEnd] = useState(true);
  const toEnd = (): void => {
    const { current } = scroller;
    if (current) current.scrollTop = current.scrollHeight;
  };
  useEffect(() => {
    const element = scroller.current;
    const inner = content.current;
    if (!element || !inner) return undefined;
    const look = (): void => {
      const left = element.scrollHeight - element.scrollTop - element.clientHeight;
      following.current = left < NEAR_PX;
      setAtEnd(following.current);
    };
    const observer = new ResizeObserver(() => {
      if (following.current) toEnd();
    });
    observer.observe(inner);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    toEnd();
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  return { scroller, content, atEnd, toEnd };
}
