/** What `redline doctor` looks at; part of the composition root. */
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { promisify } from "node:util";

import { findRunning } from "../../adapters/postgres/running.ts";
import { createJobBackend } from "../../jobs/backend.ts";
import { openDatabase } from "../app.ts";
import { createGitHost, createGitHubHosts, createProviders } from "./hosts.ts";
import type { Config, Secrets } from "../config.ts";
import { hasSignIn } from "../config.ts";
import { budgetChecks } from "./budget-checks.ts";
import { deletionsCheck } from "./deletions-check.ts";
import type { Check } from "./doctor.ts";
import { Encryption } from "../encryption.ts";
import { countSealed } from "../key-rotation.ts";
import { silent } from "../log.ts";
import type { DocumentHost, ModelProvider } from "../ports.ts";
import { callbackUrl } from "../sign-in/sign-in.ts";
import { locationOf } from "../rfcs/documents.ts";
import { listBranches, listRepositories } from "../store/branches.ts";
import { listInstallations } from "../store/installations.ts";
import { listLookProblems } from "../store/looks.ts";
import type { Sql } from "../store/database.ts";
import { schemaState } from "../store/migrate.ts";
import type { Teardown } from "../teardown.ts";

const run = promisify(execFile);

export async function listChecks(
  config: Config,
  secrets: Secrets,
  teardown: Teardown,
): Promise<Check[]> {
  const running = secrets.databaseUrl === null ? findRunning(config.dataDir) : null;
  let opened: { sql: Sql; url: string } | null = null;
  const database = async (): Promise<{ sql: Sql; url: string }> => {
    const databaseUrl = secrets.databaseUrl ?? running;
    opened ??= await openDatabase(config, { ...secrets, databaseUrl }, teardown);
    return opened;
  };
  const sql = async (): Promise<Sql> => (await database()).sql;
  return [
    {
      name: "Git",
      run: () => checkGit(config, secrets),
      mend: "Install Git; documents in local repositories are read with it.",
    },
    {
      name: "database",
      run: async () => {
        const [row] = await (await sql())<{ serverVersion: string }[]>`show server_version`;
        const which =
          secrets.databaseUrl === null ? `embedded, in ${config.dataDir}` : "at DATABASE_URL";
        return `PostgreSQL ${row!.serverVersion} (${which})`;
      },
      mend:
        secrets.databaseUrl === null
          ? "Set REDLINE_DATA_DIR to a folder that can be written to, or DATABASE_URL to a server of your own."
          : "Check DATABASE_URL: host, port, user, password and name of the database.",
    },
    schemaCheck(sql),
    jobsCheck(secrets, database, teardown),
    ...(await createProviders(config, secrets, silent)).map(providerCheck),
    ...(await gitHubChecks(config, secrets, sql)),
    sealedCheck(secrets, sql),
    ...(await slackChecks(config, secrets, sql)),
    ...(await discordChecks(config, secrets)),
    ...budgetChecks(config, sql),
    deletionsCheck(sql),
    {
      name: "documents",
      run: async () => checkDocuments(await sql(), createGitHost(config, silent)),
      mend: "Bring the repository, the branch or the file back to where it was, or register it anew.",
    },
    {
      name: "console",
      run: () => checkPort(config, running !== null),
      mend: "Set PORT to a free port, or stop the program that has this one.",
    },
  ];
}

function schemaCheck(database: () => Promise<Sql>): Check {
  return {
    name: "schema",
    run: async () => {
      const { current, pending } = await schemaState(await database());
      return pending.length === 0
        ? `version ${current}`
        : `version ${current}, ${pending.length} to apply at the next start`;
    },
    mend: "Run this version's “redline migrate”, or a newer version of Redline on a newer database.",
  };
}

/** Documents on GitHub are read and written without the program. */
async function checkGit({ github }: Config, { githubToken }: Secrets): Promise<string> {
  try {
    return (await run("git", ["--version"])).stdout.trim();
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (!isMissing || (github.appId === null && githubToken === null)) throw error;
    return "not installed, which only documents in local repositories need";
  }
}

