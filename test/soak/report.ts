/** Prints what a soak has seen. */
import { slopeOf } from "./statistics.ts";
import type { Verdict } from "./verdict.ts";
import { warmed } from "./verdict.ts";
import type { Life, Watch } from "./watch.ts";

const shown = (value: number | null | undefined, digits = 0): string =>
  value === null || value === undefined ? "–" : value.toFixed(digits);

const last = (points: readonly { value: number }[]): number | undefined => points.at(-1)?.value;

export interface MinuteRow {
  minute: number;
  sent: number;
  open: number;
  fault: string;
}

const HEADS = [
  "min",
  "sent",
  "handled",
  "open",
  "done",
  "failed",
  "refused",
  "ack p50/p99 s",
  "text p50/p95 s",
  "jobs",
  "inbox",
  "places",
  "oldest s",
  "own %",
  "others %",
  "driver MB",
] as const;

/** A head, where one is due, then one line for all and one for each process. */
export function printMinute(watch: Watch, row: MinuteRow): void {
  const totals = watch.totals();
  const { queues } = watch;
  const cells = [
    row.minute,
    row.sent,
    shown(totals.handled),
    row.open,
    shown(totals.turnsDone),
    shown(totals.turnsFailed),
    shown(totals.refusedCalls),
    `${shown(totals.ackP50, 3)}/${shown(totals.ackP99, 2)}`,
    `${shown(totals.firstTextP50, 2)}/${shown(totals.firstTextP95, 2)}`,
    shown(last(queues.jobs)),
    shown(last(queues.inbox)),
    shown(last(queues.deliveries)),
    shown(last(queues.oldest), 1),
    shown((last(watch.own) ?? 0) * 100),
    shown((last(watch.others) ?? 0) * 100),
    shown(last(watch.driver)),
  ].map(String);
  const widths = HEADS.map((head) => Math.max(head.length, 8));
  const line = (parts: readonly string[]): string =>
    parts.map((part, at) => part.padStart(widths[at]!)).join(" ");
  console.log(line(HEADS));
  console.log(line(cells));
  for (const life of watch.lives.values()) console.log(`    ${describeLife(life)}`);
  if (row.fault !== "") console.log(`    ${row.fault}`);
}

/** One line. */
function describeLife({ name, rss, kept, loopDelayMs, shownLoopP99Ms }: Life): string {
  const slope = (points: Life["rss"]): string => shown(slopeOf(warmed(points))?.perHour);
  return [
    `${name}: ${shown(last(rss))} MB resident (${slope(rss)} MB/h)`,
    `${shown(last(kept))} MB kept (${slope(kept)} MB/h)`,
    `loop late p50 ${shown(loopDelayMs?.p50, 1)} p99 ${shown(loopDelayMs?.p99, 1)} max ${shown(loopDelayMs?.max)} ms`,
    `/metrics p99 ${shown(last(shownLoopP99Ms), 1)} ms`,
  ].join(", ");
}

export function printVerdicts(verdicts: readonly Verdict[]): void {
  const width = Math.max(...verdicts.map(({ what }) => what.length));
  console.log();
  for (const { what, ok, says } of verdicts) {
    console.log(`${ok ? "ok  " : "FAIL"}  ${what.padEnd(width)}  ${says}`);
  }
}
