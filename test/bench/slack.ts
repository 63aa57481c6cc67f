import { FakeSlack } from "../fakes/slack/fake-slack.ts";
import type { LoggedCall } from "../fakes/slack/request-log.ts";
import { figure, printTable, quantile } from "./report.ts";
import { CONTENDERS } from "./support/slack-contenders.ts";
import type { ContenderKind } from "./support/slack-contenders.ts";
import { DELTAS, wordsIn } from "./support/token-stream.ts";
import type { MadeAt } from "./support/token-stream.ts";

export const title =
  "Slack: from the model's delta to visible text, 30 deltas a second for 45 s, Slack's own tiers";

const STREAMS = [1, 10];
/** Beyond the 45 s of the answers; what is not shown by then counts as not shown. */
const PATIENCE_MS = 240_000;
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

/** Beside each other, so that a noisy machine is as noisy for all; each has a Slack of its own. */
export async function run(): Promise<void> {
  for (const streams of STREAMS) {
    const found = await Promise.all(CONTENDERS.map((kind) => measure(kind, streams)));
    printTable(
      HEAD,
      found.map(({ row }) => row),
    );
    for (const { row, methods } of found) console.log(`${row[0]}: ${methods}`);
    console.log();
  }
}

async function measure(
  kind: ContenderKind,
  streams: number,
): Promise<{ row: string[]; methods: string }> {
  const slack = await FakeSlack.start();
  const team = slack.addTeam("Acme");
  try {
    await using contender = await kind.start(slack, team);
    if (!contender)
      return { row: [kind.name, String(streams), "cannot be installed"], methods: "" };
    const stages = await contender.prepare(streams);
    await slack.settled();
    const before = slack.callsOf().length;
    for (const stage of stages) contender.ask(stage);
    await untilShown(slack, before, streams);
    const calls = slack.callsOf().slice(before);
    return {
      row: rowOf(kind.name, streams, calls, await contender.made()),
      methods: methodsOf(calls),
    };
  } finally {
    await slack.close();
  }
}

/** When the last word of each answer is there, or nothing comes any more. */
async function untilShown(slack: FakeSlack, before: number, streams: number): Promise<void> {
  const until = performance.now() + DELTAS * (1_000 / 30) + PATIENCE_MS;
  let read = before;
  const whole = new Set<number>();
  while (whole.size < streams && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const calls = slack.callsOf();
    // What is still under way is read next time.
    const answered = calls.findIndex(({ answer }, n) => n >= read && answer === null);
    const to = answered === -1 ? calls.length : answered;
    for (const call of calls.slice(read, to)) {
      for (const { stream, delta } of shownBy(call)) if (delta === DELTAS - 1) whole.add(stream);
    }
    read = to;
  }
  await new Promise((resolve) => setTimeout(resolve, 2_000));
}

function rowOf(
  name: string,
  streams: number,
  calls: readonly LoggedCall[],
  made: MadeAt,
): string[] {
  const seen = new Map<string, number>();
  for (const call of calls) {
    for (const { stream, delta } of shownBy(call)) {
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
  const limited = calls.filter(({ error }) => error === "ratelimited").length;
  const first = Math.min(...Object.values(made).map(([at]) => at ?? Infinity));
  return [
    name,
    String(streams),
    figure((100 * seen.size) / (streams * DELTAS)),
    ...(lags.length > 0 ? [0.5, 0.95, 1].map((q) => figure(quantile(lags, q))) : ["–", "–", "–"]),
    medians.length > 1 ? figure(Math.max(...medians) / Math.min(...medians)) : "–",
    String(calls.length),
    `${limited} (${figure((100 * limited) / Math.max(1, calls.length))} %)`,
    seen.size > 0 ? figure((Math.max(...seen.values()) - first) / 1_000) : "–",
  ];
}

/** The words that a call made visible. */
function shownBy({ method, args, error, answer }: LoggedCall): { stream: number; delta: number }[] {
  if (error !== null || answer === null || !method.startsWith("chat.")) return [];
  return stringsIn(args).flatMap(wordsIn);
}

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

function methodsOf(calls: readonly LoggedCall[]): string {
  const counts = new Map<string, number>();
  for (const { method } of calls) counts.set(method, (counts.get(method) ?? 0) + 1);
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  return sorted.map(([method, count]) => `${count} ${method}`).join(", ");
}