/** One a repository: what Redline may do there, and what went wrong on its pull requests lately. */
async function gitHubChecks(
  config: Config,
  secrets: Secrets,
  database: () => Promise<Sql>,
): Promise<Check[]> {
  const gitHub = await createGitHubHosts(config, secrets, silent, { redis: null });
  if (!gitHub) return [];
  const mend =
    "Check GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_PRIVATE_KEY, and what they may do in the repository.";
  const check = (name: string, run_: () => Promise<string>): Check => ({ name, run: run_, mend });
  const repositories = await database()
    .then(async (sql) => ((await isNew(sql)) ? [] : listRepositories(sql)))
    .then((all) => all.filter((repository) => gitHub.documents.serves(repository)))
    .catch(() => []);
  const connecting = gitHub.accounts
    ? [
        {
          name: "accounts on GitHub",
          run: async () => (await gitHub.checkConnecting()).ok,
          mend: "Check GITHUB_CLIENT_ID, and that “Enable Device Flow” is on in the App's settings.",
        },
      ]
    : [];
  const { signIn } = gitHub;
  if (signIn && hasSignIn(config, secrets)) {
    connecting.push({
      name: "signing in",
      run: async () => {
        await signIn.check();
        return `GitHub takes the App's client secret; its callback URL has to be ${callbackUrl(config.web.publicUrl!)}`;
      },
      mend: "Check GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET: both are copied from the App's settings.",
    });
  }
  if (repositories.length === 0) {
    return [check("GitHub", async () => (await gitHub.checkAccount()).ok), ...connecting];
  }
  const ofRepositories = repositories.flatMap((repository) => [
    check(`GitHub ${repository}`, async () => (await gitHub.checkAccess(repository)).ok),
    check(`pull requests of ${repository}`, async () => {
      const problems = await listLookProblems(await database(), repository);
      if (problems.length > 0) throw new Error(problems.join(" "));
      return "looked at without trouble";
    }),
  ]);
  return [...ofRepositories, ...connecting];
}

/** Whether what is encrypted can be read, and still needs an older key. */
function sealedCheck({ encryptionKeys: keys }: Secrets, database: () => Promise<Sql>): Check {
  return {
    name: "encryption",
    run: async () => {
      if (keys === null) return "off, without ENCRYPTION_KEY";
      const sql = await database();
      if (await isNew(sql)) return "nothing is encrypted yet";
      const counts = await countSealed(sql, new Encryption(keys.current, keys.previous));
      const unreadable = counts.reduce((sum, count) => sum + count.unreadable.length, 0);
      if (unreadable > 0) throw new Error(`${unreadable} tokens cannot be read with these keys`);
      const older = counts.reduce((sum, count) => sum + count.older, 0);
      if (older > 0)
        return `${older} tokens are under an older key; “redline rotate-key” moves them`;
      const spare = keys.previous.length > 0 ? "; ENCRYPTION_KEY_PREVIOUS is not needed" : "";
      return `every token is under ENCRYPTION_KEY${spare}`;
    },
    mend: "Add the key that they were encrypted with to ENCRYPTION_KEY_PREVIOUS; “redline rotate-key --check” names them.",
  };
}

