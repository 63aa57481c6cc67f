import { useEffect, useRef, useState } from "preact/hooks";
import { sentence } from "../api.ts";

export interface Action {
  busy: boolean;
  /** Why the last run failed, as a sentence. */
  problem: string | null;
  run(work: () => Promise<void>): Promise<void>;
}

/** A call that a button starts: one at a time, and its failure is told beside the button. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const mounted = useRef(true);
  const running = useRef(false);
  useEffect(() => () => void (mounted.current = false), []);
  const run = async (work: () => Promise<void>): Promise<void> => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      if (mounted.current) setProblem(sentence(error));
    } finally {
      running.current = false;
      if (mounted.current) setBusy(false);
    }
  };
  return { busy, problem, run };
}
