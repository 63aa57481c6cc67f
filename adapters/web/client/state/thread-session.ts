/** One thread in the page: its rows, the answer being streamed, and messages on their way. */
import type { ChangeJson } from "../../views/change-view.ts";
import type { ThreadDetailJson } from "../../views/thread-view.ts";
import { api, ApiError, isOffline, postMessage, sentence } from "../api.ts";
import { coalesce } from "./coalesce.ts";
import { openStream, type Connection, type OpenStream } from "./event-stream.ts";
import {
  afterTurnEvent,
  afterView,
  decodeText,
  liveFromView,
  type LiveAnswer,
  type TurnEvent,
} from "./live-answer.ts";
import { RETRY_MS } from "./load.ts";
import { mergeChanges, type RfcSession } from "./rfc-session.ts";
import { createStore, type Store } from "./store.ts";
import { loadUnsent, newKey, saveUnsent, type Unsent } from "./unsent.ts";

export interface ThreadState {
  view: ThreadDetailJson | null;
  problem: string | null;
  /** Whether the server says that there is no such thread. */
  missing?: boolean;
}

const NOTHING = "DONE";

export class ThreadSession {
  readonly id: string;
  readonly state: Store<ThreadState> = createStore<ThreadState>({ view: null, problem: null });
  /** Moves with every frame of text that is drawn: watched by the running answer alone. */
  readonly live: Store<LiveAnswer | null> = createStore<LiveAnswer | null>(null);
  readonly connection: Store<Connection> = createStore<Connection>("connecting");
  readonly unsent: Store<Unsent[]>;
  readonly refresh: () => Promise<void>;
  readonly #rfc: RfcSession;
  #closed = false;
  #stream: OpenStream | null = null;
  readonly #stopWatching: () => void;
  /** Text that arrived since the last drawing. */
  #pendingText = "";
  #drawing = 0;
  readonly #wantedChanges = new Set<string>();

  constructor(id: string, rfc: RfcSession) {
    this.id = id;
    this.#rfc = rfc;
    this.unsent = createStore(loadUnsent(sessionStorage, id));
    this.refresh = coalesce(() => this.#load());
    // The document is asked for at short intervals: when the server is back, it is the first to know.
    this.#stopWatching = rfc.state.watch(() => {
      const isGone = this.connection.get() === "offline";
      if (isGone && !rfc.state.get().isOffline) this.#stream?.retryNow();
    });
    void this.#begin();
  }

  close(): void {
    this.#closed = true;
    this.#stopWatching();
    this.#stream?.leave();
    cancelAnimationFrame(this.#drawing);
  }

  /** Adds a message and sends it; one that cannot be sent stays, with the reason. */
  async send(text: string, quote: string | null): Promise<void> {
    const seqs = this.state.get().view?.messages.map(({ seq }) => seq) ?? [];
    const afterSeq = Math.max(0, ...seqs);
    const key = newKey();
    const message: Unsent = { key, text, quote, state: "sending", problem: null, afterSeq };
    this.#setUnsent([...this.unsent.get(), message]);
    await this.#deliver(message);
  }

  async sendAgain(key: string): Promise<void> {
    const message = this.unsent.get().find((one) => one.key === key);
    if (!message) return;
    this.#patchUnsent(key, { state: "sending", problem: null });
    await this.#deliver(message);
  }

  discard(key: string): void {
    this.#setUnsent(this.unsent.get().filter((one) => one.key !== key));
  }

  mergeChange(change: ChangeJson): void {
    this.#rfc.mergeChanges([change]);
    this.state.update((state) => {
      if (!state.view || change.thread_id !== this.id) return state;
      const changes = mergeChanges(state.view.changes, [change]);
      return changes === state.view.changes
        ? state
        : { ...state, view: { ...state.view, changes } };
    });
  }

  async #begin(): Promise<void> {
    if (this.#closed) return;
    await this.refresh();
    const { view } = this.state.get();
    if (this.#closed) return;
    if (!view) {
      // Whatever else keeps it away may pass.
      if (!this.state.get().missing) setTimeout(() => void this.#begin(), RETRY_MS);
      return;
    }
    this.live.set(liveFromView(view));
    for (const message of this.unsent.get()) {
      if (message.state === "waiting") void this.sendAgain(message.key);
    }
    this.#stream = openStream(this.id, view.last_event_id, {
      onConnection: (state) => this.connection.set(state),
      onFrame: (event, data) => this.#receive(event, data),
    });
  }

  async #load(): Promise<void> {
    try {
      const view = await api.thread(this.id);
      this.live.update((live) => afterView(live, view));
      this.state.set({ view, problem: null });
      this.#rfc.mergeChanges(view.changes);
    } catch (error) {
      // That the server is gone is told for the whole page.
      const isGone = isOffline(error);
      if (isGone && !this.state.get().view) this.connection.set("offline");
      const missing = error instanceof ApiError && error.kind === "not-found";
      const problem = isGone ? null : sentence(error);
      this.state.update((state) => ({ ...state, problem, missing }));
    }
  }

  #receive(event: string | null, data: string): void {
    switch (event) {
      case null:
        if (data === NOTHING) void this.refresh();
        else this.#addText(decodeText(data));
        return;
      case "turn":
        this.#turn(JSON.parse(data) as TurnEvent);
        return;
      case "change":
      case "change_state":
        this.#wantChange((JSON.parse(data) as { change_id: string }).change_id);
        return;
      case "document":
        void this.#rfc.refresh();
        void this.refresh();
        return;
      default:
        void this.refresh();
    }
  }

  #turn(event: TurnEvent): void {
    this.#drawText();
    const known = this.state.get().view?.turns.find((turn) => turn.id === event.turn_id);
    const over = known && known.state !== "running" && known.state !== "queued";
    // The stream tells of a start that a newer view knows to be over: its end follows.
    if (over && event.state === "running") return;
    this.live.update((live) => afterTurnEvent(live, event));
    // An answer that has ended is shown from the stream until the view with its stored form is here.
    void this.refresh();
  }

  #addText(text: string): void {
    this.#pendingText += text;
    this.#drawing ||= requestAnimationFrame(() => this.#drawText());
  }

  #drawText(): void {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = 0;
    const text = this.#pendingText;
    this.#pendingText = "";
    if (text === "") return;
    this.live.update((live) => live && { ...live, text: live.text + text });
  }

  /** Changes that are told of in one burst are asked for together. */
  #wantChange(id: string): void {
    this.#wantedChanges.add(id);
    if (this.#wantedChanges.size > 1) return;
    setTimeout(() => {
      const ids = [...this.#wantedChanges];
      this.#wantedChanges.clear();
      void Promise.all(ids.map((one) => api.change(one).then((c) => this.mergeChange(c)))).catch(
        () => this.refresh(),
      );
    }, 0);
  }

  async #deliver(message: Unsent): Promise<void> {
    const { key, text, quote } = message;
    try {
      await postMessage(this.id, quote === null ? { text } : { text, quote }, key);
      await this.refresh();
      this.discard(key);
    } catch (error) {
      this.#patchUnsent(key, { state: "failed", problem: sentence(error) });
    }
  }

  #patchUnsent(key: string, fields: Partial<Unsent>): void {
    const patched = this.unsent.get().map((one) => (one.key === key ? { ...one, ...fields } : one));
    this.#setUnsent(patched);
  }

  #setUnsent(unsent: Unsent[]): void {
    this.unsent.set(unsent);
    saveUnsent(sessionStorage, this.id, unsent);
  }
}
