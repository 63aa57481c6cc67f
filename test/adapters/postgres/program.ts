/**
 * A program that uses the embedded Postgres, for tests that end it in every way: starts it on the folder given,
 * prints one line of JSON, and waits. An interrupt makes it drain (write one more row) and stop. When the start
 * fails, it prints `{ "error": … }`. The folder `scratch` stands for one in the shared temporary folder.
 */
import { writeSync } from "node:fs";
import postgres from "postgres";
import { scratchFolder } from "../../../adapters/postgres/shared-temp.ts";
import { startEmbeddedPostgres } from "../../../adapters/postgres/embedded-postgres.ts";

function print(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

const dataDir = process.argv[2] === "scratch" ? scratchFolder() : process.argv[2]!;
try {
  const server = await startEmbeddedPostgres({ dataDir });
  const { pid, port, folder } = server;
  const sql = postgres(server.url(), { max: 1, onnotice: () => {} });
  await sql`create table if not exists said (word text)`;
  await sql`insert into said values ('started')`;
  const drain = async (): Promise<void> => {
    await sql`select pg_sleep(0.2)`; // long enough for the signal to have reached whoever it reaches
    await sql`insert into said values ('drained')`;
    await sql.end();
    await server.stop();
    process.exit(0);
  };
  process.once("SIGINT", () => void drain());
  print({ pid, port, folder, url: server.url() });
  setInterval(() => {}, 1000);
} catch (error) {
  print({ error: error instanceof Error ? error.message : String(error) });
}
