import type { App, AppOverrides } from "../../src/app.ts";
import { startApp } from "../../src/app.ts";
import type { Config, Secrets } from "../../src/config.ts";
import { readConfig } from "../../src/config.ts";
import type { Logger } from "../../src/log.ts";
import { ScriptedProvider } from "../fakes/scripted-provider.ts";
import type { TestDatabase } from "./database.ts";
import { createTestDatabase } from "./database.ts";
import { GitRepository } from "./git-repository.ts";
import { DOCUMENT, memoryLogger, until } from "./test-app.ts";
import type { LogLine } from "./test-app.ts";

interface ChatAppOptions {
  document: string | undefined;
  environment: Record<string, string>;
  overrides: AppOverrides;
  /** In place of the one that remembers. */
  makeLogger?: MakeLogger | undefined;
}

export type MakeLogger = (config: Config, secrets: Secrets) => Logger;

/** What Redline runs on. */
export interface ChatAppParts {
  app: App;
  provider: ScriptedProvider;
  repository: GitRepository;
  database: TestDatabase;
  log: LogLine[];
  environment: Record<string, string>;
  overrides: AppOverrides;
  makeLogger?: MakeLogger | undefined;
}

/** Redline as it runs, with one RFC, beside a chat platform. */
export class ChatApp {
  app: App;
  readonly provider: ScriptedProvider;
  readonly repository: GitRepository;
  readonly database: TestDatabase;
  readonly log: LogLine[];
  readonly environment: Record<string, string>;
  private readonly parts: ChatAppParts;

  constructor(parts: ChatAppParts) {
    this.parts = parts;
    this.app = parts.app;
    this.provider = parts.provider;
    this.repository = parts.repository;
    this.database = parts.database;
    this.log = parts.log;
    this.environment = parts.environment;
  }

  /** Another Redline on the same database, beside this one. */
  startAnother(): Promise<App> {
    return startOn(this.parts);
  }

  /** Stops this process and starts another on the same database. */
  async restart(): Promise<void> {
    await this.app.stop();
    this.app = await this.startAnother();
  }

  /** Waits until everything that came in is worked off and every place is up to date. */
  async settled(): Promise<void> {
    const { sql } = this.app;
    await until(async () => {
      const [row] = await sql<{ busy: boolean }[]>`
        select exists (select 1 from inbox where state = 'waiting')
          or exists (select 1 from place_looks where due_at <= now() or lease_until is not null)
          or exists (select 1 from turns where state in ('queued', 'running')) as busy`;
      return !row!.busy;
    }, "quiet");
  }

  async stop(): Promise<void> {
    await this.app.stop();
    await this.database.drop();
    await this.repository[Symbol.asyncDispose]();
  }
}

/** Starts Redline on a database and a repository of its own, and registers its RFC. */
export async function openChatApp(given: ChatAppOptions): Promise<ChatAppParts> {
  const database = await createTestDatabase();
  const repository = await GitRepository.create({ "rfc.md": given.document ?? DOCUMENT });
  const environment: Record<string, string> = {
    DATABASE_URL: database.url,
    PORT: "0",
    TURN_LEASE_SECONDS: "2",
    SHUTDOWN_GRACE_SECONDS: "2",
    ...given.environment,
  };
  const { overrides, makeLogger } = given;
  const parts = { provider: new ScriptedProvider(), log: [], environment, overrides, makeLogger };
  const app = await startOn(parts);
  await app.engine.rfcs.register({
    slug: "rfc",
    title: "The RFC",
    repository: repository.url,
    path: "rfc.md",
    branch: repository.branch,
  });
  return { ...parts, app, repository, database };
}

async function startOn(
  parts: Pick<ChatAppParts, "provider" | "log" | "environment" | "overrides" | "makeLogger">,
): Promise<App> {
  const { config, secrets } = readConfig(parts.environment);
  const logger = parts.makeLogger?.(config, secrets) ?? memoryLogger(parts.log);
  return startApp(config, secrets, logger, {
    providers: [parts.provider],
    turns: { saveMs: 50, backoffMs: 20, patienceMs: 0 },
    ...parts.overrides,
  });
}
