/** How a process is, as it sees it itself. */
import type { IntervalHistogram } from "node:perf_hooks";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export interface ProcessHealth {
  /** Bytes, after a garbage collection. */
  memory: { rss: number; heapUsed: number; external: number };
  /** Milliseconds by which its timers were late, since the first time that it was asked. */
  loopDelayMs: { p50: number; p99: number; max: number };
}

/** Between two samples; each is late by what it takes longer. */
const SAMPLE_MS = 10;

let delay: IntervalHistogram | null = null;

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
}

/** How many of the objects are there after a garbage collection. To be called in a task of its own. */
export function countKept(objects: readonly WeakRef<object>[]): number {
  collectGarbage();
  return objects.filter((object) => object.deref() !== undefined).length;
}

export function measureHealth(): ProcessHealth {
  collectGarbage();
  if (!delay) {
    delay = monitorEventLoopDelay({ resolution: SAMPLE_MS });
    delay.enable();
  }
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - SAMPLE_MS);
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    memory: { rss, heapUsed, external },
    loopDelayMs: {
      p50: late(delay.percentile(50)),
      p99: late(delay.percentile(99)),
      max: late(delay.max),
    },
  };
}
