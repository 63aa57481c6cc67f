import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, sentence } from "../api.ts";
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
  kind: string;
  problem: string;
  work: () => Promise<void>;
}

/** What may have passed when it is tried again; anything else wants something else to be done first. */
const PASSING: ReadonlySet<string> = new Set([
  "offline",
  "internal",
  "host-busy",
  "not-ready",
  "model-failed",
  "repository-unavailable",
  "document-unreadable",
  "working-tree-dirty",
]);

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
  const offline = failure?.kind === "offline";
  useEffect(() => (offline ? whenServerAnswers(clear) : undefined), [offline]);
  const run = async (work: () => Promise<void>): Promise<void> => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    clear();
    try {
      await work();
    } catch (error) {
      const kind = error instanceof ApiError ? error.kind : "internal";
      if (mounted.current) setFailure({ kind, problem: sentence(error), work });
    } finally {
      running.current = false;
      if (mounted.current) setBusy(false);
    }
  };
  return {
    busy,
    problem: failure?.problem ?? null,
    again: failure && PASSING.has(failure.kind) ? () => void run(failure.work) : null,
    run,
    clear,
  };
}
