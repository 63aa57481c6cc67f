/** The engine's numbers for Prometheus, with those of the process: memory, CPU, the event loop's delay. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { LabelValues, Metrics, MetricsPage, Reading } from "../../src/metrics.ts";
import { COUNTERS, GAUGES, HISTOGRAMS } from "../../src/metrics.ts";

export interface PrometheusMetrics extends Metrics, MetricsPage {}

export interface PrometheusOptions {
  /** Tell the gauges that all processes share. A rejection leaves its own out, and counts as a failed reading. */
  sources: readonly (() => Promise<readonly Reading[]>)[];
  /** Milliseconds for which what was read is told again, however often somebody asks. */
  cacheMs?: number;
}

type Labels = Readonly<Record<string, string>>;

const PREFIX = "redline_";
const CACHE_MS = 5_000;
/** From a call within one machine to an answer that a model took minutes for. */
const BUCKETS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600];
/** Milliseconds between the samples of the event loop's delay: each wakes an idle process. */
const LOOP_SAMPLE_MS = 50;
/** However many values a platform finds for a label; beyond them everything is one series. */
const MOST_SERIES = 500;
const OTHER = "other";

export function createPrometheusMetrics(options: PrometheusOptions): PrometheusMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_SAMPLE_MS });
  const shared = { registers: [registry] };
  const make = <T>(table: Table, of: (named: Named, labels: LabelValues) => T): Map<string, T> =>
    new Map(
      Object.entries(table).map(([name, { help, labels }]) => [
        name,
        of({ name: PREFIX + name, help, labelNames: Object.keys(labels), ...shared }, labels),
      ]),
    );
  const counters = make(COUNTERS, (named, labels) => {
    const instrument = new Counter(named);
    return { instrument, within: bounded(labels, (zero) => instrument.inc(zero, 0)) };
  });
  const histograms = make(HISTOGRAMS, (named, labels) => {
    const instrument = new Histogram({ ...named, buckets: BUCKETS });
    return { instrument, within: bounded(labels) };
  });
  const watched = new Set<{ name: string; labels: Labels; read: () => number }>();
  const gauges = make(GAUGES, (named) => new Gauge(named));
  const failed = new Counter({
    name: `${PREFIX}failed_readings_total`,
    help: "Readings of the shared gauges that the database or the queue server did not answer.",
    ...shared,
  });
  const sources = options.sources.map((read) => cached(read, options.cacheMs ?? CACHE_MS));

  return {
    count: (name, labels, by = 1) => {
      const { instrument, within } = counters.get(name)!;
      if (isAmount(by)) instrument.inc(within(labels), by);
    },
    observe: (name, labels, seconds) => {
      const { instrument, within } = histograms.get(name)!;
      if (isAmount(seconds)) instrument.observe(within(labels), seconds);
    },
    watch(name, labels, read) {
      const entry = { name, labels, read };
      watched.add(entry);
      return () => void watched.delete(entry);
    },
    contentType: registry.contentType,
    async render() {
      const read = await Promise.allSettled(sources.map((source) => source()));
      for (const gauge of gauges.values()) gauge.reset();
      for (const result of read) {
        if (result.status === "rejected") failed.inc();
        else
          for (const { name, labels, value } of result.value) gauges.get(name)!.set(labels, value);
      }
      for (const own of watched) gauges.get(own.name)!.inc(own.labels, own.read());
      return registry.metrics();
    },
  };
}

type Table = Readonly<Record<string, { help: string; labels: LabelValues }>>;

interface Named {
  name: string;
  help: string;
  labelNames: string[];
  registers: Registry[];
}

/**
 * Keeps the number of an instrument's series bounded, whatever it is told. With the first of a series `begin` has
 * all that differ from it in what is known beforehand: Prometheus sees no increase in what first appears with 1.
 */
function bounded(values: LabelValues, begin?: (labels: Labels) => void): (given: Labels) => Labels {
  const names = Object.keys(values);
  const known = new Set<string>();
  const keyOf = (labels: Labels): string => names.map((name) => labels[name]).join("\0");
  const add = (labels: Labels): void => {
    known.add(keyOf(labels));
    begin?.(labels);
  };
  if (begin && names.length > 0 && !Object.values(values).includes(null)) {
    for (const labels of family(values, {})) add(labels);
  }
  return (labels) => {
    if (known.has(keyOf(labels))) return labels;
    const added = begin ? family(values, labels) : [labels];
    if (known.size + added.length > MOST_SERIES) {
      return Object.fromEntries(names.map((name) => [name, OTHER]));
    }
    for (const one of added) add(one);
    return labels;
  };
}

/** All values of the labels that have a list, each with what is given of the others. Pure. */
function family(values: LabelValues, given: Labels): Labels[] {
  return Object.entries(values).reduce<Labels[]>(
    (all, [name, list]) =>
      all.flatMap((labels) =>
        (list ?? [given[name]!]).map((value) => ({ ...labels, [name]: value })),
      ),
    [{}],
  );
}

/** What a provider or a clock tells may be none; the client would throw at whoever counts it. */
const isAmount = (value: number): boolean => Number.isFinite(value) && value >= 0;

/** One reading at a time, and its result for a while; a failure is not kept. */
function cached<T>(read: () => Promise<T>, forMs: number): () => Promise<T> {
  let last: { result: Promise<T>; until: number } | null = null;
  return () => {
    if (last && performance.now() < last.until) return last.result;
    const result = read();
    const current = { result, until: performance.now() + forMs };
    last = current;
    result.catch(() => {
      if (last === current) last = null;
    });
    return result;
  };
}
