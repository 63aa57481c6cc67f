/** Redline with something of most that it can have, for what is done to whole databases. */
import { createGitDocumentHost } from "../../adapters/git/document-host.ts";
import type { App } from "../../src/app.ts";
import { startApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { silent } from "../../src/log.ts";
import { checkCommits } from "../../src/main/check.ts";
import type { Sql } from "../../src/store/database.ts";
import { listThreadChanges } from "../../src/store/changes.ts";
import { gatherInvariants } from "../../src/store/invariants.ts";
import type { ScriptedProvider } from "../fakes/scripted-provider.ts";
import { block } from "../fakes/scripted-provider.ts";
import type { TestApp } from "../support/test-app.ts";
import { until } from "../support/test-app.ts";

const LINES = 24;
export const LINED = `# The RFC\n\n${Array.from({ length: LINES }, (_, n) => `Line ${n} says something.\n`).join("\n")}`;

/** Each request proposes to change the next line; “please wait” is not answered. */
export function scriptLines(provider: ScriptedProvider): void {
  provider.script = (request, index) => {
    const line = `Line ${index % LINES} says`;
    if (JSON.stringify(request).includes("please wait")) return [new Promise(() => {})];
    return [
      "Look.\n\n",
      block(request, line, `Row ${index % LINES} says`, "“It's” a row 😀\t\\N."),
    ];
  };
}

/** Conversations with accepted, declined and pending changes; the record is written. */
export async function live(test: TestApp): Promise<void> {
  const [first, second] = [await test.newThread(), await test.newThread()];
  for (const threadId of [first, second, first]) await test.ask(threadId, "Make it a row.");
  const changes = [
    ...(await listThreadChanges(test.app.sql, first)),
    ...(await listThreadChanges(test.app.sql, second)),
  ];
  await test.engine.changes.accept(changes[0]!.id, test.user);
  await test.engine.changes.decline(changes[1]!.id, "Not that one.", test.user);
  await until(async () => {
    const [row] = await test.app.sql`select 1 from changes where state = 'accepted'`;
    return row;
  }, "the commit");
  await test.engine.record.write("rfc", test.user);
}

/** Redline on a database that another had before, with the same model. */
export async function startOn(url: string, provider: ScriptedProvider): Promise<App> {
  const { config, secrets } = readConfig({
    DATABASE_URL: url,
    PORT: "0",
    TURN_LEASE_SECONDS: "2",
    SHUTDOWN_GRACE_SECONDS: "0",
  });
  return startApp(config, secrets, silent, {
    providers: [provider],
    turns: { saveMs: 50, backoffMs: 20 },
  });
}

/** What `redline check --commits` finds when nothing is under way. */
export async function broken(sql: Sql): Promise<string[]> {
  const host = createGitDocumentHost({ log: () => {} });
  const found = await gatherInvariants(sql, "settled");
  const commits = await checkCommits(sql, [host]);
  return [...found.flatMap(({ examples }) => examples), ...commits.examples];
}
