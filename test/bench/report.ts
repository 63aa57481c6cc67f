/**
 * Small helpers for benchmarks: time, medians, tables. Figures are printed, never asserted.
 */

/** @throws RangeError for an empty list. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * The value below which the share `q` of the values lies (0 to 1), between neighbours linearly.
 *
 * @throws RangeError for an empty list.
 */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const low = sorted[Math.floor(position)];
  const high = sorted[Math.ceil(position)];
  if (low === undefined || high === undefined) throw new RangeError("No values.");
  return low + (high - low) * (position - Math.floor(position));
}

/** @returns how long `work` took, in milliseconds. */
export function timed(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** @returns the times of `runs` calls, in milliseconds, after `warmUp` calls that are not counted. */
export function measure(work: () => void, options: { runs: number; warmUp?: number }): number[] {
  for (let i = 0; i < (options.warmUp ?? 0); i++) work();
  return Array.from({ length: options.runs }, () => timed(work));
}

/** Three significant digits, no exponent: `0.0123`, `1.23`, `123`, `12345`. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}

/** Prints rows under a head; the first column to the left, the others to the right. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = cells[column] ?? "";
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd();
  console.log(line(head));
  console.log(widths.map((width) => "-".repeat(width)).join("  "));
  for (const row of rows) console.log(line(row));
  console.log();
}
