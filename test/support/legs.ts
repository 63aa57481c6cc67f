import { appendFileSync } from "node:fs";

/** Parts of the tests that are skipped where their program is not installed. */
export type Leg = "redis" | "browser" | "promtool";

/**
 * Notes that a leg really ran, for whoever must know that nothing was skipped: one line in the file that
 * `REDLINE_TEST_LEGS` names, nothing when it is not set. Call it in the leg's test itself.
 */
export function markLeg(leg: Leg): void {
  const file = process.env.REDLINE_TEST_LEGS;
  if (file) appendFileSync(file, `${leg}\n`);
}
