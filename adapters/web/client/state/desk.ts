/** What the parts of an RFC's page share. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { ChangeJson } from "../../views/change-view.ts";
import { navigate, rfcPath } from "../router.ts";
import { openDraft, type AnchorDraft, type Draft } from "./draft.ts";
import type { RfcSession } from "./rfc-session.ts";
import { createStore, type Store } from "./store.ts";
import type { ThreadSession } from "./thread-session.ts";

/** Which half is on top where there is room for one only. */
export type Pane = "document" | "conversation";

/** A wish to look at a change; a new object for each wish. */
export interface Focus {
  changeId: string;
  where: Pane;
}

/** What stays while one goes from thread to thread. */
interface SharedStores {
  focus: Store<Focus | null>;
  pane: Store<Pane>;
  /** The change under the pointer or the keyboard's focus: lit in the document and in the conversation. */
  hot: Store<string | null>;
  /** The change whose place a person is about to choose in the document. */
  placing: Store<string | null>;
}

export class Desk implements SharedStores {
  readonly rfc: RfcSession;
  readonly thread: ThreadSession | null;
  readonly draft: Store<Draft>;
  readonly focus: Store<Focus | null>;
  readonly pane: Store<Pane>;
  readonly hot: Store<string | null>;
  readonly placing: Store<string | null>;

  constructor(rfc: RfcSession, thread: ThreadSession | null, shared: SharedStores) {
    this.rfc = rfc;
    this.thread = thread;
    this.draft = openDraft(thread?.id ?? `new ${rfc.slug}`);
    this.focus = shared.focus;
    this.pane = shared.pane;
    this.hot = shared.hot;
    this.placing = shared.placing;
  }

  change(changeId: string): ChangeJson | null {
    return this.rfc.state.get().rfc?.changes.find((one) => one.id === changeId) ?? null;
  }

  /** What an answer of the server says about changes, for every part of the page. */
  merge(changes: readonly ChangeJson[]): void {
    this.rfc.mergeChanges(changes);
    for (const change of changes) this.thread?.mergeChange(change);
  }

  /** Shows a change's card, in its own thread. */
  showCard(change: ChangeJson): void {
    this.focus.set({ changeId: change.id, where: "conversation" });
    this.pane.set("conversation");
    navigate(rfcPath(this.rfc.slug, change.thread_id));
  }

  showPlace(changeId: string): void {
    this.pane.set("document");
    this.hot.set(changeId);
    this.focus.set({ changeId, where: "document" });
  }

  /** Lets the person point at the change's place in the document. */
  choosePlace(changeId: string): void {
    this.placing.set(changeId);
    this.pane.set("document");
  }

  quote(text: string): void {
    this.draft.update((draft) => ({ ...draft, quote: text }));
    this.pane.set("conversation");
  }

  /** Prepares a thread on a passage; it is made with its first message. */
  discuss(anchor: AnchorDraft): void {
    const draft = this.thread ? openDraft(`new ${this.rfc.slug}`) : this.draft;
    draft.update((known) => ({ ...known, anchor }));
    this.pane.set("conversation");
    navigate(rfcPath(this.rfc.slug));
  }
}

export function sharedStores(first: Pane): SharedStores {
  return {
    focus: createStore<Focus | null>(null),
    pane: createStore<Pane>(first),
    hot: createStore<string | null>(null),
    placing: createStore<string | null>(null),
  };
}

const DeskContext = createContext<Desk | null>(null);
export const DeskProvider = DeskContext.Provider;

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error("there is no desk around this component");
  return desk;
}
