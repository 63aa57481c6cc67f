/** Connects to the embedded Postgres of another process, for commands beside a running server. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { choosePlace, hasCluster, readPassword } from "./cluster.ts";
import { runningServer } from "./previous-server.ts";

/** Fourth line of `postmaster.pid` (Postgres, "Server Administration: the lock file"). */
const PORT_LINE = 3;

/** The connection string of the server that a live program runs on this data folder; null when none does. */
export function findRunning(dataDir: string): string | null {
  if (!existsSync(dataDir)) return null;
  const { folder } = choosePlace(realpathSync(dataDir), false);
  const data = join(folder, "data");
  if (!hasCluster(folder)) return null;
  const server = runningServer(data);
  if (!server || server.programPid === null) return null;
  const port = Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[PORT_LINE]);
  return `postgres://postgres:${readPassword(folder)}@127.0.0.1:${port}/postgres`;
}
