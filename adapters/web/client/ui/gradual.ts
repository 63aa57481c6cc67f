import { useEffect, useRef, useState } from "preact/hooks";

interface Pace {
  /** Drawn at once. */
  first: number;
  /** Drawn in each turn after that. */
  step: number;
  /** So many are needed now, because somebody wants to go there. */
  atLeast?: number;
}

/** How many of so many things are drawn by now; the others follow in turns that leave the page free in between. */
export function useGradual(all: number, { first, step, atLeast = 0 }: Pace): number {
  const reached = useRef(first);
  reached.current = Math.max(reached.current, atLeast);
  const [, redraw] = useState({});
  const drawn = Math.min(reached.current, all);
  useEffect(() => {
    if (drawn >= all) return undefined;
    const timer = setTimeout(() => {
      reached.current = drawn + step;
      redraw({});
    });
    return () => clearTimeout(timer);
  }, [drawn, all]);
  return drawn;
}
