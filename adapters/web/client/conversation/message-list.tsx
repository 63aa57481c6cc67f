import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import type { ThreadDetailJson } from "../../views/thread-view.ts";
import { useDesk } from "../state/desk.ts";
import { useStore } from "../state/store.ts";
import type { ThreadSession } from "../state/thread-session.ts";
import { notArrived } from "../state/unsent.ts";
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
  const written = useStore(session.unsent);
  const unsent = notArrived(written, view.messages);
  const running = view.turns.some((turn) => turn.state === "running");
  const desk = useDesk();
  const { scroller, content, atEnd, toEnd } = useFollowEnd({
    // A card that somebody asked to see is what is looked at first.
    begins: desk.focus.get()?.where !== "conversation",
    // Whoever sends a message wants to see it, and what becomes of it.
    sent: written.length,
  });
  return (
    <>
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
      </div>
      {!atEnd && (
        <button type="button" class="to-end" onClick={toEnd}>
          Latest <span aria-hidden="true">↓</span>
        </button>
      )}
    </>
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

/**
 * Keeps the end in view while it grows, unless the reader has scrolled up.
 *
 * @param given.begins whether it begins at the end
 * @param given.sent when this grows, the end is gone to, wherever the reader is
 */
function useFollowEnd(given: { begins: boolean; sent: number }) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const following = useRef(given.begins);
  const sentBefore = useRef(given.sent);
  const [atEnd, setAtEnd] = useState(true);
  const toEnd = (): void => {
    const { current } = scroller;
    if (current) current.scrollTop = current.scrollHeight;
  };
  useEffect(() => {
    const element = scroller.current;
    const inner = content.current;
    if (!element || !inner) return undefined;
    let lastTop = element.scrollTop;
    const look = (): void => {
      const left = element.scrollHeight - element.scrollTop - element.clientHeight;
      // What grew since the reader was at the end is no reason to leave it: only going up is.
      const goesUp = element.scrollTop < lastTop;
      lastTop = element.scrollTop;
      if (left < NEAR_PX) following.current = true;
      else if (goesUp) following.current = false;
      setAtEnd(left < NEAR_PX || following.current);
    };
    const observer = new ResizeObserver(() => {
      if (following.current) toEnd();
    });
    observer.observe(inner);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    if (following.current) toEnd();
    else look();
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  useEffect(() => {
    if (given.sent > sentBefore.current) {
      following.current = true;
      toEnd();
    }
    sentBefore.current = given.sent;
  }, [given.sent]);
  return { scroller, content, atEnd, toEnd };
}
