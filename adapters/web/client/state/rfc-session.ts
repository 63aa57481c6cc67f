/** One RFC in the page: its document, threads and changes, kept fresh. */
import type { ChangeJson } from "../../views/change-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { api, sentence } from "../api.ts";
import { coalesce } from "./coalesce.ts";
import { createStore, type Store } from "./store.ts";

export interface RfcState {
  rfc: RfcDetailJson | null;
  /** Why there is nothing (newer) to show. */
  problem: string | null;
}

/** Between two looks at what other threads and people did while nothing says so. */
const REFRESH_MS = 20_000;

export class RfcSession {
  readonly slug: string;
  readonly state: Store<RfcState> = createStore<RfcState>({ rfc: null, problem: null });
  readonly refresh: () => Promise<void>;
  /** Whatever was merged after a request began is newer than its answer. */
  readonly #merged = new Map<string, ChangeJson>();
  readonly #stop: () => void;

  constructor(slug: string) {
    this.slug = slug;
    this.refresh = coalesce(() => this.#load());
    const look = (): void => {
      if (document.visibilityState === "visible") void this.refresh();
    };
    const timer = setInterval(look, REFRESH_MS);
    document.addEventListener("visibilitychange", look);
    this.#stop = () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
    void this.refresh();
  }

  close(): void {
    this.#stop();
  }

  mergeChanges(changes: readonly ChangeJson[]): void {
    for (const change of changes) this.#merged.set(change.id, change);
    this.state.update((state) => {
      if (!state.rfc) return state;
      const merged = mergeChanges(state.rfc.changes, changes);
      if (merged === state.rfc.changes) return state;
      return { ...state, rfc: { ...state.rfc, changes: merged } };
    });
  }

  async #load(): Promise<void> {
    this.#merged.clear();
    try {
      const rfc = await api.rfc(this.slug);
      const changes = mergeChanges(rfc.changes, [...this.#merged.values()]);
      this.state.set({ rfc: keepSame(this.state.get().rfc, { ...rfc, changes }), problem: null });
    } catch (error) {
      this.state.update((state) => ({ ...state, problem: sentence(error) }));
    }
  }
}

/** `known` with `fresh` ones in their places; the same array when nothing is different. */
export function mergeChanges(
  known: readonly ChangeJson[],
  fresh: readonly ChangeJson[],
): ChangeJson[] {
  const byId = new Map(known.map((change) => [change.id, change]));
  let different = false;
  for (const change of fresh) {
    const before = byId.get(change.id);
    if (before && JSON.stringify(before) === JSON.stringify(change)) continue;
    byId.set(change.id, change);
    different = true;
  }
  if (!different) return known as ChangeJson[];
  return [...byId.values()].sort((a, b) => a.number - b.number);
}

/** Keeps the identity of what is equal, so that nothing is drawn again for it. */
function keepSame(before: RfcDetailJson | null, after: RfcDetailJson): RfcDetailJson {
  if (!before) return after;
  const keep = <K extends "document" | "changes" | "threads">(key: K): RfcDetailJson[K] =>
    JSON.stringify(before[key]) === JSON.stringify(after[key]) ? before[key] : after[key];
  return {
    ...after,
    document: keep("document"),
    changes: keep("changes"),
    threads: keep("threads"),
  };
}
