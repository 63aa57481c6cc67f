/** What is being written, kept through a reload and apart for each thread. */
import { createStore, type Store } from "./store.ts";

export interface AnchorDraft {
  kind: "range" | "paragraph";
  text: string;
  before: string;
  after: string;
}

export interface Draft {
  text: string;
  quote: string | null;
  /** The passage of a thread that the message will begin. */
  anchor: AnchorDraft | null;
}

export const EMPTY_DRAFT: Draft = { text: "", quote: null, anchor: null };

/** `place` is a thread's id, or names the RFC for a thread that does not exist yet. */
export function openDraft(place: string): Store<Draft> {
  const key = `redline.draft.${place}`;
  const store = createStore<Draft>(load(key));
  store.watch(() => {
    try {
      sessionStorage.setItem(key, JSON.stringify(store.get()));
    } catch {
      // Without storage a draft lives as long as the page.
    }
  });
  return store;
}

function load(key: string): Draft {
  try {
    return {
      ...EMPTY_DRAFT,
      ...(JSON.parse(sessionStorage.getItem(key) ?? "{}") as Partial<Draft>),
    };
  } catch {
    return EMPTY_DRAFT;
  }
}
