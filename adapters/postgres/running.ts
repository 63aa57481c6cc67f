/** Connects to the embedded Postgres of another process, for commands beside a running server. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { choosePlace, readPassword } from "./cluster.ts";
import { runningServer } from "./previous-server.ts";

/** The connection string of the server that a live program runs on this data folder; null when none does. */
export function findRunning(dataDir: string): string | null {
  if (!existsSync(dataDir)) return null;
  const { folder } = choosePlace(dataDir, false);
  const server = runningServer(join(folder, "data"));
  if (server === null || server.programPid === null) return null;
  return `postgres://postgres:${readPassword(folder)}@127.0.0.1:${server.port}/postgres`;
}
