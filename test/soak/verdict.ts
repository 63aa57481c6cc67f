/** Whether a soak has shown what it is there to show. Pure. */
import { median } from "../bench/report.ts";
import type { Ended } from "../support/run-redline.ts";
import type { Point } from "./statistics.ts";
import { halves, slopeOf } from "./statistics.ts";

export interface Verdict {
  what: string;
  ok: boolean;
  says: string;
}

/** The first part of a life, in which caches fill and code is compiled: no trend is read from it. */
const WARM_UP = 0.2;
/** MB an hour. */
const MOST_GROWTH = 10;
/** By how much the second half of a life may use more than the first. */
const MOST_RISE = 1.1;
/** From which length on a slope tells a leak from what still warms up. */
const LONG_MS = 15 * 60_000;
/** Of a queue, in entries (or seconds) by which its median may differ by chance alone. */
const QUEUE_NOISE = 20;
const MOST_LOOP_MS = 50;
const MOST_RECOVERY_MS = 30_000;
/** Of the cores, from which on others make every process late. */
const OVERLOAD = 0.25;

/** Points after the warm-up. */
export function warmed(points: readonly Point[]): Point[] {
  const times = points.map(({ at }) => at);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  return points.filter(({ at }) => at >= from + (to - from) * WARM_UP);
}

/**
 * Flat: it cannot be told with 95 % that what is kept after a garbage collection grows by more than 10 MB an hour.
 * Of what is resident, and of a short life, it is enough that the second half's median is at most a tenth above the
 * first's.
 */
export function memoryVerdict(
  name: string,
  { kept, rss }: { kept: readonly Point[]; rss: readonly Point[] },
): Verdict {
  const isLong = kept.length > 0 && kept.at(-1)!.at - kept[0]!.at >= LONG_MS;
  const parts = [
    judgeGrowth("kept", warmed(kept), isLong),
    judgeGrowth("resident", warmed(rss), false),
  ];
  return {
    what: `memory of ${name}`,
    ok: parts.every(({ ok }) => ok),
    says: parts.map(({ says }) => says).join("; "),
  };
}

function judgeGrowth(
  name: string,
  points: readonly Point[],
  bySlopeAlone: boolean,
): { ok: boolean; says: string } {
  const slope = slopeOf(points);
  const both = halves(points);
  if (!slope || !both) return { ok: false, says: `${name}: too little was measured` };
  const { low, perHour, high } = slope;
  const ok = low <= MOST_GROWTH || (!bySlopeAlone && both.second <= both.first * MOST_RISE);
  const range = `${perHour.toFixed(0)} MB/h (95 %: ${low.toFixed(0)} to ${high.toFixed(0)})`;
  const medians = `medians ${both.first.toFixed(0)} → ${both.second.toFixed(0)} MB`;
  return { ok, says: `${name} ${range}, ${medians}` };
}

/** No growth: the median of the second half is not above that of the first by more than a tenth and some noise. */
export function queueVerdict(name: string, points: readonly Point[]): Verdict {
  const both = halves(points);
  const slope = slopeOf(points);
  const what = `queue: ${name}`;
  if (!both || !slope) return { what, ok: false, says: "too little was measured" };
  const ok = both.second <= both.first * MOST_RISE + QUEUE_NOISE;
  const most = Math.max(...points.map(({ value }) => value));
  return {
    what,
    ok,
    says: `medians ${both.first.toFixed(0)} → ${both.second.toFixed(0)}, at most ${most.toFixed(0)}, ${slope.perHour.toFixed(0)}/h`,
  };
}

/** @param others shares of the cores that were busy with something else, 0 to 1 */
export function loopVerdict(
  name: string,
  p99Ms: number | null,
  { others, isForgiven }: { others: readonly Point[]; isForgiven: boolean },
): Verdict {
  const what = `event loop of ${name}`;
  if (p99Ms === null) return { what, ok: false, says: "it was not measured" };
  const isLate = p99Ms > MOST_LOOP_MS;
  const share = others.length === 0 ? 0 : median(others.map(({ value }) => value));
  const says = `p99 ${p99Ms.toFixed(1)} ms late`;
  if (!isLate || share < OVERLOAD) return { what, ok: !isLate, says };
  const busy = `${says}; others used ${(share * 100).toFixed(0)} % of the machine's cores`;
  return { what, ok: isForgiven, says: isForgiven ? `${busy}, which is forgiven` : busy };
}

export function recoveryVerdict(fault: string, tookMs: number | null): Verdict {
  const what = `after “${fault}”`;
  if (tookMs === null) return { what, ok: false, says: "it was not over before the next one" };
  return {
    what,
    ok: tookMs <= MOST_RECOVERY_MS,
    says: `all went its way after ${(tookMs / 1_000).toFixed(1)} s`,
  };
}

/** Of a list that has to be empty. */
export function noneVerdict(what: string, found: readonly string[]): Verdict {
  const [first] = found;
  const says = first === undefined ? "none" : `${found.length}, such as: ${first.slice(0, 400)}`;
  return { what, ok: found.length === 0, says };
}

/** Of a command of Redline: says which lines of its output are not “ok”. */
export function commandVerdict(what: string, { code, stdout, errors }: Ended): Verdict {
  const lines = `${stdout}${errors.join("\n")}`.trim().split("\n");
  const wrong = lines.filter((line) => /^(?!ok\b)/.test(line));
  const says = code === 0 ? `${lines.length} lines ok` : wrong.join(" | ");
  return { what, ok: code === 0, says: says.slice(0, 2_000) };
}
