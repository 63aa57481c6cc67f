import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { figure, printTable } from "./report.ts";
import { Fleet } from "./support/fleet.ts";
import { cpuOf, memoryOf } from "./support/processes.ts";
import type { QueueKind } from "./support/start-server.ts";

export const title = "An idle process of each role, as it is started, without its database";

const ROOT = new URL("../../", import.meta.url);
/** As `npm start` does it, with the flags that Node is given there. */
const { scripts } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as {
  scripts: { start: string };
};
const [, , ...COMMAND] = scripts.start.split(" ");
const QUEUES: QueueKind[] = ["PostgreSQL", "Redis"];
const ROLES = ["ingest", "web", "worker", "ingest,worker,web"];
/** What runs again and again is compiled and prepared within the first minute. */
const SETTLE_MS = 60_000;
const SECONDS = 45;

export async function run(): Promise<void> {
  const rows: string[][] = [];
  for (const queue of QUEUES) {
    await using fleet = await Fleet.open(queue);
    if (!fleet) {
      rows.push([queue, "not installed"]);
      continue;
    }
    // One after another, so that each has the machine for itself.
    for (const roles of ROLES) rows.push([queue, roles, ...(await measure(fleet, roles))]);
  }
  printTable(
    ["queue", "roles", "resident MiB", "% of a core", "Postgres: % of a core", "connections"],
    rows,
  );
}

async function measure(fleet: Fleet, roles: string): Promise<string[]> {
  const child = spawn(process.execPath, COMMAND, {
    cwd: fileURLToPath(ROOT),
    env: { ...fleet.environment, ROLES: roles },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(child.stdout, "data");
    await pause(SETTLE_MS);
    const used = () => ({ own: cpuOf(child.pid!), postgres: fleet.serverCpu().postgres });
    const before = used();
    await pause(SECONDS * 1_000);
    const after = used();
    const share = (part: "own" | "postgres"): string =>
      figure((after[part] - before[part]) / (SECONDS * 10));
    const held = String(await fleet.connections());
    return [figure(memoryOf(child.pid!) / 2 ** 20), share("own"), share("postgres"), held];
  } finally {
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  }
}
