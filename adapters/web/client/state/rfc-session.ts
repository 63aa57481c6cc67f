/** One RFC in the page: its document, threads and changes, kept fresh. */
import type { ChangeJson } from "../../views/change-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { api, isOffline, sentence } from "../api.ts";
import { insightApi } from "../insight-api.ts";
import { coalesce } from "./coalesce.ts";
import { createStore, type Store } from "./store.ts";
import { learnTitles } from "./titles.ts";
import { isAhead } from "./versions.ts";

export interface RfcState {
  rfc: RfcDetailJson | null;
  /** Why there is nothing (newer) to show. */
  problem: string | null;
  /** Whether that is because the server does not answer. */
  isOffline: boolean;
}

/** Between two looks at whether anybody did anything, here or in another thread. */
const PULSE_MS = 2_000;

export class RfcSession {
  readonly slug: string;
  readonly state: Store<RfcState> = createStore<RfcState>({
    rfc: null,
    problem: null,
    isOffline: false,
  });
  readonly refresh: () => Promise<void>;
  /** Whatever was merged after a request began is newer than its answer. */
  readonly #merged = new Map<string, ChangeJson>();
  readonly #stop: () => void;
  /** Of what is shown, or older. */
  #pulse: string | null = null;

  constructor(slug: string) {
    this.slug = slug;
    this.refresh = coalesce(() => this.#load());
    const look = coalesce(() => this.#look());
    const lookIfSeen = (): void => {
      if (document.visibilityState === "visible") void look();
    };
    const timer = setInterval(lookIfSeen, PULSE_MS);
    document.addEventListener("visibilitychange", lookIfSeen);
    window.addEventListener("online", lookIfSeen);
    this.#stop = () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", lookIfSeen);
      window.removeEventListener("online", lookIfSeen);
    };
    void look();
  }

  close(): void {
    this.#stop();
  }

  mergeChanges(changes: readonly ChangeJson[]): void {
    for (const change of changes) this.#merged.set(change.id, change);
    const { rfc } = this.state.get();
    if (!rfc) return;
    const fresh = changes.filter((change) => !isAhead(change, rfc));
    const merged = mergeChanges(rfc.changes, fresh);
    if (merged !== rfc.changes) {
      this.state.update((state) => ({ ...state, rfc: { ...rfc, changes: merged } }));
    }
    if (fresh.length < changes.length) void this.refresh();
  }

  /** Loads when something is new; what keeps it from asking is told beside what is known. */
  async #look(): Promise<void> {
    let pulse: string | null = null;
    try {
      pulse = await insightApi.pulse(this.slug);
    } catch {
      // Loading says in words what is wrong.
    }
    const { rfc, problem } = this.state.get();
    if (pulse !== null && pulse === this.#pulse && rfc && problem === null) return;
    this.#pulse = pulse;
    await this.refresh();
  }

  async #load(): Promise<void> {
    this.#merged.clear();
    try {
      const rfc = await api.rfc(this.slug);
      const changes = mergeChanges(
        rfc.changes,
        [...this.#merged.values()].filter((one) => !isAhead(one, rfc)),
      );
      learnTitles([rfc]);
      const shown = keepSame(this.state.get().rfc, { ...rfc, changes });
      this.state.set({ rfc: shown, problem: null, isOffline: false });
    } catch (error) {
      const problem = sentence(error);
      this.state.update((state) =>
        state.problem === problem ? state : { ...state, problem, isOffline: isOffline(error) },
      );
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
  const keep = <K extends "changes" | "threads" | "merge">(key: K): RfcDetailJson[K] =>
    JSON.stringify(before[key]) === JSON.stringify(after[key]) ? before[key] : after[key];
  // The sha stands for the text, which is long.
  const sameText =
    before.document?.blob_sha === after.document?.blob_sha &&
    before.document?.head_sha === after.document?.head_sha;
  return {
    ...after,
    document: sameText ? before.document : after.document,
    changes: keep("changes"),
    threads: keep("threads"),
    concerns: keepEach(before.concerns, after.concerns),
    merge: keep("merge"),
  };
}

function keepEach<T extends { id: string }>(before: T[], after: T[]): T[] {
  const known = new Map(before.map((one) => [one.id, one]));
  const kept = after.map((one) => {
    const same = known.get(one.id);
    return same && JSON.stringify(same) === JSON.stringify(one) ? same : one;
  });
  const isSame = kept.length === before.length && kept.every((one, at) => one === before[at]);
  return isSame ? before : kept;
}
