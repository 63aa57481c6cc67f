import type { App, AppOverrides } from "../../src/app.ts";
import { startApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import type { FakeSlackOptions } from "../fakes/slack/fake-slack.ts";
import { FakeSlack } from "../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../fakes/slack/fake-team.ts";
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import type { Channel } from "../fakes/slack/model.ts";
import type { Seen } from "../fakes/slack/show.ts";
import { ScriptedProvider } from "../fakes/scripted-provider.ts";
import type { TestDatabase } from "./database.ts";
import { createTestDatabase } from "./database.ts";
import { GitRepository } from "./git-repository.ts";
import { DOCUMENT, memoryLogger, until } from "./test-app.ts";
import type { LogLine } from "./test-app.ts";

export interface SlackAppOptions {
  document?: string;
  /** Default Socket Mode. */
  mode?: "socket" | "http" | "oauth";
  slack?: FakeSlackOptions;
  environment?: Record<string, string>;
  overrides?: AppOverrides;
  /** What Slack's spacing of calls is multiplied by, here and in the fake's own limits. */
  pace?: number;
}

/** Slack's limits are spaced for minutes; tests live in a faster time. */
const PACE = 0.01;
const ENCRYPTION_KEY = "ab".repeat(32);

/** Redline as it runs, in a workspace of the fake Slack: a channel with an admin and a member. */
export class SlackApp implements AsyncDisposable {
  app: App;
  readonly slack: FakeSlack;
  readonly team: FakeTeam;
  /** Runs the workspace. */
  readonly ada: FakeUser;
  readonly bob: FakeUser;
  readonly channel: Channel;
  readonly provider: ScriptedProvider;
  readonly repository: GitRepository;
  readonly database: TestDatabase;
  readonly log: LogLine[];
  readonly environment: Record<string, string>;
  private readonly options: SlackAppOptions;

  private constructor(parts: Omit<SlackAppParts, "options">, options: SlackAppOptions) {
    this.app = parts.app;
    this.slack = parts.slack;
    this.team = parts.team;
    this.ada = parts.ada;
    this.bob = parts.bob;
    this.channel = parts.channel;
    this.provider = parts.provider;
    this.repository = parts.repository;
    this.database = parts.database;
    this.log = parts.log;
    this.environment = parts.environment;
    this.options = options;
  }

  static async start(options: SlackAppOptions = {}): Promise<SlackApp> {
    const { mode = "socket", pace = PACE } = options;
    const database = await createTestDatabase();
    const repository = await GitRepository.create({ "rfc.md": options.document ?? DOCUMENT });
    const slack = await FakeSlack.start({
      rates: { window: 60_000 * pace, postInterval: 1_000 * pace },
      ...options.slack,
    });
    const team = slack.addTeam("Acme");
    const ada = team.addUser("ada", { isAdmin: true });
    const bob = team.addUser("bob");
    const channel = team.addChannel("rfcs", { members: [ada, bob] });
    const environment: Record<string, string> = {
      DATABASE_URL: database.url,
      PORT: "0",
      TURN_LEASE_SECONDS: "2",
      SHUTDOWN_GRACE_SECONDS: "2",
      SLACK_API_URL: slack.apiUrl,
      ...credentials(mode, slack, team),
      ...options.environment,
    };
    const provider = new ScriptedProvider();
    const log: LogLine[] = [];
    const parts = { slack, team, ada, bob, channel, provider, repository, database, log };
    const app = await startAgain(environment, provider, log, { pace, ...options });
    const world = new SlackApp({ ...parts, app, environment }, options);
    world.receive();
    await app.engine.rfcs.register({
      slug: "rfc",
      title: "The RFC",
      repository: repository.url,
      path: "rfc.md",
      branch: repository.branch,
    });
    return world;
  }

  /** Stops this process and starts another on the same database. */
  async restart(): Promise<void> {
    await this.app.stop();
    this.app = await startAgain(this.environment, this.provider, this.log, {
      pace: PACE,
      ...this.options,
    });
    this.receive();
  }

  /** A thread of the channel that is linked to the RFC by the workspace's admin; its first message's ts. */
  async link(): Promise<string> {
    const { ts } = this.ada.says(this.channel, `${this.team.mention} link rfc`);
    await until(async () => this.visible(ts).length > 1, "the greeting");
    return ts;
  }

  visible(threadTs?: string): Seen[] {
    return this.slack.visible(this.channel, threadTs);
  }

  /** The texts of a thread without its first message. */
  replies(threadTs: string): string[] {
    return this.visible(threadTs)
      .slice(1)
      .map(({ text }) => text);
  }

  told(user: FakeUser): string[] {
    return this.slack.ephemerals(this.channel, user.id).map(({ text }) => text);
  }

  /** Waits until everything that came in is worked off and every place is up to date. */
  async settled(): Promise<void> {
    await this.slack.settled();
    const { sql } = this.app;
    await until(async () => {
      const [row] = await sql<{ busy: boolean }[]>`
        select exists (select 1 from inbox where state = 'waiting')
          or exists (select 1 from place_looks where due_at <= now() or lease_until is not null)
          or exists (select 1 from turns where state in ('queued', 'running')) as busy`;
      return !row!.busy;
    }, "quiet");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.stop();
    await this.database.drop();
    await this.repository[Symbol.asyncDispose]();
    await this.slack.dispose();
  }

  private receive(): void {
    const { mode = "socket" } = this.options;
    if (mode !== "socket") this.slack.deliverTo(`${this.app.url}/slack/events`);
  }
}

interface SlackAppParts {
  app: App;
  slack: FakeSlack;
  team: FakeTeam;
  ada: FakeUser;
  bob: FakeUser;
  channel: Channel;
  provider: ScriptedProvider;
  repository: GitRepository;
  database: TestDatabase;
  log: LogLine[];
  environment: Record<string, string>;
  options: SlackAppOptions;
}

async function startAgain(
  environment: Record<string, string>,
  provider: ScriptedProvider,
  log: LogLine[],
  { pace, overrides }: { pace: number; overrides?: AppOverrides },
): Promise<App> {
  const { config, secrets } = readConfig(environment);
  return startApp(config, secrets, memoryLogger(log), {
    providers: [provider],
    turns: { saveMs: 50, backoffMs: 20 },
    slackPaceFactor: pace,
    ...overrides,
  });
}

function credentials(
  mode: "socket" | "http" | "oauth",
  { app }: FakeSlack,
  team: FakeTeam,
): Record<string, string> {
  switch (mode) {
    case "socket":
      return { SLACK_BOT_TOKEN: team.botToken, SLACK_APP_TOKEN: app.appToken };
    case "http":
      return { SLACK_BOT_TOKEN: team.botToken, SLACK_SIGNING_SECRET: app.signingSecret };
    case "oauth":
      return {
        SLACK_CLIENT_ID: app.clientId,
        SLACK_CLIENT_SECRET: app.clientSecret,
        SLACK_SIGNING_SECRET: app.signingSecret,
        ENCRYPTION_KEY,
      };
  }
}
