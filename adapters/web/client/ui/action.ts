import { useEffect, useRef, useState } from "preact/hooks";
import { isOffline, mayPass, sentence } from "../api.ts";
import { whenServerAnswers } from "./server-back.ts";

export interface Action {
  busy: boolean;
  /** Why the last run failed, as a sentence; gone once that is over. */
  problem: string | null;
  /** Does the same once more; null where it would only fail again. */
  again: (() => void) | null;
  run(work: () => Promise<void>): Promise<void>;
  /** Takes the problem away: something else is being done. */
  clear(): void;
}

interface Failure {
  error: unknown;
  work: () => Promise<void>;
}

/**
 * A call that a button starts: one at a time, and its failure is told beside the button, until the next run,
 * until the server answers again if it did not, or until `about` (a state, say) is another one.
 */
export function useAction(about: string | null = null): Action {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const mounted = useRef(true);
  const running = useRef(false);
  const clear = (): void => setFailure(null);
  useEffect(() => () => void (mounted.current = false), []);
  useEffect(clear, [about]);
  const offline = failure !== null && isOffline(failure.error);
  useEffect(() => (offline ? whenServerAnswers(clear) : undefined), [offline]);
  const run = async (work: () => Promise<void>): Promise<void> => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    clear();
    try {
      await work();
    } catch (error) {
      if (mounted.current) setFailure({ error, work });
    } finally {
      running.current = false;
      if (mounted.current) setBusy(false);
    }
  };
  return {
    busy,
    problem: failure && sentence(failure.error),
    again: failure && mayPass(failure.error) ? () => void run(failure.work) : null,
    run,
    clear,
  };
}
