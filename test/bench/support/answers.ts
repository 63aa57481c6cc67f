/** From the model's delta to text that people see, for contenders beside each other. */
import { figure, printTable, quantile } from "../report.ts";
import type { ContenderKind, PlatformCall, Scene } from "./contenders.ts";
import { DELTAS, wordsIn } from "./token-stream.ts";
import type { MadeAt } from "./token-stream.ts";

export interface AnswersOptions {
  contenders: readonly ContenderKind[];
  /** Numbers of answers at once, one table each. */
  streams: readonly number[];
  /** Beyond the 45 s of the answers; what is not shown by then counts as not shown. */
  patienceMs: number;
  /** Heads of what `Scene.more` tells. */
  more?: readonly string[];
}

const HEAD = [
  "contender",
  "streams",
  "shown %",
  "p50 s",
  "p95 s",
  "max s",
  "slowest/fastest p50",
  "calls",
  "429",
  "complete after s",
];

/** Beside each other, so that a noisy machine is as noisy for all. */
export async function measureAnswers(options: AnswersOptions): Promise<void> {
  const { contenders, streams, more = [] } = options;
  for (const count of streams) {
    const found = await Promise.all(contenders.map((kind) => measure(kind, count, options)));
    printTable(
      [...HEAD, ...more],
      found.map(({ row }) => row),
    );
    for (const { row, names } of found) console.log(`${row[0]}: ${names}`);
    console.log();
  }
}

async function measure(
  { name, open }: ContenderKind,
  streams: number,
  { patienceMs }: AnswersOptions,
): Promise<{ row: string[]; names: string }> {
  const scene = await open();
  try {
    await using contender = scene.contender;
    if (!contender) return { row: [name, String(streams), "cannot be installed"], names: "" };
    const asks = await contender.prepare(streams);
    await scene.settled();
    const before = scene.calls(0).length;
    for (const ask of asks) ask();
    await untilShown(scene, before, streams, patienceMs);
    const calls = scene.calls(before);
    const row = rowOf(calls, await contender.made(), streams);
    return {
      row: [name, String(streams), ...row, ...(scene.more?.(before) ?? [])],
      names: namesOf(calls),
    };
  } finally {
    await scene.close();
  }
}

/** When the last word of each answer is there, or nothing comes any more. */
async function untilShown(
  scene: Scene,
  before: number,
  streams: number,
  patienceMs: number,
): Promise<void> {
  const until = performance.now() + DELTAS * (1_000 / 30) + patienceMs;
  let read = before;
  const whole = new Set<number>();
  while (whole.size < streams && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const calls = scene.calls(read);
    // What is still under way is read next time.
    const underWay = calls.findIndex(({ isUnderWay }) => isUnderWay);
    const answered = underWay === -1 ? calls : calls.slice(0, underWay);
    for (const { stream, delta } of answered.flatMap(wordsOf)) {
      if (delta === DELTAS - 1) whole.add(stream);
    }
    read += answered.length;
  }
  await new Promise((resolve) => setTimeout(resolve, 2_000));
}

function rowOf(calls: readonly PlatformCall[], made: MadeAt, streams: number): string[] {
  const seen = new Map<string, number>();
  for (const call of calls) {
    for (const { stream, delta } of wordsOf(call)) {
      const key = `${stream}/${delta}`;
      if (!seen.has(key)) seen.set(key, call.at);
    }
  }
  const lags: number[] = [];
  const medians: number[] = [];
  for (const [stream, times] of Object.entries(made)) {
    const own = times.flatMap((at, delta) => {
      const shownAt = seen.get(`${stream}/${delta}`);
      return shownAt === undefined ? [] : [(shownAt - at) / 1_000];
    });
    lags.push(...own);
    if (own.length > 0) medians.push(quantile(own, 0.5));
  }
  const limited = calls.filter(({ isLimited }) => isLimited).length;
  const first = Math.min(...Object.values(made).map(([at]) => at ?? Infinity));
  return [
    figure((100 * seen.size) / (streams * DELTAS)),
    ...(lags.length > 0 ? [0.5, 0.95, 1].map((q) => figure(quantile(lags, q))) : ["–", "–", "–"]),
    medians.length > 1 ? figure(Math.max(...medians) / Math.min(...medians)) : "–",
    String(calls.length),
    `${limited} (${figure((100 * limited) / Math.max(1, calls.length))} %)`,
    seen.size > 0 ? figure((Math.max(...seen.values()) - first) / 1_000) : "–",
  ];
}

/** The words that a call made visible. */
const wordsOf = ({ texts }: PlatformCall): { stream: number; delta: number }[] =>
  texts.flatMap(wordsIn);

function namesOf(calls: readonly PlatformCall[]): string {
  const counts = new Map<string, number>();
  for (const { name } of calls) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${count} ${name}`).join(", ");
}

/** All texts in a value, however deep. */
export function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
