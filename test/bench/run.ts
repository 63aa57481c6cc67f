/**
 * `tsx test/bench/run.ts [name…]`: runs the benchmarks of these names, without a name all of them.
 */

/** Each is `./<name>.ts`, which exports a `Benchmark`. */
const NAMES = [
  "parser",
  "locate",
  "rebase",
  "suggestions",
  "turns",
  "seeing",
  "workers",
  "idle",
  "streams",
  "slack",
  "slack-events",
  "discord",
  "discord-interactions",
  "chat-idle",
  "console",
  "insight",
  "watchers",
  "digests",
];

interface Benchmark {
  title: string;
  run(): Promise<void>;
}

async function main(wanted: readonly string[]): Promise<void> {
  const unknown = wanted.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0) {
    console.error(`No benchmark ${unknown.join(", ")}; there are: ${NAMES.join(", ")}.`);
    process.exitCode = 2;
    return;
  }
  for (const name of wanted.length > 0 ? wanted : NAMES) {
    const benchmark = (await import(`./${name}.ts`)) as Benchmark;
    console.log(`# ${benchmark.title}\n`);
    await benchmark.run();
  }
}

await main(process.argv.slice(2));