/** What Slack says of the tokens, and of what the app may do with them. */
async function slackChecks(
  config: Config,
  secrets: Secrets,
  database: () => Promise<Sql>,
): Promise<Check[]> {
  const { mode, apiUrl } = config.slack;
  if (mode === null) return [];
  const { checkAppToken, checkBotToken } = await import("../../adapters/slack/manifest-check.ts");
  const options = { apiUrl, logger: silent };
  const { slackBotToken, slackAppToken, encryptionKeys } = secrets;
  const checks: Check[] = [];
  if (mode !== "oauth" && slackBotToken !== null) {
    checks.push({
      name: "Slack",
      run: () => checkBotToken(slackBotToken, options),
      mend: "Check SLACK_BOT_TOKEN; for a scope, bring the app's manifest up to date (“redline setup slack”) and install it again.",
    });
  }
  if (mode === "socket" && slackAppToken !== null) {
    checks.push({
      name: "Slack Socket Mode",
      run: () => checkAppToken(slackAppToken, options),
      mend: "Check SLACK_APP_TOKEN (an app-level token with connections:write), and that Socket Mode is on in the app.",
    });
  }
  if (mode !== "oauth" || encryptionKeys === null) return checks;
  const { SlackInstallations } = await import("../../adapters/slack/installations.ts");
  const encryption = new Encryption(encryptionKeys.current, encryptionKeys.previous);
  const installed = await database()
    .then(async (sql) => ((await isNew(sql)) ? [] : listInstallations(sql, "slack")))
    .catch(() => []);
  const workspaces = installed.map(({ workspaceId, name }): Check => ({
    name: `Slack ${name}`,
    run: async () => {
      const tokens = new SlackInstallations(await database(), encryption);
      const access = await tokens.tokenFor(workspaceId);
      return access ? checkBotToken(access.token, options) : "not installed any more";
    },
    mend: "Check ENCRYPTION_KEY, or have the workspace add the app again at /slack/install.",
  }));
  if (workspaces.length > 0) return [...checks, ...workspaces];
  return [{ name: "Slack", run: async () => "no workspace has added the app yet", mend: "" }];
}

/** What Discord says of the token, and of what the bot is shown. */
async function discordChecks(config: Config, secrets: Secrets): Promise<Check[]> {
  const { apiUrl, ...asked } = config.discord;
  const { discordToken: token } = secrets;
  if (token === null) return [];
  const { checkDiscord } = await import("../../adapters/discord/access.ts");
  return [
    {
      name: "Discord",
      run: () => checkDiscord({ token, apiUrl }, asked),
      mend: "Check DISCORD_TOKEN and DISCORD_API_URL; “redline setup discord” says what to switch on in Discord's developer portal.",
    },
  ];
}

function providerCheck(provider: ModelProvider): Check {
  return {
    name: `model provider ${provider.name}`,
    run: async () => {
      const models = await provider.models(AbortSignal.timeout(10_000));
      const noun = models.length === 1 ? "model" : "models";
      return `${models.length} ${noun}, such as ${models[0]?.id ?? "none"}`;
    },
    mend: "Check the key and the address of the provider (ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL, OPENAI_API_KEY, OPENAI_BASE_URL).",
  };
}

function jobsCheck(
  secrets: Secrets,
  database: () => Promise<{ sql: Sql; url: string }>,
  teardown: Teardown,
): Check {
  return {
    name: "job queue",
    run: async () => {
      const redisUrl = secrets.redisUrl ?? undefined;
      const { sql, url } = await database();
      if (redisUrl === undefined && (await isNew(sql))) return "made at the first start";
      const backend = await createJobBackend({ databaseUrl: url, redisUrl, logger: silent });
      teardown.add("the job backend", () => backend.close());
      const failed = await backend.queue("commits").getFailedCount();
      return `BullMQ on ${backend.kind === "redis" ? "Redis" : "PostgreSQL"}, ${failed} failed jobs`;
    },
    mend:
      secrets.redisUrl === null
        ? "Run “redline migrate” first; the queue lives in the database."
        : "Check REDIS_URL, and that the server takes connections.",
  };
}

/** A database that no start has seen lacks its tables, and nothing is wrong with that. */
async function isNew(sql: Sql): Promise<boolean> {
  return (await schemaState(sql)).current === 0;
}

async function checkDocuments(sql: Sql, host: DocumentHost): Promise<string> {
  if (await isNew(sql)) return "none yet";
  const branches = (await listBranches(sql)).filter(({ repository }) => host.serves(repository));
  for (const branch of branches) await host.read(locationOf(branch));
  return `${branches.length} readable at ${branches.length === 1 ? "its tip" : "their tips"}`;
}

async function checkPort(config: Config, running: boolean): Promise<string> {
  const { host, port } = config.web;
  if (running) return "Redline is running on this data folder";
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, host, () => server.close(() => resolve()));
  });
  return `${host}:${port} is free`;
}
