import type { AppOverrides } from "../../src/app.ts";
import type { FakeSlackOptions } from "../fakes/slack/fake-slack.ts";
import { FakeSlack } from "../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../fakes/slack/fake-team.ts";
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import type { Channel } from "../fakes/slack/model.ts";
import type { Seen } from "../fakes/slack/show.ts";
import type { ChatAppParts } from "./chat-app.ts";
import { ChatApp, openChatApp } from "./chat-app.ts";
import { until } from "./test-app.ts";

type Mode = "socket" | "http" | "oauth";

export interface SlackAppOptions {
  document?: string;
  /** Default Socket Mode. */
  mode?: Mode;
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
export class SlackApp extends ChatApp implements AsyncDisposable {
  readonly slack: FakeSlack;
  readonly team: FakeTeam;
  /** Runs the workspace. */
  readonly ada: FakeUser;
  readonly bob: FakeUser;
  readonly channel: Channel;
  private readonly mode: Mode;

  private constructor(parts: ChatAppParts, people: SlackPeople, mode: Mode) {
    super(parts);
    this.slack = people.slack;
    this.team = people.team;
    this.ada = people.ada;
    this.bob = people.bob;
    this.channel = people.channel;
    this.mode = mode;
    this.receive();
  }

  static async start(options: SlackAppOptions = {}): Promise<SlackApp> {
    const { mode = "socket", pace = PACE, document, environment, overrides } = options;
    const slack = await FakeSlack.start({
      rates: { window: 60_000 * pace, postInterval: 1_000 * pace },
      ...options.slack,
    });
    const team = slack.addTeam("Acme");
    const ada = team.addUser("ada", { isAdmin: true });
    const bob = team.addUser("bob");
    const channel = team.addChannel("rfcs", { members: [ada, bob] });
    const address = { SLACK_API_URL: slack.apiUrl, ...credentials(mode, slack, team) };
    const parts = await openChatApp({
      document,
      environment: { ...address, ...environment },
      overrides: { slackPaceFactor: pace, ...overrides },
    });
    return new SlackApp(parts, { slack, team, ada, bob, channel }, mode);
  }

  override async restart(): Promise<void> {
    await super.restart();
    this.receive();
  }

  /** A thread of the channel that is linked to the RFC by the workspace's admin; its first message's ts. */
  async link(): Promise<string> {
    const { ts } = this.ada.says(this.channel, `${this.team.mention} link rfc new`);
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

  override async settled(): Promise<void> {
    await this.slack.settled();
    await super.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.slack.dispose();
  }

  private receive(): void {
    if (this.mode !== "socket") this.slack.deliverTo(`${this.app.url}/slack/events`);
  }
}

type SlackPeople = Pick<SlackApp, "slack" | "team" | "ada" | "bob" | "channel">;

function credentials(mode: Mode, { app }: FakeSlack, team: FakeTeam): Record<string, string> {
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
