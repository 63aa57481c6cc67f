/** The console's state: small values that components watch. */
import { useEffect, useRef, useState } from "preact/hooks";

export interface Store<T> {
  get(): T;
  set(value: T): void;
  update(change: (value: T) => T): void;
  /** Returns the unsubscribe. */
  watch(listener: () => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  const set = (next: T): void => {
    if (Object.is(next, value)) return;
    value = next;
    for (const listener of [...listeners]) listener();
  };
  return {
    get: () => value,
    set,
    update: (change) => set(change(value)),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<T>(store: Store<T>): T {
  const [, redraw] = useState({});
  const value = store.get();
  const drawn = useRef(value);
  drawn.current = value;
  useEffect(() => {
    const stop = store.watch(() => redraw({}));
    // Effects run some time after the drawing, and the value may be another one by then.
    if (store.get() !== drawn.current) redraw({});
    return stop;
  }, [store]);
  return value;
}
