/** Reads what `/metrics` answers, and adds up what several processes said. Pure. */

/** One series: its name, its labels and its value. */
export interface Series {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** Lines of Prometheus' text format; comments, and values that are no numbers, are passed over. */
export function readPage(text: string): Series[] {
  return text.split("\n").flatMap((line) => {
    const [, name, labels = "", value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    const number = Number(value);
    if (name === undefined || Number.isNaN(number)) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
    return [
      { name, labels: Object.fromEntries(pairs.map(([, key, of]) => [key!, of!])), value: number },
    ];
  });
}

type Labels = Readonly<Record<string, string>>;

const fits = (series: Series, name: string, labels: Labels): boolean =>
  series.name === name &&
  Object.entries(labels).every(([label, value]) => series.labels[label] === value);

/** Of all series of a name that have these labels. */
export function sumOf(all: readonly Series[], name: string, labels: Labels = {}): number {
  return all
    .filter((one) => fits(one, name, labels))
    .reduce((total, { value }) => total + value, 0);
}

/**
 * The value below which the share `q` of what a histogram has seen lies, between its buckets' bounds linearly;
 * null where it has seen nothing.
 */
export function quantileOf(
  all: readonly Series[],
  name: string,
  q: number,
  labels: Labels = {},
): number | null {
  const counts = new Map<number, number>();
  for (const one of all) {
    if (!fits(one, `${name}_bucket`, labels)) continue;
    const { le } = one.labels;
    const bound = le === "+Inf" ? Infinity : Number(le);
    counts.set(bound, (counts.get(bound) ?? 0) + one.value);
  }
  const buckets = [...counts].toSorted(([a], [b]) => a - b);
  const wanted = (buckets.at(-1)?.[1] ?? 0) * q;
  if (wanted === 0) return null;
  let [low, below] = [0, 0];
  for (const [bound, count] of buckets) {
    if (count >= wanted) {
      // Beyond the last bound nothing is known but that it is more.
      if (bound === Infinity) return low;
      return low + ((bound - low) * (wanted - below)) / (count - below);
    }
    [low, below] = [bound, count];
  }
  return low;
}
