/** A thread's live stream that comes back by itself, from where it was. */

export type Connection = "connecting" | "live" | "offline";

export interface StreamHandlers {
  /** A text frame's data, or any named event's. */
  onFrame(event: string | null, data: string): void;
  onConnection(state: Connection): void;
}

/** "message" is not among them: it is also what the browser calls frames without a name. */
const EVENTS = ["turn", "change", "block", "change_state", "changes", "document", "thread"];
const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 10_000;

/** Milliseconds before try number `attempt` (from 0); `random` in [0, 1) keeps many readers apart. */
export function reconnectDelay(attempt: number, random: number): number {
  const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return Math.round(delay * (0.75 + random / 2));
}

export interface OpenStream {
  /** Does not wait any longer where the connection is gone. */
  retryNow(): void;
  leave(): void;
}

/** Opens the stream after `lastEventId`. */
export function openStream(
  threadId: string,
  lastEventId: string,
  handlers: StreamHandlers,
): OpenStream {
  let last = lastEventId;
  let attempt = 0;
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const connect = (): void => {
    clearTimeout(timer);
    source?.close();
    const query = new URLSearchParams({ last_event_id: last });
    const opened = new EventSource(`/api/threads/${encodeURIComponent(threadId)}/stream?${query}`);
    source = opened;
    const receive = (name: string | null) => (event: MessageEvent<string>) => {
      if (event.lastEventId !== "") last = event.lastEventId;
      handlers.onFrame(name, event.data);
    };
    opened.addEventListener("open", () => {
      attempt = 0;
      handlers.onConnection("live");
    });
    opened.addEventListener("message", (event: MessageEvent<string>) =>
      // Base64 holds no brace, so JSON shows which of the two it is.
      receive(event.data.startsWith("{") ? "message" : null)(event),
    );
    for (const name of EVENTS) opened.addEventListener(name, receive(name));
    // Failures of the connection and events that the server names "error" both arrive here.
    opened.addEventListener("error", (event: Event) => {
      if (event instanceof MessageEvent) receive("error")(event as MessageEvent<string>);
      else retry();
    });
  };
  const retry = (): void => {
    source?.close();
    handlers.onConnection("offline");
    clearTimeout(timer);
    timer = setTimeout(connect, reconnectDelay(attempt, Math.random()));
    attempt += 1;
  };
  const retryNow = (): void => {
    if (source?.readyState !== EventSource.OPEN) connect();
  };

  connect();
  window.addEventListener("online", retryNow);
  return {
    retryNow,
    leave() {
      window.removeEventListener("online", retryNow);
      clearTimeout(timer);
      source?.close();
    },
  };
}
