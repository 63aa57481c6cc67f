/**
 * `tsx test/soak/run.ts [--minutes=30] …`: people in many threads of Slack and Discord, and a fault every minute.
 * Prints what it sees each minute and what it makes of it at the end, and writes both to `artifacts/soak.json`.
 * It ends with 0 only where everything holds.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { runRedline } from "../support/run-redline.ts";
import type { SoakOptions } from "./options.ts";
import { readOptions } from "./options.ts";
import { printVerdicts } from "./report.ts";
import { Soak } from "./soak.ts";
import type { Verdict } from "./verdict.ts";
import {
  commandVerdict,
  loopVerdict,
  memoryVerdict,
  noneVerdict,
  queueVerdict,
  recoveryVerdict,
} from "./verdict.ts";
import { SoakWorld } from "./world.ts";

const ARTIFACT = fileURLToPath(new URL("../../artifacts/soak.json", import.meta.url));
/** Of the soak: the trend of a shorter life says nothing. */
const LONG_LIFE = 0.6;

async function main(options: SoakOptions): Promise<void> {
  const { minutes, threads, eventsPerSecond, turnsAtOnce } = options;
  const load = loadavg().map((one) => one.toFixed(1));
  console.log(
    `${minutes} minutes, ${threads} threads, ${eventsPerSecond} events a second, ${turnsAtOnce} turns at once; ${availableParallelism()} cores, load ${load.join(" ")}`,
  );
  await using world = await SoakWorld.start(options);
  console.log(`The queue is on ${world.redis ? "Redis" : "Postgres"}. Linking …`);
  await Promise.all(world.crowds.map((crowd) => crowd.link()));
  console.log("All threads are linked.\n");
  const soak = new Soak(world, options);
  await soak.run();
  console.log("\nThe traffic has stopped.");
  const verdicts = await judge(soak, options);
  printVerdicts(verdicts);
  write(soak, options, verdicts);
  const ok = verdicts.every((one) => one.ok);
  if (!ok) console.log(`\n${world.output()}`);
  console.log(ok ? "\nEverything holds." : "\nNot everything holds.");
  process.exitCode = ok ? 0 : 1;
}

async function judge(soak: Soak, { minutes, isBusy }: SoakOptions): Promise<Verdict[]> {
  const { world, watch, recoveries } = soak;
  const missing = await soak.settle();
  const checked = await runRedline(["check"], world.commandEnvironment);
  const lives = [...watch.lives.values()];
  const lastsLong = minutes * 60_000 * LONG_LIFE;
  const long = lives.filter(({ rss }) => rss.at(-1)!.at - rss[0]!.at >= lastsLong);
  const found = world.crowds.map((crowd) => crowd.broken());
  const asked = world.crowds.flatMap((crowd) => [...crowd.asked.keys()]);
  const failed = await world.sql<{ error: string }[]>`
    select coalesce(error, '') as error from turns where state = 'failed'`;
  return [
    ...long.map((life) => memoryVerdict(life.name, life)),
    ...Object.entries(watch.queues).map(([name, points]) => queueVerdict(name, points)),
    ...lives.map(({ name, loopDelayMs }) =>
      loopVerdict(name, loopDelayMs?.p99 ?? null, { others: watch.others, isForgiven: isBusy }),
    ),
    ...recoveries.map(({ fault, tookMs }) => recoveryVerdict(fault, tookMs)),
    noneVerdict("not done in the end", missing === null ? [] : [missing]),
    noneVerdict("broken invariants", await soak.broken()),
    commandVerdict("redline check", checked),
    noneVerdict(
      `lost, of ${asked.length} questions`,
      found.flatMap(({ lost }) => lost),
    ),
    noneVerdict(
      "doubled",
      found.flatMap(({ doubled }) => doubled),
    ),
    noneVerdict(
      "unfinished",
      found.flatMap(({ unfinished }) => unfinished),
    ),
    noneVerdict("problems of the soak itself", soak.problems),
    noneVerdict(
      "turns given up",
      failed.map(({ error }) => error),
    ),
    noneVerdict(
      "calls that are not as the platforms have them",
      world.crowds.flatMap((crowd) => crowd.violations()),
    ),
  ];
}

function write(soak: Soak, options: SoakOptions, verdicts: readonly Verdict[]): void {
  const { watch, world, recoveries, sent } = soak;
  const report = {
    options,
    cores: availableParallelism(),
    queue: world.redis ? "redis" : "postgres",
    sent,
    done: Object.fromEntries(world.crowds.map(({ name, counts }) => [name, counts])),
    totals: watch.totals(),
    refusals: watch.refusals(),
    recoveries,
    verdicts,
    lives: [...watch.lives.values()].map(({ metrics: _, ...life }) => life),
    queues: watch.queues,
    own: watch.own,
    others: watch.others,
    driver: {
      rss: watch.driver,
      loopP99Ms: watch.driverLoop.percentile(99) / 1e6,
    },
  };
  mkdirSync(fileURLToPath(new URL("../../artifacts/", import.meta.url)), { recursive: true });
  writeFileSync(ARTIFACT, `${JSON.stringify(report, null, 1)}\n`);
  console.log(`\nPeople did: ${JSON.stringify(report.done)}`);
  console.log(`Refused calls: ${JSON.stringify(report.refusals)}`);
  console.log(`Written to ${ARTIFACT}.`);
}

await main(readOptions(process.argv.slice(2), process.env));
