/** Prints, at the end of a run, how long everything took to be done after the end of each fault. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Recovery {
  fault: string;
  queue: "postgres" | "redis";
  tookMs: number;
}

/** Adds a line to the table, where one is printed. */
export function reportRecovery(recovery: Recovery): void {
  const file = process.env["TEST_FAULTS_REPORT"];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(recovery)}\n`);
}

export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "redline-faults-"));
  const file = join(folder, "recoveries");
  process.env["TEST_FAULTS_REPORT"] = file;
  return () => {
    process.stdout.write(`\n${describeRecoveries(read(file))}\n`);
    rmSync(folder, { recursive: true });
  };
}

function read(file: string): Recovery[] {
  try {
    const lines = readFileSync(file, "utf8").trim().split("\n");
    return lines.map((line) => JSON.parse(line) as Recovery);
  } catch {
    return [];
  }
}

/** Seconds from the end of each fault until all was done, by queue. Pure. */
export function describeRecoveries(recoveries: readonly Recovery[]): string {
  const faults = [...new Set(recoveries.map(({ fault }) => fault))];
  const cell = (name: string, queue: Recovery["queue"]): string => {
    const found = recoveries.findLast((one) => one.fault === name && one.queue === queue);
    return (found ? (found.tookMs / 1_000).toFixed(1) : "–").padStart(9);
  };
  const width = Math.max(0, ...faults.map((name) => name.length));
  return [
    `${"Seconds from the fault’s end until all is done".padEnd(width)}  Postgres    Redis`,
    ...faults.map(
      (name) => `${name.padEnd(width)} ${cell(name, "postgres")}${cell(name, "redis")}`,
    ),
  ].join("\n");
}
