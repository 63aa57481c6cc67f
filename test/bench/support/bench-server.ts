/**
 * Redline in a process of its own, with a model that does what a message tells it to: `empty` answers
 * nothing, `stream <deltas a second> <seconds>` writes the time of each delta into it, `prose …` the same
 * among words, paragraphs and code as an answer has them, `tokens <stream>` is the recorded stream of that
 * number. Started by `start-server.ts`; talks with it by messages between processes.
 */
import { setTimeout as pause } from "node:timers/promises";

import { startApp } from "../../../src/app.ts";
import type { App } from "../../../src/app.ts";
import { readConfig } from "../../../src/config.ts";
import type { Metrics } from "../../../src/metrics.ts";
import { noMetrics } from "../../../src/metrics.ts";
import type { ModelEvent, ModelProvider, ModelRequest } from "../../../src/ports.ts";
import { play } from "./token-stream.ts";
import type { MadeAt } from "./token-stream.ts";

/** Milliseconds of a clock that all processes of the machine share. */
export const now = (): number => performance.timeOrigin + performance.now();

/** Three lists, a code block and a paragraph's end in some 60 deltas. */
const PROSE = Array.from({ length: 60 }, (_, n) => {
  if (n % 20 === 7) return "\n\n- an item of a **list** ";
  if (n % 20 === 9) return "\n- and `another` one ";
  if (n === 30) return "\n\n```ts\nconst delay = (n: number) => 60 * 2 ** n; // ";
  if (n === 33) return "\n```\n\n";
  return n % 20 === 12 ? "ends it.\n\nAnother paragraph " : "some more *words* of ";
});

/** Of the recorded streams. */
const made: MadeAt = {};

class BenchProvider implements ModelProvider {
  readonly name = "bench";
  readonly listsAll = true;

  models(): Promise<{ id: string; label: string }[]> {
    return Promise.resolve([{ id: "bench", label: "Bench" }]);
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent> {
    const said = request.messages.at(-1)?.content ?? "";
    const match = /(stream|prose) (\d+) (\d+)$/.exec(said);
    if (match) {
      const [rate, seconds] = [Number(match[2]), Number(match[3])];
      const start = now();
      for (let n = 1; n <= rate * seconds; n += 1) {
        await pause(Math.max(0, start + (n * 1000) / rate - now()), undefined, { signal });
        const words = match[1] === "prose" ? PROSE[n % PROSE.length] : "";
        yield { type: "text", text: `${words}${now().toFixed(3)} ` };
      }
    }
    const tokens = /tokens (\d)$/.exec(said);
    if (tokens) {
      for await (const text of play(Number(tokens[1]), made, signal)) yield { type: "text", text };
    }
    // Each turn is charged, as one of a real model is.
    const usage = { input: 100, output: 1, cacheRead: 0, cacheWrite: 0 };
    yield { type: "end", stop: "complete", usage };
  }
}

/** How many events there are in each state, and how many places are still to be looked at. */
async function inbox({ sql }: App): Promise<Record<string, number>> {
  const rows = await sql<{ state: string; count: number }[]>`
    select state, count(*)::int from inbox group by state
    union all select 'places', count(*)::int from place_looks where due_at <= now()`;
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

const quiet = { debug() {}, info() {}, warn() {}, error: console.error };

async function main(): Promise<void> {
  const { config, secrets } = readConfig();
  let counts = true;
  let told = 0;
  const keeper = (kept: Metrics): Metrics => {
    if (counts) told += 1;
    return counts ? kept : noMetrics;
  };
  const app = await startApp(config, secrets, quiet, {
    providers: [new BenchProvider()],
    metrics: (kept) => ({
      ...kept,
      count: (...given) => keeper(kept).count(...given),
      observe: (...given) => keeper(kept).observe(...given),
    }),
  });
  process.on("message", (message) => {
    if (message === "memory") {
      globalThis.gc?.();
      process.send!({ memory: process.memoryUsage().rss });
    } else if (message === "cpu") {
      const { user, system } = process.cpuUsage();
      process.send!({ cpu: (user + system) / 1000 });
    } else if (message === "count" || message === "do not count") {
      counts = message === "count";
      process.send!({ told });
    } else if (message === "made") {
      process.send!({ made });
    } else if (message === "inbox") {
      void inbox(app).then((counts) => process.send!({ inbox: counts }));
    } else if (message === "stop") {
      void app.stop().then(() => process.exit(0));
    }
  });
  process.send!({ url: app.url });
}

if (process.send) await main();
