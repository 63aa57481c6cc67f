import { useEffect, useRef, useState } from "preact/hooks";
import { isOffline, mayPass, sentence } from "../api.ts";

export interface Loaded<T> {
  value: T | null;
  /** Why there is nothing (newer) to show. */
  problem: string | null;
  /** Whether an answer for the present key is awaited. */
  busy: boolean;
  /** Asks once more; null where the answer would be the same. */
  again: (() => void) | null;
}

export interface LoadOptions {
  /** Looks again when the page comes back into view or online, and after so many milliseconds. */
  everyMs?: number;
  /** Keeps what is shown while another key is loaded. */
  keep?: boolean;
}

/** Between two questions to a server that does not answer. */
export const RETRY_MS = 2_000;

interface LoadState<T> {
  key: string;
  value: T | null;
  error: unknown;
}

/**
 * What the server says for `key`; an answer that comes late for an earlier key is left alone. A server that
 * does not answer is asked again until it does.
 */
export function useLoad<T>(
  key: string,
  load: () => Promise<T>,
  { everyMs, keep = false }: LoadOptions = {},
): Loaded<T> {
  const [state, setState] = useState<LoadState<T>>({
    key: "",
    value: null,
    error: null,
  });
  const [busy, setBusy] = useState(true);
  const current = useRef(key);
  current.current = key;
  const reload = (): void => {
    setBusy(true);
    const settle = (next: (known: T | null) => Omit<LoadState<T>, "key">): void => {
      if (current.current !== key) return;
      // What was kept of another key is no answer to this one.
      setState((known) => ({ key, ...next(known.key === key ? known.value : null) }));
      setBusy(false);
    };
    load().then(
      (value) => settle(() => ({ value, error: null })),
      (error: unknown) => settle((value) => ({ value, error })),
    );
  };
  useEffect(() => {
    reload();
    return watchReturns(reload, everyMs);
  }, [key]);
  useEffect(() => {
    if (!isOffline(state.error) || state.key !== key) return undefined;
    const timer = setTimeout(reload, RETRY_MS);
    return () => clearTimeout(timer);
  }, [state, key]);
  const fits = state.key === key || keep;
  const error = state.key === key ? state.error : null;
  return {
    value: fits ? state.value : null,
    problem: error === null ? null : sentence(error),
    busy,
    again: error !== null && mayPass(error) ? reload : null,
  };
}

function watchReturns(look: () => void, everyMs: number | undefined): () => void {
  const whenSeen = (): void => {
    if (document.visibilityState === "visible") look();
  };
  window.addEventListener("online", look);
  if (everyMs !== undefined) document.addEventListener("visibilitychange", whenSeen);
  const timer = everyMs === undefined ? undefined : setInterval(whenSeen, everyMs);
  return () => {
    window.removeEventListener("online", look);
    document.removeEventListener("visibilitychange", whenSeen);
    clearInterval(timer);
  };
}
