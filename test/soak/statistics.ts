/** What a run of measurements says about a trend. Pure. */
import { median } from "../bench/report.ts";

/** `at` in milliseconds of any clock. */
export interface Point {
  at: number;
  value: number;
}

/** By least squares, an hour; `low` and `high` hold the true one with 95 %, were each deviation chance alone. */
export interface Slope {
  perHour: number;
  low: number;
  high: number;
}

const HOUR_MS = 3_600_000;

/**
 * Quantiles of Student's t for 97.5 %, by degrees of freedom from 1 on; beyond the table the last one, which is
 * for 30 and a little too wide for more.
 */
const STUDENT = [
  12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12,
  2.11, 2.1, 2.09, 2.09, 2.08, 2.07, 2.07, 2.06, 2.06, 2.06, 2.05, 2.05, 2.05, 2.04,
];

/** Null for fewer than three points, or for points of one moment. */
export function slopeOf(points: readonly Point[]): Slope | null {
  const count = points.length;
  if (count < 3) return null;
  const meanAt = mean(points.map(({ at }) => at));
  const meanValue = mean(points.map(({ value }) => value));
  const spread = sum(points.map(({ at }) => (at - meanAt) ** 2));
  if (spread === 0) return null;
  const slope = sum(points.map(({ at, value }) => (at - meanAt) * (value - meanValue))) / spread;
  const rest = points.map(({ at, value }) => value - meanValue - slope * (at - meanAt));
  const error = Math.sqrt(sum(rest.map((one) => one ** 2)) / (count - 2) / spread);
  const margin = error * STUDENT[Math.min(count - 2, STUDENT.length) - 1]!;
  return {
    perHour: slope * HOUR_MS,
    low: (slope - margin) * HOUR_MS,
    high: (slope + margin) * HOUR_MS,
  };
}

/** Medians of what was measured in the first and in the second half of the time; null where one has nothing. */
export function halves(points: readonly Point[]): { first: number; second: number } | null {
  const times = points.map(({ at }) => at);
  const middle = (Math.min(...times) + Math.max(...times)) / 2;
  const of = (isIn: (at: number) => boolean): number[] =>
    points.filter(({ at }) => isIn(at)).map(({ value }) => value);
  const [first, second] = [of((at) => at <= middle), of((at) => at > middle)];
  if (first.length === 0 || second.length === 0) return null;
  return { first: median(first), second: median(second) };
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

const mean = (values: readonly number[]): number => sum(values) / values.length;
