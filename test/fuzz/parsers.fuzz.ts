/**
 * Tries every parser with spoiled inputs for FUZZ_SECONDS (60) in all, from FUZZ_SEED (by chance): `npm run fuzz`.
 * What fails is printed as the seed and the input that it was shrunk to, for `test/fuzz/found.test.ts`.
 */
import { randomInt } from "node:crypto";
import { afterAll, expect, it } from "vitest";

import { tried } from "./target.ts";
import { TARGETS } from "./targets.ts";
import { Watchdog } from "./watchdog.ts";

const { FUZZ_SECONDS: seconds = "60", FUZZ_SEED: given } = process.env;
const SEED = given === undefined ? randomInt(2 ** 31) : Number(given);
const SHARE_MS = (Number(seconds) * 1_000) / TARGETS.length;
/** Inputs between two looks at the clock. */
const BATCH = 50;

const watchdog = new Watchdog();
const counts: string[] = [];
afterAll(() => {
  watchdog.stop();
  console.log(`\nseed ${SEED}; inputs:\n${counts.join("\n")}`);
});

it.each(TARGETS.map((make) => [make.name, make] as const))("%s", async (_, make) => {
  const target = await make();
  let inputs = 0;
  try {
    const until = performance.now() + SHARE_MS;
    while (inputs === 0 || performance.now() < until) {
      const seed = SEED + inputs;
      watchdog.expect(`${target.name}, seed ${seed}`);
      const failure = await tried(target, { seed, runs: BATCH });
      inputs += BATCH;
      expect(failure, target.name).toBeNull();
    }
  } finally {
    counts.push(`${String(inputs).padStart(8)} ${target.name}`);
    await target.close?.();
  }
});
