import type { AppOverrides } from "../../src/app.ts";
import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import type { FakeGuild } from "../fakes/discord/fake-guild.ts";
import type { FakeUser as DiscordUser } from "../fakes/discord/fake-user.ts";
import type { Channel as DiscordChannel, Message } from "../fakes/discord/model.ts";
import { FakeSlack } from "../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../fakes/slack/fake-team.ts";
import type { FakeUser as SlackUser } from "../fakes/slack/fake-user.ts";
import type { Channel as SlackChannel } from "../fakes/slack/model.ts";
import type { ChatAppParts, MakeLogger } from "../support/chat-app.ts";
import { ChatApp, openChatApp } from "../support/chat-app.ts";
import { until } from "../support/test-app.ts";

/** Limits are spaced for seconds and minutes; tests live in a faster time. */
export const PACE = 0.01;

/** A workspace of the fake Slack and a server of the fake Discord, each with an admin and a member. */
export class TwoPlatforms {
  readonly slack: FakeSlack;
  readonly discord: FakeDiscord;
  readonly team: FakeTeam;
  readonly guild: FakeGuild;
  readonly ada: SlackUser;
  readonly bob: SlackUser;
  readonly dana: DiscordUser;
  readonly dirk: DiscordUser;
  readonly slackChannel: SlackChannel;
  readonly discordChannel: DiscordChannel;

  private constructor(slack: FakeSlack, discord: FakeDiscord) {
    this.slack = slack;
    this.discord = discord;
    this.team = slack.addTeam("Acme");
    this.ada = this.team.addUser("ada", { isAdmin: true });
    this.bob = this.team.addUser("bob");
    this.slackChannel = this.team.addChannel("rfcs", { members: [this.ada, this.bob] });
    this.guild = discord.addGuild("Community");
    this.dana = this.guild.addMember("dana", ["MANAGE_GUILD"]);
    this.dirk = this.guild.addMember("dirk");
    this.discordChannel = this.guild.addChannel("rfcs");
  }

  static async start(): Promise<TwoPlatforms> {
    const slack = await FakeSlack.start({
      rates: { window: 60_000 * PACE, postInterval: 1_000 * PACE },
    });
    const discord = await FakeDiscord.start({
      rates: { pace: PACE },
      gateway: { identifyInterval: 5_000 * PACE },
    });
    return new TwoPlatforms(slack, discord);
  }

  get environment(): Record<string, string> {
    return {
      SLACK_API_URL: this.slack.apiUrl,
      SLACK_BOT_TOKEN: this.team.botToken,
      SLACK_APP_TOKEN: this.slack.app.appToken,
      DISCORD_TOKEN: this.discord.token,
      DISCORD_API_URL: this.discord.apiUrl,
    };
  }

  /** The texts of a thread without its first message. */
  inSlack(thread: string): string[] {
    return this.slack
      .visible(this.slackChannel, thread)
      .slice(1)
      .map(({ text }) => text);
  }

  /** The texts of a thread, people's own included. */
  inDiscord(thread: DiscordChannel): string[] {
    return this.discord.visible(thread).map(({ text }) => text);
  }

  /** Whether Slack's thread, or Discord's, shows it. */
  shows(where: string | DiscordChannel, words: string): Promise<boolean> {
    return until(
      async () => this.textsIn(where).some((text) => text.includes(words)),
      `“${words}” in ${typeof where === "string" ? "Slack" : "Discord"}`,
    );
  }

  textsIn(where: string | DiscordChannel): string[] {
    return typeof where === "string" ? this.inSlack(where) : this.inDiscord(where);
  }

  /** A thread in Slack that is linked by its admin. */
  async linkSlack(words = "link rfc new"): Promise<string> {
    const { ts } = this.ada.says(this.slackChannel, `${this.team.mention} ${words}`);
    await until(async () => this.inSlack(ts).length > 0, "Slack's greeting");
    return ts;
  }

  /** The code that `share` tells Slack's admin. */
  async shareSlack(threadTs: string): Promise<string> {
    const told = () => this.slack.ephemerals(this.slackChannel, this.ada.id);
    const before = told().length;
    this.ada.says(this.slackChannel, `${this.team.mention} share`, { threadTs });
    await until(async () => told().length > before, "the code");
    return codeIn(JSON.stringify(told().at(-1)));
  }

  /** Another thread, on Discord, that holds the conversation of the code. */
  async joinDiscord(code: string): Promise<DiscordChannel> {
    const asked = this.dana.says(this.discordChannel, `${this.discord.mention} link ${code}`);
    const thread = await this.threadOf(asked);
    await until(async () => this.inDiscord(thread).length > 0, "Discord's greeting");
    return thread;
  }

  threadOf(message: Message): Promise<DiscordChannel> {
    return until(async () => this.discord.world.threadOf(message), "the thread");
  }

  async dispose(): Promise<void> {
    await Promise.all([this.slack.dispose(), this.discord.dispose()]);
  }
}

export function codeIn(text: string): string {
  const code = /join:[0-9A-Z-]{19}/.exec(text)?.[0];
  if (!code) throw new Error(`there is no code in: ${text}`);
  return code;
}

interface StartOptions {
  environment?: Record<string, string>;
  makeLogger?: MakeLogger;
}

/** Redline as it runs, in both at once. */
export class MirrorWorld extends ChatApp implements AsyncDisposable {
  readonly chats: TwoPlatforms;

  private constructor(parts: ChatAppParts, chats: TwoPlatforms) {
    super(parts);
    this.chats = chats;
  }

  static async start(
    overrides: AppOverrides = {},
    { environment, makeLogger }: StartOptions = {},
  ): Promise<MirrorWorld> {
    const chats = await TwoPlatforms.start();
    const parts = await openChatApp({
      document: undefined,
      environment: { ...chats.environment, ...environment },
      makeLogger,
      overrides: { slackPaceFactor: PACE, discordPaceFactor: PACE, ...overrides },
    });
    return new MirrorWorld(parts, chats);
  }

  /** One conversation, in a thread of each. */
  async linkBoth(): Promise<{ ts: string; thread: DiscordChannel; threadId: string }> {
    const ts = await this.chats.linkSlack();
    const thread = await this.chats.joinDiscord(await this.chats.shareSlack(ts));
    await this.chats.shows(ts, "joined a place in Discord");
    await this.settled();
    const place = `${this.chats.slackChannel.id}/${ts}`;
    const [row] = await this.app.sql<{ threadId: string }[]>`
      select thread_id from thread_links where place = ${place}`;
    return { ts, thread, threadId: row!.threadId };
  }

  override async settled(): Promise<void> {
    await this.chats.slack.settled();
    await this.chats.discord.gateway.caughtUp();
    await super.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.chats.dispose();
  }
}
