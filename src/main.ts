/** The command line. */
import { parseArgs } from "node:util";

import { ConfigError } from "./config.ts";
import { doctor, jobs, migrateOnly, start, transcript } from "./main/commands.ts";
import { UserError } from "./errors.ts";

const USAGE = `redline start [path/to/RFC.md]      the console and everything behind it; opens the document
redline migrate                     brings the database to this version's schema
redline doctor                      checks every configured part
redline jobs [retry <queue> <id>]   jobs that have failed for good
redline transcript <slug> [--json]  messages, changes, decisions and commits of an RFC
`;

async function main(args: string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: "boolean", default: false }, help: { type: "boolean", short: "h" } },
  });
  const [command, ...rest] = positionals;
  if (values.help) return say(USAGE, 0);
  switch (command) {
    case "start":
      return rest.length > 1 ? say(USAGE, 2) : start(rest[0] ?? null);
    case "migrate":
      return migrateOnly();
    case "doctor":
      return doctor();
    case "jobs":
      return jobs(rest);
    case "transcript":
      return rest.length === 1 ? transcript(rest[0]!, values.json) : say(USAGE, 2);
    case undefined:
    default:
      return say(USAGE, command === undefined ? 0 : 2);
  }
}

function say(text: string, code: number): number {
  (code === 0 ? process.stdout : process.stderr).write(text);
  return code;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const told = error instanceof UserError || error instanceof ConfigError;
  const usage = (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS");
  if (told || usage) process.stderr.write(`redline: ${(error as Error).message}\n`);
  else process.stderr.write(`redline: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
}
