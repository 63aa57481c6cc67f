import { findRunning } from "../../adapters/postgres/running.ts";
import { openDatabase } from "../app.ts";
import type { Secrets } from "../config.ts";
import { readConfig } from "../config.ts";
import { silent } from "../log.ts";
import type { Sql } from "../store/database.ts";
import { Teardown } from "../teardown.ts";

/** The database for a single command: also the embedded one of a server that is running. */
export async function withDatabase(
  work: (sql: Sql, url: string, secrets: Secrets) => Promise<number>,
): Promise<number> {
  const { config, secrets } = readConfig();
  const teardown = new Teardown(silent);
  try {
    const databaseUrl = secrets.databaseUrl ?? findRunning(config.dataDir);
    const { sql, url } = await openDatabase(config, { ...secrets, databaseUrl }, teardown);
    return await work(sql, url, secrets);
  } finally {
    await teardown.run();
  }
}
