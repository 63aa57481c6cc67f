/** Where the lines of a plot's axis stand. */

export type Unit = "count" | "duration" | "money";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Milliseconds that read well as steps, from a tenth of a second on. */
const DURATIONS = [
  ...[100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((step) => step * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((step) => step * MINUTE),
  ...[1, 2, 6, 12, 24].map((step) => step * HOUR),
];
/** A count has no halves; of money nothing below a hundredth of a cent is shown (millionths of a dollar). */
const SMALLEST: Record<Unit, number> = { count: 1, duration: 100, money: 100 };

/** At most `count` steps up from 0, the last of them at or above `most`; at least one. */
export function ticks(most: number, unit: Unit, count = 4): number[] {
  const step = stepFor(most / count, unit);
  const steps = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: steps + 1 }, (_, at) => at * step);
}

function stepFor(least: number, unit: Unit): number {
  if (unit === "duration") {
    const found = DURATIONS.find((step) => step >= least);
    if (found !== undefined) return found;
  }
  const wanted = Math.max(least, SMALLEST[unit]);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return ([1, 2, 5].find((factor) => factor * power >= wanted * (1 - 1e-9)) ?? 10) * power;
}

/** Every how many hours one is named below a plot, so that names of `nameWidth` pixels do not touch. */
export function hourStep(hours: number, width: number, nameWidth: number): number {
  const least = (hours * nameWidth) / Math.max(1, width);
  const steps = hours > 24 ? [24, 48] : [1, 2, 3, 4, 6, 12];
  return steps.find((step) => step >= least) ?? steps.at(-1)! * 2;
}
