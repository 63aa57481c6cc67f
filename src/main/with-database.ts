import { findRunning } from "../../adapters/postgres/running.ts";
import { openDatabase } from "../app.ts";
import type { Config, Secrets } from "../config.ts";
import { readConfig } from "../config.ts";
import { UserError } from "../errors.ts";
import { silent } from "../log.ts";
import type { Sql } from "../store/database.ts";
import { schemaState } from "../store/migrate.ts";
import { Teardown } from "../teardown.ts";

/** The database for a single command: also the embedded one of a server that is running. */
export async function withDatabase(
  work: (sql: Sql, url: string, secrets: Secrets, config: Config) => Promise<number>,
): Promise<number> {
  const { config, secrets } = readConfig();
  const teardown = new Teardown(silent);
  try {
    const databaseUrl = secrets.databaseUrl ?? findRunning(config.dataDir);
    const { sql, url } = await openDatabase(config, { ...secrets, databaseUrl }, teardown);
    return await work(sql, url, secrets, config);
  } finally {
    await teardown.run();
  }
}

/** @throws UserError not-ready where this version's tables are not there */
export async function assertSchema(sql: Sql): Promise<void> {
  if ((await schemaState(sql)).pending.length === 0) return;
  throw new UserError(
    "not-ready",
    "The database has no schema of this version yet; run “redline start” or “redline migrate” first.",
  );
}
